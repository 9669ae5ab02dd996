import { sortedNames } from '../../value/measure.ts'
import type { Value } from '../../value/value.ts'
import type { Meter } from '../meter.ts'

type Parts = { readonly [name: string]: Value }

/**
 * Whether two values of one type are the same. Every pair of parts costs a step; a stack of its own lets trees be deep.
 * Records, variants, options and tree nodes are compared property by property, which their common type makes complete.
 */
export function equal(meter: Meter, a: Value, b: Value): boolean {
  if (typeof a !== 'object' || a === null) return equalScalars(meter, a, b)
  const stack: Value[] = [a, b]
  while (stack.length > 0) {
    const right = stack.pop()!
    const left = stack.pop()!
    if (!equalHere(meter, left, right, stack)) return false
  }
  return true
}

function equalScalars(meter: Meter, a: Value, b: Value): boolean {
  meter.step(typeof a === 'string' ? a.length : 0)
  return a === b
}

/** Compares what can be compared at once, and leaves parts of both on the stack. */
function equalHere(meter: Meter, a: Value, b: Value, stack: Value[]): boolean {
  if (typeof a !== 'object' || a === null || b === null) return equalScalars(meter, a, b)
  if (a instanceof Uint8Array) return equalBytes(meter, a, b as Uint8Array)
  meter.step(0)
  if (Array.isArray(a)) return pushAll(a, b as Value[], stack)
  if (a instanceof Map) return pushAll([...a].flat() as Value[], [...(b as Map<string, Value>)].flat(), stack)
  // In the order of names, whoever made the value: the steps depend on nothing else, and the tags of variants are compared before
  // their contents, which are of one type only where the tags are the same.
  const names = sortedNames(a)
  for (let i = names.length - 1; i >= 0; i--) stack.push((a as Parts)[names[i]!]!, (b as Parts)[names[i]!]!)
  return true
}

function equalBytes(meter: Meter, a: Uint8Array, b: Uint8Array): boolean {
  meter.step(a.length)
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

/** The first parts end on top, so that a difference near the front is found early. */
function pushAll(a: readonly Value[], b: readonly Value[], stack: Value[]): boolean {
  if (a.length !== b.length) return false
  for (let i = a.length - 1; i >= 0; i--) stack.push(a[i]!, b[i]!)
  return true
}
