/** Changes of documents, all of which follow from a seed: of one byte as it is received, and of one field as it is read. */
import { utf8 } from '../../roles/protocol/bytes.ts'
import type { Json } from '../../roles/protocol/canonical.ts'
import { seeded, type Random } from '../tools/seeded.ts'

const HEX = '0123456789abcdef'
const ALPHABETS = [HEX, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/']

/** A whole number below `most`. */
export function below(random: Random, most: number): number {
  const [a, b, c, d] = random(4)
  return (((a! << 24) | (b! << 16) | (c! << 8) | d!) >>> 0) % most
}

/** Another character than this one, of the smallest alphabet that has it, so that the field keeps its form. */
function otherCharacter(random: Random, character: string): string {
  const alphabet = ALPHABETS.find((one) => one.includes(character)) ?? ' ~'
  const left = [...alphabet].filter((one) => one !== character)
  return left[below(random, left.length)]!
}

export interface ChangedBytes {
  at: number
  bytes: Uint8Array
}

/** One byte is another: any other in half of the cases, one that keeps the form of its field in the rest. */
export function changedByte(seed: string, bytes: Uint8Array): ChangedBytes {
  const random = seeded(seed)
  const at = below(random, bytes.length)
  const changed = bytes.slice()
  changed[at] =
    below(random, 2) === 0 ? bytes[at]! ^ (1 + below(random, 255)) : utf8(otherCharacter(random, String.fromCharCode(bytes[at]!)))[0]!
  return { at, bytes: changed }
}

export interface ChangedField {
  /** Where, as a path, and how. */
  where: string
  json: Json
}

/** One thing changed somewhere below: makes the whole anew around it. */
type Rebuild = (value: Json) => Json

const flipped = (random: Random, text: string): string => {
  const at = below(random, text.length)
  return text.slice(0, at) + otherCharacter(random, text[at]!) + text.slice(at + 1)
}

/** What a value can be instead while it keeps its type. */
function* othersOf(random: Random, value: Json): Generator<[how: string, other: Json]> {
  if (typeof value === 'number') {
    yield ['+ 1', value + 1]
    yield ['- 1', value - 1]
  } else if (typeof value === 'boolean') yield ['the opposite', !value]
  else if (value === null) yield ['a number', 0]
  else if (typeof value === 'string') {
    if (value === '') return yield ['a letter', 'a']
    yield ['another character', flipped(random, value)]
    // Where base64 ends, there are bits that mean nothing.
    const end = value.replace(/=+$/, '').length - 1
    if (end >= 0) yield ['another last character', value.slice(0, end) + otherCharacter(random, value[end]!) + value.slice(end + 1)]
    if (new RegExp(`^[${HEX}]*[a-f][${HEX}]*$`).test(value)) yield ['upper case', value.toUpperCase()]
  } else if (Array.isArray(value)) {
    if (value.length > 0) yield ['without its last', value.slice(0, -1)]
    if (value.length > 0) yield ['its last twice', [...value, value.at(-1)!]]
    if (value.length > 1) yield ['its first two exchanged', [value[1]!, value[0]!, ...value.slice(2)]]
  } else {
    for (const name of Object.keys(value))
      yield [`without ${name}`, Object.fromEntries(Object.entries(value).filter(([own]) => own !== name))]
    yield ['with another field', { ...value, another: 0 }]
  }
}

/** Every field of a document, each changed in every way that there is for its kind, one at a time. */
export function* changedFields(seed: string, document: Json): Generator<ChangedField> {
  yield* walk(seeded(seed), document, '$', (json) => json)
}

function* walk(random: Random, value: Json, path: string, rebuild: Rebuild): Generator<ChangedField> {
  for (const [how, other] of othersOf(random, value)) {
    if (JSON.stringify(other) !== JSON.stringify(value)) yield { where: `${path}: ${how}`, json: rebuild(other) }
  }
  if (value === null || typeof value !== 'object') return
  for (const [name, item] of Object.entries(value)) {
    const around: Rebuild = Array.isArray(value)
      ? (changed) => rebuild(value.with(Number(name), changed))
      : (changed) => rebuild({ ...value, [name]: changed })
    yield* walk(random, item, Array.isArray(value) ? `${path}[${name}]` : `${path}.${name}`, around)
  }
}
