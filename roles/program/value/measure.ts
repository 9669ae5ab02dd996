import type { Type } from '../document.ts'
import type { MapValue, RecordValue, SomeValue, TreeValue, Value, VariantValue } from './value.ts'

const noZipper = (): never => {
  throw new Error('a zipper never leaves its block')
}

/** A record without a prototype, so that no field name means anything but itself. */
export const emptyRecord = <T>(): Record<string, T> => Object.create(null) as Record<string, T>

/** Inherits from an empty, frozen object: as safe as no prototype, and engines give equal records one layout, which is several times faster. */
const Bare = function () {} as unknown as new () => Record<string, Value>
Object.defineProperty(Bare, 'prototype', { value: Object.freeze(Object.create(null)) })

/** A record value; fields are added in the order of their sorted names. */
export const newRecord = (): Record<string, Value> => new Bare()

/** An own property, or undefined: names such as `constructor` find nothing by accident. */
export const own = <T>(record: { readonly [name: string]: T }, name: string): T | undefined =>
  // eslint-disable-next-line golem/own-lookups -- the one that the others use
  Object.hasOwn(record, name) ? record[name] : undefined

/** Names in UTF-16 code unit order, which is the order of canonical JSON. */
export const sortedNames = (record: object): string[] => Object.keys(record).sort()

const known = new WeakMap<object, string[]>()

/** The same for a part of a program, which is frozen and asked again and again: sorted once. */
export function namesOf(record: object): readonly string[] {
  const names = known.get(record) ?? sortedNames(record)
  if (Object.isFrozen(record)) known.set(record, names)
  return names
}

/**
 * The value that a block's outputs have when its guard is false: zero (or the nearest allowed integer), empty, no key, the first case
 * by name.
 */
export function defaultValue(type: Type): Value {
  switch (type.kind) {
    case 'int':
      return nearestToZero(type.min, type.max)
    case 'text':
    case 'key':
      return ''
    case 'bool':
      return false
    case 'bytes':
      return new Uint8Array(0)
    case 'list':
      return []
    case 'option':
      return null
    case 'map':
      return new Map()
    case 'tree':
      return { value: defaultValue(type.of), children: [] }
    case 'record':
      return mapFields(type.fields, defaultValue)
    case 'variant':
      return defaultVariant(type.cases)
    case 'zipper':
      return noZipper()
  }
}

function nearestToZero(min: string | undefined, max: string | undefined): number {
  if (min !== undefined && Number(min) > 0) return Number(min)
  if (max !== undefined && Number(max) < 0) return Number(max)
  return 0
}

function defaultVariant(cases: Record<string, Type>): VariantValue {
  const tag = sortedNames(cases)[0] ?? ''
  return { tag, value: defaultValue(cases[tag]!) }
}

function mapFields(fields: Record<string, Type>, make: (type: Type) => Value): RecordValue {
  const record = newRecord()
  for (const name of sortedNames(fields)) record[name] = make(fields[name]!)
  return record
}

/** Bytes that a value takes: ints 8, bools 1, texts their UTF-8 length, containers 4 plus their parts. */
export function sizeOf(type: Type, value: Value): number {
  switch (type.kind) {
    case 'int':
      return 8
    case 'bool':
      return 1
    case 'text':
    case 'key':
      return utf8Length(value as string)
    case 'bytes':
      return (value as Uint8Array).length
    case 'list':
      return sum(value as Value[], (item) => sizeOf(type.of, item))
    case 'record':
      return sum(Object.keys(type.fields), (name) => sizeOf(type.fields[name]!, (value as RecordValue)[name]!))
    case 'variant':
      return 4 + sizeOf(type.cases[(value as VariantValue).tag]!, (value as VariantValue).value)
    case 'option':
      return value === null ? 1 : 1 + sizeOf(type.of, (value as SomeValue).some)
    case 'map':
      return sum([...(value as MapValue)], ([key, item]) => sizeOf(type.keys, key) + sizeOf(type.of, item))
    case 'tree':
      return sum(preorder(value as TreeValue), (entry) => 4 + sizeOf(type.of, entry.value))
    case 'zipper':
      return noZipper()
  }
}

const sum = <T>(items: readonly T[], size: (item: T) => number): number => items.reduce((total, item) => total + size(item), 4)

