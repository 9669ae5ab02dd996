/** Small statistics for the benches. */
import { availableParallelism, loadavg } from 'node:os'
import process from 'node:process'

/** The value below which so much of all values lie. */
export const quantile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))]!

export const ms = (value: number): string => `${value.toFixed(2)} ms`

export async function timed<T>(work: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const began = performance.now()
  const value = await work()
  return { value, ms: performance.now() - began }
}

/** Wall-clock times mean little on a machine that others use: says how busy it is. */
export const sayLoad = (): void =>
  void process.stdout.write(`${availableParallelism()} cores, load ${loadavg()[0]!.toFixed(1)} at the start\n`)
