/** Which of the anchored statements that servers are ready count (PROTOCOL.md 5.11): of each server the last one in chain order. */
import type { Ready, Signed } from '../documents/index.ts'

/** An anchored statement. */
export interface Statement {
  document: Signed<Ready>
  height: number
  position: number
}

const inChain = (a: Statement, b: Statement): number => a.height - b.height || a.position - b.position

/** By server, of those in blocks up to `height`. @param statements of one app, in any order */
export function statementsInForce(statements: readonly Statement[], height: number): Map<string, Signed<Ready>> {
  const inTime = statements.filter((one) => one.height <= height).toSorted(inChain)
  return new Map(inTime.map(({ document }) => [document.by, document]))
}

/**
 * Those that may still count: of what a server said up to `settled`, a block that no reorganisation takes, only the last one, as long as it is about ticks
 * after `newest`.
 */
export function statementsKept(statements: readonly Statement[], settled: number, newest: number): Statement[] {
  const last = statementsInForce(statements, settled)
  return statements.filter(
    ({ document, height }) => height > settled || (last.get(document.by)?.sig === document.sig && document.to > newest),
  )
}
