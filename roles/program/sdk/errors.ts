import { callSite, nearestLine, recursiveLine } from './location.ts'

/** Where something was declared, for mistakes that show only after the developer's function has returned. Copies have it too. */
const DECLARED = Symbol('declared at')
let declared: string | null = null

/** The first mistake of a trace, even where the developer's program, or a promise, catches the error. */
let noticed: BuildError | null = null

/** What `work` does, or the mistake that was noticed meanwhile and caught. */
export function withNoticed<T>(work: () => T): T {
  noticed = null
  const made = work()
  const mistake = noticed as BuildError | null
  if (mistake !== null) throw mistake
  return made
}

/** The same declaration with the developer's line. */
export const declare = <T extends object>(spec: T): T => ({ ...spec, [DECLARED]: callSite() })

export const declaredAt = (spec: object): string => (spec as { [DECLARED]?: string })[DECLARED] ?? ''

/** What `work` finds wrong is said of a declaration's line; nothing of the developer's runs in it. */
export function atDeclaration<T>(spec: object, work: () => T): T {
  const before = declared
  declared = declaredAt(spec) || null
  try {
    return work()
  } finally {
    declared = before
  }
}

/**
 * A mistake in the developer's program. The message begins with the developer's line. Codes:
 * · JavaScript where the language is needed: `program.recursion`, `program.deep` (a trace without end, or too long), `program.loop` (a loop
 *   or spread), `program.coerced` (arithmetic, comparison, text), `program.operation` (no such method), `program.async`, `program.callback`
 * · values: `program.literal`, `program.result`, `program.type`, `program.bound`, `program.branches`, `program.match`, `program.field`
 * · places: `program.sealed`, `program.foreign`, `program.leak`, `program.order`, `program.choice`, `program.nested`, `program.outside`
 * · the database: `program.query`, `program.carry`, `program.slot`, `program.name`, `program.rule`
 * `compile` adds `program.nondeterministic`, `program.thrown` and what only the checker finds.
 */
export class BuildError extends Error {
  readonly code: string
  /** @param at `file:line`, where it is not the nearest line of the developer */
  constructor(code: string, message: string, at = declared ?? callSite()) {
    super(at === '' ? message : `${at}: ${message}`)
    this.code = code
    noticed ??= this
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
  return line === null
    ? new BuildError(code, `${problem}; ${ENDLESS}`)
    : new BuildError('program.recursion', `${problem}; ${ENDLESS}`, line)
}

/** The same for a stack that overflowed. */
export function overflowed(error: RangeError): BuildError {
  const stack = error.stack ?? ''
  return new BuildError('program.recursion', `a function calls itself without end; ${ENDLESS}`, recursiveLine(stack) ?? nearestLine(stack))
}
