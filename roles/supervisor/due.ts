/** Which tick is due, and what its composition needs: read from the state alone. */
import { ticksToPlan } from '../protocol/requests/index.ts'
import { dueIn, genesisFrom, statementsInForce, tickRange } from '../protocol/ticks/index.ts'
import type { KeptPlan, Phase, SupervisorState, Waiting } from './state.ts'
import type { SupervisorEffect, TickWork } from './events.ts'
import type { Step } from '../protocol/events.ts'

/** Code for tick n+3 is published in tick n; none for n itself, whose seats would be known when its holders are dealt. */
export const PLAN_AHEAD = 3

/** Blocks of the servers' first acceptances that count under the offer, each with its server. */
export function joinsOf({ waiting, app, offer: { sha256, body } }: SupervisorState): Map<string, number> {
  const joins = new Map<string, number>()
  for (const { transaction, arrived } of waiting) {
    if (arrived === undefined || ![app, sha256].includes(arrived.offer) || arrived.bits < body.work.server) continue
    joins.set(arrived.by, Math.min(joins.get(arrived.by) ?? Infinity, transaction.height))
  }
  return joins
}

/** The first block at which as many servers as the offer wants have accepted within its window; null when there is none yet. */
export const genesisOf = (state: SupervisorState): number | null => genesisFrom([...joinsOf(state).values()], state.offer.body)

/** Plans published by the ticks that stand, and those that the tick under way publishes. */
const publishedPlans = ({ plans, ticks }: SupervisorState, underWay: { number: number; hash: string }): KeptPlan[] =>
  plans.filter(({ publishedIn, hash }) => [...ticks, underWay].some((tick) => tick.number === publishedIn && tick.hash === hash))

/** What composing that tick takes, as the state stands. */
export function tickWork(state: SupervisorState, number: number, genesis: number, hash: string): TickWork {
  const range = tickRange(genesis, state.offer.body.tickBlocks, number)
  const from = number === 0 ? Math.max(0, (state.offered ?? 0) - 1) : range.from
  const wanted = ticksToPlan(number, (before) => state.ticks.some((tick) => tick.number === before && tick.running))
  const published = publishedPlans(state, { number, hash })
  const { tickBlocks } = state.offer.body
  const due = state.waiting.filter(
    ({ decidedIn, transaction }) => decidedIn === null && dueIn(transaction.anchor.type, transaction.height, genesis, tickBlocks) <= number,
  )
  const transactions = due.map(({ transaction }) => transaction)
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
    absent: number === 0 ? due.filter(isAbsent).map(({ transaction }) => transaction.txid) : [],
    ready: statementsInForce(state.ready, state.offered ?? 0, from),
    previous: state.ticks.at(-1)?.reference ?? null,
    transactions,
    planTicks: wanted.filter((tick) => !published.some((plan) => plan.tick === tick)),
    plans: published.filter((plan) => plan.publishedIn === number).map(({ plan, secret }) => ({ plan, secret })),
    codes: disputed ? state.plans.map(({ tick, offer, secret }) => ({ tick, offer, salts: secret.salts })) : [],
    reveal: published.find((plan) => plan.tick === number - 2)?.secret ?? null,
  }
}

/**
 * Blocks above its last one, `to`, after which a tick is made: the offer's confirmations. Acceptances for tick 0 whose documents are not here get one block
 * at least: whom it finds absent has to accept again.
 */
export function blocksAbove({ waiting, offer }: SupervisorState, number: number, to: number): number {
  const { confirmations } = offer.body
  const awaits = number === 0 && waiting.some((entry) => entry.transaction.height <= to && isAbsent(entry))
  return awaits ? Math.max(1, confirmations) : confirmations
}

const isAbsent = ({ transaction, arrived }: Waiting): boolean => transaction.anchor.type === 'acceptance' && arrived === undefined

/**
 * A superseding offer whose anchor lies in the blocks that the tick closes takes over; one that replaces a revoked key does so at once.
 * @param to the last of those blocks; −1 for tick 0, which is the first offer's
 */
function adoptOffer(state: SupervisorState, to: number): SupervisorState {
  const { next } = state
  if (next === null || next.height === null) return state
  if (next.height > to && !state.revoked.includes(state.offer.body.by)) return state
  const { by } = next.offer.body
  return { ...state, offer: next.offer, next: null, by: state.ended.includes(by) ? state.by : by }
}

const WAITING: ReadonlySet<Phase> = new Set<Phase>(['revoked', 'offered', 'usurped', 'resuming', 'restored'])

/**
 * Begins the next tick if it is due: the tip has passed its last block by the offer's confirmations. One tick at a time.
 * Sets the genesis when tick 0 begins.
 */
export function advance(state: SupervisorState): Step<SupervisorState, SupervisorEffect> {
  const idle = { state, effects: [] }
  if (WAITING.has(state.phase) || state.composing !== null) return idle
  const number = (state.ticks.at(-1)?.number ?? -1) + 1
  const { tickBlocks } = state.offer.body
  const first = number === 0 ? adoptOffer(state, -1) : state
  const genesis = state.genesis ?? genesisOf(first)
  if (genesis === null) return idle
  const { to } = tickRange(genesis, tickBlocks, number)
  const hash = state.blocks.find((block) => block.height === to)?.hash
  const tip = state.blocks.at(-1)?.height ?? 0
  if (hash === undefined || tip < to + blocksAbove(state, number, to)) return idle
  const adopted = number === 0 ? first : adoptOffer(state, to)
  const begun: SupervisorState = { ...adopted, genesis, composing: { number, hash, stage: 'closing', seed: null } }
  return { state: begun, effects: [{ type: 'close', work: tickWork(begun, number, genesis, hash) }] }
}
