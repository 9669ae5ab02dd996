import { describe, expect, it } from 'vitest'
import { canonicalJson, fromJson, runBlock, sizeOf, toJson } from '../../../../roles/program/index.ts'
import type { Node, Primitive, TreeValue, Type, Value } from '../../../../roles/program/index.ts'
import { must } from '../guestbook.story.ts'
import { answerOf, BOOL, INT, integer, listOf, literal, programOf, treeOf } from './bodies.ts'
import type { Draft } from './bodies.ts'

const DEPTH = 10_000
const BUDGET = { steps: 5e6, bytes: 5e7 }
const TREE = treeOf(INT)

/** A node with one child with one child … ; values count from 0 at the root. */
function deepTree(depth = DEPTH): TreeValue {
  let tree: TreeValue = { value: depth - 1, children: [] }
  for (let i = depth - 2; i >= 0; i--) tree = { value: i, children: [tree] }
  return tree
}

const answer = (output: Type, write: (draft: Draft, inputs: number[]) => number, tree = deepTree()): Value =>
  answerOf(must(programOf([TREE, TREE], output, write)), [tree, deepTree()], BUDGET)

const call = (draft: Draft, op: Primitive, ...args: number[]): number => draft.add({ op, args })

function inside(draft: Draft, scope: number, work: () => number): number {
  const before = draft.here
  draft.here = scope
  const made = work()
  draft.here = before
  return made
}

/** An operation over the nodes whose result is made of the item. */
function each(draft: Draft, op: 'map' | 'any' | 'all' | 'find', over: number, result: (item: number) => number): number {
  const scope = draft.scopes.length
  const [item] = draft.open({ kind: 'item', parent: draft.here, over })
  return draft.add({ op, scope, result: inside(draft, scope, () => result(item!)) })
}

/** What is there, or another value. */
function unwrap(draft: Draft, over: number, none: number, some: (content: number) => number): number {
  const scope = draft.scopes.length
  const [content] = draft.open({ kind: 'some', parent: draft.here, over })
  return draft.add({ op: 'unwrap', some: { scope, result: inside(draft, scope, () => some(content!)) }, none })
}

/** The zipper at the deepest node. */
const deepest = (draft: Draft, tree: number): number =>
  each(draft, 'find', tree, (item) => call(draft, 'equal', item, integer(draft, DEPTH - 1)))

