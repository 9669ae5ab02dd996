import type { Type } from '../document.ts'
import { BuildError } from './errors.ts'
import { objectOf, shown, typeGiven } from './given.ts'
import { lift, liftAs, liftKind } from './lift.ts'
import type { Typed } from './lift.ts'
import { STORE } from './habits.ts'
import type { Declared, Expr, In, Option, Rec, Text, Tree } from './marks.ts'
import { withMembers } from './members.ts'
import { exprCores } from './recorder.ts'
import { isList } from './plain.ts'
import { nameOfType } from './shape.ts'
import { apply, constant, field, give, pick, recordOf, self } from './values/apply.ts'
import type { BoolExpr } from './values/bool.ts'
import type { ListExpr } from './values/list.ts'
import { mapItems } from './values/list.ts'
import { chain, isSome, noneOf, someOf, unwrapWith } from './values/option.ts'
import { overItems, sorted } from './values/scopes.ts'
import { leafOf } from './values/tree.ts'
import { option, record, text, tree } from './types.ts'

/** A key-value store over a tree (essay, «Code Specification»): each node holds the last part of its path and perhaps a value. */
export type Store<M> = Tree<Rec<{ key: Text; value: Option<M> }>>

/** Where a value is: the parts of its path from the root, each a text of its own. */
export type Path = ReadonlyArray<In<Text>>

/** A key-value store that is open. Every change makes a new one; `tree` is what is stored, returned and sent. */
export interface StoreExpr<M> {
  readonly tree: Expr<Store<M>>
  /** The value at a path; none where there is none. */
  get(path: Path): Expr<Option<M>>
  /** Whether there is a value at a path. */
  has(path: Path): BoolExpr
  /** With this value at the path, whether there was one or not. */
  put(path: Path, value: In<M>): StoreExpr<M>
  /** Without the path, and without all paths that begin with it. */
  remove(path: Path): StoreExpr<M>
  /** The next parts of all paths that begin with this one, in order. */
  keys(path: Path): ListExpr<Text>
}

/** The type of a store: @param key of one part of a path, in code points @param max in nodes, one for each beginning of a path */
export const store = <M>(value: Declared<M>, bounds: { key: number; max: number }): Declared<Store<M>> =>
  storeOf(value, objectOf(bounds, 'store()', 'a type and bounds { key, max }', ['key', 'max']) as typeof bounds)

const storeOf = <M>(value: Declared<M>, { key, max }: { key: number; max: number }): Declared<Store<M>> =>
  tree(record({ key: text(key), value: option(value) }), max)

/** A store without values. */
export function emptyStore<M>(declared: Declared<Store<M>>): StoreExpr<M> {
  const type = typeGiven(declared, 'emptyStore()')
  const root = recordOf({ key: constant({ kind: 'text', max: 0 }, ''), value: noneOf(valueType(type)) })
  return openStore(give({ node: leafOf(root).node, type }) as Expr<Store<M>>)
}

/** The operations of a store, out of its tree. They are built of those of trees; a put keeps siblings in the order of their keys. */
export function openStore<M>(root: Expr<Store<M>>): StoreExpr<M> {
  if (typeof root !== 'object' || !exprCores.has(root))
    throw new BuildError('program.type', `openStore() takes the opened tree of a store, not ${shown(root)}.`)
  valueType(exprCores.get(root)!.type)
  const at = (path: Path): Typed =>
    partsOf(path).reduce<Typed>((place, part) => chain(place, (here) => child(self(here), part)), someOf(self(root)))
  const changed = (next: Typed): StoreExpr<M> => openStore(give({ node: next.node, type: self(root as object).type }) as Expr<Store<M>>)
  const get = (path: Path): Typed => chain(at(path), (here) => field(apply('tree.value', self(here)), 'value'))
  const made: StoreExpr<M> = {
    tree: root,
    get: (path) => give(get(path)) as Expr<Option<M>>,
    has: (path) => give(isSome(get(path))) as BoolExpr,
    put: (path, value) => changed(put(self(root), partsOf(path), value)),
    remove: (path) => changed(remove(self(root), partsOf(path))),
    keys: (path) => give(keysOf(at(path))) as ListExpr<Text>,
  }
  return withMembers(made, STORE)
}

