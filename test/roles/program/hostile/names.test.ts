import { describe, expect, it } from 'vitest'
import { check, fromJson, labelOf, runBlock, runEndpoint, toJson } from '../../../../roles/program/index.ts'
import type { Draft } from './bodies.ts'
import type { Primitive, Type, Value } from '../../../../roles/program/index.ts'
import { must } from '../guestbook.story.ts'
import { answerOf, BOOL, documentOf, INT, integer, listOf, literal, programOf, TEXT } from './bodies.ts'

const BUDGET = { steps: 5e6, bytes: 5e7 }
const NAMES = ['constructor', 'hasOwnProperty', 'prototype', 'toJSON', 'toString', 'valueOf']
const KEYS = ['', '__proto__', ...NAMES]
const call = (draft: Draft, op: Primitive, ...args: number[]): number => draft.add({ op, args })

describe('names that mean something to JavaScript', () => {
  it('are keys of maps like any other', () => {
    const map: Type = { kind: 'map', keys: TEXT, of: INT, max: 99 }
    const program = must(
      programOf([map, TEXT], listOf(BOOL), (draft, [given, key]) => {
        const set = call(draft, 'map.set', given!, key!, integer(draft, 5))
        const grouped = (keys: number): number => {
          const scope = draft.scopes.length
          const [item] = draft.open({ kind: 'item', parent: -1, over: keys })
          return draft.add({ op: 'group', scope, result: item! })
        }
        const group = grouped(draft.add({ op: 'list', of: TEXT, items: [key!, key!] }))
        const from = call(draft, 'map.from', call(draft, 'map.entries', set))
        const same = call(draft, 'equal', from, set)
        const removed = call(draft, 'map.has', call(draft, 'map.remove', set, key!), key!)
        const items = [
          call(draft, 'map.has', given!, key!),
          call(draft, 'map.has', set, key!),
          call(draft, 'map.has', group, key!),
          same,
          removed,
        ]
        return draft.add({ op: 'list', of: BOOL, items })
      }),
    )
    for (const key of KEYS) {
      expect(answerOf(program, [new Map(), key], BUDGET)).toEqual([false, true, true, true, false])
      expect(answerOf(program, [new Map([[key, 1]]), key], BUDGET)).toEqual([true, true, true, true, false])
      const json = [{ key, value: '1' }]
      expect(toJson(map, must(fromJson(map, JSON.parse(JSON.stringify(json)))))).toEqual(json)
    }
  })

  it('are fields of records and cases of variants, of collections, requests and responses', () => {
    const fields = Object.fromEntries(NAMES.map((name): [string, Type] => [name, INT]))
    const record: Type = { kind: 'record', fields }
    const variant: Type = { kind: 'variant', cases: fields }
    const value = Object.fromEntries(NAMES.map((name, i) => [name, i]))
    for (const [i, name] of NAMES.entries()) {
      const program = must(
        programOf([record], listOf(variant), (draft, [given]) => {
          const content = draft.add({ op: 'field', of: given!, field: name })
          const made = draft.add({ op: 'record', fields: { [name]: content } })
          const again = draft.add({ op: 'field', of: made, field: name })
          const item = draft.add({ op: 'variant', type: variant, tag: name, value: again })
          const scopes = NAMES.map((tag) => draft.scopes.push({ kind: 'case', parent: -1, over: item, tag }) - 1)
          const arms = scopes.map((scope) => ({ scope, result: item }))
          return draft.add({ op: 'list', of: variant, items: [item, draft.add({ op: 'match', arms })] })
        }),
      )
      expect(answerOf(program, [value], BUDGET)).toEqual([
        { tag: name, value: i },
        { tag: name, value: i },
      ])
    }
  })

  it('are refused where names must be names, and __proto__ never reaches a prototype', () => {
    const document = JSON.stringify(documentOf([BOOL], BOOL, { scopes: [], nodes: [{ op: 'input', input: 0 }], outputs: [0], effects: [] }))
    const polluted = (place: string): string =>
      document.replace(`${place}:{`, `${place}:{"__proto__":{"polluted":true},`).replace(',}', '}')
    for (const place of ['"collections"', '"endpoints"', '"request"', '"go"', '"body"', '"response"', '"source"']) {
      const result = check(JSON.parse(polluted(place)))
      expect(result.ok ? 'ok' : result.error.message, place).toContain('/__proto__')
    }
    expect(fromJson({ kind: 'record', fields: {} }, JSON.parse('{"__proto__":{"polluted":true}}')).ok).toBe(false)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('name no endpoint and no request field that is not there', () => {
    const program = must(programOf([BOOL], BOOL, (_, [bool]) => bool!))
    for (const name of [...NAMES, '__proto__']) {
      expect(runBlock(program, name, 0, [true], BUDGET).ok).toBe(false)
      expect(labelOf(program, name).ok).toBe(false)
    }
    const call = { caller: 'a'.repeat(64), slots: [], query: () => [] }
    expect(runEndpoint(program, 'go', { ...call, request: Object.create({ in0: true }) as Record<string, Value> }, BUDGET).ok).toBe(false)
  })
})

describe('sorting', () => {
  const sortBy = (output: Type, of: Type, descending: boolean, key: (draft: Draft, item: number) => number) =>
    must(
      programOf([listOf(of)], output, (draft, [list]) => {
        const [item] = draft.open({ kind: 'item', parent: -1, over: list! })
        return draft.add({ op: 'sort', scope: 0, result: key(draft, item!), descending })
      }),
    )

  it.each([true, false])('keeps the order of equal keys, descending %s', (descending) => {
    const program = sortBy(listOf(INT), INT, descending, (draft, item) => call(draft, 'int.remainder', item, integer(draft, 2)))
    const items = Array.from({ length: 50_000 }, (_, i) => (i * 7919) % 50_000)
    const expected = [...items].sort((a, b) => (descending ? -1 : 1) * ((a % 2) - (b % 2)))
    expect(answerOf(program, [items], BUDGET)).toEqual(expected)
  })

  it('of long keys pays for reading them, and stops at its budget', () => {
    const program = sortBy(listOf(TEXT), TEXT, false, (draft, item) => call(draft, 'text.concat', item, literal(draft, TEXT, '')))
    const items = Array.from({ length: 200 }, (_, i) => 'x'.repeat(10_000) + String((i * 7) % 200).padStart(3, '0'))
    expect(answerOf(program, [items], BUDGET)).toEqual(items.toSorted())
    const { steps } = must(runBlock(program, 'go', 0, [items], BUDGET))
    expect(steps).toBeGreaterThan((200 * 10_000 * 8) / 32)
    expect(answerOf(program, [items], { ...BUDGET, steps: 200_000 })).toBe('program.budget')
  })
})

describe('lists at the limit of items', () => {
  const most = 100_000
  const range = (draft: Draft, count: number): number => call(draft, 'int.range', integer(draft, 0), integer(draft, count))

  it.each<[string, (draft: Draft) => number, Value]>([
    ['int.range', (d) => range(d, most), most],
    ['int.range of one more', (d) => range(d, most + 1), 'program.bound'],
    ['list.concat', (d) => call(d, 'list.concat', range(d, most - 1), range(d, 1)), most],
    ['list.concat of one more', (d) => call(d, 'list.concat', range(d, most), range(d, 1)), 'program.bound'],
    [
      'list.flatten',
      (d) => call(d, 'list.flatten', d.add({ op: 'list', of: listOf(INT), items: [range(d, most - 1), range(d, 1)] })),
      most,
    ],
    [
      'list.flatten of one more',
      (d) => call(d, 'list.flatten', d.add({ op: 'list', of: listOf(INT), items: [range(d, most), range(d, 1)] })),
      'program.bound',
    ],
    ['list.reverse', (d) => call(d, 'list.reverse', range(d, most)), most],
    ['list.drop', (d) => call(d, 'list.drop', range(d, most), integer(d, -1)), most],
  ])('%s', (_, write, expected) => {
    const program = must(programOf([BOOL], INT, (draft) => call(draft, 'list.length', write(draft))))
    expect(answerOf(program, [true], BUDGET)).toBe(expected)
  })
})
