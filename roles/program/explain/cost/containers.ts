import { LIMITS } from '../../limits.ts'
import { partsIn } from '../../value/interval.ts'
import { BOOL, cap, integer, join, listOf, optionOf } from './bound.ts'
import type { Bound } from './bound.ts'
import { charge, plus, times } from './charge.ts'
import type { Charge } from './charge.ts'
import { different, keyUnits, walk } from './measure.ts'
import { made, rule } from './scalars.ts'
import type { Made, Rules } from './scalars.ts'

type Of<K extends Bound['kind']> = Bound & { kind: K }
type List = Of<'list'>
type Int = Of<'int'>

/** A new list of so many items, and further bytes for each. */
const makes = (count: number, of: Bound | null, each = 0): Made =>
  made(listOf(count, of), cap(count, LIMITS.items), (8 + each) * cap(count, LIMITS.items))

const record = (fields: Record<string, Bound>): Bound => ({ kind: 'record', fields })

function flatten(lists: List): Made {
  const inner = lists.of?.kind === 'list' ? lists.of : { length: 0, of: null }
  const all = makes(lists.length * inner.length, inner.of)
  return { value: all.value, charge: plus(charge(lists.length), all.charge) }
}

function zip(a: List, b: List): Made {
  const item = a.of === null || b.of === null ? null : record({ left: a.of, right: b.of })
  return makes(item === null ? 0 : Math.min(a.length, b.length), item, 24)
}

const LIST = {
  'list.length': rule<[List]>((a) => made(integer(0, a.length), 0)),
  'list.contains': rule<[List, Bound]>((a) => ({ value: BOOL, charge: { steps: cap(1 + a.length * walk(a.of)), bytes: 0 } })),
  'list.at': rule<[List, Int]>((a, at) => {
    const there = a.length > 0 && at.most >= 0 && at.least < a.length
    return made(optionOf(there ? a.of : null), 0, there ? 8 : 0)
  }),
  'list.take': rule<[List, Int]>((a, count) => makes(partsIn(a.length, integer(0, 0), count), a.of)),
  'list.drop': rule<[List, Int]>((a, count) => makes(partsIn(a.length, count, integer(a.length, a.length)), a.of)),
  'list.reverse': rule<[List]>((a) => makes(a.length, a.of)),
  'list.concat': rule<[List, List]>((a, b) => makes(a.length + b.length, join(a.of, b.of))),
  'list.flatten': rule(flatten),
  'list.zip': rule(zip),
} satisfies Rules

type Dict = Of<'map'>

/** A map of so many entries, copied. */
const copied = (count: number, keys: Bound | null, of: Bound | null): Made => {
  const length = cap(count, LIMITS.items)
  return made({ kind: 'map', length, keys, of }, 8 * length, 16 * length)
}

/** What sorting so many keys of so many characters altogether counts. */
export const sorting = (count: number, characters: number): number => cap((count + characters) * (32 - Math.clz32(count)))

/** Entries brought into key order. */
export function ordered(entries: number, keys: Bound | null, of: Bound | null): Made {
  const length = cap(Math.min(entries, different(keys)), LIMITS.items)
  return made({ kind: 'map', length, keys, of }, sorting(length, entries * keyUnits(keys)), 16 * length)
}

function from(list: List): Made {
  const entry = list.of?.kind === 'record' ? list.of.fields : {}
  const { value, charge: sorted } = ordered(list.length, entry['key'] ?? null, entry['value'] ?? null)
  return { value, charge: plus(charge(list.length), sorted) }
}

/** A new key costs the most: it is looked for, and then its place. */
function set(map: Dict, key: Bound, value: Bound): Made {
  const keys = join(map.keys, key)
  const { value: made, charge: copy } = copied(Math.min(map.length + 1, different(keys)), keys, join(map.of, value))
  const placed = charge((1 + keyUnits(key)) * (32 - Math.clz32(map.length)))
  return { value: made, charge: plus(plus(charge(keyUnits(key)), copy), placed) }
}

function remove(map: Dict, key: Bound): Made {
  const found = charge(keyUnits(key))
  if (map.length === 0) return { value: map, charge: found }
  const { value, charge: copy } = copied(map.length, map.keys, map.of)
  return { value, charge: plus(found, copy) }
}

const MAP = {
  'map.size': rule<[Dict]>((a) => made(integer(0, a.length), 0)),
  'map.get': rule<[Dict, Bound]>((a, key) => made(optionOf(a.length > 0 ? a.of : null), keyUnits(key), a.length > 0 ? 8 : 0)),
  'map.has': rule<[Dict, Bound]>((_, key) => made(BOOL, keyUnits(key))),
  'map.set': rule(set),
  'map.remove': rule(remove),
  'map.entries': rule<[Dict]>((a) => {
    const entry = a.keys === null || a.of === null ? null : record({ key: a.keys, value: a.of })
    return made(listOf(a.length, entry), a.length, 32 * a.length)
  }),
  'map.from': rule(from),
} satisfies Rules

