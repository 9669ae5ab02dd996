import { LIMITS } from '../../limits.ts'
import { newRecord, preorder } from '../../value/measure.ts'
import type { RecordValue, SomeValue, TreeValue, Value, ZipperValue } from '../../value/value.ts'
import type { Meter } from '../meter.ts'
import { boundItems, BYTES } from './operation.ts'

type Found = SomeValue | null

/** Nodes of a tree with their depths; each costs a step, and a tree that shares its parts ends at the budget or at the limit of items. */
export const nodesOf = (meter: Meter, tree: TreeValue): ReturnType<typeof preorder> => {
  const nodes = preorder(tree, () => meter.step(0), LIMITS.items)
  boundItems(nodes.length, 'tree')
  return nodes
}

function list(meter: Meter, tree: TreeValue): RecordValue[] {
  const nodes = nodesOf(meter, tree)
  meter.grow((BYTES.item + BYTES.pair) * nodes.length)
  return nodes.map(({ depth, value }) => {
    const entry = newRecord()
    entry['depth'] = depth
    entry['value'] = value
    return entry
  })
}

const makes = (meter: Meter): void => {
  meter.step(0)
  meter.grow(BYTES.node)
}

/** Counts a new node with so many children. */
function copies(meter: Meter, children: number): void {
  boundItems(children, 'node')
  meter.step(children)
  meter.grow(BYTES.node + BYTES.item * children)
}

export const rootOf = (tree: TreeValue): ZipperValue => ({ focus: tree, up: null, index: 0 })
const childOf = (up: ZipperValue, index: number): ZipperValue => ({ focus: up.focus.children[index]!, up, index })

const place = (meter: Meter, zipper: ZipperValue): Found => {
  meter.grow(BYTES.zipper + BYTES.some)
  return { some: zipper }
}

/** The parent with what is now at this place; null at the root. */
function settle(meter: Meter, { focus, up, index }: ZipperValue): ZipperValue | null {
  meter.step(0)
  if (up === null || up.focus.children[index] === focus) return up
  copies(meter, up.focus.children.length)
  return { ...up, focus: { value: up.focus.value, children: up.focus.children.with(index, focus) } }
}

function tree(meter: Meter, zipper: ZipperValue): TreeValue {
  let at = zipper
  for (let up = settle(meter, at); up !== null; up = settle(meter, at)) at = up
  return at.focus
}

function depth(meter: Meter, zipper: ZipperValue): number {
  let count = 0
  for (let at = zipper.up; at !== null; at = at.up) count++
  meter.step(32 * count)
  return count
}

function down(meter: Meter, zipper: ZipperValue): Found {
  meter.step(0)
  return zipper.focus.children.length === 0 ? null : place(meter, childOf(zipper, 0))
}

function up(meter: Meter, zipper: ZipperValue): Found {
  const parent = settle(meter, zipper)
  return parent === null ? null : place(meter, parent)
}

const beside =
  (by: number) =>
  (meter: Meter, zipper: ZipperValue): Found => {
    const parent = settle(meter, zipper)
    const index = zipper.index + by
    return parent === null || index < 0 || index >= parent.focus.children.length ? null : place(meter, childOf(parent, index))
  }
const right = beside(1)

/** The next node in preorder: the first child, else the right sibling of the node or of the nearest ancestor that has one. */
export function next(meter: Meter, zipper: ZipperValue): Found {
  const first = down(meter, zipper)
  if (first !== null) return first
  for (let at: ZipperValue | null = zipper; at !== null; at = settle(meter, at)) {
    const found = right(meter, at)
    if (found !== null) return found
  }
  return null
}

function set(meter: Meter, zipper: ZipperValue, value: Value): ZipperValue {
  makes(meter)
  return { ...zipper, focus: { value, children: zipper.focus.children } }
}

function put(meter: Meter, zipper: ZipperValue, focus: TreeValue): ZipperValue {
  makes(meter)
  return { ...zipper, focus }
}

/** A sibling before (0) or after (1) this place, where one stays. */
const insert =
  (after: 0 | 1) =>
  (meter: Meter, { focus, up: parent, index }: ZipperValue, sibling: TreeValue): Found => {
    meter.step(0)
    if (parent === null) return null
    copies(meter, parent.focus.children.length + 1)
    const children = parent.focus.children.with(index, focus).toSpliced(index + after, 0, sibling)
    return place(meter, childOf({ ...parent, focus: { value: parent.focus.value, children } }, index + 1 - after))
  }

/** A child more, before or after the others. */
const add =
  (join: (children: readonly TreeValue[], child: TreeValue) => TreeValue[]) =>
  (meter: Meter, zipper: ZipperValue, child: TreeValue): ZipperValue => {
    const { value, children } = zipper.focus
    copies(meter, children.length + 1)
    return { ...zipper, focus: { value, children: join(children, child) } }
  }

function remove(meter: Meter, { up: parent, index }: ZipperValue): Found {
  meter.step(0)
  if (parent === null) return null
  copies(meter, parent.focus.children.length)
  const { value, children } = parent.focus
  return place(meter, { ...parent, focus: { value, children: children.toSpliced(index, 1) } })
}

export const TREE = {
  'tree.node': (meter: Meter, value: Value, children: readonly TreeValue[]): TreeValue => (makes(meter), { value, children }),
  'tree.value': (meter: Meter, { value }: TreeValue): Value => (meter.step(0), value),
  'tree.children': (meter: Meter, { children }: TreeValue): readonly TreeValue[] => (meter.step(0), children),
  'tree.size': (meter: Meter, whole: TreeValue): number => nodesOf(meter, whole).length,
  'tree.list': list,
  'tree.zipper': (meter: Meter, whole: TreeValue): ZipperValue => (makes(meter), rootOf(whole)),
  'zipper.tree': tree,
  'zipper.focus': (meter: Meter, { focus }: ZipperValue): TreeValue => (meter.step(0), focus),
  'zipper.value': (meter: Meter, { focus }: ZipperValue): Value => (meter.step(0), focus.value),
  'zipper.depth': depth,
  'zipper.down': down,
  'zipper.up': up,
  'zipper.left': beside(-1),
  'zipper.right': right,
  'zipper.next': next,
  'zipper.set': set,
  'zipper.put': put,
  'zipper.insertLeft': insert(0),
  'zipper.insertRight': insert(1),
  'zipper.prepend': add((children, child) => [child, ...children]),
  'zipper.append': add((children, child) => [...children, child]),
  'zipper.remove': remove,
}
