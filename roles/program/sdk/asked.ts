/**
 * JavaScript asks a callback and gets a plain answer: `limits.filter((one) => !n.less(one))`. Nothing sees the `!`, but the boolean that was made
 * for it is of no use to anybody in the end. One that something of Golem uses, whenever that is, was made for that.
 */
import { BuildError } from './errors.ts'
import { callSite } from './location.ts'

interface Made {
  /** The opened boolean, as the recorder knows it. */
  core: object
  at: string
}
interface Suspect extends Made {
  what: string
}

/** Booleans that the callbacks under way have made, and how many callbacks these are. */
const made: Made[] = []
let depth = 0
let suspects: Suspect[] = []
let used = new WeakSet<object>()

export function noteMade(core: object): void {
  if (depth > 0) made.push({ core, at: callSite() })
}

/** An opened value that an operation, a result or a write takes. */
export function noteUsed(core: object): void {
  if (depth > 0 || suspects.length > 0) used.add(core)
}

/** Asks a callback of the developer. @param what who asks: «JavaScript's filter» @param isPlain whether JavaScript itself can tell an answer */
export function whileAsked(what: string, ask: () => unknown, isPlain: (answer: unknown) => boolean): unknown {
  const start = made.length
  depth++
  try {
    const answer = ask()
    if (made.length > start && isPlain(answer))
      for (const { core, at } of made.slice(start)) if (!used.has(core)) suspects.push({ core, at, what })
    return answer
  } finally {
    depth--
    if (depth === 0) made.length = 0
  }
}

/** What `work` does, unless it asked with a boolean of Golem that nothing of Golem used. */
export function withAnswersUsed<T>(work: () => T): T {
  suspects = []
  used = new WeakSet()
  const result = work()
  const lost = suspects.find(({ core }) => !used.has(core))
  if (lost === undefined) return result
  throw new BuildError(
    'program.condition',
    `${lost.what} got an answer of JavaScript's (!, &&, ||, ?: or if) about a Golem value, which JavaScript takes for true; use when(…) for each item, or filter of a Golem list.`,
    lost.at,
  )
}
