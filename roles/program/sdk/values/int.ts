import * as intervals from '../../value/interval.ts'
import { intervalOf, intType } from '../bounds.ts'
import { lift } from '../lift.ts'
import type { Typed } from '../lift.ts'
import type { Comparable, In, Int } from '../marks.ts'
import { BuildError } from '../recorder.ts'
import { apply, countsItself, give, integer, method, pick, self } from './apply.ts'
import type { Methods } from './apply.ts'
import type { BoolExpr } from './bool.ts'
import type { ListExpr } from './list.ts'
import type { TextExpr } from './text.ts'

/** An exact integer. What leaves ±9007199254740991 stops the call (`program.overflow`). */
export interface IntExpr extends Comparable<Int> {
  /** The sum. */
  plus(other: In<Int>): IntExpr
  /** The difference. */
  minus(other: In<Int>): IntExpr
  /** The product. */
  times(other: In<Int>): IntExpr
  /** The quotient, rounded towards minus infinity (−7 by 2 is −4); dividing by zero stops the call (`program.divide`). */
  dividedBy(other: In<Int>): IntExpr
  /** What is left of that division; it has the sign of the divisor (−7 by 2 leaves 1). */
  remainder(other: In<Int>): IntExpr
  /** 0 minus the integer. */
  negate(): IntExpr
  /** The distance from 0. */
  absolute(): IntExpr
  /** The lesser of both. */
  min(other: In<Int>): IntExpr
  /** The greater of both. */
  max(other: In<Int>): IntExpr
  /** The nearest integer from `least` to `most`, both included; `most` where they cross. */
  clamp(least: In<Int>, most: In<Int>): IntExpr
  /** Whether it is less than the other. */
  less(other: In<Int>): BoolExpr
  /** Whether it is less than the other or the same. */
  atMost(other: In<Int>): BoolExpr
  /** Whether it is greater than the other. */
  greater(other: In<Int>): BoolExpr
  /** Whether it is greater than the other or the same. */
  atLeast(other: In<Int>): BoolExpr
  /** Whether it is from `least` to `most`, both included. */
  between(least: In<Int>, most: In<Int>): BoolExpr
  /** Its decimal digits, after a − sign (U+002D) when it is negative. */
  text(): TextExpr
}

/** The lesser of both; its type has the lesser of both bounds. */
function lesser(a: Typed, b: Typed): Typed {
  const { node } = pick(apply('int.less', b, a), b, a)
  return { node, type: intType(intervals.lesser(intervalOf(a.type), intervalOf(b.type))) }
}

function greater(a: Typed, b: Typed): Typed {
  const { node } = pick(apply('int.less', a, b), b, a)
  return { node, type: intType(intervals.greater(intervalOf(a.type), intervalOf(b.type))) }
}

function absolute(a: Typed): Typed {
  const { node } = pick(apply('int.less', a, integer(0)), apply('int.subtract', integer(0), a), a)
  return { node, type: intType(intervals.absolute(intervalOf(a.type))) }
}

const between = (a: Typed, from: Typed, to: Typed): Typed =>
  apply('and', apply('not', apply('int.less', a, from)), apply('not', apply('int.less', to, a)))

/** Literal limits that no integer is between are a mistake; limits that are values may cross. */
const limited = (make: (a: Typed, from: Typed, to: Typed) => Typed, name: string) => {
  const method = composed(make)
  return countsItself(function (this: object, ...limits: unknown[]): unknown {
    const [least, most] = limits
    if (typeof least === 'number' && typeof most === 'number' && least > most)
      throw new BuildError('program.bound', `the least of ${name}(), ${least}, is greater than its most, ${most}.`)
    return method.apply(this, limits)
  })
}

/** A method out of a function of typed nodes. */
function composed(make: (...args: Typed[]) => Typed) {
  return countsItself(function (this: object, ...others: unknown[]): unknown {
    if (others.length !== make.length - 1)
      throw new BuildError('program.type', `this operation takes ${make.length - 1} arguments besides the value, not ${others.length}.`)
    return give(make(self(this), ...others.map((other) => lift(other, null))))
  })
}

export const INT: Methods<IntExpr> = {
  plus: method('int.add'),
  minus: method('int.subtract'),
  times: method('int.multiply'),
  dividedBy: method('int.divide'),
  remainder: method('int.remainder'),
  negate: composed((a) => apply('int.subtract', integer(0), a)),
  absolute: composed(absolute),
  min: composed(lesser),
  max: composed(greater),
  clamp: limited((a, from, to) => lesser(greater(a, from), to), 'clamp'),
  less: method('int.less'),
  atMost: method('int.less', { swapped: true, negated: true }),
  greater: method('int.less', { swapped: true }),
  atLeast: method('int.less', { negated: true }),
  between: limited(between, 'between'),
  text: method('int.text'),
}

/** The integers from `from` (included) to `to` (not included), in order; none where `to` is not greater. */
export function range(from: In<Int>, to: In<Int>): ListExpr<Int>
export function range(...limits: Array<In<Int>>): ListExpr<Int> {
  if (limits.length > 2)
    throw new BuildError(
      'program.type',
      'range() takes from and to, and no step; map the integers to others: range(0, 5).map((i) => i.times(2)).',
    )
  return give(apply('int.range', lift(limits[0], null), lift(limits[1], null))) as ListExpr<Int>
}
