import { describe, expect, it } from 'vitest'
import type { EndpointView } from '../../../main/contract/index.ts'
import { controlOf, emptyDraft, lengthOf, parseDraft } from '../../../renderer/lib/fields.ts'

const endpoint: EndpointView = {
  name: 'all',
  doc: '',
  servers: 1,
  lanes: 1,
  observations: [],
  fields: [
    { name: 'line', type: 'text', max: 4 },
    { name: 'area', type: 'text', max: 500 },
    { name: 'count', type: 'int' },
    { name: 'agree', type: 'bool' },
    { name: 'post', type: 'key', of: 'posts' },
    { name: 'tags', type: 'list' },
  ],
}
const draft = { line: '👍👍', area: ' kept ', count: ' 9007199254740991 ', agree: true, post: ' ab ', tags: '["x"]' }

describe('the form of an endpoint', () => {
  it('gives every kind of field its control', () => {
    expect(endpoint.fields.map(controlOf)).toEqual(['line', 'area', 'number', 'check', 'line', 'json'])
    expect(emptyDraft(endpoint)).toEqual({ line: '', area: '', count: '', agree: false, post: '', tags: '' })
  })

  it('sends integers as decimal strings, so that none is rounded, and texts as typed', () => {
    expect(parseDraft(endpoint, draft)).toEqual({
      ok: true,
      arguments: { line: '👍👍', area: ' kept ', count: '9007199254740991', agree: true, post: 'ab', tags: ['x'] },
    })
  })

  it('takes a field called constructor for empty until it is filled in', () => {
    const fields: EndpointView['fields'] = [{ name: 'constructor', type: 'text', max: 4 }]
    expect(parseDraft({ ...endpoint, fields }, {})).toEqual({ ok: false, errors: { constructor: 'Please fill this in.' } })
  })

  it('counts characters as the language does', () => {
    expect(lengthOf('👍é')).toBe(2)
    expect(parseDraft(endpoint, { ...draft, line: '👍👍👍👍' }).ok).toBe(true)
  })

  it.each([
    ['line', '👍👍👍👍👍', 'Too long by 1; at most 4 characters.'],
    ['line', '  ', 'Please fill this in.'],
    ['count', '1.5', 'Please enter a whole number from -9007199254740991 to 9007199254740991.'],
    ['post', '', 'Please fill this in.'],
    ['tags', '[', 'Please enter JSON.'],
  ])('%s: %s is refused by name', (field, value, message) => {
    expect(parseDraft(endpoint, { ...draft, [field]: value })).toEqual({ ok: false, errors: { [field]: message } })
  })
})
