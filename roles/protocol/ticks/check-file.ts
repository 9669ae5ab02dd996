/** A file of a tick's documents as another core reads and checks it (PROTOCOL.md 6.5): what is found out here needs neither the ledger nor the chain. */
import { fromHex } from '../bytes.ts'
import { SOUND, STAMPED, type CryptoPort, type FileCheck } from '../crypto/index.ts'
import { readList, type OpenedDocument } from '../documents/index.ts'
import { isSound, isStamped, type Reveal } from '../stamps/index.ts'
import { DECIDED_TYPES } from './sorting.ts'

/**
 * @param bytes of a file of documents; @param reveals of the ticks in which its updates may be stamped
 * @returns null for one that is not as it should be
 */
export function checkFile(crypto: CryptoPort, bytes: Uint8Array, reveals: readonly Reveal[]): FileCheck | null {
  const documents = readList(crypto, bytes, DECIDED_TYPES)
  if (documents === null) return null
  const count = documents.length
  const check: FileCheck = { ends: new Uint32Array(count), digests: new Uint8Array(32 * count), found: new Uint8Array(count) }
  let at = 0
  for (const [i, document] of documents.entries()) {
    at += 1 + document.bytes.length
    check.ends[i] = at
    check.digests.set(fromHex(document.sha256), 32 * i)
    check.found[i] = isSound(crypto, document) ? SOUND | stampedBit(crypto, document, reveals) : 0
  }
  return check
}

function stampedBit(crypto: CryptoPort, { body }: OpenedDocument, reveals: readonly Reveal[]): number {
  if (body.type !== 'update') return 0
  const update = body as OpenedDocument<'update'>['body']
  const reveal = reveals.find(({ file }) => file.tick === update.tick)
  return reveal !== undefined && isStamped(crypto, reveal, update) ? STAMPED : 0
}
