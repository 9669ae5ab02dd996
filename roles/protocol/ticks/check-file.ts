/** A file of a tick's documents as another core reads and checks it (PROTOCOL.md 6.5): what is found out here needs neither the ledger nor the chain. */
import { fromHex } from '../bytes.ts'
import { SOUND, STAMPED, type CryptoPort, type FileCheck } from '../crypto/index.ts'
import { eachInList, type OpenedDocument } from '../documents/index.ts'
import { isSound, isStamped, type Reveal } from '../stamps/index.ts'
import { DECIDED_TYPES } from './sorting.ts'

/**
 * @param bytes of a file of documents; @param reveals of the ticks in which its updates may be stamped
 * @returns null for one that is not as it should be
 */
export function checkFile(crypto: CryptoPort, bytes: Uint8Array, reveals: readonly Reveal[]): FileCheck | null {
  const [ends, digests, found]: [number[], string[], number[]] = [[], [], []]
  const isRead = eachInList(crypto, bytes, DECIDED_TYPES, (document) => {
    ends.push((ends.at(-1) ?? 0) + 1 + document.bytes.length)
    digests.push(document.sha256)
    found.push(isSound(crypto, document) ? SOUND | stampedBit(crypto, document, reveals) : 0)
  })
  return isRead
    ? { ends: Uint32Array.from(ends), digests: Uint8Array.from(fromHex(digests.join(''))), found: Uint8Array.from(found) }
    : null
}

function stampedBit(crypto: CryptoPort, { body }: OpenedDocument, reveals: readonly Reveal[]): number {
  if (body.type !== 'update') return 0
  const update = body as OpenedDocument<'update'>['body']
  const reveal = reveals.find(({ file }) => file.tick === update.tick)
  return reveal !== undefined && isStamped(crypto, reveal, update) ? STAMPED : 0
}
