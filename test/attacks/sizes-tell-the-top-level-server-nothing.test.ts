/**
 * A top-level server moves ciphertext. What it sees of a request must not depend on the values that are sealed: true or false, one digit or fifteen, a
 * short text or a long one of the same type. All endpoints of the sample apps, each asked twice with the same randomness.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { app, bool, bytes, check, collection, compile, endpoint, int, option, see, text, type Program } from '../../roles/program/index.ts'
import type { Json } from '../../roles/protocol/canonical.ts'
import { must, type Result } from '../../roles/protocol/result.ts'
import { composeRequest, takeReply as takeLeg } from '../../roles/client/index.ts'
import { PATHS, type HopReply } from '../../roles/protocol/requests/index.ts'
import { executeHop } from '../../roles/server/execute.ts'
import { nextHops, openContinuation, openReply, openRequest, takeReplies } from '../../roles/server/relay.ts'
import { makeWorld, type World, type WorldOptions } from '../roles/request/world.ts'
import { keyPair, seeded } from '../tools/seeded.ts'

type Args = Record<string, Json>
type Row = NonNullable<WorldOptions['app']>['rows'][number]
/** `owned`: the key of the caller's row in which the endpoint writes. */
interface Case {
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
const programOf = (name: Case['app']): Program =>
  name === 'primitives'
    ? must(compile(primitives))
    : must(check(JSON.parse(readFileSync(new URL(`../../resources/apps/${name}.json`, import.meta.url), 'utf8'))))

const CASES: Case[] = [
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

/** The structure of a message, with the length of each text in its place. */
const sizesOf = (json: unknown): unknown => {
  if (typeof json === 'string') return json.length
  if (Array.isArray(json)) return json.map(sizesOf)
  if (typeof json !== 'object' || json === null) return json
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, sizesOf(value)]))
}

/** Lets a top-level server serve a leg. @param seen what it saw, and what passed through the wires around it */
function serveLooking(world: World, top: string, bytes: Uint8Array, path: string, seen: unknown[]): Result<Uint8Array> {
  const env = world.relayEnv(top)
  let relay = must(path === PATHS.continuation ? openContinuation(world.ctx, env, bytes) : openRequest(world.ctx, env, bytes))
  seen.push(bytes.length, sizesOf(relay.message))
  for (;;) {
    const next = must(nextHops(world.ctx, env, relay))
    const replies: HopReply[] = []
    for (const { lane, server, bytes: hop } of next.hops) {
      const answer = must(executeHop(world.ctx, world.hopEnv(server), hop))
      const reply = must(openReply(world.ctx, env, next.relay, lane, answer))
      seen.push(hop.length, answer.length, sizesOf(reply))
      replies.push(reply)
    }
    const step = takeReplies(world.ctx, next.relay, replies)
    if (step.done) {
      seen.push(step.reply.length)
      return { ok: true, value: step.reply }
    }
    relay = step.relay
  }
}

/** What is seen of a request with these arguments, and how many writes it makes. */
async function seenOf(
  { app: name, endpoint, rows = [], owned = [], keys }: Case,
  args: Args,
): Promise<{ seen: unknown[]; writes: number }> {
  const program = programOf(name)
  const collections = Object.keys(program.collections)
  const fresh = keys ?? Array.from({ length: 4 }, (_, i) => collections[i % collections.length]!)
  const world = await makeWorld({ seed: SEED, servers: 8, app: { program, keys: fresh, endpoint, rows } })
  const env = world.clientEnv()
  const all = { ...env, keys: [...env.keys, ...owned.map((one) => ({ ...one, written: true }))] }
  const seen: unknown[] = []
  for (let composed = must(await composeRequest(world.ctx, all, endpoint, args)); ;) {
    const reply = must(serveLooking(world, composed.top.id, composed.bytes, composed.path, seen))
    const taken = must(await takeLeg(world.ctx, all, composed.pending, reply))
    if (taken.done) return { seen, writes: taken.reviewed.writes.length }
    composed = taken.composed
  }
}

describe('what a top-level server and the wires around it see of a request', () => {
  it.each(CASES.map((one) => [one.app, one.endpoint, one] as const))(
    '%s, %s: has the same size whatever is sealed',
    async (_app, _endpoint, one) => {
      const [short, long] = [await seenOf(one, one.one), await seenOf(one, one.other)]
      expect(long.writes).toBe(short.writes)
      expect(long.seen).toEqual(short.seen)
    },
  )

  it('covers every endpoint of the sample apps', () => {
    for (const name of ['guestbook', 'poll', 'marketplace'] as const) {
      const tried = new Set(CASES.filter((one) => one.app === name).map((one) => one.endpoint))
      expect(tried).toEqual(new Set(Object.keys(programOf(name).endpoints)))
    }
  })
})
