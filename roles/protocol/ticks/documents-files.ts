/** The files of a tick with the documents that it decided (PROTOCOL.md 6.5): the Supervisor makes them, and an audit makes the same. */
import { concatBytes, utf8 } from '../bytes.ts'
import type { OpenedDocument } from '../documents/index.ts'
import type { SnapshotFile } from '../index/index.ts'
import type { ClosedTick } from './ledger.ts'
import type { SortedAnchors } from './sorting.ts'

/** Documents of the verdicts in their order, each once; those that the tick did not look at are left out. */
export function decidedDocuments({ looked, verdicts }: Pick<ClosedTick, 'looked' | 'verdicts'>, sorted: SortedAnchors): OpenedDocument[] {
  const wanted = new Set(looked)
  const byTxid = new Map(
    Object.values(sorted).flatMap((anchors) =>
      anchors.flatMap(({ transaction: { txid }, document }): Array<[string, OpenedDocument]> =>
        document === null || !wanted.has(txid) ? [] : [[txid, document]],
      ),
    ),
  )
  const byDigest = new Map(verdicts.flatMap(({ txid }) => byTxid.get(txid) ?? []).map((document) => [document.sha256, document]))
  return [...byDigest.values()]
}

/** Bytes of a part of the documents, and how many parts there may be: the parts of a tick that has more are as large again, and again. */
const PART_BYTES = 2 << 20
const MOST_PARTS = 4_096

/**
 * Decided documents as canonical JSON lists of two MiB each, so that readers need neither fetch each document nor hold all of them as one text, and every core
 * has parts to check.
 */
export function documentsFiles(documents: readonly OpenedDocument[]): SnapshotFile[] {
  const total = documents.reduce((sum, { bytes }) => sum + bytes.length + 1, 1)
  let most = PART_BYTES
  // A part that is closed before it is full has room for less than one document.
  while (total / most > MOST_PARTS / 2) most *= 2
  const parts: Uint8Array[][] = []
  let size = Infinity
  for (const { bytes } of documents) {
    if (size + bytes.length + 2 > most) {
      parts.push([])
      size = 0
    }
    parts.at(-1)!.push(bytes)
    size += bytes.length + 1
  }
  return parts.map((list, i) => ({ name: `documents.${i}`, bytes: listOf(list) }))
}

/** The canonical list of canonical texts. */
const listOf = (texts: Uint8Array[]): Uint8Array =>
  concatBytes(utf8('['), ...texts.flatMap((text, i) => (i === 0 ? [text] : [utf8(','), text])), utf8(']'))
