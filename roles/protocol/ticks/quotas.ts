/**
 * How much one tick decides (PROTOCOL.md 6.2.1): so many acceptances, registrations and reservations, in chain order, and of each client so many updates. Supervisor and
 * auditor sort by the same functions; what has to wait is decided by later ticks.
 */
import type { Program } from '../../program/index.ts'
import type { DocumentType, Offer } from '../documents/index.ts'
import type { AnchoredTransaction } from '../events.ts'
import { fail } from '../result.ts'
import { byChain as byPlace } from './line.ts'
import type { Owners } from './spends.ts'

export type PerTick = Offer['perTick']

export const DEFAULT_PER_TICK: PerTick = { acceptances: 1_000, registrations: 1_000, reservations: 1_000, updates: 16 }

/** Of one kind, with documents or without, that one tick decides at most: what nobody has costs a tick a verdict. */
export const MOST_ANCHORS = 10_000

/** Reservations of one client that a tick decides; the others wait, and nobody waits behind them. */
export const RESERVATIONS_OF_ONE = 16

/**
 * Refusals that a tick tells one client of a kind, of what goes beyond its part: each takes a line of the tick's document, which has room for some hundred thousand
 * and has to be written, or the app ends there.
 */
export const MOST_TOLD = 8

interface Anchored {
  transaction: AnchoredTransaction
}

export const byChain = (a: Anchored, b: Anchored): number => byPlace(a.transaction, b.transaction)

/**
 * What a tick has room for, of one kind: once `most` places are taken, or `MOST_ANCHORS` anchors decided, the others wait. A newcomer takes a place by being
 * accepted, so who keeps others waiting has done the work for each place; a reservation, whose document may be large and whose author is known, by being there.
 */
export interface Room {
  isFull(): boolean
  /** One more is decided. */
  take(isPlace: boolean): void
}

export function roomFor(most: number): Room {
  let [places, anchors] = [0, 0]
  return {
    isFull: () => places >= most || anchors >= MOST_ANCHORS,
    take(isPlace) {
      anchors++
      if (isPlace) places++
    },
  }
}

/**
 * How many update anchors of one client a tick looks at: as many as may be counted for the endpoints that can write, of the two ticks in which updates of its
 * period are stamped. The chain alone shows them, so what goes beyond is neither fetched nor kept.
 */
export const mostUpdates = ({ updates }: PerTick, { endpoints }: Program): number =>
  2 * updates * Math.max(1, Object.values(endpoints).filter(({ blocks }) => blocks.some(({ sites }) => sites.length > 0)).length)

/**
 * Of update anchors in chain order those that spend from no reserved key, which concern nobody, and those beyond what their owner may have; what is far beyond
 * concerns nobody either.
 */
export function sortUpdates<T extends Anchored>(
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
    const count = owner === null ? Infinity : (counts.get(owner) ?? 0) + 1
    if (owner === null || count > most + MOST_TOLD) {
      foreign.push(update)
      continue
    }
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

/** The kinds that wait where a tick is full. */
export type Waiting = Extract<DocumentType, 'acceptance' | 'registration' | 'reservation'>
export const quotaOf = (perTick: PerTick, kind: Waiting): number => perTick[`${kind}s`]
