/** One name for everything: collection, field, index, argument, endpoint, query, observation point, row to write. Each of them stays apart. */
import { describe, expect, it } from 'vitest'
import { callEndpoint } from '../../../main/hosts/cli/run/call.ts'
import {
  app,
  check,
  collection,
  compile,
  endpoint,
  key,
  order,
  see,
  text,
  type Program,
  type Result,
} from '../../../roles/program/index.ts'
import { createDatabase } from '../../../roles/protocol/index/index.ts'
import { must } from '../../../roles/protocol/result.ts'
import type { Loose } from '../program/mistakes/mistaken.ts'
import { compose, exchange, makeWorld } from '../request/world.ts'

const CALLER = 'aa'.repeat(32)
const NAMES = [
  'note',
  'key',
  'owner',
  'caller',
  'request',
  'final',
  'then',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'toJSON',
]
const LONG = 'n'.repeat(64)

function everythingIs(name: string, index: string): Program {
  const source = app({
    name: 'names',
    doc: 'One name.',
    collections: { [name]: collection({ doc: 'Rows.', fields: { [name]: text(20) }, indices: { [index]: order(name) } }) },
    endpoints: (database) => {
      const db = database as unknown as Loose
      return {
        [name]: endpoint({
          doc: 'Finds and writes.',
          request: { [name]: text(20) },
          run: (request) => {
            const found = db[name][index].rows({ [name]: request[name] }, { limit: 3 })
            const written = see(name, request[name]!, found[name], (own: Loose, others: Loose) => {
              db[name].create({ [name]: own })
              return { [name]: others.length() }
            })
            return { [name]: written, own: request[name] }
          },
        }),
      }
    },
  })
  return must(compile(source))
}

const answer = (name: string) => ({ own: 'x', [name]: { [name]: '0' } })

describe('names', () => {
  it.each([...NAMES, LONG])(
    '%s is a collection, a field, an argument, an endpoint, and the row that a request writes, each for itself',
    async (name) => {
      const program = everythingIs(name, name === 'key' ? 'byName' : name)
      expect(program.endpoints[name]!.slots.map((slot) => slot.name)).not.toContain(name)
      const local = must(
        callEndpoint(createDatabase(program), {
          endpoint: name,
          request: { [name]: 'x' },
          caller: CALLER,
          budget: { steps: 1e6, bytes: 1e6 },
        }),
      )
      expect(local.run.writes).toHaveLength(1)
      const world = await makeWorld({ seed: `names/${name}`, app: { program, keys: [name, name, name, name], endpoint: name, rows: [] } })
      const done = must(await exchange(world, await compose(world, name, { [name]: 'x' })))
      expect(done.opened.response).toEqual(answer(name))
      expect(done.writes).toMatchObject([{ collection: name, fields: { [name]: 'x' }, flags: [] }])
    },
  )

  const code = (result: Result<unknown>): string => (result.ok ? 'ok' : `${result.error.code} ${result.error.message}`)

  /** An app that names the key which it writes to like an argument of this type. */
  const named = (argument: 'text' | 'other key' | 'key', state: 'fresh' | 'owned'): Result<Program> =>
    compile(
      app({
        name: 'named',
        doc: 'Names.',
        collections: {
          notes: collection({ doc: 'Notes.', fields: { words: text(9) }, indices: {} }),
          tags: collection({ doc: 'Tags.', fields: { words: text(9) }, indices: {} }),
        },
        endpoints: (db) => ({
          go: endpoint({
            doc: 'Goes.',
            request: { mine: argument === 'text' ? text(9) : argument === 'key' ? key('notes') : key('tags') },
            run: ({ mine }) =>
              see(mine, () => {
                if (state === 'fresh') db.notes.create(db.notes.fresh('mine'), { words: 'x' })
                else db.notes.update(db.notes.owned('mine'), { words: 'x' })
              }),
          }),
        }),
      }),
    )

  it('of a key that is written to are not those of an argument, unless both are one row', () => {
    for (const argument of ['text', 'other key', 'key'] as const)
      expect(code(named(argument, 'fresh'))).toMatch(/^program\.slot names\.test\.ts:\d+: the key mine has the name of an argument/)
    for (const argument of ['text', 'other key'] as const) expect(code(named(argument, 'owned'))).toMatch(/^program\.slot /)
    expect(code(named('key', 'owned'))).toBe('ok')
  })

  it('of documents from elsewhere are held to the same rule', () => {
    const document = JSON.parse(JSON.stringify(must(named('key', 'owned')))) as Program
    document.endpoints['go']!.request['mine'] = { kind: 'text', max: 9 }
    expect(code(check(document))).toMatch(/^program\.slot \/endpoints\/go\/slots\/0\/name: mine is an argument/)
  })
})
