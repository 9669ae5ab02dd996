/** Keys that a person names, wherever they stand in a value: whole, or refused with the place. */
import { describe, expect, it } from 'vitest'
import { exactWhole, wholeArguments, type Type } from '../../../roles/program/index.ts'
import { must } from '../../../roles/protocol/result.ts'

const KEY = 'ab'.repeat(32)
const key: Type = { kind: 'key', collection: 'posts' }
const SHORT = 'abababab'

/** Each form that a key can stand in: the type, a value with this key in natural form, and the place of the key. */
const places: Array<[string, Type, (key: string) => unknown, string]> = [
  ['itself', key, (one) => one, 'post'],
  ['a list', { kind: 'list', of: key, max: 5 }, (one) => [KEY, one], 'post[1]'],
  ['a record', { kind: 'record', fields: { a: { kind: 'bool' }, of: key } }, (one) => ({ a: true, of: one }), 'post.of'],
  ['an option', { kind: 'option', of: key }, (one) => one, 'post'],
  [
    'a case',
    { kind: 'variant', cases: { reply: key, none: { kind: 'record', fields: {} } } },
    (value) => ({ tag: 'reply', value }),
    'post.reply',
  ],
  ['a name in a map', { kind: 'map', keys: key, of: { kind: 'int' }, max: 5 }, (one) => ({ [one]: 1 }), 'post[0].key'],
  ['an entry of a map', { kind: 'map', keys: { kind: 'int' }, of: key, max: 5 }, (value) => [{ key: 1, value }], 'post[0].value'],
  [
    'a node',
    { kind: 'tree', of: key, max: 5 },
    (value) => [
      { depth: 0, value: KEY },
      { depth: 1, value },
    ],
    'post[1].value',
  ],
]

describe('A key in a value', () => {
  it.each(places)('is whole or none in %s, and refused with its place where it is neither', (_, type, value, place) => {
    expect(exactWhole(type, value(KEY), 'post').ok).toBe(true)
    expect(exactWhole(type, value(''), 'post').ok).toBe(true)
    for (const wrong of [SHORT, 'hello', KEY.toUpperCase(), `${KEY}00`])
      expect(exactWhole(type, value(wrong), 'post')).toMatchObject({
        ok: false,
        error: {
          code: 'program.value',
          message: expect.stringMatching(
            new RegExp(
              `^${place.replace(/[[\]]/g, '\\$&')} must be a key of a row of posts in 64 hex digits .0-9, a-f., or "" for none, not "${wrong.slice(0, 66)}`,
            ),
          ),
        },
      })
  })

  it('that is none may be left out in an option', () => {
    expect(must(exactWhole({ kind: 'option', of: key }, null, 'post'))).toBe(null)
  })
})

describe('A call', () => {
  const endpoint = {
    request: { post: key, text: { kind: 'text', max: 9 } },
    slots: [{ name: 'mine', collection: 'likes', state: 'owned' }],
  } as unknown as Parameters<typeof wholeArguments>[0]
  const refusal = (given: Record<string, unknown>): string => {
    const made = wholeArguments(endpoint, { post: KEY, text: 'hi', ...given })
    return made.ok ? 'taken' : `${String(made.error.details?.['field'])}: ${made.error.message}`
  }

  it('takes whole keys, and refuses others with the argument that they stand in', () => {
    expect(refusal({})).toBe('taken')
    expect(refusal({ mine: KEY })).toBe('taken')
    expect(refusal({ mine: null })).toBe('taken')
    expect(refusal({ post: '' })).toBe('taken')
    expect(refusal({ post: 'hello' })).toMatch(
      /^post: post must be a key of a row of posts in 64 hex digits .*, not "hello"\. Lists show only/,
    )
    for (const mine of [SHORT, '', 5, [KEY]])
      expect(refusal({ mine })).toMatch(/^mine: mine must be the key of a row of likes in 64 hex digits \(0-9, a-f\), not /)
    expect(refusal({ text: 5 })).toMatch(/^text: text must be text of at most 9 characters, not 5/)
  })
})
