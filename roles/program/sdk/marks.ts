/**
 * What TypeScript knows about Golem values. A mark (`Int`, `List<Text>`, …) names a type at compile time only. A `Sealed<M>` can be
 * moved, stored and returned; an `Expr<M>` is a value that this observation point sees and can calculate with.
 */
import type { Type } from '../document.ts'
import type { BoolExpr } from './values/bool.ts'
import type { BytesExpr } from './values/bytes.ts'
import type { IntExpr } from './values/int.ts'
import type { KeyExpr } from './values/key.ts'
import type { ListExpr } from './values/list.ts'
import type { MapExpr } from './values/map.ts'
import type { OptionExpr } from './values/option.ts'
import type { RecExpr } from './values/record.ts'
import type { TextExpr } from './values/text.ts'
import type { TreeExpr } from './values/tree.ts'
import type { VariantExpr } from './values/variant.ts'
import type { PlaceExpr, ZipperExpr } from './values/zipper.ts'

declare const MARK: unique symbol
declare const SEALED: unique symbol
declare const EXPR: unique symbol

export interface Int {
  readonly mark: 'int'
}
export interface Text {
  readonly mark: 'text'
}
export interface Bool {
  readonly mark: 'bool'
}
export interface Bytes {
  readonly mark: 'bytes'
}
export interface Key<C extends string> {
  readonly mark: 'key'
  readonly collection: C
}
export interface List<M> {
  readonly mark: 'list'
  readonly of: M
}
export interface Option<M> {
  readonly mark: 'option'
  readonly of: M
}
export interface Rec<F> {
  readonly mark: 'record'
  readonly fields: F
}
export interface Variant<C> {
  readonly mark: 'variant'
  readonly cases: C
}
export interface Dict<K, M> {
  readonly mark: 'map'
  readonly keys: K
  readonly of: M
}
export interface Tree<M> {
  readonly mark: 'tree'
  readonly of: M
}

export interface Zipper<M> {
  readonly mark: 'zipper'
  readonly of: M
}

/** A declared type: the document's type with its compile-time mark. */
export interface Declared<M> {
  readonly type: Type
  readonly [MARK]?: M
}

export type Fields = Record<string, Declared<any>>
export type MarkOf<D> = D extends Declared<infer M> ? M : never
export type MarksOf<F> = { [K in keyof F]: MarkOf<F[K]> }

/** Opaque: no operation takes it apart. Open it with `see`. */
export interface Sealed<M> {
  readonly [SEALED]: M
}
export type SealedFields<F> = { readonly [K in keyof F]: Sealed<MarkOf<F[K]>> }

/** An opened value. */
export interface Common<M> {
  readonly [EXPR]: M
}

/** What every opened value can do. */
export interface Opening<M> extends Common<M> {
  /**
   * The same value under a declared type of its kind, for bounds that you know and the types do not. Where it leaves the observation
   * point with more than these bounds, the call stops and writes nothing.
   */
  bounded(declared: Declared<M>): Expr<M>
}

/** What every opened value that is no place in a tree can do. */
export interface Comparable<M> extends Opening<M> {
  /** Whether both are the same, part by part. */
  equals(other: In<M>): BoolExpr
}

export type Expr<M> = M extends Int
  ? IntExpr
  : M extends Text
    ? TextExpr
    : M extends Bool
      ? BoolExpr
      : M extends Bytes
        ? BytesExpr
        : M extends Key<infer C>
          ? KeyExpr<C>
          : M extends List<infer I>
            ? ListExpr<I>
            : M extends Option<infer I>
              ? ExprOfOption<I>
              : M extends Rec<infer F>
                ? RecExpr<F>
                : M extends Variant<infer C>
                  ? VariantExpr<C>
                  : M extends Dict<infer K, infer I>
                    ? MapExpr<K, I>
                    : M extends Tree<infer I>
                      ? TreeExpr<I>
                      : M extends Zipper<infer I>
                        ? ZipperExpr<I>
                        : Common<M>

/** Options of places have the movements of places. */
type ExprOfOption<I> = [I] extends [Zipper<infer M>] ? PlaceExpr<M> : OptionExpr<I>

