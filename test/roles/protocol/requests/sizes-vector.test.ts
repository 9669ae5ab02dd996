/** The vector `sizes.json`, from the words of PROTOCOL.md 11.2 alone. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { Type } from '../../../../roles/program/index.ts'

const { input, expected } = JSON.parse(readFileSync(new URL('../../../vectors/protocol/sizes.json', import.meta.url), 'utf8')) as {
  input: { types: Type[]; lengths: number[] }
  expected: { rooms: number[]; steps: number[]; messages: number[] }
}

const step = (bytes: number): number => {
  for (let k = 3; ; k++) for (let m = 8; m <= 16; m++) if (m * 2 ** k >= bytes) return m * 2 ** k
}
const record = (...fields: Array<[name: string, most: number]>): number =>
  2 + fields.reduce((sum, [name, size]) => sum + name.length + 4 + size, 0)
const times = (count: number, size: number): number => 2 + count * (size + 1)

function most(type: Type): number {
  switch (type.kind) {
    case 'bool':
      return 5
    case 'int':
      return 2 + Math.max((type.min ?? '-9007199254740991').length, (type.max ?? '9007199254740991').length)
    case 'text':
      return 2 + 6 * type.max
    case 'bytes':
      return 2 + 4 * Math.ceil(type.max / 3)
    case 'key':
      return 102
    case 'option':
      return Math.max(4, record(['some', most(type.of)]))
    case 'list':
      return times(type.max, most(type.of))
    case 'record':
      return record(...Object.entries(type.fields).map(([name, field]): [string, number] => [name, most(field)]))
    case 'variant':
      return Math.max(...Object.entries(type.cases).map(([tag, of]) => 2 + (6 + tag.length + 2 + 1) + (8 + most(of) + 1)))
    case 'map':
      return times(type.max, record(['key', most(type.keys)], ['value', most(type.of)]))
    case 'tree':
      return times(type.max, record(['depth', 8], ['value', most(type.of)]))
    case 'zipper':
      return NaN
  }
}

it('sizes of boxes and messages follow from the words of the specification', () => {
  expect(expected).toEqual({
    rooms: input.types.map((type) => Math.min(4096, 4 + most(type))),
    steps: input.lengths.map((length) => (4 + length <= 4096 ? 4096 : step(4 + length))),
    messages: input.lengths.map(step),
  })
})
