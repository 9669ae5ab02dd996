/** Every endpoint of the sample apps, each with two sets of arguments and the rows that it needs. */
import { readFileSync } from 'node:fs'
import { app, bool, bytes, check, collection, compile, endpoint, int, option, see, text, type Program } from '../../roles/program/index.ts'
import type { Json } from '../../roles/protocol/canonical.ts'
import { must } from '../../roles/protocol/result.ts'
import type { ClientEnv } from '../../roles/client/types.ts'
import { makeWorld, type World, type WorldOptions } from '../roles/request/world.ts'
import { keyPair, seeded } from '../tools/seeded.ts'

export type Args = Record<string, Json>
type Row = NonNullable<WorldOptions['app']>['rows'][number]
/** `owned`: the key of the caller's row in which the endpoint writes. */
export interface Case {
  app: 'guestbook' | 'poll' | 'marketplace' | 'primitives'
  endpoint: string
  rows?: Row[]
  owned?: Array<{ key: string; collection: string }>
  /** Collections of the caller's fresh keys; one of each, if nothing is said. */
  keys?: string[]
  one: Args
  other: Args
}

const SEED = 'sizes'
/** The client of a world is the first that its seed makes. */
const ME = keyPair(seeded(SEED)).publicKey
const [A, B, C] = ['a', 'b', 'c'].map((name) => keyPair(seeded(name)).publicKey) as [string, string, string]

const LONG = '長'.repeat(60)
const NAME = '長'.repeat(40)
const good = (key: string, price: string): Json => ({ key, value: price })
const post = (key: string): Row => ({ collection: 'posts', key, fields: { topic: 't', text: 'x', author: ME, number: '1' } })
const poll = (key: string): Row => ({
  collection: 'polls',
  key,
  owner: ME,
  fields: { question: 'Q', options: ['a', LONG], state: { tag: 'open', value: {} } },
})
const listing = (key: string): Row => ({
  collection: 'listings',
  key,
  owner: ME,
  fields: { title: 'L', goods: [good('tea', '1'), good(NAME, '9')] },
})
const order = (key: string): Row => ({
  collection: 'orders',
  key,
  owner: ME,
  fields: {
    listing: A,
    seller: ME,
    lines: [{ good: 'tea', pieces: '1', price: '1' }],
    tax: '1',
    total: '2',
    address: '',
  },
})
const stock: Row = { collection: 'stock', owner: ME, fields: { listing: A, good: 'tea', change: '7' } }
const variant = (tag: string, value: Json): Json => ({ tag, value })

/** Values of the smallest types: given, made by a block and passed on, written, carried. */
const things = { flag: bool(), number: int(), word: option(text(20)), data: bytes(30) }
const primitives = app({
  name: 'primitives',
  doc: 'Small values.',
  collections: { things: collection({ doc: 'Things.', fields: things, indices: {} }) },
  endpoints: (db) => ({
    keep: endpoint({
      doc: 'Keeps them.',
      request: things,
      run: (request) => {
        const other = see('turn', request.flag, request.number, (flag, number) => ({ flag: flag.not(), half: number.dividedBy(2) }))
        return see('keep', other.flag, other.half, request.word, (flag, half, word) => {
          db.things.create({ ...request, flag, number: half, word })
          return { flag, half }
        })
      },
    }),
  }),
})
export const programOf = (name: Case['app']): Program =>
  name === 'primitives'
    ? must(compile(primitives))
    : must(check(JSON.parse(readFileSync(new URL(`../../resources/apps/${name}.json`, import.meta.url), 'utf8'))))

export const CASES: Case[] = [
  {
    app: 'primitives',
    endpoint: 'keep',
    one: { flag: true, number: '1', word: null, data: '' },
    other: { flag: false, number: '-9007199254740991', word: { some: '\u0001'.repeat(20) }, data: Buffer.alloc(30).toString('base64') },
  },
  { app: 'guestbook', endpoint: 'post', one: { topic: 'x', text: 'y' }, other: { topic: LONG, text: '🎉'.repeat(500) } },
  { app: 'guestbook', endpoint: 'post', one: { topic: 'x', text: ' ' }, other: { topic: LONG, text: `casino ${'"'.repeat(400)}` } },
  { app: 'guestbook', endpoint: 'like', rows: [post(A), post(B)], one: { post: A }, other: { post: B } },
  {
    app: 'poll',
    endpoint: 'create',
    one: { question: 'x', options: ['1', '2'] },
    other: { question: LONG.repeat(3), options: [...'abcdefgh'].map((at) => at + LONG.slice(1)) },
  },
  { app: 'poll', endpoint: 'create', one: { question: ' ', options: ['1', '2'] }, other: { question: LONG, options: [LONG, LONG] } },
  { app: 'poll', endpoint: 'vote', rows: [poll(A)], one: { poll: A, choice: 'a' }, other: { poll: A, choice: LONG } },
  { app: 'poll', endpoint: 'close', rows: [poll(A)], owned: [{ key: A, collection: 'polls' }], one: {}, other: {} },
  {
    app: 'marketplace',
    endpoint: 'sell',
    one: { title: 'x', goods: [good('a', '1')] },
    other: { title: LONG, goods: [...'abcdefgh'].map((at) => good(at + NAME.slice(1), '10000000')) },
  },
  {
    app: 'marketplace',
    endpoint: 'restock',
    rows: [listing(A)],
    owned: [{ key: A, collection: 'listings' }],
    one: { good: 'a', change: '1' },
    other: { good: NAME, change: '-1000000' },
  },
  {
    app: 'marketplace',
    endpoint: 'offer',
    rows: [listing(A)],
    one: { listing: A, address: '', lines: [{ good: 'tea', pieces: '1' }] },
    other: {
      listing: A,
      address: Buffer.alloc(999, 1).toString('base64'),
      lines: [
        { good: 'tea', pieces: '900000' },
        { good: NAME, pieces: '1000' },
      ],
    },
  },
  {
    app: 'marketplace',
    endpoint: 'accept',
    rows: [listing(A), order(B), order(C), stock],
    keys: ['stock', 'stock', 'stock', 'moves'],
    one: { order: B },
    other: { order: C },
  },
  {
    app: 'marketplace',
    endpoint: 'move',
    rows: [order(A)],
    one: { order: A, to: variant('withdrawn', {}) },
    other: { order: A, to: variant('declined', { why: LONG.repeat(3) }) },
  },
]

/** A tick of the case's app in which its endpoint can be asked, and its client. */
export async function worldOf(
  { app: name, endpoint, rows = [], owned = [], keys }: Case,
  options: Pick<WorldOptions, 'servers' | 'lanes'> = {},
): Promise<{ world: World; env: ClientEnv }> {
  const program = programOf(name)
  const collections = Object.keys(program.collections)
  const fresh = keys ?? Array.from({ length: 4 }, (_, i) => collections[i % collections.length]!)
  const world = await makeWorld({ seed: SEED, servers: 8, ...options, app: { program, keys: fresh, endpoint, rows } })
  const env = world.clientEnv()
  return { world, env: { ...env, keys: [...env.keys, ...owned.map((one) => ({ ...one, written: true }))] } }
}
