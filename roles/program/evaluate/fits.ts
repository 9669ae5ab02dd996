import type { Type } from '../document.ts'
import { misfit } from '../value/fit.ts'
import type { Value } from '../value/value.ts'
import { Stop } from './meter.ts'
import type { Meter } from './meter.ts'

/** What leaves a block keeps the bounds of its type. Looking costs steps: a value may share its parts and be larger than memory. */
export function fits(meter: Meter, type: Type, value: Value, name: string): Value {
  const problem = misfit(type, value, name, (size) => meter.step(size))
  if (problem !== null) throw new Stop('program.bound', `${problem}; nothing is written.`)
  return value
}
