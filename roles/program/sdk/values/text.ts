import { LIMITS } from '../../limits.ts'
import { list } from '../bounds.ts'
import { shown } from '../given.ts'
import { lift } from '../lift.ts'
import type { Typed } from '../lift.ts'
import type { Comparable, In, Int, Text } from '../marks.ts'
import { addNode } from '../nodes.ts'
import { isList } from '../plain.ts'
import { activeBlock, BuildError } from '../recorder.ts'
import { nameOfType } from '../shape.ts'
import { apply, constant, countsItself, give, integer, method, position, self } from './apply.ts'
import type { Methods } from './apply.ts'
import type { BoolExpr } from './bool.ts'
import type { BytesExpr } from './bytes.ts'
import type { IntExpr } from './int.ts'
import type { ListExpr } from './list.ts'
import type { OptionExpr } from './option.ts'
import { itemType, literalOf } from '../literal.ts'

/** A text. Lengths and positions count Unicode code points; case and white space are those of ASCII. */
export interface TextExpr extends Comparable<Text> {
  /** In code points. */
  length(): IntExpr
  /** Whether it is the empty text. */
  isEmpty(): BoolExpr
  /** Whether the part is somewhere in it; the empty text always is. */
  contains(part: In<Text>): BoolExpr
  /** Whether it begins with the part. */
  startsWith(part: In<Text>): BoolExpr
  /** Whether it ends with the part. */
  endsWith(part: In<Text>): BoolExpr
  /** The position, from 0, of the first such part; none where there is none. */
  find(part: In<Text>): OptionExpr<Int>
  /** This text, then the others in order. */
  concat(...others: Array<In<Text>>): TextExpr
  /** A–Z become a–z; nothing else changes. */
  asciiLower(): TextExpr
  /** a–z become A–Z; nothing else changes. */
  asciiUpper(): TextExpr
  /** Without ASCII white space at both ends. */
  trim(): TextExpr
  /** Code points [from, to); positions outside count as the nearest end. */
  slice(from: In<Int>, to: In<Int>): TextExpr
  /** The first `count` code points, or all where there are fewer; a plain number is also the bound of the result's type. */
  take(count: In<Int>): TextExpr
  /** Without its first `count` code points. */
  drop(count: In<Int>): TextExpr
  /** Every part, from the left and not overlapping, becomes `by`; the empty part changes nothing. */
  replace(part: In<Text>, by: In<Text>): TextExpr
  /** The texts between the separators, at least one; the empty separator gives the code points. */
  split(separator: In<Text>): ListExpr<Text>
  /** Whether it comes before the other in the order of code points. */
  less(other: In<Text>): BoolExpr
  /** Its UTF-8 bytes. */
  toBytes(): BytesExpr
  /** The integer that these decimal digits write; none for signs, zeros or spaces too many, and for what is not a safe integer. */
  parseInt(): OptionExpr<Int>
}

/** Texts in a row as one: two are joined directly, more as a list, which is the smaller program. */
export function joinTexts(parts: Typed[]): Typed {
  const other = parts.find(({ type }) => type.kind !== 'text')
  if (other !== undefined)
    throw new BuildError('program.type', `only texts are put together, not ${nameOfType(other.type)}; an integer has text().`)
  if (parts.length === 1) return parts[0]!
  if (parts.length === 2) return apply('text.concat', parts[0]!, parts[1]!)
  const of = itemType(
    parts.map(({ type }) => type),
    null,
  )
  const node = addNode(activeBlock(), { op: 'list', of, items: parts.map((part) => part.node) })
  const { node: joined, type } = apply('text.join', { node, type: list(of, parts.length) }, constant({ kind: 'text', max: 0 }, ''))
  const most = parts.reduce((sum, part) => sum + (part.type as { max: number }).max, 0)
  return { node: joined, type: { ...type, max: Math.min(LIMITS.text, most) } as typeof type }
}

export const TEXT: Methods<TextExpr> = {
  length: method('text.length'),
  isEmpty(this: object) {
    return give(apply('equal', self(this), constant({ kind: 'text', max: 0 }, '')))
  },
  contains: method('text.contains'),
  startsWith: method('text.starts'),
  endsWith: method('text.ends'),
  find: method('text.find'),
  concat: countsItself(function (this: object, ...others: unknown[]) {
    return give(joinTexts([self(this), ...others.map((other) => lift(other, null))]))
  }),
  asciiLower: method('text.lower'),
  asciiUpper: method('text.upper'),
  trim: method('text.trim'),
  slice: method('text.slice'),
  take(this: object, count: unknown) {
    return give(apply('text.slice', self(this), integer(0), lift(position(count), null)))
  },
  drop(this: object, count: unknown) {
    return give(apply('text.slice', self(this), lift(position(count), null), integer(LIMITS.text)))
  },
  replace: method('text.replace'),
  split: method('text.split'),
  less: method('text.less'),
  toBytes: method('text.bytes'),
  parseInt: method('int.parse'),
}

/**
 * A text out of texts and integers: format`${name} has ${count} of ${10}`.
 * @example
 * see(req.name, req.age, (name, age) => format`${name} is ${age}`)
 */
export function format(texts: TemplateStringsArray, ...values: Array<In<Text> | In<Int>>): TextExpr {
  if (!isList(texts)) throw new BuildError('program.literal', `format is called with a template, format\`…\`, not with ${shown(texts)}.`)
  const parts = texts.flatMap((text, i) => [text === '' ? [] : [lift(text, null)], i < values.length ? [asText(values[i])] : []].flat())
  return give(joinTexts(parts.length === 0 ? [constant({ kind: 'text', max: 0 }, '')] : parts)) as TextExpr
}

function asText(value: unknown): Typed {
  if (typeof value === 'number' || typeof value === 'bigint') return lift(String(literalOf(value, null)!.value), null)
  const typed = lift(value, null)
  return typed.type.kind === 'int' ? apply('int.text', typed) : typed
}