type Tree = Of<'tree'>
type Zipper = Of<'zipper'>

/** Nodes of a tree that is gone through. */
export const nodesOf = (tree: Tree): number => cap(tree.nodes, LIMITS.items)

/** A tree or a list of trees has so many nodes. */
const grown = (kind: 'tree' | 'zipper', nodes: number, of: Bound): Bound => ({ kind, nodes: cap(nodes), of })

function node(value: Bound, children: List): Made {
  const child = children.of?.kind === 'tree' ? children.of : null
  const nodes = 1 + (child === null ? 0 : children.length * child.nodes)
  return made(grown('tree', nodes, join(value, child?.of ?? null)), 0, 24)
}

/** Greatest number of children of a node, and also of ancestors of one, in a tree of so many nodes. */
const others = ({ nodes }: Zipper): number => Math.max(0, nodes - 1)
const children = (zipper: Zipper): number => cap(others(zipper), LIMITS.items)

const copies = (count: number): Charge => charge(cap(count, LIMITS.items), 24 + 8 * cap(count, LIMITS.items))
const place = (zipper: Zipper): Bound => optionOf(zipper)
const PLACE: Charge = { steps: 0, bytes: 32 }

/** One step upwards, where the place below was changed. */
const settle = (zipper: Zipper): Charge => (zipper.nodes > 1 ? plus(charge(0), copies(children(zipper))) : charge(0))

/** All steps upwards: their nodes and all children of these together are no more than the tree has. */
const climb = (zipper: Zipper): Charge => {
  const up = others(zipper)
  return { steps: cap(1 + 2 * up + Math.floor(up / 32)), bytes: cap(32 * up) }
}

const moved = (cost: (zipper: Zipper) => Charge) => rule<[Zipper]>((a) => ({ value: place(a), charge: cost(a) }))
const inserted = rule<[Zipper, Tree]>((a, tree) => ({
  value: place(grown('zipper', a.nodes + tree.nodes, join(a.of, tree.of)) as Zipper),
  charge: plus(charge(0), plus(copies(children(a) + 1), PLACE)),
}))
const added = rule<[Zipper, Tree]>((a, tree) => ({
  value: grown('zipper', a.nodes + tree.nodes, join(a.of, tree.of)),
  charge: copies(children(a) + 1),
}))

const TREE = {
  'tree.node': rule(node),
  'tree.value': rule<[Tree]>((a) => made(a.of, 0)),
  'tree.children': rule<[Tree]>((a) => made(listOf(a.nodes - 1, a.nodes > 1 ? grown('tree', a.nodes - 1, a.of) : null), 0)),
  'tree.size': rule<[Tree]>((a) => ({ value: integer(1, nodesOf(a)), charge: times(nodesOf(a), charge(0)) })),
  'tree.list': rule<[Tree]>((a) => {
    const entry = record({ depth: integer(0, nodesOf(a) - 1), value: a.of })
    return { value: listOf(nodesOf(a), entry), charge: times(nodesOf(a), charge(0, 32)) }
  }),
  'tree.zipper': rule<[Tree]>((a) => made(grown('zipper', a.nodes, a.of), 0, 24)),
  'zipper.tree': rule<[Zipper]>((a) => ({ value: grown('tree', a.nodes, a.of), charge: climb(a) })),
  'zipper.focus': rule<[Zipper]>((a) => made(grown('tree', a.nodes, a.of), 0)),
  'zipper.value': rule<[Zipper]>((a) => made(a.of, 0)),
  'zipper.depth': rule<[Zipper]>((a) => made(integer(0, others(a)), 32 * others(a))),
  'zipper.down': moved(() => plus(charge(0), PLACE)),
  'zipper.up': moved((a) => plus(settle(a), PLACE)),
  'zipper.left': moved((a) => plus(settle(a), PLACE)),
  'zipper.right': moved((a) => plus(settle(a), PLACE)),
  'zipper.next': moved((a) => plus(charge(0), plus(times(2, climb(a)), PLACE))),
  'zipper.set': rule<[Zipper, Bound]>((a, value) => made(grown('zipper', a.nodes, join(a.of, value)), 0, 24)),
  'zipper.put': rule<[Zipper, Tree]>((a, tree) => made(grown('zipper', a.nodes + tree.nodes, join(a.of, tree.of)), 0, 24)),
  'zipper.insertLeft': inserted,
  'zipper.insertRight': inserted,
  'zipper.prepend': added,
  'zipper.append': added,
  'zipper.remove': moved((a) => plus(charge(0), plus(copies(children(a)), PLACE))),
} satisfies Rules

export const CONTAINERS = {
  ...LIST,
  ...MAP,
  ...TREE,
  equal: rule<[Bound, Bound]>((a) => ({ value: BOOL, charge: { steps: walk(a), bytes: 0 } })),
  not: rule<[Bound]>(() => made(BOOL, 0)),
} satisfies Rules
