import { compareValues } from '../../../../roles/program/index.ts'
import type { TreeValue, Type, Value } from '../../../../roles/program/index.ts'
import type { Dice } from './dice.ts'

const EDGES = [0, 1, -1, 2, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 94906265, 32, 255, 256]
/** Parts that meet one another: surrogate pairs, the code points around them, digits, hexadecimals, white space, ASCII and other case. */
const PARTS = [
  ...['a', 'b', 'aa', 'A', ' ', ',', '0', '1', '-1', 'ff', '\t', '\u0000'],
  ...['é', 'É', '\ud7ff', '\ue000', '\uffff', '🙂', '🙃', '𐀀'],
]
const KEYS = ['', 'a', 'b', 'k1', 'K1', 'z9']

/** A value of a type, within all its bounds, mostly small. */
export function valueOf(dice: Dice, type: Type): Value {
  switch (type.kind) {
    case 'int':
      return intOf(dice, type)
    case 'text':
      return textOf(dice, type.max)
    case 'bool':
      return dice.chance(50)
    case 'bytes':
      return Uint8Array.from({ length: count(dice, type.max) }, () => dice.pick([0, 97, 98, 195, 169, 255, 48]))
    case 'key':
      return dice.pick(KEYS)
    case 'list':
      return Array.from({ length: count(dice, type.max) }, () => valueOf(dice, type.of))
    case 'option':
      return dice.chance(60) ? { some: valueOf(dice, type.of) } : null
    case 'record':
      return recordOf(dice, type.fields)
    case 'variant': {
      const tag = dice.pick(Object.keys(type.cases))
      return { tag, value: valueOf(dice, type.cases[tag]!) }
    }
    case 'map':
      return mapOf(dice, type)
    case 'tree':
      return treeOf(dice, type)
    case 'zipper':
      throw new Error('a zipper has no form outside of its block')
  }
}

const count = (dice: Dice, max: number): number => Math.min(max, dice.below(dice.chance(10) ? 16 : 6))

function intOf(dice: Dice, { min, max }: Type & { kind: 'int' }): number {
  const wanted = dice.chance(16) ? dice.pick(EDGES) : dice.below(12) - 3
  return Math.min(Math.max(wanted, Number(min ?? -Number.MAX_SAFE_INTEGER)), Number(max ?? Number.MAX_SAFE_INTEGER)) + 0
}

function textOf(dice: Dice, max: number): string {
  const text = Array.from({ length: dice.below(6) }, () => dice.pick(PARTS)).join('')
  return Array.from(text).slice(0, max).join('')
}

function recordOf(dice: Dice, fields: Record<string, Type>): Value {
  const record = Object.create(null) as Record<string, Value>
  for (const name of Object.keys(fields).sort()) record[name] = valueOf(dice, fields[name]!)
  return record
}

function mapOf(dice: Dice, type: Type & { kind: 'map' }): Value {
  const found = new Map<Value, Value>()
  for (let left = count(dice, type.max); left > 0; left--) found.set(valueOf(dice, type.keys), valueOf(dice, type.of))
  return new Map([...found].sort(([a], [b]) => compareValues(type.keys, a, b)) as Array<[string, Value]>)
}

/** Each further node hangs below an earlier one. */
function treeOf(dice: Dice, type: Type & { kind: 'tree' }): Value {
  const nodes = Array.from({ length: Math.max(1, count(dice, type.max)) }, () => ({
    value: valueOf(dice, type.of),
    children: [] as TreeValue[],
  }))
  nodes.forEach((node, i) => i > 0 && nodes[dice.below(i)]!.children.push(node))
  return nodes[0]!
}
