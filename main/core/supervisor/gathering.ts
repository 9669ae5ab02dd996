/**
 * Brings what a tick will decide: the documents of clients and of strangers, asked for again and again until they are here or their tick is closed. What
 * nobody has costs its own lane alone: known identities have one, new ones another, and within a lane whoever was asked for least comes first, so
 * thousands of fakes hold up neither the updates of others nor each other's turn. The first attempts are short: what is seeded comes in a second or two.
 */
import type { DocumentType, Reference } from '../../../roles/protocol/documents/index.ts'
import type { WorldEvent } from '../../../roles/protocol/events.ts'
import type { Documents } from '../documents/index.ts'
import type { ClockPort } from '../ports.ts'
import { answered } from '../services.ts'

export type GatheringLane = 'known' | 'new'

/** A document, whose it is as far as the chain shows, and by which lane it comes. */
export interface Gathered {
  reference: Reference
  type: DocumentType
  lane: GatheringLane
  who: string
  /** The role waits for it: it is told when it comes, or turns out to be unusable. */
  told?: boolean
}

export interface Gathering {
  /** What is wanted now, in chain order. Whatever is not named any more is given up. */
  want(list: readonly Gathered[]): void
  /** Asks for these at once where they are still missing; resolves when each is here or cannot be used, and after `ms` in any case. */
  hurry(references: readonly Reference[], ms: number): Promise<void>
  stop(): void
}

interface Item extends Gathered {
  attempts: number
  /** Not asked for before. */
  next: number
  running: boolean
}

/** Attempts at one time; the swarm's gate has as many places for each lane. */
const AT_ONCE: Record<GatheringLane, number> = { known: 16, new: 8 }
/** Of one identity. */
const OF_ONE = 4
/** Part of the time that a fetch may take which the first attempt gets; the next ones twice as much each, up to all of it. */
const FIRST_PART = 1 / 5
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 60_000

const idOf = ({ sha256, infohash }: Reference): string => `${sha256}/${infohash}`

/** @param tell hears of what a role waits for */
export function createGathering(
  { documents, clock }: { documents: Pick<Documents, 'fetch'>; clock: ClockPort },
  tell: (event: WorldEvent) => void,
): Gathering {
  const items = new Map<string, Item>()
  /** What came, or cannot be used: nobody asks for it again while it is wanted. */
  const done = new Set<string>()
  const asked = new Map<string, number>()
  const running = new Map<string, number>()
  let stopped = false
  let wake: (() => void) | null = null
  let waiters: Array<{ ids: string[]; end(): void }> = []
  const count = (name: string, by: number): void => void running.set(name, (running.get(name) ?? 0) + by)
  const runningOf = (name: string): number => running.get(name) ?? 0

  async function attempt(id: string, item: Item): Promise<void> {
    const { lane, who, reference, type } = item
    item.running = true
    item.attempts++
    asked.set(who, (asked.get(who) ?? 0) + 1)
    count(lane, 1)
    count(who, 1)
    const patience = Math.min(1, FIRST_PART * 2 ** (item.attempts - 1))
    const got = await documents.fetch(reference, type, { lane, patience })
    count(lane, -1)
    count(who, -1)
    item.running = false
    item.next = clock.now() + Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** item.attempts)
    if (got.ok || !got.error.retryable) {
      if (items.delete(id)) done.add(id)
      if (item.told === true) tell(answered(reference, type, got))
    }
    pump()
  }

  /** Who was asked for least, then what was; the map is in chain order. */
  function pick(lane: GatheringLane, now: number): [string, Item] | null {
    let best: [string, Item] | null = null
    const before = (one: Item, other: Item): boolean => {
      const fewer = (asked.get(one.who) ?? 0) - (asked.get(other.who) ?? 0)
      return fewer < 0 || (fewer === 0 && one.attempts < other.attempts)
    }
    for (const entry of items) {
      const [, item] = entry
      if (item.lane !== lane || item.running || item.next > now || runningOf(item.who) >= OF_ONE) continue
      if (best === null || before(item, best[1])) best = entry
    }
    return best
  }

  function pump(): void {
    if (stopped) return
    waiters = waiters.filter(({ ids, end }) => {
      const waits = ids.some((id) => items.has(id))
      if (!waits) end()
      return waits
    })
    const now = clock.now()
    for (const lane of ['known', 'new'] as const)
      while (runningOf(lane) < AT_ONCE[lane]) {
        const next = pick(lane, now)
        if (next === null) break
        void attempt(...next)
      }
    sleep(now)
  }

  /** Until the next that waits may be asked for; an attempt that ends comes back by itself. */
  function sleep(now: number): void {
    wake?.()
    const rested = [...items.values()].filter((item) => !item.running && item.next > now).map((item) => item.next)
    wake = rested.length === 0 ? null : clock.after(Math.min(...rested.map((at) => at - now)) + 1, pump)
  }

  return {
    want(list) {
      const wanted = new Map(list.map((one) => [idOf(one.reference), one]))
      for (const id of items.keys()) if (!wanted.has(id)) items.delete(id)
      for (const id of done) if (!wanted.has(id)) done.delete(id)
      const fresh = new Set([...wanted.values()].map(({ who }) => who))
      for (const who of asked.keys()) if (!fresh.has(who)) asked.delete(who)
      for (const [id, one] of wanted) if (!items.has(id) && !done.has(id)) items.set(id, { ...one, attempts: 0, next: 0, running: false })
      pump()
    },
    hurry(references, ms) {
      const ids = references.map(idOf)
      for (const id of ids) {
        const item = items.get(id)
        if (item !== undefined) item.next = 0
      }
      const settled = new Promise<void>((end) => {
        waiters.push({ ids, end })
        clock.after(ms, end)
      })
      pump()
      return settled
    },
    stop() {
      stopped = true
      wake?.()
      waiters = []
    },
  }
}
