/** What the protocol's messages have no room for is refused when it is compiled, and not in every call. */
import { describe, expect, it } from 'vitest'
import {
  app,
  check,
  collection,
  compile,
  endpoint,
  order,
  see,
  text,
  type Database,
  type Program,
  type Result,
} from '../../../roles/program/index.ts'
import { must } from './guestbook.story.ts'

const code = (result: Result<unknown>): string => (result.ok ? 'ok' : result.error.code)
const rows = { rows: collection({ doc: '', fields: { words: text(9) }, indices: { byWords: order('words') } }) }

const built = (run: (db: Database<typeof rows>) => unknown): Result<Program> =>
  compile(
    app({ name: 'sizes', doc: '', collections: rows, endpoints: (db) => ({ go: endpoint({ doc: '', request: {}, run: () => run(db) }) }) }),
  )

const times = (count: number, act: (i: number) => unknown): void => Array.from({ length: count }, (_, i) => i).forEach(act)
const asked = (db: Database<typeof rows>, i: number) => db.rows.rows({ limit: i + 1, name: `query${i}` }).words

describe('an endpoint', () => {
  it('has at most as many observation points as a thread has room for', () => {
    expect(code(built(() => times(255, () => see(() => {}))))).toBe('ok')
    expect(code(built(() => times(256, () => see(() => {}))))).toBe('program.recursion')
    const document = JSON.parse(JSON.stringify(must(built(() => see(() => {}))))) as Program
    const { blocks } = document.endpoints['go']!
    const [block] = blocks
    times(255, (i) => blocks.push({ ...block!, name: `more${i}` }))
    expect(code(check(document))).toBe('program.shape')
    blocks.pop()
    expect(code(check(document))).toBe('ok')
  })

  it('writes to at most as many keys as an update has room for', () => {
    const writing = (count: number) =>
      built((db) => see(() => times(count, (i) => db.rows.create(db.rows.fresh(`key${i}`), { words: 'x' }))))
    expect(code(writing(64))).toBe('ok')
    expect(code(writing(65))).toBe('program.shape')
  })

  it('asks at most as many queries as a message can count, and opens as many as an envelope has proofs for', () => {
    expect(code(built((db) => times(255, (i) => asked(db, i))))).toBe('ok')
    expect(code(built((db) => times(256, (i) => asked(db, i))))).toBe('program.shape')
    const opening = (count: number) => built((db) => see(...Array.from({ length: count }, (_, i) => asked(db, i)), () => {}))
    expect(code(opening(64))).toBe('ok')
    expect(code(opening(65))).toBe('program.shape')
  })
})
