/**
 * Runtime values and their JSON forms. A value means something only together with its type:
 * int → number (safe integer) · text, key → string · bool → boolean · bytes → Uint8Array · list → array · record → object that
 * inherits nothing (`newRecord`) · variant → { tag, value } · option → { some } or null · map → Map in key order · tree → { value, children } · zipper → see below.
 * JSON: ints as decimal strings, bytes as base64, map as [{ key, value }] in key order, tree as [{ depth, value }] in preorder
 * (flat, so that no depth of a tree overflows a parser's stack).
 */
export type Value =
  | number
  | string
  | boolean
  | Uint8Array
  | null
  | readonly Value[]
  | RecordValue
  | VariantValue
  | SomeValue
  | MapValue
  | TreeValue
  | ZipperValue

export interface RecordValue {
  readonly [field: string]: Value
}
export interface VariantValue {
  readonly tag: string
  readonly value: Value
}
export interface SomeValue {
  readonly some: Value
}
export type MapValue = ReadonlyMap<string | number | boolean, Value>
export interface TreeValue {
  readonly value: Value
  readonly children: readonly TreeValue[]
}
/** A place in a tree: what is there, and what it is a child of (whose own `children` may still be those of before a change). */
export interface ZipperValue {
  readonly focus: TreeValue
  readonly up: ZipperValue | null
  /** Position among the siblings; 0 at the root. */
  readonly index: number
}

export { compareValues, defaultValue, equalValues, sizeOf } from './measure.ts'
export { fromJson, parseInteger, toJson } from './json.ts'
