import { describe, expect, it } from 'vitest'
import { app, compile, endpoint, firstDifference, text } from '../../../roles/program/index.ts'

describe('the first difference of two documents', () => {
  it('is the path of the first value that is not the same, in the order of names', () => {
    expect(firstDifference({ a: [1, { b: 'x' }], c: 1 }, { a: [1, { b: 'y' }], c: 2 })).toBe('/a/1/b')
  })

  it('may be a value that only one of them has', () => {
    expect(firstDifference({ a: [1] }, { a: [1, null] })).toBe('/a/1')
    expect(firstDifference({}, { constructor: {} })).toBe('/constructor')
  })

  it('is null for equal ones', () => {
    expect(firstDifference({ a: [1, null], b: {} }, { b: {}, a: [1, null] })).toBeNull()
  })

  it('is named where two builds of a program differ', () => {
    let runs = 0
    const source = app({
      name: 'moody',
      doc: '',
      collections: {},
      endpoints: () => ({ a: endpoint({ doc: String(runs++), request: { x: text(3) }, run: (request) => request.x }) }),
    })
    expect(compile(source)).toMatchObject({ ok: false, error: { code: 'program.nondeterministic', details: { path: '/endpoints/a/doc' } } })
  })
})
