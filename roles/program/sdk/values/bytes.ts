import { lift } from '../lift.ts'
import type { Bytes, Comparable, In, Int, Text } from '../marks.ts'
import { apply, give, method } from './apply.ts'
import type { Methods } from './apply.ts'
import type { BoolExpr } from './bool.ts'
import type { IntExpr } from './int.ts'
import type { OptionExpr } from './option.ts'
import type { TextExpr } from './text.ts'

/** A sequence of bytes. */
export interface BytesExpr extends Comparable<Bytes> {
  /** In bytes. */
  length(): IntExpr
  /** The byte (0–255) at a position from 0; none outside. */
  at(position: In<Int>): OptionExpr<Int>
  /** These bytes, then the others. */
  concat(other: In<Bytes>): BytesExpr
  /** Bytes [from, to); positions outside count as the nearest end. */
  slice(from: In<Int>, to: In<Int>): BytesExpr
  /** Whether they come before the others, byte by byte; a beginning comes before what it begins. */
  less(other: In<Bytes>): BoolExpr
  /** The 32 bytes of the SHA-256 hash. */
  sha256(): BytesExpr
  /** Two lower-case hexadecimal digits for each byte. */
  hex(): TextExpr
  /** The text of which these are the UTF-8 bytes; none where they are no UTF-8. */
  text(): OptionExpr<Text>
}

export const BYTES: Methods<BytesExpr> = {
  length: method('bytes.length'),
  at: method('bytes.at'),
  concat: method('bytes.concat'),
  slice: method('bytes.slice'),
  less: method('bytes.less'),
  sha256: method('bytes.sha256'),
  hex: method('bytes.hex'),
  text: method('bytes.text'),
}

/** The bytes that pairs of lower-case hexadecimal digits stand for; none for any other text. */
export const fromHex = (digits: In<Text>): OptionExpr<Bytes> => give(apply('bytes.parse', lift(digits, null))) as OptionExpr<Bytes>
