import type { Primitive } from '../../document.ts'
import type { Value } from '../../value/value.ts'
import type { Meter } from '../meter.ts'
import { BYTE } from './bytes.ts'
import { equal } from './equal.ts'
import { INT } from './int.ts'
import { LIST } from './list.ts'
import { MAP } from './map.ts'
import { TEXT } from './text.ts'
import { TREE } from './tree.ts'

export type Strict = Exclude<Primitive, 'and' | 'or'>

const OPERATIONS = {
  ...INT,
  ...TEXT,
  ...BYTE,
  ...LIST,
  ...MAP,
  ...TREE,
  equal,
  not: (meter: Meter, a: boolean): boolean => (meter.step(0), !a),
} satisfies Record<Strict, (meter: Meter, ...args: never[]) => Value>

/** Every strict primitive; `and` and `or` are lazy and live in the evaluators. The checker has seen to the types of the arguments. */
export const PRIMITIVES = OPERATIONS as unknown as Record<Strict, (meter: Meter, ...args: Value[]) => Value>
