import { callSite, nearestLine, recursiveLine } from './location.ts'

/** A mistake in the developer's program. The message names the developer's line. */
export class BuildError extends Error {
  readonly code: string
  /** @param at `file:line`, where it is not the nearest line of the developer */
  constructor(code: string, message: string, at = callSite()) {
    super(at === '' ? message : `${at}: ${message}`)
    this.code = code
  }
}

const ENDLESS =
  'a program is traced once, all branches of it, so a recursion or loop of JavaScript that waits for a Golem condition never ends; ' +
  'use map, filter or fold over a list, or a fold over a tree.'

/**
 * What ends a trace that would not end by itself.
 * @param code for a trace that only grew too large; a function of the developer that is on the stack many times is a recursion
 */
export function runaway(code: string, problem: string): BuildError {
  const line = recursiveLine(new Error().stack ?? '')
  return line === null ? new BuildError(code, `${problem}; ${ENDLESS}`) : new BuildError('program.recursion', `${problem}; ${ENDLESS}`, line)
}

/** The same for a stack that overflowed. */
export function overflowed(error: RangeError): BuildError {
  const stack = error.stack ?? ''
  return new BuildError('program.recursion', `a function calls itself without end; ${ENDLESS}`, recursiveLine(stack) ?? nearestLine(stack))
}
