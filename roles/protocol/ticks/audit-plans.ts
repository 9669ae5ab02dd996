/** Whether the plans of a tick are dealt as they have to be: at their time, and to those that signed that they are ready. */
import type { Program } from '../../program/index.ts'
import type { CryptoPort } from '../crypto/index.ts'
import type { Offer, OpenedDocument, Tick } from '../documents/index.ts'
import type { AnchoredTransaction } from '../events.ts'
import { fetchEntry, type FetchFile } from '../index/index.ts'
import { planProblems, readReadyFile, termsOf, ticksToPlan } from '../requests/index.ts'
import { saidReady, statementOf, type Statement } from './statements.ts'

/** What an audit remembers of ticks before. */
export interface PlansSoFar {
  /** Running ticks. */
  ran: Set<number>
  /** Statements that were anchored in time for the tick that is audited. */
  anchored: Statement[]
  /** Up to this block anchors were looked through; at first, that of the app's first offer. */
  seen: number
  /** By offer and block the commitment to its code, by the first plan under that offer. */
  code: Map<string, string>
}

export const noPlans = (): PlansSoFar => ({ ran: new Set(), anchored: [], seen: -1, code: new Map() })

/** Where the audit finds things. */
export interface PlanSources {
  fetchFile: (name: string) => ReturnType<FetchFile>
  between: (from: number, to: number) => AnchoredTransaction[]
}

type Plan = Tick['plans'][number]

/** @returns what is wrong, one sentence each */
export async function checkPlans(
  crypto: CryptoPort,
  so: PlansSoFar,
  { body: tick }: OpenedDocument<'tick'>,
  { offer, outline }: { offer: Offer; outline: Program },
  sources: PlanSources,
): Promise<string[]> {
  const { number, state, plans } = tick
  const wanted = state === 'running' ? ticksToPlan(number, (before) => so.ran.has(before)) : []
  const published = plans.map((plan) => plan.tick)
  const inTime = published.every((one, i) => wanted.includes(one) && (i === 0 || published[i - 1]! < one))
  const problems = inTime ? [] : [`The tick publishes the plans of ${listOf(published)}; it may publish those of ${listOf(wanted)}.`]
  noteAnchored(so, tick, offer, sources)
  const said = so.anchored
  for (const plan of plans)
    problems.push(...otherCode(so.code, tick.offer, plan), ...(await problemsOf(crypto, said, tick, plan, { offer, outline }, sources)))
  for (const missing of wanted.filter((one) => !published.includes(one))) {
    const ready = readyOf(said, tick, missing)
    if (ready.length >= offer.minimumServers)
      problems.push(`The plan for tick ${missing} is left out, though ${ready.length} servers anchored that they are ready for it.`)
  }
  if (state === 'running') so.ran.add(number)
  return problems
}

/** Code stays as long as its offer. */
const otherCode = (code: PlansSoFar['code'], offer: string, plan: Plan): string[] =>
  Object.entries(plan.endpoints).flatMap(([endpoint, blocks]) =>
    blocks.flatMap((block, position) => {
      const place = `${offer}/${endpoint}/${position}`
      const first = code.get(place) ?? block.code
      code.set(place, first)
      return first === block.code
        ? []
        : [`The plan for tick ${plan.tick} has other code for block ${position} of ${endpoint} than those before it, under the same offer.`]
    }),
  )

async function problemsOf(
  crypto: CryptoPort,
  said: readonly Statement[],
  tick: Tick,
  plan: Plan,
  { offer, outline }: { offer: Offer; outline: Program },
  { fetchFile }: PlanSources,
): Promise<string[]> {
  const problems = planProblems(crypto, outline, tick, plan, termsOf(offer))
  if (plan.ready.length < offer.minimumServers)
    problems.push(`The plan for tick ${plan.tick} is dealt to fewer servers than the offer runs with.`)
  const bytes = await fetchEntry(crypto, fetchFile, plan.readyFile)
  const signed = bytes.ok ? readReadyFile(crypto, bytes.value, tick.app, plan.tick) : bytes
  const anchored = readyOf(said, tick, plan.tick)
  const [dealt, told] = [new Set(plan.ready), new Set([...(signed.ok ? signed.value : []), ...anchored])]
  if (!signed.ok || !plan.ready.every((id) => told.has(id)) || !signed.value.every((id) => dealt.has(id)))
    problems.push(`The plan for tick ${plan.tick} is dealt to servers that did not sign that they are ready.`)
  for (const id of anchored)
    if (!dealt.has(id)) problems.push(`The server ${id} anchored that it is ready for tick ${plan.tick}, and is left out of its plan.`)
  return problems
}

/** Statements in blocks of period n − 2 and before count in D_n, so that nobody can say they came too late. */
function noteAnchored(so: PlansSoFar, { blocks: { from } }: Tick, offer: Offer, { between }: PlanSources): void {
  if (from <= so.seen) return
  so.anchored.push(...between(so.seen, from).flatMap((transaction) => statementOf(transaction, offer) ?? []))
  so.seen = from
}

/** Listed servers that said on the chain that they are ready for a tick. */
const readyOf = (said: readonly Statement[], { servers }: Tick, tick: number): string[] =>
  saidReady(
    said,
    servers.map(({ id }) => id),
    tick,
  )

const listOf = (ticks: number[]): string => (ticks.length === 0 ? 'no tick' : ticks.join(', '))