describe('a tree ten thousand nodes deep', () => {
  it('goes to JSON and back, and is compared and measured', () => {
    const json = JSON.parse(canonicalJson(toJson(TREE, deepTree()))) as unknown
    const back = must(fromJson(TREE, json))
    expect(sizeOf(TREE, back)).toBe(4 + 12 * DEPTH)
    expect(answer(BOOL, (draft, [a, b]) => call(draft, 'equal', a!, b!), back as TreeValue)).toBe(true)
    expect(answer(BOOL, (draft, [a, b]) => call(draft, 'equal', a!, b!), deepTree(DEPTH - 1))).toBe(false)
  })

  it('is built by a fold, and leaves the block as it was', () => {
    const program = must(
      programOf([TREE], TREE, (draft) => {
        const over = call(draft, 'int.range', integer(draft, 0), integer(draft, DEPTH))
        const leaf = call(draft, 'tree.node', integer(draft, 0), draft.add({ op: 'list', of: TREE, items: [] }))
        const [tree, item] = draft.open({ kind: 'fold', parent: -1, over, start: leaf }, 2)
        const result = call(draft, 'tree.node', item!, draft.add({ op: 'list', of: TREE, items: [tree!] }))
        return draft.add({ op: 'fold', scope: 0, result })
      }),
    )
    const json = toJson(TREE, answerOf(program, [deepTree(1)], BUDGET)) as unknown[]
    expect(json.length).toBe(DEPTH + 1)
    expect(json.at(-2)).toEqual({ depth: String(DEPTH - 1), value: '0' })
  })

  it.each<[string, Type, (draft: Draft, inputs: number[]) => number, unknown]>([
    ['tree.size', INT, (d, [t]) => call(d, 'tree.size', t!), DEPTH],
    ['tree.list', INT, (d, [t]) => call(d, 'list.length', call(d, 'tree.list', t!)), DEPTH],
    ['tree.children', INT, (d, [t]) => call(d, 'list.length', call(d, 'tree.children', t!)), 1],
    [
      'map',
      INT,
      (d, [t]) =>
        call(
          d,
          'tree.size',
          each(d, 'map', t!, (item) => call(d, 'int.text', item)),
        ),
      DEPTH,
    ],
    ['any', BOOL, (d, [t]) => each(d, 'any', t!, (item) => call(d, 'equal', item, integer(d, DEPTH - 1))), true],
    ['all', BOOL, (d, [t]) => each(d, 'all', t!, (item) => call(d, 'int.less', item, integer(d, DEPTH))), true],
    ['find', INT, (d, [t]) => unwrap(d, deepest(d, t!), integer(d, -1), (place) => call(d, 'zipper.depth', place)), DEPTH - 1],
    [
      'zipper.tree after a change at the deepest node',
      BOOL,
      (d, [t]) =>
        unwrap(d, deepest(d, t!), literal(d, BOOL, false), (place) => {
          const changed = call(d, 'zipper.tree', call(d, 'zipper.set', place, integer(d, -7)))
          return each(d, 'any', changed, (item) => call(d, 'equal', item, integer(d, -7)))
        }),
      true,
    ],
    [
      'zipper.insertRight and zipper.next at the deepest node',
      INT,
      (d, [t, other]) =>
        unwrap(d, deepest(d, t!), integer(d, -1), (place) =>
          unwrap(d, call(d, 'zipper.insertRight', place, other!), integer(d, -2), (beside) =>
            unwrap(d, call(d, 'zipper.next', beside), integer(d, -3), (next) => call(d, 'tree.size', call(d, 'zipper.tree', next))),
          ),
        ),
      2 * DEPTH,
    ],
    [
      'zipper.remove and zipper.up at the deepest node',
      INT,
      (d, [t]) =>
        unwrap(d, deepest(d, t!), integer(d, -1), (place) =>
          unwrap(d, call(d, 'zipper.remove', place), integer(d, -2), (up) =>
            unwrap(d, call(d, 'zipper.up', up), integer(d, -3), (upper) => call(d, 'tree.size', call(d, 'zipper.focus', upper))),
          ),
        ),
      2,
    ],
  ])('%s', (_, output, write, expected) => {
    expect(answer(output, write)).toEqual(expected)
  })

  it('is folded from the root and from its leaf up', () => {
    const sum = (draft: Draft, tree: number): number => {
      const [total, item] = draft.open({ kind: 'fold', parent: -1, over: tree, start: integer(draft, 0) }, 2)
      return draft.add({ op: 'fold', scope: 0, result: call(draft, 'int.add', total!, item!) })
    }
    const height = (draft: Draft, tree: number): number => {
      const [, below] = draft.open({ kind: 'tree', parent: -1, over: tree, of: INT }, 2)
      const [total, one] = draft.open({ kind: 'fold', parent: 0, over: below!, start: integer(draft, 1) }, 2)
      const added: Node = { op: 'fold', scope: 1, result: call(draft, 'int.add', total!, one!) }
      return draft.add({ op: 'fold', scope: 0, result: draft.add(added) })
    }
    expect(answer(INT, (draft, [tree]) => sum(draft, tree!))).toBe((DEPTH * (DEPTH - 1)) / 2)
    expect(answer(INT, (draft, [tree]) => height(draft, tree!))).toBe(DEPTH)
  })
})

describe('lists that share their parts through 24 levels', () => {
  /** Each level is a list of twice the level below. */
  function shared(draft: Draft, levels: number): { node: number; type: Type } {
    let node = literal(draft, INT, '1')
    let type: Type = INT
    for (let i = 0; i < levels; i++) {
      node = draft.add({ op: 'list', of: type, items: [node, node] })
      type = listOf(type)
    }
    return { node, type }
  }

  it.each(['output', 'equal', 'contains'] as const)('end at the budget as %s, and cost little where nobody looks at them', (use) => {
    let output: Type = INT
    for (let i = 0; i < 22; i++) output = listOf(output)
    const program = must(
      programOf([TREE], use === 'output' ? output : BOOL, (draft) => {
        const { node, type } = shared(draft, 22)
        if (use === 'output') return node
        const other = shared(draft, 22).node
        return use === 'equal'
          ? call(draft, use, node, other)
          : call(draft, 'list.contains', draft.add({ op: 'list', of: type, items: [node] }), other)
      }),
    )
    expect(answerOf(program, [deepTree(1)], { steps: 1e6, bytes: 1e6 })).toBe('program.budget')
    const length = must(programOf([TREE], INT, (draft) => call(draft, 'list.length', shared(draft, 23).node)))
    expect(must(runBlock(length, 'go', 0, [deepTree(1)], BUDGET)).steps).toBeLessThan(100)
  })
})
