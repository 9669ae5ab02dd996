import { toJson, typeOfSource } from '../../../../roles/program/index.ts'
import type { Endpoint, Program, Source, Template, Type } from '../../../../roles/program/index.ts'
import { sourcesOf } from './blocks.ts'
import type { Dice } from './dice.ts'
import { NAMES, plainType, shapeOf } from './types.ts'
import { valueOf } from './values.ts'

interface Drawing {
  dice: Dice
  program: Program
  endpoint: Endpoint
  sources: Source[]
  bits: Source[]
}

/** A response with all forms of templates, most of it sources. */
export function responseOf(dice: Dice, program: Program, endpoint: Endpoint): Template {
  const sources = sourcesOf(program, endpoint)
  const bits = sources.filter((source) => source.from === 'block' && typeOfSource(program, endpoint, source).kind === 'bool')
  const drawing = { dice, program, endpoint, sources, bits }
  const names = NAMES.slice(0, 1 + dice.below(6))
  return { record: Object.fromEntries(names.map((name) => [name, draw(drawing, anyType(drawing), 3)])) }
}

const anyType = ({ dice, program, endpoint, sources }: Drawing): Type =>
  dice.chance(70) ? typeOfSource(program, endpoint, dice.pick(sources)) : plainType(dice, Object.keys(program.collections), 2)

/** A template of a type. */
function draw(drawing: Drawing, type: Type, depth: number): Template {
  const { dice, program, endpoint } = drawing
  const there = drawing.sources.filter((source) => shapeOf(typeOfSource(program, endpoint, source)) === shapeOf(type))
  const literal = (): Template => ({ literal: toJson(type, valueOf(dice, type)), type })
  const choice = (): Template => ({
    if: dice.pick(drawing.bits),
    then: draw(drawing, type, depth - 1),
    else: draw(drawing, type, depth - 1),
  })
  return dice.among<Template>([
    [1, () => (there.length > 0 ? { source: dice.pick(there) } : literal())],
    [there.length > 0 ? 6 : 0, () => ({ source: dice.pick(there) })],
    [depth > 0 ? 4 : 0, () => construct(drawing, type, depth) ?? literal()],
    [depth > 0 && drawing.bits.length > 0 ? 3 : 0, choice],
  ])
}

function construct(drawing: Drawing, type: Type, depth: number): Template | null {
  const { dice } = drawing
  const part = (of: Type): Template => draw(drawing, of, depth - 1)
  switch (type.kind) {
    case 'record':
      return { record: Object.fromEntries(Object.keys(type.fields).map((name) => [name, part(type.fields[name]!)])) }
    case 'list':
      return { list: Array.from({ length: dice.below(3) }, () => part(type.of)), of: type.of }
    case 'option':
      return dice.chance(50) ? { none: type.of } : { some: part(type.of) }
    case 'variant': {
      const tag = dice.pick(Object.keys(type.cases))
      return { variant: type, tag, value: part(type.cases[tag]!) }
    }
    default:
      return null
  }
}
