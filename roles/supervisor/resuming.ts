/**
 * Resumption (PROTOCOL.md 5.10): the master key ends ticks that are bad, stolen, or cannot be had, as a pure function. Each step is in the state before it
 * is acted on, so a crash in the middle goes on by itself; one at a time.
 */
import type { Reference } from '../protocol/documents/index.ts'
import type { Step } from '../protocol/events.ts'

/** What the master key is to say. */
export interface WantedResumption {
  /** Number of the secondary key that goes on. */
  index: number
  /** The last good tick; null: there is none. */
  good: ({ number: number } & Reference) | null
  reason: string
  /** The first tick that is taken back, where it is the first faulty one. */
  shows: Reference | null
}

export interface ResumingState {
  /** Number of the key that the newest resumption named; null before any. */
  keyIndex: number | null
  wanted: WantedResumption | null
}

export type ResumingEvent =
  | { type: 'resuming.wanted'; wanted: WantedResumption }
  /** Answers `resuming.grant`: the grant is seeded, and its anchor was broadcast. */
  | { type: 'resuming.granted'; wanted: WantedResumption; grant: Reference }
  /** Answers `resuming.publish`: the resumption is seeded, and its anchor was broadcast. */
  | { type: 'resuming.published'; wanted: WantedResumption }

export type ResumingEffect =
  { type: 'resuming.grant'; wanted: WantedResumption } | { type: 'resuming.publish'; wanted: WantedResumption; grant: Reference }

export const initialResuming: ResumingState = { keyIndex: null, wanted: null }

const isUnderWay = ({ wanted }: ResumingState, other: WantedResumption): boolean => wanted?.index === other.index

/** The step of resuming. Deterministic; what repeats or was not asked for changes nothing. */
export function resumingStep(state: ResumingState, event: ResumingEvent): Step<ResumingState, ResumingEffect> {
  switch (event.type) {
    case 'resuming.wanted':
      if (state.wanted !== null) return { state, effects: [] }
      return { state: { ...state, wanted: event.wanted }, effects: [{ type: 'resuming.grant', wanted: event.wanted }] }
    case 'resuming.granted':
      if (!isUnderWay(state, event.wanted)) return { state, effects: [] }
      return { state, effects: [{ type: 'resuming.publish', wanted: event.wanted, grant: event.grant }] }
    case 'resuming.published':
      return isUnderWay(state, event.wanted)
        ? { state: { keyIndex: event.wanted.index, wanted: null }, effects: [] }
        : { state, effects: [] }
    // The engine gives every role every event; those of other roles mean nothing here.
    default:
      return { state, effects: [] }
  }
}
