/** Whether the plans of a tick are dealt as they have to be: at their time, and to those that signed that they are ready. */
import type { Program } from '../../program/index.ts'
import { canonicalText } from '../canonical.ts'
import type { CryptoPort } from '../crypto/index.ts'
import type { Offer, OpenedDocument, Ready, Tick } from '../documents/index.ts'
import type { AnchoredTransaction } from '../events.ts'
import { fetchEntry, type FetchFile } from '../index/index.ts'
import { planProblems, readReadyFile, termsOf, ticksToPlan } from '../requests/index.ts'
import { paysSupervisor } from './spends.ts'
import { saidReady, statementsInForce, type Statement } from './statements.ts'

/** What an audit remembers of ticks before. */
export interface PlansSoFar {
  /** Running ticks. */
  ran: Set<number>
  /** Statements that were anchored in time for the tick that is audited. */
  anchored: Statement[]
  /** Up to this block anchors were looked through. */
  seen: number
  /** By offer and block the commitment to its code, by the first plan under that offer. */
  code: Map<string, string>
}

export const noPlans = (): PlansSoFar => ({ ran: new Set(), anchored: [], seen: -1, code: new Map() })

/** Where the audit finds things. */
export interface PlanSources {
  fetchFile: (name: string) => ReturnType<FetchFile>
  between: (from: number, to: number) => AnchoredTransaction[]
  document?: (transaction: AnchoredTransaction) => Promise<OpenedDocument | null>
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
  await noteAnchored(so, tick, offer, sources)
  const said = statementsInForce(so.anchored, tick.blocks.from)
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
  said: readonly Ready[],
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
  if (!signed.ok || canonicalText(signed.value) !== canonicalText(plan.ready))
    problems.push(`The plan for tick ${plan.tick} is dealt to servers that did not sign that they are ready.`)
  for (const id of readyOf(said, tick, plan.tick))
    if (!plan.ready.includes(id))
      problems.push(`The server ${id} anchored that it is ready for tick ${plan.tick}, and is left out of its plan.`)
  return problems
}

/** Statements in blocks of period n − 2 and before count in D_n, so that nobody can say they came too late. */
async function noteAnchored(
  so: PlansSoFar,
  { app, blocks: { from } }: Tick,
  offer: Offer,
  { between, document }: PlanSources,
): Promise<void> {
  if (document === undefined || from <= so.seen) return
  for (const transaction of between(so.seen, from)) {
    if (transaction.anchor.type !== 'ready' || !paysSupervisor(transaction, offer)) continue
    const opened = await document(transaction)
    if (opened?.body.type !== 'ready' || opened.body.app !== app) continue
    const { height, position } = transaction
    so.anchored.push({ document: (opened as OpenedDocument<'ready'>).body, height, position })
  }
  so.seen = from
}

/** Listed servers that said on the chain that they are ready for a tick. */
function readyOf(said: readonly Ready[], { servers, app }: Tick, tick: number): string[] {
  const ready = saidReady(said, app, tick)
  return servers.flatMap(({ id }) => (ready.has(id) ? [id] : []))
}

const listOf = (ticks: number[]): string => (ticks.length === 0 ? 'no tick' : ticks.join(', '))
