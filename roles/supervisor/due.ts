/** Which tick is due, and what its composition needs: read from the state alone. */
import { ticksToPlan } from '../protocol/requests/index.ts'
import { decidingTick, tickRange } from '../protocol/ticks/index.ts'
import { isBuried, type Accepted, type KeptPlan, type Phase, type SupervisorState } from './state.ts'
import type { SupervisorEffect, TickWork } from './events.ts'
import type { TickServer } from '../protocol/documents/index.ts'
import type { Step } from '../protocol/events.ts'

/** Code for tick n+3 is published in tick n; none for n itself, whose seats would be known when its holders are dealt. */
export const PLAN_AHEAD = 3

/** Servers whose acceptance is in a block up to `height` and who have no tombstone. */
export const liveServers = (state: SupervisorState, height: number): Accepted[] =>
  state.servers.filter((server) => server.height <= height && !isBuried(state, server.id))

/** The first block at which as many servers as the offer wants have accepted within its window; null when there is none yet. */
export function genesisOf(state: SupervisorState): number | null {
  const { minimumServers, joinBlocks } = state.offer.body
  const heights = state.servers
    .filter((server) => !isBuried(state, server.id))
    .map((server) => server.height)
    .sort((a, b) => a - b)
  const last = heights.findIndex((height, i) => i + 1 >= minimumServers && height - heights[i + 1 - minimumServers]! < joinBlocks)
  return last < 0 ? null : heights[last]!
}

const tickServer = ({ id, host, port, sealing, region }: Accepted): TickServer => ({ id, host, port, sealing, region })

/** Plans published by the ticks that stand, and those that the tick under way publishes. */
const publishedPlans = ({ plans, ticks }: SupervisorState, underWay: { number: number; hash: string }): KeptPlan[] =>
  plans.filter(({ publishedIn, hash }) => [...ticks, underWay].some((tick) => tick.number === publishedIn && tick.hash === hash))

/** What composing that tick takes, as the state stands. */
export function tickWork(state: SupervisorState, number: number, genesis: number, hash: string): TickWork {
  const range = tickRange(genesis, state.offer.body.tickBlocks, number)
  const from = number === 0 ? Math.max(0, (state.offered ?? 0) - 1) : range.from
  const servers = liveServers(state, range.to).map(tickServer)
  const running = servers.length >= state.offer.body.minimumServers
  const wanted = running ? ticksToPlan(number, (before) => state.ticks.some((tick) => tick.number === before && tick.running)) : []
  const published = publishedPlans(state, { number, hash })
  const transactions = state.waiting
    .filter(
      ({ decidedIn, transaction }) =>
        decidedIn === null && decidingTick(transaction.height, genesis, state.offer.body.tickBlocks) <= number,
    )
    .map(({ transaction }) => transaction)
  const disputed = transactions.some(({ anchor }) => anchor.type === 'dispute')
  return {
    app: state.app,
    number,
    offer: state.offer.sha256,
    by: state.by,
    genesis,
    from,
    to: range.to,
    hash,
    servers,
    ready: state.ready.filter(({ height }) => height <= range.from).map(({ document }) => document),
    previous: state.ticks.at(-1)?.reference ?? null,
    transactions,
    planTicks: wanted.filter((tick) => !published.some((plan) => plan.tick === tick)),
    plans: published.filter((plan) => plan.publishedIn === number).map(({ plan, secret }) => ({ plan, secret })),
    codes: disputed ? state.plans.map(({ tick, offer, secret }) => ({ tick, offer, salts: secret.salts })) : [],
    reveal: published.find((plan) => plan.tick === number - 2)?.secret ?? null,
  }
}

/** A superseding offer whose anchor lies in the blocks that the tick closes takes over; one that replaces a revoked key does so at once. */
function adoptOffer(state: SupervisorState, to: number): SupervisorState {
  const { next } = state
  if (next === null || next.height === null) return state
  if (next.height > to && !state.revoked.includes(state.offer.body.by)) return state
  const { by } = next.offer.body
  return { ...state, offer: next.offer, next: null, by: state.ended.includes(by) ? state.by : by }
}

const WAITING: ReadonlySet<Phase> = new Set<Phase>(['revoked', 'offered', 'usurped', 'resuming'])

/**
 * Begins the next tick if it is due: the tip has passed its last block by the offer's confirmations. One tick at a time.
 * Sets the genesis when enough servers are in.
 */
export function advance(state: SupervisorState): Step<SupervisorState, SupervisorEffect> {
  const idle = { state, effects: [] }
  if (WAITING.has(state.phase) || state.composing !== null) return idle
  const genesis = state.genesis ?? genesisOf(state)
  if (genesis === null) return idle
  const known = state.genesis === null ? { ...state, genesis } : state
  const number = (state.ticks.at(-1)?.number ?? -1) + 1
  const { to } = tickRange(genesis, state.offer.body.tickBlocks, number)
  const hash = state.blocks.find((block) => block.height === to)?.hash
  const tip = state.blocks.at(-1)?.height ?? 0
  if (hash === undefined || tip < to + state.offer.body.confirmations) return { state: known, effects: [] }
  const begun: SupervisorState = { ...adoptOffer(known, to), composing: { number, hash, stage: 'closing', seed: null } }
  return { state: begun, effects: [{ type: 'close', work: tickWork(begun, number, genesis, hash) }] }
}
