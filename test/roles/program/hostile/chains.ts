/** Run by `nesting.test.ts` with a small stack: the longest chain that the checker admits of each kind of node, evaluated. */
import type { Each, Type } from '../../../../roles/program/index.ts'
import { check } from '../../../../roles/program/index.ts'
import { answerOf, BOOL, documentOf, createDraft, INT, listOf, literal } from './bodies.ts'
import type { Draft } from './bodies.ts'

const BUDGET = { steps: 1e7, bytes: 1e9 }
const OPTION: Type = { kind: 'option', of: INT }
const VARIANT: Type = { kind: 'variant', cases: { a: INT } }

/** One link more: a node of int that needs `last` whenever it is evaluated. */
function link(draft: Draft, kind: string, last: number): number {
  const { add } = draft
  const scope = draft.scopes.length
  switch (kind) {
    case 'int.add':
      return add({ op: kind, args: [last, last] })
    case 'if':
      return add({ op: 'if', cond: literal(draft, BOOL, true), then: last, else: last })
    case 'record':
      return add({ op: 'field', of: add({ op: 'record', fields: { a: last } }), field: 'a' })
    case 'unwrap':
      draft.open({ kind: 'some', parent: -1, over: 1 })
      return add({ op: 'unwrap', some: { scope, result: last }, none: last })
    case 'match':
      draft.open({ kind: 'case', parent: -1, over: 2, tag: 'a' })
      return add({ op: 'match', arms: [{ scope, result: last }] })
    case 'fold':
      draft.open({ kind: 'fold', parent: -1, over: 0, start: literal(draft, INT, '0') }, 2)
      return add({ op: 'fold', scope, result: last })
    case 'start': {
      const [total] = draft.open({ kind: 'fold', parent: -1, over: 0, start: last }, 2)
      return add({ op: 'fold', scope, result: total! })
    }
    default:
      return eachLink(draft, kind as Each['op'], scope, last)
  }
}

/** An operation over the items of a list whose result needs `last`, and an integer made of what it makes. */
function eachLink(draft: Draft, op: Each['op'], scope: number, last: number): number {
  const { add } = draft
  draft.open({ kind: 'item', parent: -1, over: 0 })
  const isTest = op === 'filter' || op === 'find'
  const result = isTest ? add({ op: 'int.less', args: [last, last] }) : last
  const made = add(op === 'sort' ? { op, scope, result, descending: false } : { op, scope, result })
  if (op === 'group') return add({ op: 'map.size', args: [made] })
  return op === 'find'
    ? add({ op: 'unwrap', some: { scope: optional(draft, made), result: last }, none: last })
    : add({ op: 'list.length', args: [made] })
}

function optional(draft: Draft, over: number): number {
  draft.open({ kind: 'some', parent: -1, over })
  return draft.scopes.length - 1
}

/** How a chain of so many links ends. */
function ending(kind: string, links: number): { nodes: number; code: string } {
  const draft = createDraft()
  const inputs = [listOf(INT), OPTION, VARIANT]
  inputs.forEach((_, input) => draft.add({ op: 'input', input }))
  let last = literal(draft, INT, '1')
  for (let i = 0; i < links; i++) last = link(draft, kind, last)
  const checked = check(documentOf(inputs, INT, { scopes: draft.scopes, nodes: draft.nodes, outputs: [last], effects: [] }))
  if (!checked.ok) return { nodes: links, code: checked.error.code }
  const value = answerOf(checked.value, [[5], { some: 1 }, { tag: 'a', value: 1 }], BUDGET)
  return { nodes: links, code: typeof value === 'string' ? value : 'ok' }
}

for (const kind of process.argv.slice(2)) {
  let least = 1
  let most = 1_001
  while (most - least > 1) {
    const middle = Math.floor((least + most) / 2)
    if (ending(kind, middle).code === 'program.deep') most = middle
    else least = middle
  }
  console.log(`${kind} ${least} nodes: ${ending(kind, least).code}, one more: ${ending(kind, most).code}`)
}