/** UTF-8 length of well-formed text. */
export function utf8Length(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff)) bytes += 2
    else if (unit > 0x7f) bytes += 1
  }
  return bytes
}

/**
 * The nodes of a tree, each before its children, with their depth (root 0). No recursion: trees may be deep.
 * @param visit called for each node; trees that share parts may have more nodes than memory, so whoever does not trust one counts here
 * @param most after so many and one more it stops
 */
export function preorder(tree: TreeValue, visit: () => void = () => {}, most = Infinity): Array<{ depth: number; value: Value }> {
  const found: Array<{ depth: number; value: Value }> = []
  const stack: Array<{ depth: number; node: TreeValue }> = [{ depth: 0, node: tree }]
  for (let next = stack.pop(); next !== undefined && found.length <= most; next = stack.pop()) {
    const { depth, node } = next
    visit()
    found.push({ depth, value: node.value })
    for (let i = node.children.length - 1; i >= 0; i--) stack.push({ depth: depth + 1, node: node.children[i]! })
  }
  return found
}

/** The tree of which `preorder` made this list, which must not be empty. */
export function treeOf(nodes: ReadonlyArray<{ depth: number; value: Value }>): TreeValue {
  const line: Array<{ value: Value; children: TreeValue[] }> = []
  for (const { depth, value } of nodes) {
    const node = { value, children: [] }
    if (depth > 0) line[depth - 1]!.children.push(node)
    line.length = depth
    line.push(node)
  }
  return line[0]!
}

/** Code point order, which is also the order of the UTF-8 bytes. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) < rank(y) ? -1 : 1
  }
  return a.length === b.length ? 0 : a.length < b.length ? -1 : 1
}

/** Surrogates stand for code points above all others. */
const rank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit)

/**
 * Total order of the scalar types (int, bool, text, key, bytes), as indices use it.
 * @returns negative, zero or positive
 */
export const compareValues = (_type: Type, a: Value, b: Value): number => compareScalars(a, b)

/** The same for two scalars of one type, whichever it is. */
export function compareScalars(a: Value, b: Value): number {
  if (typeof a === 'string') return compareText(a, b as string)
  if (a instanceof Uint8Array) return compareBytes(a, b as Uint8Array)
  return Number(a) - Number(b)
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return a.length - b.length
}

/** Whether two values of one type are the same. */
export function equalValues(type: Type, a: Value, b: Value): boolean {
  switch (type.kind) {
    case 'int':
    case 'bool':
    case 'text':
    case 'key':
      return a === b
    case 'bytes':
      return compareBytes(a as Uint8Array, b as Uint8Array) === 0
    case 'list':
      return equalLists(type.of, a as Value[], b as Value[])
    case 'record':
      return Object.keys(type.fields).every((n) => equalValues(type.fields[n]!, (a as RecordValue)[n]!, (b as RecordValue)[n]!))
    case 'variant':
      return equalVariants(type.cases, a as VariantValue, b as VariantValue)
    case 'option':
      return a === null || b === null ? a === b : equalValues(type.of, (a as SomeValue).some, (b as SomeValue).some)
    case 'map':
      return equalMaps(type, a as MapValue, b as MapValue)
    case 'tree':
      return equalTrees(type.of, a as TreeValue, b as TreeValue)
    case 'zipper':
      return noZipper()
  }
}

const equalLists = (of: Type, a: readonly Value[], b: readonly Value[]): boolean =>
  a.length === b.length && a.every((item, i) => equalValues(of, item, b[i]!))

const equalVariants = (cases: Record<string, Type>, a: VariantValue, b: VariantValue): boolean =>
  a.tag === b.tag && equalValues(cases[a.tag]!, a.value, b.value)

function equalMaps(type: Type & { kind: 'map' }, a: MapValue, b: MapValue): boolean {
  if (a.size !== b.size) return false
  for (const [key, value] of a) if (!b.has(key) || !equalValues(type.of, value, b.get(key)!)) return false
  return true
}

function equalTrees(of: Type, a: TreeValue, b: TreeValue): boolean {
  const left = preorder(a)
  const right = preorder(b)
  return (
    left.length === right.length &&
    left.every((entry, i) => entry.depth === right[i]!.depth && equalValues(of, entry.value, right[i]!.value))
  )
}
