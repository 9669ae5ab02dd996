/** The signatures of an update, all of which anybody can check as soon as it is there, long before its tick closes. */
import { fromHex } from '../bytes.ts'
import type { CryptoPort, SignatureCheck } from '../crypto/index.ts'
import { documentCheck, signingDigest, type OpenedDocument } from '../documents/index.ts'
import { keySigningBody, writeDigest } from '../requests/index.ts'

/** Of its author, of every link, and of the keys that it changes. @param document whose schema holds */
export function signaturesOf(crypto: CryptoPort, document: OpenedDocument<'update'>): SignatureCheck[] {
  const { app, request, writes, lanes, keySigs } = document.body
  const changed = signingDigest(
    crypto,
    'key',
    keySigningBody(
      app,
      request,
      writes.map((write) => writeDigest(crypto, write)),
    ),
  )
  return [
    documentCheck(crypto, document),
    ...lanes.flat().map((link) => ({
      signature: fromHex(link.sig),
      message: signingDigest(crypto, 'link', link),
      publicKey: fromHex(link.server),
    })),
    ...keySigs.map(({ key, sig }) => ({ signature: fromHex(sig), message: changed, publicKey: fromHex(key) })),
  ]
}
