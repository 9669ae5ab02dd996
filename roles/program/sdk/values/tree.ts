import type { Type } from '../../document.ts'
import { widen } from '../../value/type-bounds.ts'
import { BOOL, list, option } from '../bounds.ts'
import { typeGiven } from '../given.ts'
import { lift, liftKind } from '../lift.ts'
import type { Typed } from '../lift.ts'
import type { Bool, Comparable, Declared, Expr, In, Int, List, Meaning, Rec, Tree } from '../marks.ts'
import { apply, constant, field, give, method, self } from './apply.ts'
import type { Methods } from './apply.ts'
import type { BoolExpr } from './bool.ts'
import type { IntExpr } from './int.ts'
import { mapItems, WIDE } from './list.ts'
import type { ListExpr } from './list.ts'
import { foldItems, foldTree, overItems } from './scopes.ts'
import type { Work } from './scopes.ts'
import type { PlaceExpr, ZipperExpr } from './zipper.ts'

/** A node with a value and children that are trees too. «In preorder» is each node before its children, and these in order. */
export interface TreeExpr<M> extends Comparable<Tree<M>> {
  /** The value of the root. */
  value(): Expr<M>
  /** The trees below the root, in order. */
  children(): ListExpr<Tree<M>>
  /** In nodes, the root included. */
  size(): IntExpr
  /** The values with their depths (0 at the root), in preorder. */
  list(): ListExpr<Rec<{ depth: Int; value: M }>>
  /** The values in preorder. */
  values(): ListExpr<M>
  /** A tree of the same form with other values. */
  map<R>(change: (value: Expr<M>) => R): TreeExpr<Meaning<R>>
  /** Whether a value passes the test; nodes after it in preorder are not looked at. */
  any(test: (value: Expr<M>) => In<Bool>): BoolExpr
  /** Whether every value passes the test; after one that does not, none is looked at. */
  all(test: (value: Expr<M>) => In<Bool>): BoolExpr
  /** The place of the first value, in preorder, that passes the test; none where none does. */
  find(test: (value: Expr<M>) => In<Bool>): PlaceExpr<M>
  /** From the leaves up: each node makes a result out of its value and the list of what its children made. */
  fold<R>(result: Declared<R>, step: (value: Expr<M>, children: ListExpr<R>) => In<R>): Expr<R>
  /** What the step makes of `start` and the first value in preorder, of that and the second, and so on. */
  foldValues<S>(start: S, step: (total: Expr<Meaning<S>>, value: Expr<M>) => In<Meaning<S>>): Expr<Meaning<S>>
  /** The place of the root: where walking through the tree and changing it begins. */
  zipper(): ZipperExpr<M>
}

type Treed = Type & { kind: 'tree' }

const values = (tree: Typed): Typed => mapItems(apply('tree.list', tree), (entry: object) => give(field(self(entry), 'value')) as object)

export const TREE: Methods<TreeExpr<unknown>> = {
  value: method('tree.value'),
  children: method('tree.children'),
  size: method('tree.size'),
  list: method('tree.list'),
  values(this: object) {
    return give(values(self(this)))
  },
  map(this: object, change: Work) {
    const tree = self(this)
    return give(overItems('map', tree, change, null, (of) => ({ kind: 'tree', of, max: (tree.type as Treed).max })))
  },
  any(this: object, test: Work) {
    return give(overItems('any', self(this), test, BOOL, () => BOOL))
  },
  all(this: object, test: Work) {
    return give(overItems('all', self(this), test, BOOL, () => BOOL))
  },
  find(this: object, test: Work) {
    const tree = self(this)
    return give(overItems('find', tree, test, BOOL, () => option({ ...(tree.type as Treed), kind: 'zipper' })))
  },
  fold(this: object, result: Declared<unknown>, step: Work) {
    return give(foldTree(self(this), typeGiven(result, 'the result of fold()'), step))
  },
  foldValues(this: object, start: unknown, step: Work) {
    const from = lift(start, null)
    return give(foldItems(self(this), { node: from.node, type: widen(from.type, WIDE.text, WIDE.items) }, step))
  },
  zipper: method('tree.zipper'),
}

/** A tree of one node. */
export function leafOf(value: Typed): Typed {
  return apply('tree.node', value, constant(list({ kind: 'tree', of: value.type, max: 1 }, 0), []))
}

/** A tree without children. */
export const leaf = <V>(value: V): TreeExpr<Meaning<V>> => give(leafOf(lift(value, null))) as TreeExpr<Meaning<V>>

/** A tree of a value and children, which are a list or an array of trees. */
export function node<V>(value: V, children: In<List<Tree<Meaning<V>>>>): TreeExpr<Meaning<V>> {
  const root = lift(value, null)
  const below = list({ kind: 'tree', of: root.type, max: 1 }, 0)
  return give(apply('tree.node', root, liftKind(children, below, 'the list of children'))) as TreeExpr<Meaning<V>>
}
