/**
 * How much one tick decides (PROTOCOL.md 6.2.1): so many registrations and reservations, in chain order, and of each client so many updates. Supervisor and
 * auditor sort by the same functions; what has to wait is decided by later ticks.
 */
import type { Program } from '../../program/index.ts'
import type { DocumentType, Offer } from '../documents/index.ts'
import type { AnchoredTransaction } from '../events.ts'
import { fail } from '../result.ts'
import type { Owners } from './spends.ts'

export type PerTick = Offer['perTick']

export const DEFAULT_PER_TICK: PerTick = { registrations: 1_000, reservations: 1_000, updates: 16 }

/** Of one kind, with documents or without, that one tick decides at most: what nobody has costs a tick a verdict. */
export const MOST_ANCHORS = 10_000

interface Anchored {
  transaction: AnchoredTransaction
  document: object | null
}

export const byChain = (a: Pick<Anchored, 'transaction'>, b: Pick<Anchored, 'transaction'>): number =>
  a.transaction.height - b.transaction.height || a.transaction.position - b.transaction.position

/** Those that a tick decides: in chain order up to the one with which `most` documents, or `MOST_ANCHORS` anchors, are full; the others wait. */
export function withinQuota<T extends Anchored>(anchors: readonly T[], most: number): { now: T[]; later: T[] } {
  const sorted = [...anchors].sort(byChain)
  let documents = 0
  const end = sorted.findIndex(({ document }, i) => {
    if (documents >= most || i >= MOST_ANCHORS) return true
    if (document !== null) documents++
    return false
  })
  return end < 0 ? { now: sorted, later: [] } : { now: sorted.slice(0, end), later: sorted.slice(end) }
}

/** Whether a tick that decided these had no room for more. */
export const isFull = (documents: number, anchors: number, most: number): boolean => documents >= most || anchors >= MOST_ANCHORS

/**
 * How many update anchors of one client a tick looks at: as many as may be counted for the endpoints that can write, of the two ticks in which updates of its
 * period are stamped. The chain alone shows them, so what goes beyond is neither fetched nor kept.
 */
export const mostUpdates = ({ updates }: PerTick, { endpoints }: Program): number =>
  2 * updates * Math.max(1, Object.values(endpoints).filter(({ blocks }) => blocks.some(({ sites }) => sites.length > 0)).length)

/** Of update anchors in chain order those that spend from no reserved key, which concern nobody, and those beyond what their owner may have. */
export function sortUpdates<T extends Pick<Anchored, 'transaction'>>(
  updates: readonly T[],
  owners: Owners,
  most: number,
): { foreign: T[]; ours: T[]; beyond: ReadonlySet<T> } {
  const counts = new Map<string, number>()
  const foreign: T[] = []
  const ours: T[] = []
  const beyond = new Set<T>()
  for (const update of [...updates].sort(byChain)) {
    const owner = owners.ofUpdate(update.transaction)
    if (owner === null) {
      foreign.push(update)
      continue
    }
    const count = (counts.get(owner) ?? 0) + 1
    counts.set(owner, count)
    ours.push(update)
    if (count > most) beyond.add(update)
  }
  return { foreign, ours, beyond }
}

/** The verdict on those beyond. */
export const BEYOND = fail(
  'update.limit',
  'This client anchored more updates than a tick looks at. Send the request again on a newer tick.',
)

/** The two kinds that wait where a tick is full. */
export type Waiting = Extract<DocumentType, 'registration' | 'reservation'>
export const quotaOf = (perTick: PerTick, kind: Waiting): number => perTick[`${kind}s`]