function partsOf(path: unknown): Path {
  if (!isList(path)) throw new BuildError('program.literal', `a path is a list of its parts, not ${shown(path)}.`)
  return path
}

const valueType = (type: Type): Type => {
  const of = type.kind === 'tree' ? type.of : type
  const value = of.kind === 'record' ? of.fields['value'] : undefined
  if (type.kind !== 'tree' || value?.kind !== 'option')
    throw new BuildError('program.type', `a store is a tree that store(type, { key, max }) declares, not ${nameOfType(type)}.`)
  return value.of
}

const keyOf = (here: Typed): Typed => field(apply('tree.value', here), 'key')
const children = (here: Typed): Typed => apply('tree.children', here)
const keyPart = (part: In<Text>): Typed => liftKind(part, { kind: 'text', max: 0 }, 'a part of a path')

/** The child of that key, as an option. */
function child(here: Typed, part: In<Text>): Typed {
  const key = keyPart(part)
  const below = children(here)
  const type: Type = { kind: 'option', of: (below.type as Type & { kind: 'list' }).of }
  return overItems(
    'find',
    below,
    (one: object) => give(apply('equal', keyOf(self(one)), key)) as object,
    { kind: 'bool' },
    () => type,
  )
}

/** The children whose keys are before, or after, a key. */
const beside = (below: Typed, key: Typed, isAfter: boolean): Typed =>
  overItems(
    'filter',
    below,
    (one: object) => give(apply('text.less', ...(isAfter ? [key, keyOf(self(one))] : [keyOf(self(one)), key]))) as object,
    { kind: 'bool' },
    () => below.type,
  )

function put(here: Typed, path: Path, value: unknown): Typed {
  const [part, ...rest] = path
  if (part === undefined) return apply('tree.node', contentOf(here, keyOf(here), value), children(here))
  const key = keyPart(part)
  const below = children(here)
  const found = unwrapWith(
    child(here, part),
    (one) => put(self(one), rest, value),
    () => grown(here, key, rest, value),
  )
  const all = [beside(below, key, false), listOf(found), beside(below, key, true)].reduce((a, b) => apply('list.concat', a, b))
  return apply('tree.node', apply('tree.value', here), all)
}

/** What a node of a store like this holds, with this value. */
function contentOf(like: Typed, key: Typed, value: unknown): Typed {
  return recordOf({ key, value: someOf(liftAs(value, valueType(like.type), 'the value put')) })
}

/** A line of new nodes down to a value. */
function grown(like: Typed, key: Typed, path: Path, value: unknown): Typed {
  const [part, ...rest] = path
  if (part === undefined) return leafOf(contentOf(like, key, value))
  const content = recordOf({ key, value: noneOf(valueType(like.type)) })
  return apply('tree.node', content, listOf(grown(like, keyPart(part), rest, value)))
}

const listOf = (one: Typed): Typed => lift([give(one)], null)

function remove(here: Typed, path: Path): Typed {
  const [part, ...rest] = path
  if (part === undefined) return leafOf(recordOf({ key: keyOf(here), value: noneOf(valueType(here.type)) }))
  const key = keyPart(part)
  const below = children(here)
  const isIt = (one: object): Typed => apply('equal', keyOf(self(one)), key)
  const kept =
    rest.length === 0
      ? overItems(
          'filter',
          below,
          (one: object) => give(apply('not', isIt(one))) as object,
          { kind: 'bool' },
          () => below.type,
        )
      : mapItems(below, (one: object) => give(pick(isIt(one), remove(self(one), rest), self(one))) as object)
  return apply('tree.node', apply('tree.value', here), kept)
}

/** The keys below a place, which may be missing. */
function keysOf(place: Typed): Typed {
  const keys = (here: object): Typed => mapItems(children(self(here)), (one: object) => give(keyOf(self(one))) as object)
  const none = (type: Type): Typed => constant({ ...(type as Type & { kind: 'list' }), max: 0 }, [])
  return sorted(unwrapWith(place, keys, none), (key: object) => key, false)
}