/** What lists can be sorted by and told apart by. */
export type ScalarIn = IntExpr | TextExpr | BoolExpr | BytesExpr | KeyExpr<any> | number | string | boolean
/** What maps can have as keys. */
export type KeyIn = Exclude<ScalarIn, BytesExpr>
export type Scalar = Int | Text | Bool | Bytes | Key<any>
/** The marks of what maps can have as keys. */
export type KeyMark = Int | Text | Bool | Key<any>

/** Literals that stand for a value of the mark; null is «none». */
export type Literal<M> = M extends Int
  ? number
  : M extends Text
    ? string
    : M extends Bool
      ? boolean
      : M extends Bytes
        ? Uint8Array
        : M extends List<infer I>
          ? ReadonlyArray<In<I>>
          : M extends Option<any>
            ? null
            : M extends Rec<infer F>
              ? { readonly [K in keyof F]: In<F[K]> }
              : never

type Optional<F> = { [K in keyof F]: F[K] extends Option<any> ? K : never }[keyof F]
type Case<T, M> =
  { readonly tag: T; readonly value: Natural<M> } | (M extends Rec<infer F> ? ([keyof F] extends [never] ? T : never) : never)

/** Values as they are written in JSON: `initial`, data files, requests. `exactForm` of the language reads them. */
export type Natural<M> = M extends Int
  ? number | string
  : M extends Text | Bytes | Key<any>
    ? string
    : M extends Bool
      ? boolean
      : M extends List<infer I>
        ? ReadonlyArray<Natural<I>>
        : M extends Option<infer I>
          ? Natural<I> | { readonly some: Natural<I> } | null
          : M extends Rec<infer F>
            ? { readonly [K in Exclude<keyof F, Optional<F>>]: Natural<F[K]> } & { readonly [K in Optional<F>]?: Natural<F[K]> }
            : M extends Variant<infer C>
              ? { [T in keyof C]: Case<T, C[T]> }[keyof C]
              : M extends Dict<infer K, infer I>
                ? ReadonlyArray<{ readonly key: Natural<K>; readonly value: Natural<I> }> | { readonly [key: string]: Natural<I> }
                : M extends Tree<infer I>
                  ? ReadonlyArray<{ readonly depth: number | string; readonly value: Natural<I> }>
                  : never

/** Where a value is wanted: an opened one or a literal. */
export type In<M> = Expr<M> | Literal<M>

/** The mark of what a callback made. */
export type Meaning<R> =
  R extends Common<infer M>
    ? M
    : R extends Sealed<infer M>
      ? M
      : R extends number
        ? Int
        : R extends string
          ? Text
          : R extends boolean
            ? Bool
            : R extends Uint8Array
              ? Bytes
              : R extends ReadonlyArray<infer I>
                ? List<Meaning<I>>
                : R extends object
                  ? Rec<{ [K in keyof R]: Meaning<R[K]> }>
                  : never

type HasSealed<R> = R extends Sealed<any> ? true : never

/** What two branches make together: sealed where one of them is, else opened. Objects field by field. */
export type Joined<A, B> = [A | B] extends [void]
  ? void
  : [HasSealed<A | B>] extends [never]
    ? [A | B] extends [Common<any> | string | number | boolean | null | Uint8Array | readonly unknown[]]
      ? Expr<Meaning<A | B>>
      : { readonly [K in keyof A & keyof B]: Joined<A[K], B[K]> }
    : Sealed<Meaning<A | B>>

/** What a `see` hands out: everything sealed, objects field by field. */
export type Outcome<R> = [R] extends [void]
  ? void
  : R extends Sealed<any>
    ? R
    : [R] extends [Common<any> | string | number | boolean]
      ? Sealed<Meaning<R>>
      : { readonly [K in keyof R]: Outcome<R[K]> }

/** What `see` takes: perhaps a name, then sealed values. Each wrong one is one error, at its place. */
export type Seen<S extends readonly unknown[]> = {
  [K in keyof S]: S[K] extends Sealed<any> ? S[K] : K extends '0' ? Sealed<unknown> | string : Sealed<unknown>
}

/** What the callback of `see` gets: each sealed value opened. What is wrong has been told where it is given, so nothing more is said of it. */
export type Opened<S extends readonly unknown[]> = S extends readonly [infer First, ...infer Rest]
  ? unknown extends First
    ? OpenedValues<S>
    : OpenedValues<First extends string ? Rest : S>
  : OpenedValues<S>
type OpenedValues<S extends readonly unknown[]> = { [K in keyof S]: S[K] extends Sealed<infer M> ? Expr<M> : any }
