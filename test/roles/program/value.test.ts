import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, compareValues, defaultValue, equalValues, fromJson, sizeOf, toJson } from '../../../roles/program/index.ts'
import type { TreeValue, Type } from '../../../roles/program/index.ts'
import { anyType, valueOfType } from './arbitrary.ts'
import { must } from './guestbook.story.ts'

const typedValue = anyType.chain((type) => valueOfType(type).map((value) => ({ type, value })))

describe('values and their JSON forms', () => {
  it('come back equal from JSON text, whatever their type', () => {
    fc.assert(
      fc.property(typedValue, ({ type, value }) => {
        const text = canonicalJson(toJson(type, value))
        const back = must(fromJson(type, JSON.parse(text)))
        expect(equalValues(type, back, value)).toBe(true)
        expect(canonicalJson(toJson(type, back))).toBe(text)
        expect(sizeOf(type, back)).toBe(sizeOf(type, value))
      }),
      { seed: 7, numRuns: 250 },
    )
  })

  it('have a default that is itself a value of the type', () => {
    fc.assert(
      fc.property(anyType, (type) => {
        const json = toJson(type, defaultValue(type))
        expect(fromJson(type, json).ok).toBe(true)
      }),
      { seed: 8 },
    )
  })

  it('never make fromJson throw, whatever JSON is given', () => {
    fc.assert(
      fc.property(anyType, fc.jsonValue(), (type, json) => {
        expect(typeof fromJson(type, json).ok).toBe('boolean')
      }),
      { seed: 9 },
    )
  })

  it.each<[Type, unknown, string]>([
    [{ kind: 'int' }, 5, 'decimal string'],
    [{ kind: 'int' }, '05', 'decimal string'],
    [{ kind: 'int' }, '-0', 'decimal string'],
    [{ kind: 'int' }, '9007199254740992', 'decimal string'],
    [{ kind: 'int', min: '1', max: '6' }, '7', 'an integer from 1 to 6, not 7'],
    [{ kind: 'text', max: 2 }, 'abc', 'at most 2'],
    [{ kind: 'text', max: 2 }, '\ud800', 'well-formed'],
    [{ kind: 'bytes', max: 9 }, 'AB==', 'base64'],
    [{ kind: 'record', fields: { a: { kind: 'bool' } } }, { a: true, b: true }, '/b'],
    [{ kind: 'record', fields: { a: { kind: 'bool' } } }, {}, '/a'],
    [{ kind: 'variant', cases: { a: { kind: 'bool' } } }, { tag: 'toString', value: true }, '/tag'],
    [
      { kind: 'map', keys: { kind: 'int' }, of: { kind: 'bool' }, max: 9 },
      [
        { key: '2', value: true },
        { key: '1', value: true },
      ],
      '/1/key',
    ],
    [{ kind: 'tree', of: { kind: 'bool' }, max: 9 }, [], 'at least one'],
    [
      { kind: 'tree', of: { kind: 'bool' }, max: 9 },
      [
        { depth: '0', value: true },
        { depth: '2', value: true },
      ],
      '/1/depth',
    ],
    [
      { kind: 'tree', of: { kind: 'bool' }, max: 9 },
      [
        { depth: '0', value: true },
        { depth: '0', value: true },
      ],
      '/1/depth',
    ],
  ])('of %j refuse %j and say why', (type, json, part) => {
    const result = fromJson(type, json)
    expect(result.ok ? '' : result.error.code).toBe('program.value')
    expect(result.ok ? '' : result.error.message).toContain(part)
  })

  it('count characters as code points', () => {
    expect(fromJson({ kind: 'text', max: 2 }, '🙂🙂').ok).toBe(true)
    expect(compareValues({ kind: 'text', max: 9 }, '\uffff', '🙂')).toBeLessThan(0)
  })

  it('treat __proto__ as a field name like any other', () => {
    const fields = JSON.parse('{"__proto__":{"kind":"int"},"a":{"kind":"int"}}') as Record<string, Type>
    const type: Type = { kind: 'record', fields }
    const value = must(fromJson(type, JSON.parse('{"__proto__":"1","a":"2"}'))) as Record<string, unknown>
    expect(Object.keys(value)).toEqual(['__proto__', 'a'])
    const inherited = Object.getPrototypeOf(value) as object
    expect([Reflect.ownKeys(inherited), Object.getPrototypeOf(inherited), Object.isFrozen(inherited)]).toEqual([[], null, true])
    expect(({} as Record<string, unknown>)['1']).toBe(undefined)
    expect(canonicalJson(toJson(type, value as never))).toBe('{"__proto__":"1","a":"2"}')
  })

  it('hold a tree ten thousand levels deep', () => {
    let tree: TreeValue = { value: 0, children: [] }
    for (let i = 1; i < 10_000; i++) tree = { value: i, children: [tree] }
    const type: Type = { kind: 'tree', of: { kind: 'int' }, max: 10_000 }
    const back = must(fromJson(type, JSON.parse(canonicalJson(toJson(type, tree)))))
    expect(equalValues(type, back, tree)).toBe(true)
  })
})
