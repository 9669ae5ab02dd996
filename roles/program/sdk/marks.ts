/**
 * What TypeScript knows about Golem values. A mark (`Int`, `List<Text>`, …) names a type at compile time only. A `Sealed<M>` can be
 * moved, stored and returned; an `Expr<M>` is a value that this observation point sees and can calculate with.
 */
import type { Type } from '../document.ts'

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

interface Scalar<M> extends Common<M> {
  equals(other: In<M>): Expr<Bool>
}

export interface IntExpr extends Scalar<Int> {
  plus(other: In<Int>): IntExpr
  minus(other: In<Int>): IntExpr
  times(other: In<Int>): IntExpr
  /** Rounds towards minus infinity; zero is an error when it runs. */
  dividedBy(other: In<Int>): IntExpr
  /** Has the sign of the divisor. */
  remainder(other: In<Int>): IntExpr
  less(other: In<Int>): BoolExpr
  atMost(other: In<Int>): BoolExpr
  greater(other: In<Int>): BoolExpr
  atLeast(other: In<Int>): BoolExpr
  /** Decimal digits. */
  text(): TextExpr
}

export interface TextExpr extends Scalar<Text> {
  /** In code points. */
  length(): IntExpr
  contains(part: In<Text>): BoolExpr
  concat(other: In<Text>): TextExpr
  /** A–Z become a–z; nothing else changes. */
  asciiLower(): TextExpr
  /** Without ASCII white space at both ends. */
  trim(): TextExpr
  /** Code points [from, to). */
  slice(from: In<Int>, to: In<Int>): TextExpr
  /** Code point order. */
  less(other: In<Text>): BoolExpr
}

export interface BoolExpr extends Scalar<Bool> {
  and(other: In<Bool>): BoolExpr
  or(other: In<Bool>): BoolExpr
  not(): BoolExpr
}

export interface BytesExpr extends Scalar<Bytes> {
  length(): IntExpr
}

export interface KeyExpr<C extends string> extends Scalar<Key<C>> {
  readonly collection?: C
}

export interface ListExpr<M> extends Common<List<M>> {
  length(): IntExpr
  /** For lists of scalars. */
  contains(item: In<M>): BoolExpr
  /** The first `count` items. */
  take(count: In<Int>): ListExpr<M>
  concat(other: Expr<List<M>>): ListExpr<M>
  map<R>(change: (item: Expr<M>) => R): ListExpr<Meaning<R>>
  filter(keep: (item: Expr<M>) => In<Bool>): ListExpr<M>
  fold<S>(start: S, step: (total: Expr<Meaning<S>>, item: Expr<M>) => In<Meaning<S>>): Expr<Meaning<S>>
  any(test: (item: Expr<M>) => In<Bool>): BoolExpr
  all(test: (item: Expr<M>) => In<Bool>): BoolExpr
}

export interface OptionExpr<M> extends Common<Option<M>> {
  isSome(): BoolExpr
  match<A, B>(some: (content: Expr<M>) => A, none: () => B): Joined<A, B>
}

export interface RecExpr<F> extends Common<Rec<F>> {
  get<K extends keyof F & string>(field: K): Expr<F[K]>
}

export interface VariantExpr<C> extends Common<Variant<C>> {
  /** One arm for every case. */
  match<A extends { [K in keyof C]: (content: Expr<C[K]>) => unknown }>(
    arms: A & { [K in keyof A]: K extends keyof C ? unknown : never },
  ): Joined<ReturnType<A[keyof C & keyof A]>, ReturnType<A[keyof C & keyof A]>>
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
              ? OptionExpr<I>
              : M extends Rec<infer F>
                ? RecExpr<F>
                : M extends Variant<infer C>
                  ? VariantExpr<C>
                  : Common<M>

/** Literals that stand for a value of the mark. */
export type Literal<M> = M extends Int
  ? number
  : M extends Text
    ? string
    : M extends Bool
      ? boolean
      : M extends List<infer I>
        ? ReadonlyArray<In<I>>
        : M extends Rec<infer F>
          ? { readonly [K in keyof F]: In<F[K]> }
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
            : R extends object
              ? Rec<{ [K in keyof R]: Meaning<R[K]> }>
              : never

type HasSealed<R> = R extends Sealed<any> ? true : never

/** What two branches make together: sealed where one of them is, else opened. Objects field by field. */
export type Joined<A, B> = [A | B] extends [void]
  ? void
  : [HasSealed<A | B>] extends [never]
    ? [A | B] extends [Common<any> | string | number | boolean]
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

export type Opened<S extends readonly Sealed<any>[]> = { [K in keyof S]: S[K] extends Sealed<infer M> ? Expr<M> : never }
