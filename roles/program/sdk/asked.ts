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

/** Booleans that the callback under way has made; null while none is. */
let made: Made[] | null = null
let suspects: Suspect[] = []
let used = new WeakSet<object>()

export function noteMade(core: object): void {
  made?.push({ core, at: callSite() })
}

/** An opened value that an operation, a result or a write takes. */
export function noteUsed(core: object): void {
  if (made !== null || suspects.length > 0) used.add(core)
}

/** The answer of a callback. @param isPlain whether JavaScript itself can tell what was answered @param what who asks: «JavaScript's filter» */
export function whileAsked<T>(what: string, work: () => T, isPlain: (answer: T) => boolean): T {
  const outer = made
  const mine: Made[] = []
  made = mine
  try {
    const answer = work()
    if (isPlain(answer)) suspects.push(...mine.filter(({ core }) => !used.has(core)).map((one) => ({ ...one, what })))
    return answer
  } finally {
    made = outer
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
