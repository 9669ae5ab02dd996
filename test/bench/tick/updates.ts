/** The updates that were made, as a tick gets them. */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { utf8 } from '../../../roles/protocol/bytes.ts'
import type { OpenedDocument } from '../../../roles/protocol/documents/index.ts'
import { outlineOf } from '../../../roles/protocol/requests/index.ts'
import type { AnchoredDocument, CloseInput } from '../../../roles/protocol/ticks/index.ts'
import { anchorOf, notes } from '../../roles/supervisor/actors.ts'
import { CLOSING, type Reserved, type Scene } from './scene.ts'

/** The first `count` documents of some files. */
export async function readLines(files: readonly string[], count: number): Promise<Uint8Array[]> {
  const lines: Uint8Array[] = []
  for (const file of files) {
    for await (const line of createInterface({ input: createReadStream(file) })) {
      if (lines.length < count) lines.push(utf8(line))
    }
  }
  return lines
}

export function reservedBy(line: Uint8Array): Reserved {
  const { writes, by } = JSON.parse(new TextDecoder().decode(line)) as { by: string; writes: Array<{ key: string }> }
  return { key: writes[0]!.key, owner: by }
}

export function anchored(documents: Array<OpenedDocument<'update'>>): Array<AnchoredDocument<'update'>> {
  return documents.map((document) => ({ document, transaction: anchorOf(document, 3, { spends: [document.body.writes[0]!.key] }) }))
}

export const closeInput = ({ offer, made }: Scene, updates: Array<AnchoredDocument<'update'>>): CloseInput => ({
  offer: offer.body,
  offerDigest: offer.sha256,
  outline: outlineOf(notes),
  number: CLOSING,
  registrations: [],
  reservations: [],
  updates,
  reveal: made.secret.reveal,
})
