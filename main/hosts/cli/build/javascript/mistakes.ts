import { own } from '../../../../../roles/program/index.ts'
/** What golem says where JavaScript takes a Golem value for one of its own. The codes are those that a build gives for the same. */
export interface Mistake {
  code: 'program.condition' | 'program.coerced' | 'program.loop' | 'program.async' | 'program.hidden' | 'program.leak'
  message: string
}

export interface Found extends Mistake {
  /** From 1. */
  line: number
}

const condition = (message: string): Mistake => ({ code: 'program.condition', message })
const coerced = (message: string): Mistake => ({ code: 'program.coerced', message })

export const TRUTH = condition('a JavaScript condition on a Golem value is always true; use when(condition, () => …, () => …).')
export const LOGIC = condition('a JavaScript operator on a Golem value takes it for true; use .and(…), .or(…) or .not().')
export const EQUALITY = condition('a JavaScript comparison asks whether two Golem values are one object; use .equals(…).')
export const ENDLESS = condition('a JavaScript loop on a Golem value would never end; use map, filter or fold.')
export const MISSING = condition(
  'a Golem value is never missing for JavaScript, so ?? and ?. and defaults do nothing here; for an option use .orElse(…), .map(…) or .match(…).',
)
export const KIND = condition('JavaScript takes every Golem value for an object; its type was declared, so there is nothing to ask.')
export const HANDLE = condition(
  'this object of Golem values is always there for JavaScript; look at a value in it, such as an option of a row.',
)

export const ARITHMETIC = coerced(
  'a Golem value is known only when the program runs, so JavaScript cannot calculate with it; use plus, minus, times, concat, … instead.',
)
export const ORDER = coerced(
  'a Golem value is known only when the program runs, so JavaScript cannot put it in order; use less, atMost, greater, atLeast or sortBy.',
)
export const TEXT = coerced(
  'a Golem value is known only when the program runs, so JavaScript cannot make a text of it; use format`…`, and text() of an integer.',
)
export const KEY = coerced(
  'a Golem value is known only when the program runs, so it is no key of a JavaScript object, Map or Set; use a map or groupBy of Golem.',
)
export const notCalled = (name: string): Mistake =>
  coerced(`${name} is a method: call it, ${name}(), and use the methods of what it returns.`)

export const LOOP: Mistake = {
  code: 'program.loop',
  message:
    'JavaScript cannot loop over, spread or take apart a Golem value, which is known only when the program runs; use map, filter, fold or get.',
}
export const AWAIT: Mistake = {
  code: 'program.async',
  message: 'a Golem value is nothing to wait for; a program is traced at once, without async and await.',
}

export const HIDDEN: Mistake = {
  code: 'program.hidden',
  message: 'the type of a Golem value gets lost here, and behind it JavaScript may take the value for one of its own; keep the type.',
}

/** A variable that a callback changes. @param callee what the callback is given to */
export const keptIn = (variable: string, callee: string): Mistake => ({
  code: 'program.leak',
  message: `${variable} is changed in a callback of ${callee}, which is traced once, whatever happens when the program runs, and read outside of it; return it from there instead.`,
})

/** A function of JavaScript, or of a library, that gets a Golem value. */
export function takenBy(callee: string): Mistake {
  if (/^(Boolean|assert|ok)$/.test(callee))
    return condition(`${callee}() takes every Golem value for true; use when(condition, () => …, () => …).`)
  if (/^(is|isArray)$/.test(callee)) return KIND
  if (/^(String|raw|stringify|encodeURIComponent|toString)$/.test(callee)) return TEXT
  if (/^(Number|BigInt|parseInt|parseFloat|isInteger|isSafeInteger|isNaN|isFinite)$/.test(callee)) return ARITHMETIC
  return HIDDEN
}

/** A function that JavaScript, or a library, calls for a truth and that returns a Golem value. */
export function testedBy(callee: string): Mistake {
  if (!/^(filter|some|every|find|findIndex|findLast|findLastIndex)$/.test(callee)) return HIDDEN
  const ours = own({ some: 'any', every: 'all', filter: 'filter' }, callee) ?? 'find'
  return condition(
    `JavaScript's ${callee} takes every Golem value that its callback returns for true; use when(…) for each item, or ${ours} of a Golem list.`,
  )
}
