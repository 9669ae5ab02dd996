/** A sealed value that nobody opens reaches its row as it was sent, whatever it is: also where JSON or JavaScript has little to say of it. */
import { describe, expect, it } from 'vitest'
import { app, bool, collection, compile, endpoint, int, list, option, see, text, type Program } from '../../../roles/program/index.ts'
import type { Json } from '../../../roles/protocol/canonical.ts'
import { must } from '../../../roles/protocol/result.ts'
import type { Loose } from '../program/mistakes/mistaken.ts'
import { compose, exchange, makeWorld } from '../request/world.ts'

/** Moves `value` unopened, beside a word that is opened, or without opening anything. */
const moving = (type: unknown, opens: boolean): Program =>
  must(
    compile(
      app({
        name: 'moving',
        doc: 'Moves.',
        collections: { rows: collection({ doc: 'Rows.', fields: { value: type as never, word: text(9) }, indices: {} }) },
        endpoints: (database) => {
          const db = database as unknown as Loose
          return {
            move: endpoint({
              doc: 'Moves.',
              request: { value: type as never, word: text(9) },
              run: ({ value, word }: Loose) => {
                if (opens) see('opens', word, (open: Loose) => db['rows'].create({ value, word: open }))
                else see('opens', () => db['rows'].create({ value, word }))
              },
            } as never),
          }
        },
      }),
    ),
  )

describe.each([true, false])('a sealed value beside one that is opened: %s', (opens) => {
  it.each<[string, unknown, Json]>([
    ['none', option(text(9)), null],
    ['some', option(text(9)), { some: 'x' }],
    ['some none', option(option(int())), { some: null }],
    ['zero', int(), '0'],
    ['false', bool(), false],
    ['an empty text', text(9), ''],
    ['an empty list', list(int(), 3), []],
  ])('%s is stored as it was sent', async (name, type, value) => {
    const program = moving(type, opens)
    const keys = ['rows', 'rows', 'rows', 'rows']
    const world = await makeWorld({ seed: `moved/${name}`, app: { program, keys, endpoint: 'move', rows: [] } })
    const done = must(await exchange(world, await compose(world, 'move', { value, word: 'w' })))
    expect(done.writes).toMatchObject([{ collection: 'rows', fields: { value, word: 'w' }, flags: [] }])
  })
})
