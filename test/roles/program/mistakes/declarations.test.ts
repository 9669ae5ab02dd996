import { expect, it } from 'vitest'
import { app, collection, compile, count, endpoint, int, option, order, sum, text } from '../../../../roles/program/index.ts'
import { any, type Loose } from './mistaken.ts'

const said = (fields: Loose, index: Loose): string => {
  const things = collection({ doc: '', fields, indices: index === null ? {} : { by: index } })
  const endpoints = () => ({ go: endpoint({ doc: '', request: { n: int() }, run: ({ n }) => n }) })
  const result = compile(app({ name: 'x', doc: '', collections: { things }, endpoints }))
  return result.ok ? 'ok' : result.error.message.replace(/^declarations\.test\.ts:\d+: /, '')
}

it.each([
  ['an option in an index', { a: option(int()) }, order('a'), /^collection things, index by: a field of type option cannot be in an index/],
  // @ts-expect-error an index has a field at least
  ['an index of no field', { a: int() }, count(), /^collection things, index by: needs a field at least\.$/],
  ['a sum of no field', { a: int() }, any(sum)('a'), /^collection things, index by: needs a field at least\.$/],
  ['an index of a field that is not there', { a: int() }, order('b'), /^collection things, index by: things has no field b/],
  ['a bound that is no integer', { a: int({ max: 1.5 }) }, null, /^collection things, field a, max: must be a safe integer\.$/],
  ['a text without a bound', { a: any(text)() }, null, /^collection things, field a, max: is missing\.$/],
])('%s is told in the words of the SDK, at its line', (_name, fields, index, words) => {
  expect(said(fields, index)).toMatch(words)
})
