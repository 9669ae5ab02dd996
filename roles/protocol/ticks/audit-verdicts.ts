/** Whether a tick decided what it had to, and as it had to: every anchor of its period, and no other, in chain order. */
import { canonicalText } from '../canonical.ts'
import type { Tick, Verdict } from '../documents/index.ts'
import type { AnchoredTransaction } from '../events.ts'
import { dueIn } from './periods.ts'
import { isDecided } from './sorting.ts'

/** What an audit knows of the chain so far. */
export interface Anchors {
  genesis: number
  tickBlocks: number
  /** The anchor of the app's first offer: what came before it concerns nobody. */
  offered: AnchoredTransaction | null
  /** Up to this block anchors were looked through. */
  seen: number
  /** Those that no tick had to decide yet, or had no room for. */
  waiting: AnchoredTransaction[]
  /** Ids of all that a tick gave a verdict. */
  decided: Set<string>
  between(from: number, to: number): AnchoredTransaction[]
}

/** The anchors that tick `number` may decide: what waited, and what its period adds. */
export function anchorsDue(anchors: Anchors, number: number): AnchoredTransaction[] {
  const { genesis, tickBlocks, between, offered } = anchors
  const isAfter = ({ height, position }: AnchoredTransaction): boolean =>
    offered !== null && (height > offered.height || (height === offered.height && position > offered.position))
  // Tick 0 decides acceptances up to genesis, D_n everything up to the end of period n − 2.
  const to = genesis + Math.max(0, number - 1) * tickBlocks
  if (to > anchors.seen) {
    anchors.waiting.push(...between(anchors.seen, to).filter((one) => isDecided(one.anchor.type) && isAfter(one)))
    anchors.seen = to
  }
  return anchors.waiting.filter(({ anchor, height }) => dueIn(anchor.type, height, genesis, tickBlocks) <= number)
}

/** Takes those out of what waits for which this tick had its word. */
export function settle(anchors: Anchors, { verdicts, foreign }: { verdicts: Verdict[]; foreign: string[] }): void {
  const done = new Set([...foreign, ...verdicts.map(({ txid }) => txid)])
  anchors.waiting = anchors.waiting.filter(({ txid }) => !done.has(txid))
}

const outcomeWords = ({ outcome, rule }: Verdict): string =>
  rule === undefined ? outcome : `${outcome} (${rule.bound} of ${rule.collection}.${rule.index})`

/** What is wrong with the verdicts of a tick. @param right those that follow from the chain and the documents that the tick shows */
export function verdictProblems(anchors: Anchors, tick: Tick, right: Verdict[], due: AnchoredTransaction[]): string[] {
  const problems: string[] = []
  const owed = new Map(right.map((verdict) => [verdict.txid, verdict]))
  const given = new Set<string>()
  for (const verdict of tick.summary.verdicts) {
    const { txid } = verdict
    const own = owed.get(txid)
    if (given.has(txid) || anchors.decided.has(txid)) problems.push(`The anchor ${txid} was decided before.`)
    else if (own === undefined) problems.push(notOwed(anchors, tick, txid))
    else if (outcomeWords(own) !== outcomeWords(verdict))
      problems.push(`The anchor ${txid} got the outcome ${outcomeWords(verdict)}; by the rules it is ${outcomeWords(own)}.`)
    else if (canonicalText(own) !== canonicalText(verdict)) problems.push(`The anchor ${txid} is not on the chain as the tick says.`)
    given.add(txid)
    anchors.decided.add(txid)
  }
  const types = new Map(due.map(({ txid, anchor }) => [txid, anchor.type]))
  for (const { txid } of right) if (!given.has(txid)) problems.push(`The ${types.get(txid)} anchored by ${txid} got no verdict.`)
  const order = right.filter(({ txid }) => given.has(txid)).map(({ txid }) => txid)
  const said = tick.summary.verdicts.filter(({ txid }) => owed.has(txid)).map(({ txid }) => txid)
  if (canonicalText(order) !== canonicalText(said)) problems.push('The verdicts are not in chain order.')
  return problems
}

/** Why a verdict should not be there. */
function notOwed({ genesis, tickBlocks, between }: Anchors, { number, blocks }: Tick, txid: string): string {
  const found = between(-1, blocks.to).find((transaction) => transaction.txid === txid)
  if (found === undefined) return `The anchor ${txid} is not on the chain as the tick says.`
  const due = dueIn(found.anchor.type, found.height, genesis, tickBlocks)
  return due > number ? `The anchor ${txid} belongs to another tick.` : `The anchor ${txid} got a verdict that this tick does not owe it.`
}
