import type { Each, Scope } from '../document.ts'
import { compareScalars, treeOf } from '../value/measure.ts'
import type { TreeValue, Value, ZipperValue } from '../value/value.ts'
import type { Meter } from './meter.ts'
import { inKeyOrder } from './primitives/map.ts'
import { BYTES, keySize, sortingOf } from './primitives/operation.ts'
import { next, nodesOf, rootOf } from './primitives/tree.ts'

/** Evaluates the result of a scope for an item (or an accumulator and an item, or a node and what its children made). */
export type RunItem = (...params: Value[]) => Value

type Items = readonly Value[]

/**
 * An operation over all items of a list or all nodes of a tree, for both evaluators.
 * @param over the list or tree; @param start the accumulator of a fold, otherwise null
 */
export function runEach(meter: Meter, node: Each, kind: Scope['kind'], over: Value, start: Value, run: RunItem): Value {
  meter.step(0)
  if (kind === 'tree') return foldTree(meter, over as TreeValue, run)
  if (!Array.isArray(over)) return runTree(meter, node, over as TreeValue, start, run)
  switch (node.op) {
    case 'map':
      return mapItems(meter, over, run)
    case 'filter':
      return filterItems(meter, over, run)
    case 'fold':
      return foldItems(meter, over, start, run)
    case 'any':
      return findItem(meter, over, run, true) >= 0
    case 'all':
      return findItem(meter, over, run, false) < 0
    case 'find':
      return found(meter, over, findItem(meter, over, run, true))
    case 'sort':
      return sortItems(meter, over, node.descending, run)
    case 'distinct':
      return distinctItems(meter, over, run)
    case 'group':
      return groupItems(meter, over, run)
  }
}

function countItem(meter: Meter, bytes: number): void {
  meter.step(0)
  meter.grow(bytes)
}

function mapItems(meter: Meter, items: Items, run: RunItem): Value {
  const made: Value[] = []
  for (const item of items) {
    countItem(meter, BYTES.item)
    made.push(run(item))
  }
  return made
}

function filterItems(meter: Meter, items: Items, run: RunItem): Value {
  const kept: Value[] = []
  for (const item of items) {
    countItem(meter, BYTES.item)
    if (run(item) === true) kept.push(item)
  }
  return kept
}

function foldItems(meter: Meter, items: Items, start: Value, run: RunItem): Value {
  let total = start
  for (const item of items) {
    meter.step(0)
    total = run(total, item)
  }
  return total
}

/** Position of the first item for which the result is `wanted`, or −1; later items are not looked at. */
function findItem(meter: Meter, items: Items, run: RunItem, wanted: boolean): number {
  for (let i = 0; i < items.length; i++) {
    meter.step(0)
    if (run(items[i]!) === wanted) return i
  }
  return -1
}

function found(meter: Meter, items: Items, at: number): Value {
  if (at < 0) return null
  meter.grow(BYTES.some)
  return { some: items[at]! }
}

function sortItems(meter: Meter, items: Items, descending: boolean, run: RunItem): Value {
  let characters = 0
  const keyed = items.map((item) => {
    countItem(meter, 2 * BYTES.item)
    const key = run(item)
    characters += keySize(key)
    return { key, item }
  })
  meter.step(sortingOf(items.length, characters))
  const sign = descending ? -1 : 1
  return keyed.sort((a, b) => sign * compareScalars(a.key, b.key)).map(({ item }) => item)
}

/** What a scalar is told apart by. */
const identity = (key: Value): Value => (key instanceof Uint8Array ? String(key) : key)

function distinctItems(meter: Meter, items: Items, run: RunItem): Value {
  const seen = new Set<Value>()
  return items.filter((item) => {
    countItem(meter, BYTES.item)
    const key = run(item)
    meter.step(keySize(key))
    return seen.size < seen.add(identity(key)).size
  })
}

function groupItems(meter: Meter, items: Items, run: RunItem): Value {
  const groups = new Map<string, Value[]>()
  let characters = 0
  for (const item of items) {
    countItem(meter, 2 * BYTES.item)
    const key = run(item) as string
    meter.step(keySize(key))
    const group = groups.get(key)
    if (group === undefined) {
      characters += keySize(key)
      groups.set(key, [item])
    } else group.push(item)
  }
  return inKeyOrder(meter, groups, characters)
}

/** Over a tree, in preorder. */
function runTree(meter: Meter, node: Each, tree: TreeValue, start: Value, run: RunItem): Value {
  if (node.op === 'find') return findNode(meter, tree, run)
  const nodes = nodesOf(meter, tree)
  const values = nodes.map(({ value }) => value)
  if (node.op !== 'map') {
    const made = node.op === 'fold' ? foldItems(meter, values, start, run) : findItem(meter, values, run, node.op === 'any')
    return node.op === 'fold' ? made : node.op === 'any' ? (made as number) >= 0 : (made as number) < 0
  }
  const made = nodes.map(({ depth, value }) => {
    countItem(meter, BYTES.node)
    return { depth, value: run(value) }
  })
  return treeOf(made)
}

function findNode(meter: Meter, tree: TreeValue, run: RunItem): Value {
  for (let at: Value = rootOf(tree); at !== null;) {
    const place = at as ZipperValue
    meter.step(0)
    if (run(place.focus.value) === true) {
      meter.grow(BYTES.some)
      return { some: at }
    }
    at = next(meter, place)?.some ?? null
  }
  return null
}

interface Open {
  node: TreeValue
  results: Value[]
}

/** From the leaves up; a stack of its own lets trees be deep. */
function foldTree(meter: Meter, tree: TreeValue, run: RunItem): Value {
  const open: Open[] = [{ node: tree, results: [] }]
  for (;;) {
    const { node, results } = open.at(-1)!
    const child = node.children[results.length]
    if (child !== undefined) {
      countItem(meter, BYTES.node)
      open.push({ node: child, results: [] })
      continue
    }
    meter.step(0)
    const made = run(node.value, results)
    open.pop()
    if (open.length === 0) return made
    meter.grow(BYTES.item)
    open.at(-1)!.results.push(made)
  }
}
