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
const AT_ONCE = { known: 16, new: 8 } as const
const LANES: readonly GatheringLane[] = ['known', 'new']
/** Of one identity. */
const OF_ONE = 4
/** Part of the time that a fetch may take which the first attempt gets; the next ones twice as much each, up to all of it. */
const FIRST_PART = 1 / 5
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 60_000

const idOf = ({ sha256, infohash }: Reference): string => `${sha256}/${infohash}`

interface State {
  documents: Pick<Documents, 'fetch'>
  clock: ClockPort
  tell(event: WorldEvent): void
  /** What is missing, in chain order. */
  items: Map<string, Item>
  /** What came, or cannot be used: nobody asks for it again while it is wanted. */
  done: Set<string>
  /** How often whose documents were asked for. */
  asked: Map<string, number>
  /** Attempts under way, by lane and by identity. */
  running: Map<string, number>
  waiters: Array<{ ids: string[]; end(): void }>
  stopped: boolean
  sleeping: () => void
}

/** @param tell hears of what a role waits for */
export function createGathering({ documents, clock }: Pick<State, 'documents' | 'clock'>, tell: State['tell']): Gathering {
  const state: State = {
    ...{ documents, clock, tell },
    items: new Map(),
    done: new Set(),
    asked: new Map(),
    running: new Map(),
    waiters: [],
    stopped: false,
    sleeping: () => undefined,
  }
  return {
    want(list) {
      want(state, list)
      pump(state)
    },
    hurry(references, ms) {
      const ids = references.map(idOf)
      for (const id of ids) {
        const item = state.items.get(id)
        if (item !== undefined) item.next = 0
      }
      const settled = new Promise<void>((end) => {
        state.waiters.push({ ids, end })
        clock.after(ms, end)
      })
      pump(state)
      return settled
    },
    stop() {
      state.stopped = true
      state.sleeping()
    },
  }
}

function want({ items, done, asked }: State, list: readonly Gathered[]): void {
  const wanted = new Map(list.map((one) => [idOf(one.reference), one]))
  const people = new Set(list.map(({ who }) => who))
  for (const id of items.keys()) if (!wanted.has(id)) items.delete(id)
  for (const id of done) if (!wanted.has(id)) done.delete(id)
  for (const who of asked.keys()) if (!people.has(who)) asked.delete(who)
  for (const [id, one] of wanted) if (!items.has(id) && !done.has(id)) items.set(id, { ...one, attempts: 0, next: 0, running: false })
}

const runningOf = ({ running }: State, name: string): number => running.get(name) ?? 0
const count = (state: State, name: string, by: number): void => void state.running.set(name, runningOf(state, name) + by)

async function attempt(state: State, id: string, item: Item): Promise<void> {
  const { lane, who, reference, type } = item
  item.running = true
  item.attempts++
  state.asked.set(who, (state.asked.get(who) ?? 0) + 1)
  for (const name of [lane, who]) count(state, name, 1)
  const got = await state.documents.fetch(reference, type, { lane, patience: Math.min(1, FIRST_PART * 2 ** (item.attempts - 1)) })
  for (const name of [lane, who]) count(state, name, -1)
  item.running = false
  item.next = state.clock.now() + Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** item.attempts)
  if (got.ok || !got.error.retryable) {
    if (state.items.delete(id)) state.done.add(id)
    if (item.told === true) state.tell(answered(reference, type, got))
  }
  pump(state)
}

/** Who was asked for least, then what was, then what comes first in the chain. */
function pick(state: State, lane: GatheringLane, now: number): [string, Item] | null {
  let best: [string, Item] | null = null
  const before = (one: Item, other: Item): boolean => {
    const fewer = (state.asked.get(one.who) ?? 0) - (state.asked.get(other.who) ?? 0)
    return fewer < 0 || (fewer === 0 && one.attempts < other.attempts)
  }
  for (const entry of state.items) {
    const [, item] = entry
    if (item.lane !== lane || item.running || item.next > now || runningOf(state, item.who) >= OF_ONE) continue
    if (best === null || before(item, best[1])) best = entry
  }
  return best
}

function pump(state: State): void {
  if (state.stopped) return
  state.waiters = state.waiters.filter(({ ids, end }) => {
    const waits = ids.some((id) => state.items.has(id))
    if (!waits) end()
    return waits
  })
  const now = state.clock.now()
  for (const lane of LANES)
    for (let free = AT_ONCE[lane] - runningOf(state, lane); free > 0; free--) {
      const next = pick(state, lane, now)
      if (next === null) break
      void attempt(state, ...next)
    }
  sleep(state, now)
}

/** Until the next that waits may be asked for; an attempt that ends comes back by itself. */
function sleep(state: State, now: number): void {
  state.sleeping()
  let first = Infinity
  for (const { running, next } of state.items.values()) if (!running && next > now) first = Math.min(first, next)
  state.sleeping = first === Infinity ? () => undefined : state.clock.after(first - now + 1, () => pump(state))
}
