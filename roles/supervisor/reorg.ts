/** Undoes what was derived from blocks that are gone. */
import type { Step } from '../protocol/events.ts'
import type { SupervisorEffect } from './events.ts'
import type { SupervisorState } from './state.ts'
import { counted } from '../protocol/words.ts'

/** Everything but ticks: what blocks above `height` told. */
function forgetBlocks(state: SupervisorState, height: number): SupervisorState {
  const offered = state.offered !== null && state.offered > height ? null : state.offered
  const next =
    state.next !== null && state.next.height !== null && state.next.height > height ? { ...state.next, height: null } : state.next
  const seals = state.seals.filter((seal) => seal.height <= height)
  const gone = (state.resumption?.height ?? -1) > height
  return {
    ...state,
    seals,
    // What it took back stays taken back: its anchor will be in a block again, and until then nothing is published.
    resumption: gone ? { ...state.resumption!, height: null } : state.resumption,
    offered,
    next,
    phase: gone ? 'resuming' : offered === null && state.offered !== null ? 'offered' : state.phase,
    blocks: state.blocks.filter((block) => block.height <= height),
    ready: state.ready.filter((one) => one.height <= height),
    expected: state.expected.filter((transaction) => transaction.height <= height),
    waiting: state.waiting.filter(({ transaction }) => transaction.height <= height),
  }
}

/** Back to gathering: the block at which enough servers were in is gone. Code that was published for it is not used again. */
const beforeGenesis = (state: SupervisorState): Step<SupervisorState, SupervisorEffect> => ({
  state: {
    ...state,
    genesis: null,
    ticks: [],
    plans: [],
    composing: null,
    buried: [],
    phase: state.phase === 'ticking' || state.phase === 'sleeping' ? 'gathering' : state.phase,
    waiting: state.waiting.map(({ transaction }) => ({ transaction, decidedIn: null })),
  },
  effects: state.ticks.length === 0 && state.composing === null ? [] : [{ type: 'rollback', number: -1 }],
})

/**
 * Takes back blocks above `height`, and the ticks that closed any of them. Their plans stay for the case that their blocks come back; those of the
 * ticks that take their place are made anew, because other servers hold them. Readers choose among ticks of one number the one whose last block
 * is on the best chain.
 */
export function takeBack(before: SupervisorState, height: number): Step<SupervisorState, SupervisorEffect> {
  const state = forgetBlocks(before, height)
  if (state.genesis === null) return { state, effects: [] }
  if (state.genesis > height) return beforeGenesis(state)
  const ticks = state.ticks.filter((tick) => tick.to <= height)
  const composes = state.composing !== null && state.genesis + state.composing.number * state.offer.body.tickBlocks > height
  const composing = composes ? null : state.composing
  const gone = state.ticks.length - ticks.length
  if (gone === 0 && !composes) return { state, effects: [] }
  if (ticks.length === 0 && gone > 0 && state.ticks[0]!.number > 0) {
    const message = `The reorg to block ${height} is deeper than the ticks that are remembered. Restore the app from its log.`
    return { state: { ...state, composing: null, phase: 'revoked' }, effects: [{ type: 'log', level: 'error', message }] }
  }
  const last = ticks.at(-1)?.number ?? -1
  const message = `Blocks above ${height} are gone: ${counted(gone, 'tick')} composed again.`
  return {
    state: { ...backTo(state, last), composing },
    effects: [
      { type: 'rollback', number: last },
      { type: 'log', level: 'warn', message },
    ],
  }
}

/** The state with a tick as the last one; −1: with none. What later ones decided waits again. */
export const backTo = (state: SupervisorState, last: number): SupervisorState => ({
  ...state,
  ticks: state.ticks.filter(({ number }) => number <= last),
  composing: null,
  waiting: state.waiting.map((entry) => (entry.decidedIn !== null && entry.decidedIn > last ? { ...entry, decidedIn: null } : entry)),
  buried: state.buried.filter(({ tick }) => tick <= last),
})
