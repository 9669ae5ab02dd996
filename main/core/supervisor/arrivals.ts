/**
 * Which documents a tick has to decide with: those that are here, after those still on their way had a last chance. It is settled once for a
 * tick: a composition that is repeated after a crash sees the same ones, so it makes the same bytes and is not published a second time.
 */
import type { OpenedDocument } from '../../../roles/protocol/documents/index.ts'
import type { AnchoredTransaction } from '../../../roles/protocol/events.ts'
import { failForNow, type Result } from '../../../roles/protocol/result.ts'
import type { TickWork } from '../../../roles/supervisor/index.ts'
import type { StoragePort, StorageWrite } from '../ports.ts'
import type { Services } from '../services.ts'
import { SUPERVISOR_ROWS } from './offers.ts'

/** How long a tick that is being closed waits for documents still on their way. */
const LAST_CHANCE_MS = 4_000

export type Lookup = (transaction: AnchoredTransaction) => OpenedDocument | null

const rowsOf = (number: number): string => `arrived:${String(number).padStart(10, '0')}:`
/** For each block that the tick may close: a reorganisation may lead back to one. */
const rowOf = ({ number, hash }: Pick<TickWork, 'number' | 'hash'>): string => `${rowsOf(number)}${hash}`

export const forgetArrivals = (storage: StoragePort, number: number): StorageWrite[] =>
  storage.list(SUPERVISOR_ROWS, rowsOf(number)).map(({ key }) => ({ table: SUPERVISOR_ROWS, key, delete: true }))

/** Throws when a document that was here is not any more: the tick is tried again later. */
export async function arrivedDocuments({ storage, documents, clock }: Services, work: TickWork): Promise<Lookup> {
  const stored = storage.get(SUPERVISOR_ROWS, rowOf(work)) as string[] | undefined
  const known = stored === undefined ? null : new Set(stored)
  const wanted = work.transactions.filter(({ txid }) => known === null || known.has(txid))
  // Fetching began when the block came; what nobody seeds must not hold up the tick of everybody else.
  const lastChance = new Promise<Result<OpenedDocument>>((resolve) => {
    clock.after(LAST_CHANCE_MS, () => resolve(failForNow('document.late', 'The document did not arrive before its tick was closed.')))
  })
  const found = await Promise.all(
    wanted.map(async ({ txid, anchor: { sha256, infohash, type } }) => {
      const fetching = documents.fetch({ sha256, infohash }, type)
      const document = await (known === null ? Promise.race([fetching, lastChance]) : fetching)
      if (!document.ok && known !== null) throw new Error(`the ${type} ${sha256} was here and is not any more: ${document.error.message}`)
      return document.ok ? [[txid, document.value] as const] : []
    }),
  )
  const byTxid = new Map(found.flat())
  if (known === null) storage.transact([{ table: SUPERVISOR_ROWS, key: rowOf(work), value: [...byTxid.keys()] }])
  return ({ txid }) => byTxid.get(txid) ?? null
}
