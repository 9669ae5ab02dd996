import { liftKind } from '../lift.ts'
import type { Typed } from '../lift.ts'
import type { Expr, In, Int, Opening, Option, Tree, Zipper } from '../marks.ts'
import { callBack } from '../plain.ts'
import { apply, countsItself, give, method, self } from './apply.ts'
import type { Methods } from './apply.ts'
import type { IntExpr } from './int.ts'
import { chain, mapSome, OPTION } from './option.ts'
import type { OptionExpr } from './option.ts'
import type { Work } from './scopes.ts'
import type { TreeExpr } from './tree.ts'

/** The node of a tree that a place is at. Places live inside one observation point; what leaves it is their `tree()`. */
type Node<M> = In<Tree<M>>

/**
 * A place in a tree (Huet's zipper). Moving and changing give new places; `tree()` is the whole tree with all changes.
 * A movement gives none where there is no such place, and can be continued all the same:
 * @example
 * see(req.menu, (menu) => menu.zipper().down().right().set('tea').tree().orElse(menu))
 */
export interface ZipperExpr<M> extends Opening<Zipper<M>> {
  /** At the first child; none at a leaf. */
  down(): PlaceExpr<M>
  /** At the parent; none at the root. */
  up(): PlaceExpr<M>
  /** At the sibling before; none at the first one and at the root. */
  left(): PlaceExpr<M>
  /** At the sibling after; none at the last one and at the root. */
  right(): PlaceExpr<M>
  /** At the next node in preorder; none at the last one. */
  next(): PlaceExpr<M>
  /** The tree from here down. */
  focus(): TreeExpr<M>
  /** The value here. */
  value(): Expr<M>
  /** How far down: 0 at the root. */
  depth(): IntExpr
  /** With another value here. */
  set(value: In<M>): ZipperExpr<M>
  /** With another value here, made of the one that is. */
  modify(change: (value: Expr<M>) => In<M>): ZipperExpr<M>
  /** With another tree here. */
  put(tree: Node<M>): ZipperExpr<M>
  /** With a sibling more before this place, where it stays; none at the root. */
  insertLeft(tree: Node<M>): PlaceExpr<M>
  /** With a sibling more after this place, where it stays; none at the root. */
  insertRight(tree: Node<M>): PlaceExpr<M>
  /** With a child more before the others; stays where it is. */
  prepend(tree: Node<M>): ZipperExpr<M>
  /** With a child more after the others; stays where it is. */
  append(tree: Node<M>): ZipperExpr<M>
  /** Without what is here; goes up. None at the root, which cannot be removed. */
  remove(): PlaceExpr<M>
  /** The whole tree, with all changes. */
  tree(): TreeExpr<M>
}

/** A place that may not be there. It moves and changes as a place does; from none everything leads to none. */
export interface PlaceExpr<M> extends Omit<OptionExpr<Zipper<M>>, 'equals'> {
  down(): PlaceExpr<M>
  up(): PlaceExpr<M>
  left(): PlaceExpr<M>
  right(): PlaceExpr<M>
  next(): PlaceExpr<M>
  focus(): Expr<Option<Tree<M>>>
  value(): Expr<Option<M>>
  depth(): Expr<Option<Int>>
  set(value: In<M>): PlaceExpr<M>
  modify(change: (value: Expr<M>) => In<M>): PlaceExpr<M>
  put(tree: Node<M>): PlaceExpr<M>
  insertLeft(tree: Node<M>): PlaceExpr<M>
  insertRight(tree: Node<M>): PlaceExpr<M>
  prepend(tree: Node<M>): PlaceExpr<M>
  append(tree: Node<M>): PlaceExpr<M>
  remove(): PlaceExpr<M>
  tree(): Expr<Option<Tree<M>>>
}

const modified = (place: Typed, change: Work): Typed => {
  const value = apply('zipper.value', place)
  return apply('zipper.set', place, liftKind(callBack(change, give(value)), value.type, 'what the callback of modify returns'))
}

export const ZIPPER: Methods<ZipperExpr<unknown>> = {
  down: method('zipper.down'),
  up: method('zipper.up'),
  left: method('zipper.left'),
  right: method('zipper.right'),
  next: method('zipper.next'),
  focus: method('zipper.focus'),
  value: method('zipper.value'),
  depth: method('zipper.depth'),
  set: method('zipper.set'),
  modify(this: object, change: Work) {
    return give(modified(self(this), change))
  },
  put: method('zipper.put'),
  insertLeft: method('zipper.insertLeft'),
  insertRight: method('zipper.insertRight'),
  prepend: method('zipper.prepend'),
  append: method('zipper.append'),
  remove: method('zipper.remove'),
  tree: method('zipper.tree'),
}

/** The method of a place as one of an option of places. */
const onward = (name: keyof typeof ZIPPER, isOption: boolean) =>
  countsItself(function (this: object, ...args: unknown[]): unknown {
    const step = (place: object): Typed => self(ZIPPER[name].call(place, ...args) as object)
    return give(isOption ? chain(self(this), step) : mapSome(self(this), step))
  })

const MOVES = ['down', 'up', 'left', 'right', 'next', 'insertLeft', 'insertRight', 'remove'] as const
const OTHERS = ['focus', 'value', 'depth', 'set', 'modify', 'put', 'prepend', 'append', 'tree'] as const

export const PLACE: Methods<PlaceExpr<unknown>> = {
  ...OPTION,
  ...(Object.fromEntries([
    ...MOVES.map((name) => [name, onward(name, true)]),
    ...OTHERS.map((name) => [name, onward(name, false)]),
  ]) as Pick<typeof ZIPPER, (typeof MOVES)[number] | (typeof OTHERS)[number]>),
}
