/** `constructor`, `toString`, `hasOwnProperty`: what every object of JavaScript has by inheritance, and an app may call its own things. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  app,
  check,
  collection,
  compile,
  count,
  endpoint,
  int,
  key,
  map,
  option,
  order,
  record,
  see,
  sum,
  text,
  variant,
  type Program,
} from '../../roles/program/index.ts'
import { canonicalBytes } from '../../roles/protocol/canonical.ts'
import { must } from '../../roles/protocol/result.ts'
import type { Loose } from '../roles/program/mistakes/mistaken.ts'
import { client, createWorld, NOBODY, ready, server, supervisor, type World } from '../simulation/network/world.ts'
import { peopleOf } from '../simulation/network/people.ts'
import { seeded } from '../tools/seeded.ts'

/** All that are admitted as names: seven. */
const NAMES = Object.getOwnPropertyNames(Object.prototype).filter((name) => /^[a-z]\w*$/i.test(name))
const AT = 'constructor toString valueOf hasOwnProperty'

/** Every name in every place, in an order that the seed decides: which of them is the text, the number, the variant … */
function mixed(seed: string): string[] {
  const random = seeded(seed)
  return NAMES.map((name) => ({ name, at: random(4).join('.') }))
    .sort((one, other) => (one.at < other.at ? -1 : 1))
    .map(({ name }) => name)
}

/** Collections, fields, parts of fields, indices, endpoints, arguments, queries, parts of answers: all of them have these seven names. */
function inherited([a, b, c, d, e, f, g]: string[]): Program {
  const [words, number, row, part, choice, perhaps, table] = [a!, b!, c!, d!, e!, f!, g!]
  const whole = record(Object.fromEntries(NAMES.map((name) => [name, int({ min: 0, max: 9 })])))
  const one = variant(Object.fromEntries(NAMES.map((name) => [name, int({ min: 0, max: 9 })])))
  const types = {
    [words]: text(60),
    [number]: int({ min: 0, max: 999 }),
    [row]: key(words),
    [part]: whole,
    [choice]: one,
    [perhaps]: option(text(20)),
    [table]: map(text(20), int({ min: 0, max: 9 }), 5),
  }
  const indices = { [a!]: order(words), [b!]: count(words), [c!]: sum(number, words), [d!]: order(number, words) }
  const rows = (doc: string) => collection({ doc, fields: types as Loose, indices: indices as Loose })
  const write = (db: Loose) =>
    endpoint({
      doc: 'Writes a row: some of it is seen, some is carried.',
      request: types as Loose,
      run: (request: Loose) => {
        const before = db[words][words].rows({ [words]: request[words] }, { limit: 5, name: words })
        const many = db[words][number].count({ [words]: request[words] }, { name: number })
        return see(words, request[number], request[part], before[number], many, (n: Loose, p: Loose, others: Loose, counted: Loose) => {
          const all = NAMES.slice(1).reduce((total, name) => total.plus(p.get(name)), p.get(NAMES[0]))
          db[words].create({ ...request, [number]: n })
          return { [words]: { [number]: n, [row]: all, [part]: others.length() }, [choice]: counted }
        })
      },
    })
  const change = (db: Loose) =>
    endpoint({
      doc: 'Changes a row of the caller.',
      request: { [choice]: one, [perhaps]: types[perhaps] } as Loose,
      run: (request: Loose) => {
        const mine = db[words].owned(row)
        return see(number, mine.key, request[choice], (_: Loose, chosen: Loose) => {
          db[words].update(mine, { [choice]: chosen, [perhaps]: request[perhaps] })
          return { [a!]: chosen.match(Object.fromEntries(NAMES.map((name) => [name, (value: Loose) => value]))) }
        })
      },
    })
  const show = (db: Loose) =>
    endpoint({
      doc: 'Shows what is there; no server takes part.',
      request: { [words]: text(60) },
      run: (request: Loose) => {
        const found = db[words][words].rows({ [words]: request[words] }, { limit: 5, name: row })
        return { [words]: found[words], [table]: found[table] }
      },
    })
  const source = app({
    name: 'inherited',
    doc: AT,
    collections: { [words]: rows('Rows.'), [number]: rows('Rows of another kind.') } as Loose,
    endpoints: (db) => ({ [words]: write(db), [number]: change(db), [row]: show(db) }),
  })
  return must(check(JSON.parse(new TextDecoder().decode(canonicalBytes(must(compile(source)) as never)))))
}

/** A row as a person gives it. */
const given = ([a, b, c, d, e, f, g]: string[], topic: string) => ({
  [a!]: topic,
  [b!]: 7,
  [c!]: '',
  [d!]: Object.fromEntries(NAMES.map((name, at) => [name, at])),
  [e!]: { tag: 'constructor', value: 3 },
  [f!]: 'some',
  [g!]: [{ key: 'constructor', value: 1 }],
})

describe.each(['one', 'two', 'three'])('an app whose every name is one that all objects have (order %s)', (seed) => {
  const names = mixed(process.env['GOLEM_SEED'] ?? seed)
  const [words, number, row, , choice, perhaps, table] = names as [string, string, string, string, string, string, string]
  let world: World
  beforeAll(async () => {
    world = createWorld(`inherited/${seed}`)
    const settings = supervisor(3, inherited(names), 'Inherited')
    await world.add(settings)
    for (let at = 1; at <= 3; at++) await world.add(server(at))
    for (const name of ['alice', 'bob']) await world.add(client(name))
    world.chain.mine(100, NOBODY)
    await world.run(3_000)
    for (const name of ['alice', 'bob']) await ready(world, name)
  })
  afterAll(() => world?.close())

  it('writes, changes and shows its rows like any other', async () => {
    const { ask, publish, rows, count: countOf } = peopleOf(world)
    const first = await ask('alice', words, given(names, 'x'))
    expect(first.error ?? null).toBe(null)
    expect(first).toMatchObject({ state: 'review', response: { [words]: { [number]: '7', [row]: '21' } }, writes: [{ flags: [] }] })
    expect((await publish('alice', first)).state).toBe('counted')
    await world.block()
    const second = await ask('alice', number, { [choice]: { tag: 'toString', value: 4 }, [perhaps]: null })
    expect(second.error ?? null).toBe(null)
    expect(second).toMatchObject({ state: 'review', response: { [words]: '4' } })
    expect((await publish('alice', second)).state).toBe('counted')
    await world.block()
    expect(await rows('bob', [words, words], ['x'])).toMatchObject([{ [number]: '7', [choice]: { tag: 'toString', value: '4' } }])
    expect(await countOf('bob', [words, number], ['x'])).toBe(1)
    const shown = await ask('bob', row, { [words]: 'x' })
    expect(shown.response).toEqual({ [words]: ['x'], [table]: [[{ key: 'constructor', value: '1' }]] })
  })
})
