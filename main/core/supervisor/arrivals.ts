/**
 * Which documents a tick has to decide with: those that are here, after those still on their way had a last chance. It is settled once for a
 * tick: a composition that is repeated after a crash sees the same ones, so it makes the same bytes and is not published a second time.
 */
import type { OpenedDocument } from '../../../roles/protocol/documents/index.ts'
import type { AnchoredTransaction } from '../../../roles/protocol/events.ts'
import type { Database } from '../../../roles/protocol/index/index.ts'
import { decidingTick, mostUpdates, ownersOf } from '../../../roles/protocol/ticks/index.ts'
import { noteSound } from '../../../roles/protocol/stamps/index.ts'
import { acceptancesAwaited, type SupervisorState, type TickWork } from '../../../roles/supervisor/index.ts'
import type { Documents } from '../documents/index.ts'
import type { StoragePort, StorageWrite } from '../ports.ts'
import type { Services } from '../services.ts'
import type { Gathered, Gathering } from './gathering.ts'
import { SUPERVISOR_ROWS } from './offers.ts'

/** How long a tick that is being closed waits for documents still on their way. */
const LAST_CHANCE_MS = 4_000

/** Fetches, and checks the signatures within an update as it arrives, so that closing its tick finds that done. */
export const checkedFetch = ({ documents, crypto }: Pick<Services, 'documents' | 'crypto'>): Pick<Documents, 'fetch'> => ({
  async fetch(reference, type, how) {
    const fetched = await documents.fetch(reference, type, how)
    if (fetched.ok) noteSound(crypto, fetched.value)
    return fetched
  },
})

export type Lookup = (transaction: AnchoredTransaction) => OpenedDocument | null

const rowsOf = (number: number): string => `arrived:${String(number).padStart(10, '0')}:`
/** For each block that the tick may close: a reorganisation may lead back to one. */
const rowOf = ({ number, hash }: Pick<TickWork, 'number' | 'hash'>): string => `${rowsOf(number)}${hash}`

export const forgetArrivals = (storage: StoragePort, number: number): StorageWrite[] =>
  storage.list(SUPERVISOR_ROWS, rowsOf(number)).map(({ key }) => ({ table: SUPERVISOR_ROWS, key, delete: true }))

/** Throws when a document that was here is not any more: the tick is tried again later. */
export async function arrivedDocuments({ storage, documents }: Services, gathering: Gathering, work: TickWork): Promise<Lookup> {
  const stored = storage.get(SUPERVISOR_ROWS, rowOf(work)) as string[] | undefined
  if (stored !== undefined) return settledDocuments(documents, work, new Set(stored))
  // They were asked for since their blocks came; what nobody seeds must not hold up the tick of everybody else.
  await gathering.hurry(
    work.transactions.map(({ anchor: { sha256, infohash } }) => ({ sha256, infohash })),
    LAST_CHANCE_MS,
  )
  const byTxid = new Map(
    work.transactions.flatMap(({ txid, anchor }) => {
      const document = documents.held(anchor, anchor.type)
      return document === null ? [] : [[txid, document] as const]
    }),
  )
  storage.transact([{ table: SUPERVISOR_ROWS, key: rowOf(work), value: [...byTxid.keys()] }])
  return ({ txid }) => byTxid.get(txid) ?? null
}

async function settledDocuments(documents: Documents, work: TickWork, known: ReadonlySet<string>): Promise<Lookup> {
  const found = await Promise.all(
    work.transactions
      .filter(({ txid }) => known.has(txid))
      .map(async ({ txid, anchor: { sha256, infohash, type } }) => {
        const document = await documents.fetch({ sha256, infohash }, type)
        if (!document.ok) throw new Error(`the ${type} ${sha256} was here and is not any more: ${document.error.message}`)
        return [txid, document.value] as const
      }),
  )
  const byTxid = new Map(found)
  return ({ txid }) => byTxid.get(txid) ?? null
}

/** What revocations and undecided anchors want, in chain order: who spends nothing of this app makes nobody fetch anything. */
export function wantedDocuments(state: SupervisorState, database: Database): Gathered[] {
  const { waiting, expected, offer, genesis } = state
  const owners = ownersOf(database)
  const { perTick, tickBlocks } = offer.body
  const most = mostUpdates(perTick, database.program)
  const counts = new Map<string, number>()
  /** Further ones of a client are not looked at by the tick that decides them. */
  const isBeyond = (owner: string, height: number): boolean => {
    const of = `${owner}/${decidingTick(height, genesis ?? height, tickBlocks)}`
    const count = (counts.get(of) ?? 0) + 1
    counts.set(of, count)
    return count > most
  }
  const wanted = waiting.filter(({ decidedIn }) => decidedIn === null)
  // Told as they come: where the app begins follows from acceptances.
  const told = [...expected, ...acceptancesAwaited(state)]
  const others = told.map(({ txid, anchor: { type, sha256, infohash } }): Gathered => {
    return { reference: { sha256, infohash }, type, lane: 'new', who: txid, told: true }
  })
  const undecided = wanted.flatMap(({ transaction }): Gathered[] => {
    const { type, sha256, infohash } = transaction.anchor
    const reference = { sha256, infohash }
    const fresh: Gathered = { reference, type, lane: 'new', who: transaction.txid }
    const by = (who: string): Gathered => ({ reference, type, lane: 'known', who })
    if (type === 'registration') return [fresh]
    if (type === 'acceptance') return []
    const owner = type === 'update' ? owners.ofUpdate(transaction) : owners.ofReservation(transaction)
    if (owner !== null) return type === 'update' && isBeyond(owner, transaction.height) ? [] : [by(owner)]
    // A client may reserve in the period in which it registers.
    return type === 'reservation' ? [fresh] : []
  })
  return [...others, ...undecided]
}
