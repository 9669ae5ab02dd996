/**
 * Which documents a tick has to decide with: those that are here, after those still on their way had a last chance. It is settled once for a
 * tick: a composition that is repeated after a crash sees the same ones, so it makes the same bytes and is not published a second time.
 */
import type { OpenedDocument } from '../../../roles/protocol/documents/index.ts'
import type { AnchoredTransaction } from '../../../roles/protocol/events.ts'
import { failForNow, type Result } from '../../../roles/protocol/result.ts'
import type { TickWork } from '../../../roles/supervisor/index.ts'
import type { StorageWrite } from '../ports.ts'
import type { Services } from '../services.ts'
import { SUPERVISOR_ROWS } from './offers.ts'

/** How long a tick that is being closed waits for documents still on their way. */
const LAST_CHANCE_MS = 4_000

export type Lookup = (transaction: AnchoredTransaction) => OpenedDocument | null

interface Settled {
  hash: string
  txids: string[]
}

const rowOf = (number: number): string => `arrived:${String(number).padStart(10, '0')}`

export const forgetArrivals = (number: number): StorageWrite => ({ table: SUPERVISOR_ROWS, key: rowOf(number), delete: true })

/** Throws when a document that was here is not any more: the tick is tried again later. */
export async function arrivedDocuments({ storage, documents, clock }: Services, work: TickWork): Promise<Lookup> {
  const stored = storage.get(SUPERVISOR_ROWS, rowOf(work.number)) as unknown as Settled | undefined
  const known = stored?.hash === work.hash ? new Set(stored.txids) : null
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
  const settled: Settled = { hash: work.hash, txids: [...byTxid.keys()] }
  if (known === null) storage.transact([{ table: SUPERVISOR_ROWS, key: rowOf(work.number), value: settled as never }])
  return ({ txid }) => byTxid.get(txid) ?? null
}
