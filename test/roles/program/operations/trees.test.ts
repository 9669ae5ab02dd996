import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { int, leaf, list, node, some, text, tree, when } from '../../../../roles/program/index.ts'
import type { Expr, Int, PlaceExpr, Tree } from '../../../../roles/program/index.ts'
import { agrees, answerOf, opening } from './agrees.ts'

interface Plain {
  value: number
  children: Plain[]
}

const number = fc.integer({ min: -5, max: 5 }).map((n) => n + 0)
/** Each further node hangs below an earlier one. */
const trees = fc.array(fc.tuple(number, fc.nat(100)), { minLength: 1, maxLength: 7 }).map((entries): Plain => {
  const nodes = entries.map(([value]): Plain => ({ value, children: [] }))
  entries.forEach(([, parent], i) => i > 0 && nodes[parent % i]!.children.push(nodes[i]!))
  return nodes[0]!
})

const preorder = (one: Plain, depth = 0): Array<{ depth: number; value: number }> => [
  { depth, value: one.value },
  ...one.children.flatMap((child) => preorder(child, depth + 1)),
]
const valuesOf = (one: Plain): number[] => preorder(one).map(({ value }) => value)
const mapped = (one: Plain, change: (n: number) => number): Plain => ({
  value: change(one.value) + 0,
  children: one.children.map((child) => mapped(child, change)),
})
const height = (one: Plain): number => 1 + Math.max(0, ...one.children.map(height))
const nodesOf = (one: Plain): Plain[] => [one, ...one.children.flatMap(nodesOf)]
const withFirst = (one: Plain, n: number): Plain => {
  const made = copy(one)
  nodesOf(made).find(({ value }) => value > n)!.value = 9
  return made
}
const copy = (one: Plain): Plain => structuredClone(one)

describe('[L5] trees', () => {
  it('are read, mapped and folded as plain JavaScript does', () => {
    agrees(
      { a: tree(int({ min: -5, max: 5 }), 7), b: tree(int(), 7), n: int() },
      ({ a, b, n }) => ({
        value: a.value(),
        children: a.children(),
        size: a.size(),
        list: a.list(),
        values: a.values(),
        map: a.map((x) => x.times(2)),
        any: a.any((x) => x.equals(n)),
        all: a.all((x) => x.less(n)),
        isFound: a.find((x) => x.greater(n)).isSome(),
        found: a.find((x) => x.greater(n)).focus(),
        changed: a
          .find((x) => x.greater(n))
          .set(9)
          .tree(),
        sum: a.fold(int(), (value, below) => value.plus(below.sum())),
        height: a.fold(int(), (_, below) => below.max().orElse(0).plus(1)),
        lines: a.fold(list(int(), 50), (value, below) => below.flatten().prepend(value)),
        folded: a.foldValues(0, (total, value) => total.times(2).plus(value)),
        equals: a.equals(b),
        leaf: leaf(n),
        node: node(n, [a, b, leaf(1)]),
        ofList: node(n, a.children()),
        empty: node(n, []).equals(leaf(n)),
      }),
      fc.record({ a: trees, b: trees, n: number }),
      ({ a, b, n }) => {
        const first = valuesOf(a).find((x) => x > n)
        return {
          value: a.value,
          children: a.children,
          size: valuesOf(a).length,
          list: preorder(a),
          values: valuesOf(a),
          map: mapped(a, (x) => x * 2),
          any: valuesOf(a).includes(n),
          all: valuesOf(a).every((x) => x < n),
          isFound: first !== undefined,
          found: first === undefined ? null : { some: nodesOf(a).find(({ value }) => value > n) },
          changed: first === undefined ? null : { some: withFirst(a, n) },
          sum: valuesOf(a).reduce((x, y) => x + y, 0),
          height: height(a),
          lines: valuesOf(a),
          folded: valuesOf(a).reduce((total, x) => total * 2 + x, 0),
          equals: JSON.stringify(a) === JSON.stringify(b),
          leaf: { value: n, children: [] },
          node: { value: n, children: [a, b, { value: 1, children: [] }] },
          ofList: { value: n, children: a.children },
          empty: true,
        }
      },
      501,
    )
  })
})

/** What plain JavaScript does at a place in a tree of its own; null where there is no such place. */
interface At {
  root: Plain
  path: number[]
}
const focusOf = ({ root, path }: At): Plain => path.reduce((at, index) => at.children[index]!, root)
const parentOf = ({ root, path }: At): Plain => focusOf({ root, path: path.slice(0, -1) })

const moved = (at: At, path: number[] | null): At | null => (path === null ? null : { ...at, path })
const sibling = (at: At, by: number): number[] | null => {
  const index = at.path.at(-1)
  if (index === undefined || parentOf(at).children[index + by] === undefined) return null
  return [...at.path.slice(0, -1), index + by]
}

function nextOf(at: At): number[] | null {
  if (focusOf(at).children.length > 0) return [...at.path, 0]
  for (let up = at; up.path.length > 0; up = { ...up, path: up.path.slice(0, -1) }) {
    const right = sibling(up, 1)
    if (right !== null) return right
  }
  return null
}

function changed(at: At, change: (made: At) => number[] | null): At | null {
  const made = { root: copy(at.root), path: at.path }
  return moved(made, change(made))
}

function inserted(at: At, offset: number): At | null {
  const index = at.path.at(-1)
  if (index === undefined) return null
  return changed(at, (made) => {
    parentOf(made).children.splice(index + offset, 0, { value: 7, children: [] })
    return [...at.path.slice(0, -1), index + 1 - offset]
  })
}

