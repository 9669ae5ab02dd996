import type { Bool, Comparable, In } from '../marks.ts'
import { method } from './apply.ts'
import type { Methods } from './apply.ts'

/** True or false. `when(condition, then, otherwise)` chooses by one. */
export interface BoolExpr extends Comparable<Bool> {
  /** Whether both hold; the other one is not evaluated when this one does not. */
  and(other: In<Bool>): BoolExpr
  /** Whether at least one holds; the other one is not evaluated when this one does. */
  or(other: In<Bool>): BoolExpr
  /** Whether it does not hold. */
  not(): BoolExpr
}

export const BOOLEAN: Methods<BoolExpr> = { and: method('and'), or: method('or'), not: method('not') }
