import { parseInteger } from '../../value/json.ts'
import type { Meter } from '../meter.ts'
import { boundItems, BYTES, divideByZero, optionOf, overflow } from './operation.ts'

const counted =
  <T extends number | boolean>(calculate: (a: number, b: number) => T) =>
  (meter: Meter, a: number, b: number): T => {
    meter.step(0)
    return calculate(a, b)
  }

/** Adding 0 turns −0 into 0. A product or sum beyond 2^53 stays beyond it when rounded, so the test is exact. */
const exact = (result: number): number => (Number.isSafeInteger(result) ? result + 0 : overflow())

/** Rounded down. A quotient of safe integers that is not whole is further from one than rounding can move it. */
const divide = (a: number, b: number): number => (b === 0 ? divideByZero() : Math.floor(a / b) + 0)

/** Has the sign of the divisor. */
function modulo(a: number, b: number): number {
  if (b === 0) divideByZero()
  const rest = a % b
  return (rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest) + 0
}

function range(meter: Meter, from: number, to: number): number[] {
  const count = Math.max(0, to - from)
  boundItems(count, 'list')
  meter.step(count)
  meter.grow(BYTES.item * count)
  const made: number[] = []
  for (let i = from; i < to; i++) made.push(i)
  return made
}

export const INT = {
  'int.add': counted((a, b) => exact(a + b)),
  'int.subtract': counted((a, b) => exact(a - b)),
  'int.multiply': counted((a, b) => exact(a * b)),
  'int.divide': counted(divide),
  'int.remainder': counted(modulo),
  'int.less': counted((a, b) => a < b),
  'int.text': (meter: Meter, a: number): string => (meter.step(0), meter.grow(40), String(a)),
  'int.parse': (meter: Meter, text: string) => (meter.step(text.length), optionOf(meter, parseInteger(text))),
  'int.range': range,
}
