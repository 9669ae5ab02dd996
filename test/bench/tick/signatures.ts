/** The signatures of an update that opening it and holding it against a tick ask for. */
import { fromHex } from '../../../roles/protocol/bytes.ts'
import type { CryptoPort } from '../../../roles/protocol/crypto/index.ts'
import { signingDigest, type OpenedDocument } from '../../../roles/protocol/documents/index.ts'
import { keySigningBody, writeDigest } from '../../../roles/protocol/requests/index.ts'

/** The arguments of one verification. */
export interface SignatureCheck {
  signature: Uint8Array
  message: Uint8Array
  publicKey: Uint8Array
}

const checkOf = (sig: string, message: Uint8Array, key: string): SignatureCheck => ({
  signature: fromHex(sig),
  message,
  publicKey: fromHex(key),
})

/** Of its author, of every link, and of the keys that it changes. */
export function signaturesOf(crypto: CryptoPort, { body }: OpenedDocument<'update'>): SignatureCheck[] {
  const { app, request, writes, lanes, keySigs, by, sig } = body
  const digests = writes.map((write) => writeDigest(crypto, write))
  const changed = signingDigest(crypto, 'key', keySigningBody(app, request, digests))
  return [
    checkOf(sig, signingDigest(crypto, 'update', body), by),
    ...lanes.flat().map((link) => checkOf(link.sig, signingDigest(crypto, 'link', link), link.server)),
    ...keySigs.map((one) => checkOf(one.sig, changed, one.key)),
  ]
}
