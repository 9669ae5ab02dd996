/**
 * Hiring (essay, Supervisor bootstraps 1, 2 and 5): which key is granted, which taken back, and which offer is signed next, as a pure function. One change at
 * a time; each of its steps is in the state before it is acted on, so a crash in the middle goes on by itself.
 */
import type { Reference } from '../protocol/documents/index.ts'
import type { Step } from '../protocol/events.ts'

/** A change that was asked for: an app's first offer, another program, or another key. */
export interface Wanted {
  /** Number of the secondary key that is to sign the offer. */
  index: number
  /** SHA-256 of the program's canonical bytes, hex. */
  program: string
  /** The offer that it takes over from, by its digest; null for an app's first. */
  supersedes: string | null
  /** Why the key before is taken back; null where it stays. */
  reason: string | null
  /** The app's title from then on, where it was asked for. */
  title?: string
}

export interface HiringState {
  /** Number of the key that signs: that of the newest offer which was published. */
  keyIndex: number
  wanted: Wanted | null
}

export type HiringEvent =
  | { type: 'hire.wanted'; wanted: Wanted }
  /** Answers `hire.grant`: the grant is seeded, and its anchor was broadcast. */
  | { type: 'hire.granted'; wanted: Wanted; grant: Reference }
  /** Answers `hire.sign`: the offer is stored. */
  | { type: 'hire.signed'; wanted: Wanted; offer: string }
  /** Answers `hire.publish`: the offer is seeded, and its anchor was broadcast. */
  | { type: 'hire.published'; wanted: Wanted; offer: string }

export type HiringEffect =
  | { type: 'hire.revoke'; index: number; reason: string }
  | { type: 'hire.grant'; wanted: Wanted }
  | { type: 'hire.sign'; wanted: Wanted; grant: Reference }
  | { type: 'hire.publish'; wanted: Wanted; offer: string }

export const initialHiring: HiringState = { keyIndex: 0, wanted: null }

/** Names a change: an offer is superseded once, so the same change is the same name after a crash. */
export const nameOfChange = ({ supersedes, index, program }: Wanted): string => `${supersedes ?? 'first'}:${index}:${program}`

const isUnderWay = ({ wanted }: HiringState, other: Wanted): boolean => wanted !== null && nameOfChange(wanted) === nameOfChange(other)

/** The step of hiring. Deterministic; what repeats or was not asked for changes nothing. */
export function hiringStep(state: HiringState, event: HiringEvent): Step<HiringState, HiringEffect> {
  if (event.type === 'hire.wanted') return state.wanted === null ? begin(state, event.wanted) : { state, effects: [] }
  const answers = event.type === 'hire.granted' || event.type === 'hire.signed' || event.type === 'hire.published'
  // The engine gives every role every event; those of other roles mean nothing here.
  if (!answers || !isUnderWay(state, event.wanted)) return { state, effects: [] }
  const { wanted } = event
  switch (event.type) {
    case 'hire.granted':
      return { state, effects: [{ type: 'hire.sign', wanted, grant: event.grant }] }
    case 'hire.signed':
      return { state, effects: [{ type: 'hire.publish', wanted, offer: event.offer }] }
    case 'hire.published':
      return { state: { keyIndex: wanted.index, wanted: null }, effects: [] }
  }
}

/** A key that may be in wrong hands is taken back before anything else, and without waiting for its successor. */
function begin(state: HiringState, wanted: Wanted): Step<HiringState, HiringEffect> {
  const revoke: HiringEffect[] = wanted.reason === null ? [] : [{ type: 'hire.revoke', index: wanted.index - 1, reason: wanted.reason }]
  return { state: { ...state, wanted }, effects: [...revoke, { type: 'hire.grant', wanted }] }
}