const SEVEN: Plain = { value: 7, children: [] }
const STEPS: Record<
  string,
  { golem: (place: PlaceExpr<Int>, other: Expr<Tree<Int>>) => PlaceExpr<Int>; plain: (at: At, other: Plain) => At | null }
> = {
  down: { golem: (z) => z.down(), plain: (at) => moved(at, focusOf(at).children.length > 0 ? [...at.path, 0] : null) },
  up: { golem: (z) => z.up(), plain: (at) => moved(at, at.path.length > 0 ? at.path.slice(0, -1) : null) },
  left: { golem: (z) => z.left(), plain: (at) => moved(at, sibling(at, -1)) },
  right: { golem: (z) => z.right(), plain: (at) => moved(at, sibling(at, 1)) },
  next: { golem: (z) => z.next(), plain: (at) => moved(at, nextOf(at)) },
  set: { golem: (z) => z.set(7), plain: (at) => changed(at, (made) => ((focusOf(made).value = 7), made.path)) },
  modify: { golem: (z) => z.modify((x) => x.plus(1)), plain: (at) => changed(at, (made) => ((focusOf(made).value += 1), made.path)) },
  put: {
    golem: (z, other) => z.put(other),
    plain: (at, other) => changed(at, (made) => (Object.assign(focusOf(made), copy(other)), made.path)),
  },
  insertLeft: { golem: (z) => z.insertLeft(leaf(7)), plain: (at) => inserted(at, 0) },
  insertRight: { golem: (z) => z.insertRight(leaf(7)), plain: (at) => inserted(at, 1) },
  prepend: {
    golem: (z) => z.prepend(leaf(7)),
    plain: (at) => changed(at, (made) => (focusOf(made).children.unshift(copy(SEVEN)), made.path)),
  },
  append: {
    golem: (z, other) => z.append(other),
    plain: (at, other) => changed(at, (made) => (focusOf(made).children.push(copy(other)), made.path)),
  },
  remove: {
    golem: (z) => z.remove(),
    plain: (at) =>
      at.path.length === 0 ? null : changed(at, (made) => (parentOf(made).children.splice(at.path.at(-1)!, 1), made.path.slice(0, -1))),
  },
}

/** Moves that are likely to lead somewhere come more often. */
const steps = fc.array(fc.constantFrom(...Object.keys(STEPS), 'down', 'down', 'right', 'next', 'append'), { minLength: 1, maxLength: 7 })

function expectedOf(names: string[], a: Plain, b: Plain): unknown {
  const at = names.reduce<At | null>((place, name) => place && STEPS[name]!.plain(place, b), { root: a, path: [] })
  if (at === null) return { tree: null, value: null, depth: null, focus: null }
  const focus = focusOf(at)
  return { tree: { some: at.root }, value: { some: focus.value }, depth: { some: at.path.length }, focus: { some: focus } }
}

describe('[L5] zippers', () => {
  it('walk and change as plain JavaScript does, in any order of operations', () => {
    fc.assert(
      fc.property(steps, fc.array(fc.record({ a: trees, b: trees }), { minLength: 4, maxLength: 4 }), (names, inputs) => {
        const program = opening({ a: tree(int(), 7), b: tree(int(), 7) }, ({ a, b }) => {
          const root: PlaceExpr<Int> = some(a.zipper())
          const place = names.reduce((at, name) => STEPS[name]!.golem(at, b), root)
          return { tree: place.tree(), value: place.value(), depth: place.depth(), focus: place.focus() }
        })
        for (const { a, b } of inputs) expect(answerOf(program, { a, b })).toEqual(expectedOf(names, a, b))
      }),
      { seed: 502, numRuns: 120 },
    )
  })

  it('read well: from the root down to the second child, changed, and back as a tree', () => {
    const menu = opening({ menu: tree(text(9), 5) }, ({ menu: dishes }) => ({
      changed: dishes.zipper().down().right().set('tea').tree().orElse(dishes),
      root: dishes
        .zipper()
        .modify((name) => name.asciiUpper())
        .append(leaf('cake'))
        .tree(),
      chosen: dishes
        .zipper()
        .down()
        .match(
          (first) =>
            when(
              first.value().equals('soup'),
              () => first.remove().tree().orElse(dishes),
              () => first.tree(),
            ),
          () => dishes,
        ),
    }))
    const soup = { value: 'soup', children: [] }
    const bread = { value: 'bread', children: [] }
    expect(answerOf(menu, { menu: { value: 'menu', children: [soup, bread] } })).toEqual({
      changed: { value: 'menu', children: [soup, { value: 'tea', children: [] }] },
      root: { value: 'MENU', children: [soup, bread, { value: 'cake', children: [] }] },
      chosen: { value: 'menu', children: [bread] },
    })
    expect(answerOf(menu, { menu: { value: 'menu', children: [soup] } })).toMatchObject({ changed: { value: 'menu', children: [soup] } })
  })

  it('can be the total of a fold: a walk to the last sibling', () => {
    const program = opening({ a: tree(int(), 9) }, ({ a }) =>
      a
        .children()
        .fold(a.zipper().down(), (place) =>
          place.match(
            (here) => here.right().or(some(here)),
            () => a.zipper().down(),
          ),
        )
        .value(),
    )
    const child = (value: number): Plain => ({ value, children: [] })
    expect(answerOf(program, { a: { value: 0, children: [child(1), child(2), child(3)] } })).toEqual({ some: 3 })
    expect(answerOf(program, { a: child(0) })).toBe(null)
  })
})
