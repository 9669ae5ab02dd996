/** Every mistake names its code and the developer's line: in a test file the one marked `// at: <name>`. */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { expect, it } from 'vitest'
import { app, collection, compile, count, endpoint, int, list, option, order, record, text, tree, variant } from '../../../../roles/program/index.ts'
import type { Database, Program, Result, SealedFields } from '../../../../roles/program/index.ts'

const COLLECTIONS = {
  notes: collection({
    doc: '',
    fields: { title: text(20), stars: int({ max: 9 }) },
    indices: { byTitle: order('title', 'stars'), howMany: count('title'), mine: order('$owner') },
  }),
  tags: collection({ doc: '', fields: { title: text(20) }, indices: {} }),
}
type Db = Database<typeof COLLECTIONS>

const REQUEST = {
  a: int(),
  b: int(),
  title: text(20),
  items: list(int(), 5),
  point: record({ x: int(), y: int() }),
  maybe: option(int()),
  shape: variant({ circle: int(), empty: record({}) }),
  menu: tree(text(5), 5),
}
export type Request = SealedFields<typeof REQUEST>

export const built = (run: (req: Request, db: Db) => unknown): Result<Program> =>
  compile(
    app({
      name: 'mistaken',
      doc: '',
      collections: COLLECTIONS,
      endpoints: (db) => ({ go: endpoint({ doc: '', request: REQUEST, run: (req) => run(req, db) }) }), // at: endpoint
    }),
  )

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what TypeScript refuses, for developers who go around it
export type Loose = any
export const any = (value: unknown): Loose => value

/** `file:line` of the line that is marked with a name. */
export function lineIn(file: string, name: string): string {
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .findIndex((text) => text.endsWith(`// at: ${name}`))
  if (line < 0) throw new Error(`no line of ${file} is marked with ${name}`)
  return `${basename(file)}:${line + 1}`
}

/** The line of the endpoint that `built` makes. */
export const ENDPOINT = lineIn(import.meta.filename, 'endpoint')

export type Case = [name: string, code: string, build: () => Result<Program>]

export function checkAll(file: string, cases: Case[]): void {
  it.each(cases)('%s is %s, at its line', (name, code, build) => {
    const result = build()
    expect(result.ok ? 'ok' : result.error.code).toBe(code)
    expect(result.ok ? '' : result.error.message.split(': ')[0]).toBe(lineIn(file, name))
  })
}
