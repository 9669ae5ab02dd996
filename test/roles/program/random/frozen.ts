import type { Value } from '../../../../roles/program/index.ts'

const refuse = (): never => {
  throw new Error('an evaluator changed an input')
}

/** Freezes a value and all its parts; maps refuse every change. Bytes cannot be frozen: compare them with a copy. */
export function freezeDeep<V extends Value | Value[]>(value: V): V {
  const stack: unknown[] = [value]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (typeof next !== 'object' || next === null || next instanceof Uint8Array) continue
    if (next instanceof Map) {
      stack.push(...next.values())
      Object.assign(next, { set: refuse, delete: refuse, clear: refuse })
    } else stack.push(...Object.values(next).filter((part) => part !== null))
    Object.freeze(next)
  }
  return value
}
