/**
 * Which of the anchored statements that servers are ready count (PROTOCOL.md 5.11): all of them, each for the ticks that it names. A statement is its transaction: the
 * anchor says the ticks, the coin that it spends who says it. So nobody has to have its document, which could be shown to auditors and kept back from the Supervisor;
 * and nobody else can make one, so what a server answers to whoever asks takes nothing back.
 */
import type { AnchoredTransaction } from '../events.ts'
import { isRange } from '../requests/index.ts'
import { paysSupervisor, scriptOf } from './spends.ts'

/** An anchored statement. */
export interface Statement {
  from: number
  to: number
  /** Scripts (hex) of the coins that it spends, ascending: that of its server among them. */
  spends: string[]
  height: number
  position: number
}

/** What an anchor says to the Supervisor of an app; null when it is no statement, or of nobody that could be a server. */
export function statementOf(transaction: AnchoredTransaction, offer: { master: string }): Statement | null {
  const { anchor, height, position } = transaction
  if (anchor.type !== 'ready' || !isRange(anchor.ticks!) || !paysSupervisor(transaction, offer)) return null
  const spends = [...new Set(transaction.spends.filter((script) => script !== ''))].sort()
  return spends.length === 0 ? null : { ...anchor.ticks!, spends, height, position }
}

const isBefore = (a: Statement, b: Statement): boolean => a.height < b.height || (a.height === b.height && a.position < b.position)

/** Those in blocks above `offered`, that of the app's first offer, up to `height`. */
export const statementsInForce = (statements: readonly Statement[], offered: number, height: number): Statement[] =>
  statements.filter((one) => one.height > offered && one.height <= height)

/** Those of some servers, ascending, that said of a tick that they are ready for it. @param servers their ids */
export function saidReady(statements: readonly Statement[], servers: readonly string[], tick: number): string[] {
  const said = new Set(statements.filter(({ from, to }) => from <= tick && tick <= to).flatMap(({ spends }) => spends))
  // An address costs a multiplication: most ticks have no statement at all.
  return said.size === 0 ? [] : servers.filter((id) => said.has(scriptOf(id) ?? '')).sort()
}

/** Those that may still count: about ticks after `newest`, and not only repeating what was said earlier with the same coins. */
export function statementsKept(statements: readonly Statement[], newest: number): Statement[] {
  const kept = new Map<string, Statement[]>()
  for (const one of [...statements].sort((a, b) => (isBefore(a, b) ? -1 : 1))) {
    if (one.to <= newest) continue
    const who = one.spends.join()
    const earlier = kept.get(who) ?? []
    if (earlier.some(({ from, to }) => from <= one.from && to >= one.to)) continue
    earlier.push(one)
    kept.set(who, earlier)
  }
  return [...kept.values()].flat()
}
