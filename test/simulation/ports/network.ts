import type { ClockPort } from '../../../main/core/ports.ts'
import type { SeededRandom } from './random.ts'

/** The state of the wires between named engagements; the swarm and the transport in memory both ask it. */
export interface Network {
  readonly clock: ClockPort
  readonly random: SeededRandom
  /** One-way delay in milliseconds, drawn evenly from [from, to], and the share of messages that are lost. */
  set(conditions: { delayMs?: [number, number]; loss?: number }): void
  /** Nothing passes between two engagements; with one name, between it and everybody. */
  cut(a: string, b?: string): void
  /** Undoes that cut; without names, every cut. */
  heal(a?: string, b?: string): void
  connected(a: string, b: string): boolean
  /** Waits as long as one message travels, and says whether it arrived. */
  carry(from: string, to: string): Promise<boolean>
  wait(ms: number): Promise<void>
}

export function createNetwork(clock: ClockPort, random: SeededRandom): Network {
  let delayMs: [number, number] = [1, 5]
  let loss = 0
  const cuts = new Set<string>()
  const wire = (a: string, b = '*') => [a, b].sort().join('|')
  const connected = (a: string, b: string) => a === b || ![wire(a, b), wire(a), wire(b)].some((each) => cuts.has(each))
  const wait = (ms: number) =>
    new Promise<void>((resolve) => {
      clock.after(ms, resolve)
    })
  return {
    clock,
    random,
    connected,
    wait,
    set: (conditions) => {
      delayMs = conditions.delayMs ?? delayMs
      loss = conditions.loss ?? loss
    },
    cut: (a, b) => {
      cuts.add(wire(a, b))
    },
    heal: (a, b) => {
      if (a === undefined) cuts.clear()
      else cuts.delete(wire(a, b))
    },
    carry: async (from, to) => {
      const lost = random.fraction() < loss
      await wait(delayMs[0] + random.fraction() * (delayMs[1] - delayMs[0]))
      return !lost && connected(from, to)
    },
  }
}

/** Resolves with `value` after a time, unless cleared before. */
export function alarm<T>(clock: ClockPort, ms: number, value: T): { rings: Promise<T>; clear(): void } {
  let clear = () => undefined as void
  const rings = new Promise<T>((resolve) => {
    clear = clock.after(ms, () => resolve(value))
  })
  return { rings, clear: () => clear() }
}

/** Resolves with `value` when the signal is aborted. */
export const whenAborted = <T>(signal: AbortSignal | undefined, value: T): Promise<T> =>
  new Promise((resolve) => {
    if (signal?.aborted) resolve(value)
    else signal?.addEventListener('abort', () => resolve(value), { once: true })
  })
