/**
 * Which of the anchored statements that servers are ready count (PROTOCOL.md 5.11): all of them, each for the ticks that it names. None takes another back: what a
 * server answers to whoever asks is signed in the same form, and anybody can anchor it after what the server anchored itself.
 */
import type { Ready, Signed } from '../documents/index.ts'
import { isReadyFor } from '../requests/index.ts'

/** An anchored statement. */
export interface Statement {
  document: Signed<Ready>
  height: number
  position: number
}

const isBefore = (a: Statement, b: Statement): boolean => a.height < b.height || (a.height === b.height && a.position < b.position)

/** Those in blocks up to `height`. @param statements of one app, in any order */
export const statementsInForce = (statements: readonly Statement[], height: number): Array<Signed<Ready>> =>
  statements.filter((one) => one.height <= height).map(({ document }) => document)

/** The servers that said of a tick that they are ready for it. */
export const saidReady = (statements: readonly Ready[], app: string, tick: number): ReadonlySet<string> =>
  new Set(statements.filter((one) => isReadyFor(one, app, tick)).map(({ by }) => by))

/** Those that may still count: about ticks after `newest`, and not only repeating what the server said earlier, as a copy of an answer of its does. */
export function statementsKept(statements: readonly Statement[], newest: number): Statement[] {
  const due = statements.filter(({ document }) => document.to > newest)
  const repeats = (one: Statement, other: Statement): boolean =>
    other.document.by === one.document.by &&
    isBefore(other, one) &&
    other.document.from <= one.document.from &&
    other.document.to >= one.document.to
  return due.filter((one) => !due.some((other) => repeats(one, other)))
}
