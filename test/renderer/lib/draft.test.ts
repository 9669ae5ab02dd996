import { describe, expect, it } from 'vitest'
import { emptyOf, jsonOf, type DraftValue, type Problems } from '../../../renderer/lib/draft.ts'
import { controlOf, parseDraft } from '../../../renderer/lib/fields.ts'
import { bytes, fromJson, int, key, list, map, option, record, text, variant, type Type } from '../../../roles/program/index.ts'

const { type: goods } = map(text(9), record({ price: int({ min: 1, max: 99 }) }), 3)
const { type: state } = variant({ open: record({}), shipped: record({ parcel: text(5) }) })
const { type: lines } = list(record({ good: text(9), note: option(text(9)) }), 2)

function read(type: Type, draft: DraftValue): { json: unknown; problems: Problems } {
  const problems: Problems = {}
  return { json: jsonOf(type, draft, 'it', problems), problems }
}

const entry = (name: string, price: string): DraftValue => ({ key: name, value: { price } })

describe('a draft of a value', () => {
  it('begins with one item, the first case and no content of an option', () => {
    expect(emptyOf(lines)).toEqual([{ good: '', note: { some: false, value: '' } }])
    expect(emptyOf(goods)).toEqual([{ key: '', value: { price: '' } }])
    expect(emptyOf(state)).toEqual({ tag: 'open', value: {} })
  })

  it.each<[string, Type, DraftValue, unknown]>([
    [
      'a map in the order of its keys',
      goods,
      [entry('tea', '3'), entry('cup', ' 7 ')],
      [
        { key: 'cup', value: { price: '7' } },
        { key: 'tea', value: { price: '3' } },
      ],
    ],
    [
      'a map in the order of code points',
      map(text(9), int(), 3).type,
      ['😀', '～', 'a'].map((name) => ({ key: name, value: '1' })),
      ['a', '～', '😀'].map((name) => ({ key: name, value: '1' })),
    ],
    [
      'a map with a prefix',
      map(text(9), int(), 3).type,
      ['ab', 'a'].map((name) => ({ key: name, value: '1' })),
      ['a', 'ab'].map((name) => ({ key: name, value: '1' })),
    ],
    [
      'a map in the order of integers',
      map(int(), int(), 3).type,
      ['10', '-3', '9'].map((name) => ({ key: name, value: '1' })),
      ['-3', '9', '10'].map((name) => ({ key: name, value: '1' })),
    ],
    ['a case with its content', state, { tag: 'shipped', value: { parcel: 'P-1' } }, { tag: 'shipped', value: { parcel: 'P-1' } }],
    ['a case without', state, { tag: 'open', value: {} }, { tag: 'open', value: {} }],
    [
      'records with options',
      lines,
      [
        { good: 'tea', note: { some: true, value: 'hot' } },
        { good: 'cup', note: { some: false, value: 'x' } },
      ],
      [
        { good: 'tea', note: { some: 'hot' } },
        { good: 'cup', note: null },
      ],
    ],
    ['bytes of a text', bytes(9).type, 'Grüße', 'R3LDvMOfZQ=='],
    ['no bytes', bytes(9).type, '', ''],
    ['a list without items', lines, [], []],
  ])('becomes %s', (_, type, draft, expected) => {
    expect(read(type, draft)).toEqual({ json: expected, problems: {} })
    expect(fromJson(type, expected)).toMatchObject({ ok: true })
  })

  it.each<[Type, DraftValue, Problems]>([
    [
      goods,
      [entry('tea', '0'), entry('tea', '100')],
      { 'it.0.value.price': 'At least 1.', 'it.1.key': 'This stands there already.', 'it.1.value.price': 'At most 99.' },
    ],
    [
      lines,
      [{ good: ' ', note: { some: true, value: '0123456789' } }],
      { 'it.0.good': 'Please fill this in.', 'it.0.note.some': 'Too long by 1; at most 9 characters.' },
    ],
    [state, { tag: 'shipped', value: { parcel: '' } }, { 'it.shipped.parcel': 'Please fill this in.' }],
    [bytes(2).type, 'ü!', { it: 'Too long by 1; at most 2 bytes.' }],
    [int().type, '1.5', { it: 'Please enter a whole number from -9007199254740991 to 9007199254740991.' }],
    [int({ max: 5 }).type, 'x', { it: 'Please enter a whole number from -9007199254740991 to 5.' }],
    [int().type, '9007199254740992', { it: 'At most 9007199254740991.' }],
    [int().type, '-9007199254740992', { it: 'At least -9007199254740991.' }],
  ])('says where something is wrong', (type, draft, problems) => {
    expect(read(type, draft).problems).toEqual(problems)
  })
})

describe('a field', () => {
  it('with a shape of parts is filled in part by part, a tree as JSON', () => {
    expect(controlOf({ type: 'list', shape: lines })).toBe('parts')
    expect(controlOf({ type: 'tree' })).toBe('json')
  })

  it('that names a row of one’s own may be left out', () => {
    const endpoint = {
      name: 'close',
      doc: '',
      servers: 1,
      lanes: 1,
      observations: [],
      fields: [{ name: 'poll', type: 'key', shape: key('polls').type, own: true as const }],
    }
    expect(parseDraft(endpoint, { poll: '' })).toEqual({ ok: true, arguments: {} })
    expect(parseDraft(endpoint, { poll: ' ab ' })).toEqual({ ok: true, arguments: { poll: 'ab' } })
  })
})
