/**
 * Choices from a seed. After `fuel` of them every choice is the first one, which callers make the simplest: so a smaller fuel is a
 * smaller program, and shrinking one number shrinks the whole document.
 */
export interface Dice {
  /** An integer from 0 to `count` − 1. */
  below(count: number): number
  /** True in `percent` of cases; false once the fuel is used up. */
  chance(percent: number): boolean
  pick<T>(items: readonly T[]): T
  /** One of the later items rather than an early one. */
  late<T>(items: readonly T[]): T
  /** Calls one of the choices, by weight; the first one is the simplest. */
  among<T>(choices: ReadonlyArray<readonly [weight: number, make: () => T]>): T
}

export function createDice(seed: number, fuel: number): Dice {
  let left = fuel
  const next = randomBits(seed)
  const below = (count: number): number => (left-- > 0 && count > 1 ? next() % count : 0)
  return {
    below,
    chance: (percent) => 100 - below(100) <= percent,
    pick: (items) => items[below(items.length)]!,
    late: (items) => items[items.length - 1 - Math.min(below(items.length), below(items.length))]!,
    among(choices) {
      let at = below(choices.reduce((sum, [weight]) => sum + weight, 0))
      for (const [weight, make] of choices) {
        if (at < weight) return make()
        at -= weight
      }
      return choices[0]![1]()
    },
  }
}

/** Mulberry32. */
function randomBits(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }
}
