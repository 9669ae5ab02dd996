/** Values as people write them, whatever door they come through. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  app,
  collection,
  compile,
  exactArguments,
  exactForm,
  int,
  naturalForm,
  option,
  readNatural,
  text,
  toJson,
  variant,
  record,
  type Type,
} from '../../../roles/program/index.ts'
import { anyType, valueOfType } from './arbitrary.ts'
import { must } from './guestbook.story.ts'

const exact = (type: Type, json: unknown): unknown => must(exactForm(type, json, 'it'))
const refusal = (type: Type, json: unknown): string => {
  const read = exactForm(type, json, 'it')
  return read.ok ? `read as ${JSON.stringify(read.value)}` : read.error.message
}

const INT: Type = { kind: 'int', min: '0', max: '9' }
const TEXT: Type = { kind: 'text', max: 3 }
const PAIR: Type = { kind: 'record', fields: { a: INT, b: { kind: 'option', of: TEXT } } }
const STATE: Type = { kind: 'variant', cases: { open: { kind: 'record', fields: {} }, closed: INT } }
const TREE: Type = { kind: 'tree', of: INT, max: 3 }
const MAP: Type = { kind: 'map', keys: { kind: 'int' }, of: INT, max: 3 }

describe('natural JSON', () => {
  it('any value can be written as people write it, and is read back as itself; the exact form is read too', () => {
    const cases = anyType.chain((type) => fc.tuple(fc.constant(type), valueOfType(type)))
    fc.assert(
      fc.property(cases, ([type, value]) => {
        const form = toJson(type, value)
        expect(exact(type, naturalForm(type, value))).toEqual(form)
        expect(exact(type, form)).toEqual(form)
        expect(exact(type, JSON.parse(JSON.stringify(naturalForm(type, value))))).toEqual(form)
      }),
    )
  })

  it.each<[Type, unknown, unknown]>([
    [INT, 7, '7'],
    [INT, '7', '7'],
    [INT, 7.0, '7'],
    [INT, -0, '0'],
    [{ kind: 'option', of: INT }, null, null],
    [{ kind: 'option', of: INT }, 7, { some: '7' }],
    [{ kind: 'option', of: INT }, { some: '7' }, { some: '7' }],
    [{ kind: 'option', of: { kind: 'option', of: INT } }, { some: null }, { some: null }],
    [PAIR, { a: 1 }, { a: '1', b: null }],
    [STATE, 'open', { tag: 'open', value: {} }],
    [STATE, { tag: 'closed', value: 1 }, { tag: 'closed', value: '1' }],
    [TREE, [{ depth: 0, value: 1 }, { depth: '1', value: '2' }], [{ depth: '0', value: '1' }, { depth: '1', value: '2' }]], // prettier-ignore
    [MAP, { '10': 1, '9': 2 }, [{ key: '9', value: '2' }, { key: '10', value: '1' }]], // prettier-ignore
    [MAP, [{ key: 10, value: 1 }, { key: 9, value: 2 }], [{ key: '9', value: '2' }, { key: '10', value: '1' }]], // prettier-ignore
  ])('%j may be %j', (type, json, form) => {
    expect(exact(type, json)).toEqual(form)
  })

  it.each<[Type, unknown, string]>([
    [INT, 1.5, 'it must be an integer from 0 to 9, not 1.5.'],
    [INT, 10, 'it must be an integer from 0 to 9, not 10.'],
    [INT, '07', 'it must be an integer from 0 to 9, not "07".'],
    [INT, true, 'it must be an integer from 0 to 9, not true.'],
    [INT, null, 'it must be an integer from 0 to 9, not null.'],
    [{ kind: 'int' }, 2 ** 53, 'it must be an integer from -9007199254740991 to 9007199254740991, not 9007199254740992.'],
    [INT, undefined, 'it is missing; it must be an integer from 0 to 9.'],
    [{ kind: 'bool' }, 'yes', 'it must be true or false, not "yes".'],
    [{ kind: 'bytes', max: 2 }, 'AAAA', 'it must be base64 of at most 2 bytes, not "AAAA".'],
    [
      { kind: 'key', collection: 'posts' },
      'a-b',
      'it must be a key of a row of posts in 64 hex digits (0-9, a-f), or "" for none, not "a-b".',
    ],
    [TEXT, 'four', 'it must be text of at most 3 characters, not "four".'],
    [PAIR, { a: 1, c: 1 }, 'it has no field c; its fields are a, b.'],
    [PAIR, { b: 'x' }, 'it.a is missing; it must be an integer from 0 to 9.'],
    [PAIR, { a: 1, b: 'four' }, 'it.b must be text of at most 3 characters, not "four".'],
    [{ kind: 'list', of: INT, max: 1 }, [1, 2], 'it must be a list of at most 1, each: integer from 0 to 9, not one of 2.'],
    [{ kind: 'list', of: INT, max: 2 }, [1, -2], 'it[1] must be an integer from 0 to 9, not -2.'],
    [STATE, 'shut', 'it must be one of open, closed (integer from 0 to 9), not "shut".'],
    [STATE, 'closed', 'it must be { "tag": "closed", "value": … }, as closed holds an integer from 0 to 9, not "closed".'],
    [TREE, [], 'it must be a tree of at least one node, not [].'],
    [TREE, [{ depth: 1, value: 1 }], 'it[0].depth must be 0, that of the root, not 1.'],
    [TREE, [{ depth: 0, value: 1 }, { depth: 2, value: 1 }], 'it[1].depth must be from 1 to 1, one more than the node before it at most, not 2.'], // prettier-ignore
    [MAP, { x: 1 }, 'it[0].key must be an integer from -9007199254740991 to 9007199254740991, not "x".'],
    [MAP, [{ key: 1, value: 1 }, { key: '1', value: 2 }], 'it has the key "1" twice.'], // prettier-ignore
    [TEXT, 'x'.repeat(100), `it must be text of at most 3 characters, not "${'x'.repeat(59)}….`],
  ])('%j is not %j, in words that name it', (type, json, message) => {
    expect(refusal(type, json)).toBe(message)
  })

  it('is read as the value itself, too', () => {
    expect(must(readNatural(PAIR, { a: 1, b: 'x' }, 'it'))).toEqual({ a: 1, b: { some: 'x' } })
    expect(readNatural(INT, 'x', 'it').ok).toBe(false)
  })
})

describe('arguments', () => {
  const endpoint = {
    request: { n: INT, maybe: { kind: 'option', of: TEXT } as Type },
    slots: [{ name: 'mine', collection: 'posts', state: 'owned' as const }],
  }
  const told = (given: Record<string, unknown>): unknown => {
    const read = exactArguments(endpoint, given)
    return read.ok ? { ...read.value } : [read.error.code, read.error.details, read.error.message]
  }

  it('of options may be left out, and slots are named beside them', () => {
    expect(told({ n: 1 })).toEqual({ n: '1', maybe: null })
    expect(told({ n: '1', maybe: 'x', mine: 'k1' })).toEqual({ n: '1', maybe: { some: 'x' }, mine: 'k1' })
  })

  it('that do not fit are refused with their name', () => {
    expect(told({})).toEqual(['program.argument', { field: 'n' }, 'n is missing; it must be an integer from 0 to 9.'])
    expect(told({ n: 1.5 })).toEqual(['program.argument', { field: 'n' }, 'n must be an integer from 0 to 9, not 1.5.'])
    expect(told({ n: 1, more: 2 })).toEqual([
      'program.argument',
      { field: 'more' },
      'There is no argument more; the endpoint takes maybe, n.',
    ])
    expect(told(JSON.parse('{"n":1,"__proto__":{}}'))).toMatchObject(['program.argument', { field: '__proto__' }, expect.any(String)])
  })
})

describe('the initial value of a collection', () => {
  const fields = { n: int({ max: 9 }), note: option(text(9)), state: variant({ open: record({}), closed: int() }) }
  const built = (initial: object) =>
    compile(
      app({
        name: 'a',
        doc: '',
        collections: { rows: collection({ doc: '', fields, initial: initial as never, indices: {} }) },
        endpoints: () => ({}),
      }),
    )

  it('is natural JSON, typed', () => {
    const spec = collection({ doc: '', fields, initial: { n: 0, state: 'open' }, indices: {} })
    expect(must(built(spec.initial!)).collections['rows']!.initial).toEqual({ n: '0', note: null, state: { tag: 'open', value: {} } })
    // @ts-expect-error a text is no state
    collection({ doc: '', fields, initial: { n: 0, state: 'shut' }, indices: {} })
    // @ts-expect-error n is missing
    collection({ doc: '', fields, initial: { state: 'open' }, indices: {} })
    // @ts-expect-error there is no field m
    collection({ doc: '', fields, initial: { n: 0, m: 0, state: 'open' }, indices: {} })
    // @ts-expect-error a boolean is no integer
    collection({ doc: '', fields, initial: { n: true, state: 'open' }, indices: {} })
  })

  it('that does not fit is refused at the line of the collection, in one sentence', () => {
    const refused = built({ n: 10, state: 'open' })
    expect(refused.ok || [refused.error.code, refused.error.message]).toEqual([
      'program.type',
      expect.stringMatching(/^natural\.test\.ts:\d+: initial\.n must be an integer from -9007199254740991 to 9, not 10\.$/),
    ])
  })
})
