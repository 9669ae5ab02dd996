/** [L8] A request whose query needs what a block computed: one thread with a pause, in which the client reads what it may ask for only then. */
import { describe, expect, it } from 'vitest'
import { composeContinuation, composeUpdate, takeReply } from '../../../roles/client/request.ts'
import type { ClientEnv, Composed, Reviewed } from '../../../roles/client/types.ts'
import { fromHex, utf8 } from '../../../roles/protocol/bytes.ts'
import { canonicalBytes, type Json } from '../../../roles/protocol/canonical.ts'
import type { Link } from '../../../roles/protocol/documents/index.ts'
import { type RangeProof } from '../../../roles/protocol/index/index.ts'
import {
  holdingOf,
  sealEdge,
  LARGEST_FIXED,
  type SealedEdge,
  edgeKey,
  messageAad,
  continuationMessage,
  messageBytes,
  readMessage,
  replyMessage,
  pathTo,
  type ContinuationMessage,
  type LegReply,
} from '../../../roles/protocol/requests/index.ts'
import { open, openBox, seal } from '../../../roles/protocol/crypto/index.ts'
import { must, ok, type Result } from '../../../roles/protocol/result.ts'
import { checkStamps, readReveal, checkUpdate } from '../../../roles/protocol/stamps/index.ts'
import { executeHop, sealReply } from '../../../roles/server/execute.ts'
import { openContinuation, openRequest } from '../../../roles/server/relay.ts'
import { nextHops } from '../request/blocks.ts'
import { compiledSlugs } from '../program/slugs.story.ts'
import { heldAgainst, compose, crypto, exchange, makeWorld, serve, TICK, type World } from '../request/world.ts'

const OTHER = 'dd'.repeat(32)
const page = (title: string) => ({ collection: 'pages', fields: { slug: title.toLowerCase(), title, author: OTHER } })

const slugsWorld = (seed: string, titles: string[] = [], endpoint = 'publish', servers = 6, lanes = 1): Promise<World> =>
  makeWorld({
    seed,
    servers,
    lanes,
    app: { program: compiledSlugs(), keys: ['pages', 'pages', 'pages', 'pages'], endpoint, rows: titles.map(page) },
  })

const code = (result: Result<unknown>): string => (result.ok ? 'accepted' : result.error.code)
const cause = (result: Result<unknown>): unknown => (result.ok ? 'accepted' : (result.error.details?.['cause'] ?? result.error.code))

async function publish(world: World, title: string, legs: Composed[] = []): Promise<Reviewed> {
  return must(await exchange(world, await compose(world, 'publish', { title }), undefined, legs))
}

/** A request that waits after its first leg. */
async function paused(world: World, title = 'Hello', env: ClientEnv = world.clientEnv()): Promise<{ first: Composed; second: Composed }> {
  const first = await compose(world, 'publish', { title })
  const taken = must(await takeReply(world.ctx, env, first.pending, must(serve(world, first))))
  if (taken.done) throw new Error('the request did not pause')
  return { first, second: taken.composed }
}

/** The same continuation with a change that an honest client would not make. */
function tampered(
  world: World,
  { top, bytes, path }: Composed,
  change: (message: ContinuationMessage) => ContinuationMessage,
): { top: Composed['top']; bytes: Uint8Array; path: string } {
  const { sealing } = world.servers.get(top.id)!
  const aad = messageAad('continuation', top.id)
  const plain = must(open(crypto, sealing.privateKey, sealing.publicKey, bytes, aad))
  const changed = messageBytes(continuationMessage, change(must(readMessage('continuation', continuationMessage, plain))))
  return { top, path, bytes: must(seal(crypto, world.ctx.random(32), sealing.publicKey, changed, aad)) }
}

/** The update of a reviewed request, and what it is held against. */
function updateOf(world: World, done: Reviewed) {
  const update = must(composeUpdate(world.ctx, world.client, (key) => world.dataKeys.find((own) => own.publicKey === key) ?? null, done))
    .document.body
  return { update, env: heldAgainst(world, 'pages', update.writes) }
}

/** A client whose proofs of the pages are not true. */
const lying = (env: ClientEnv, change: (proof: RangeProof) => RangeProof): ClientEnv => ({
  ...env,
  reader: {
    ...env.reader,
    async range(name, index, equals, options) {
      const read = await env.reader.range(name, index, equals, options)
      return read.ok && name === 'pages' ? ok({ ...read.value, proof: change(read.value.proof) }) : read
    },
  },
})

describe('[L8][R5] a request of two stages', () => {
  it('[L8] pauses once, asks with what the first block computed, and comes back with a write that is explained', async () => {
    const world = await slugsWorld('two-stages', ['Other'])
    const legs: Composed[] = []
    const done = await publish(world, '  Hello ', legs)
    expect(legs.map((leg) => leg.path)).toEqual([pathTo(legs[0]!.top.id, 'request'), pathTo(legs[1]!.top.id, 'continue')])
    expect(done.opened.response).toEqual({ published: true })
    expect(done.writes).toMatchObject([
      { collection: 'pages', fields: { slug: 'hello', title: '  Hello ', author: world.client.publicKey }, flags: [] },
    ])
    expect(done.pending).toMatchObject({ progress: null, answers: [[]] })
    expect(done.opened.lanes[0]!.map((link) => link.server)).toEqual(legs[0]!.pending.lanes[0]!.map((hop) => hop.server))
    expect(legs[1]!.pending).toMatchObject({ request: legs[0]!.pending.request, lanes: legs[0]!.pending.lanes, top: legs[0]!.pending.top })
  })

  it('sees what is stored under the computed value', async () => {
    const done = await publish(await slugsWorld('taken', ['Hello', 'World']), 'HELLO')
    expect(done).toMatchObject({ opened: { response: { published: false }, writes: [] }, pending: { answers: [[{ $count: '1' }]] } })
  })

  it('becomes an update that the Supervisor accepts, stamp included', async () => {
    const world = await slugsWorld('stage-update')
    const done = await publish(world, 'Hello')
    const { update, env } = updateOf(world, done)
    expect(checkUpdate({ crypto }, env, update)).toMatchObject({ ok: true })
    expect(checkStamps({ crypto }, readReveal(crypto, world.reveal), update)).toMatchObject({ stamp: { ok: true }, blamed: [] })
  })

  it('runs in three lanes over the pause, each with its own number, and becomes one update with all of them', async () => {
    const world = await slugsWorld('stage-lanes', ['Other'], 'publish', 20, 3)
    const legs: Composed[] = []
    const done = await publish(world, 'Hello', legs)
    expect(legs).toHaveLength(2)
    expect(legs[1]!.pending.progress!.lanes.map(({ links }) => links.length)).toEqual([1, 1, 1])
    expect(new Set(legs[1]!.pending.progress!.lanes.map(({ handoff }) => handoff)).size).toBe(3)
    expect(done.writes).toMatchObject([{ fields: { slug: 'hello', title: 'Hello' }, flags: [] }])
    const { update, env } = updateOf(world, done)
    expect(update.lanes.map((links) => links.length)).toEqual([2, 2, 2])
    expect(checkUpdate({ crypto }, env, update)).toMatchObject({ ok: true })
    expect(checkStamps({ crypto }, readReveal(crypto, world.reveal), update)).toMatchObject({ stamp: { ok: true }, blamed: [] })
  })

  it('goes over as many pauses as there are stages, and asks what only the response needs after the last block', async () => {
    const world = await slugsWorld('three-legs', ['Hello', 'hello there'], 'follow')
    const legs: Composed[] = []
    const follow = async (title: string): Promise<Json> =>
      must(await exchange(world, await compose(world, 'follow', { title, otherwise: '77'.repeat(32) }), undefined, legs)).opened.response
    expect(await follow(' HELLO')).toEqual({ title: 'Hello', same: '0' })
    expect(legs.map((leg) => leg.pending.progress?.lanes[0]!.links.length ?? 0)).toEqual([0, 1, 2])
    expect(await follow('nowhere')).toEqual({ title: '', same: '0' })
  })

  it('keeps what it waits with as JSON', async () => {
    const world = await slugsWorld('stage-json')
    const { second } = await paused(world)
    const stored = JSON.parse(JSON.stringify(second.pending)) as typeof second.pending
    expect(must(await takeReply(world.ctx, world.clientEnv(), stored, must(serve(world, second))))).toMatchObject({ done: true })
  })

  it('leaves requests without a split as they were: one message, all envelopes, the reply with three fields', async () => {
    const world = await makeWorld({ seed: 'hoisted' })
    const composed = await compose(world, 'post', { topic: 'weather', text: 'Sunny' })
    const relay = must(openRequest(world.ctx, world.relayEnv(composed.top.id), composed.bytes))
    expect(Object.keys(relay.message).sort()).toEqual(['edges', 'lanes', 'reply', 'shown', 'start'])
    expect(relay.message.lanes[0]!.every((hop) => hop.envelope instanceof Uint8Array)).toBe(true)
    const bytes = must(serve(world, composed))
    const key = edgeKey(crypto, fromHex(composed.pending.secret), '$reply')
    const reply = openBox(crypto, key, bytes, messageAad('reply', composed.pending.request))!
    expect(Object.keys(must(readMessage('reply', replyMessage, reply))).sort()).toEqual(['lanes', 'outputs', 'writes'])
  })
})

describe('[L8] a pause', () => {
  it("is not one that the client did not ask for: a reply that stops short of the leg's end is refused", async () => {
    const world = await makeWorld({ seed: 'short-reply' })
    const { pending, ...composed } = await compose(world, 'post', { topic: 'weather', text: 'Sunny' })
    const bytes = must(serve(world, composed))
    const key = edgeKey(crypto, fromHex(pending.secret), '$reply')
    const reply = must(readMessage('reply', replyMessage, openBox(crypto, key, bytes, messageAad('reply', pending.request))!)) as LegReply
    const short = sealReply(world.ctx, key, pending.request, {
      ...reply,
      lanes: [{ links: reply.lanes[0]!.links.slice(0, 1), handoff: null }],
      writes: reply.writes.slice(0, 1),
    })
    expect(code(await takeReply(world.ctx, world.clientEnv(), pending, short))).toBe('reply.path')
  })

  it('hands the client no number, and nobody but the next server what the number is', async () => {
    const world = await slugsWorld('handoff')
    const { second } = await paused(world)
    const handoff = Uint8Array.from(Buffer.from(second.pending.progress!.lanes[0]!.handoff, 'base64'))
    const readers = [...world.servers].filter(
      ([, { sealing }]) =>
        open(crypto, sealing.privateKey, sealing.publicKey, handoff, messageAad('handoff', second.pending.request, 0, 1)).ok,
    )
    expect(readers.map(([id]) => id)).toEqual([second.pending.lanes[0]![1]!.server])
  })

  it('shows the servers of the first leg nothing of the second, and no top-level server a value', async () => {
    const world = await slugsWorld('blind-stages')
    const { first, second } = await paused(world, 'Secret title')
    const before = must(openRequest(world.ctx, world.relayEnv(first.top.id), first.bytes))
    const after = must(openContinuation(world.ctx, world.relayEnv(second.top.id), second.bytes))
    expect([before, after].map((relay) => relay.message.lanes[0]!.map((hop) => hop.envelope !== null))).toEqual([
      [true, false],
      [false, true],
    ])
    expect(before.message.reply).not.toBe(after.message.reply)
    for (const secret of ['secret title', second.pending.secret, edgeKey(crypto, fromHex(second.pending.secret), 'block.0.0')].map((one) =>
      typeof one === 'string' ? one : Buffer.from(one).toString('hex'),
    )) {
      expect(JSON.stringify([before, after]).toLowerCase()).not.toContain(secret)
    }
  })

  it('refuses a partial reply that its servers did not sign, or that is whole', async () => {
    const world = await slugsWorld('lying-top')
    const first = await compose(world, 'publish', { title: 'Hello' })
    const bytes = must(serve(world, first))
    const key = edgeKey(crypto, fromHex(first.pending.secret), '$reply')
    const reply = must(
      readMessage('reply', replyMessage, openBox(crypto, key, bytes, messageAad('reply', first.pending.request))!),
    ) as LegReply
    const [lane] = reply.lanes
    const answer = async (change: object): Promise<string> =>
      code(
        await takeReply(
          world.ctx,
          world.clientEnv(),
          first.pending,
          sealReply(world.ctx, key, first.pending.request, { ...reply, ...change }),
        ),
      )
    const forged = sealEdge(
      crypto,
      edgeKey(crypto, fromHex(first.pending.secret), 'block.0.0'),
      'block.0.0',
      canonicalBytes('another'),
      LARGEST_FIXED,
    )
    expect(await answer({})).toBe('accepted')
    expect(await answer({ outputs: { 'block.0.0': forged } })).toBe('reply.outputs')
    expect(await answer({ outputs: {} })).toBe('reply.outputs')
    expect(await answer({ writes: [forged] })).toBe('reply.writes')
    expect(await answer({ lanes: [{ ...lane!, links: [lane!.links[0]!, lane!.links[0]!] }] })).toBe('reply.path')
    expect(await answer({ lanes: [{ ...lane!, handoff: null }] })).toBe('reply.path')
    expect(await answer({ lanes: [] })).toBe('reply.schema')
    expect(await answer({ lanes: [lane!, lane!] })).toBe('reply.path')
  })
})

describe('[L8][R2] a continuation', () => {
  it('[R2] is refused with a row that is not stored, a hidden one, or an answer for another value than the computed one', async () => {
    const refused = async (seed: string, env: (env: ClientEnv) => ClientEnv): Promise<unknown> => {
      const world = await slugsWorld(seed, ['Hello', 'World'])
      return cause(serve(world, (await paused(world, 'hello', env(world.clientEnv()))).second))
    }
    expect(await refused('true-row', (env) => env)).toBe('accepted')
    const withCount =
      (count: string) =>
      (proof: RangeProof): RangeProof => ({
        ...proof,
        pages: proof.pages.map((one) => ({
          ...one,
          entries: one.entries.map((entry) => ({
            ...entry,
            fields: entry.fields.map(([name, value]) => [name, name === '$count' ? count : value] as const),
          })),
        })),
      })
    expect(await refused('swapped-row', (env) => lying(env, withCount('0')))).toBe('index.proof')
    expect(
      await refused('hidden-row', (env) =>
        lying(env, (proof) => ({ ...proof, pages: proof.pages.map((one) => ({ ...one, entries: one.entries.slice(1) })) })),
      ),
    ).toBe('index.proof')
    const elsewhere = (env: ClientEnv): ClientEnv => ({
      ...env,
      reader: {
        ...env.reader,
        range: (name, index, equals, options) => env.reader.range(name, index, name === 'pages' ? ['free'] : equals, options),
      },
    })
    expect(await refused('another-argument', elsewhere)).toMatch(/^index\.(proof|field)$/)
  })

  it('is refused with a computed value that no server returned, by an honest relay and past a dishonest one', async () => {
    const world = await slugsWorld('forged-value', ['Hello'])
    const { second } = await paused(world)
    const key = edgeKey(crypto, fromHex(second.pending.secret), 'block.0.0')
    const outputs: Record<string, SealedEdge> = { 'block.0.0': sealEdge(crypto, key, 'block.0.0', canonicalBytes('free'), LARGEST_FIXED) }
    expect(
      code(
        serve(
          world,
          tampered(world, second, (message) => ({ ...message, outputs })),
        ),
      ),
    ).toBe('request.progress')
    const env = world.relayEnv(second.top.id)
    const relay = must(openContinuation(world.ctx, env, second.bytes))
    const hop = must(nextHops(world.ctx, env, { ...relay, before: { ...relay.before, outputs } })).hops[0]!
    expect(code(executeHop(world.ctx, world.hopEnv(hop.server), hop.bytes))).toBe('hop.commits')
  })

  it('is refused with the links, the number or the stage of another request, and with other servers', async () => {
    const world = await slugsWorld('foreign-links', [], 'publish', 8)
    const [{ second }, { second: other }] = [await paused(world), await paused(world, 'Other')]
    const send = (change: (message: ContinuationMessage) => ContinuationMessage): unknown =>
      cause(serve(world, tampered(world, second, change)))
    const [progress] = other.pending.progress!.lanes
    const links = (message: ContinuationMessage, change: (links: Link[]) => Link[]) => ({
      ...message,
      before: message.before.map((lane) => ({ ...lane, links: change(lane.links) })),
    })
    // By other servers, or by the same ones for another start.
    expect(['request.progress', 'thread.link']).toContain(send((message) => links(message, () => progress!.links)))
    const changed = tampered(world, second, (message) => links(message, ([link]) => [{ ...link!, after: '12'.repeat(32) }]))
    expect(code(serve(world, changed))).toBe('thread.link')
    expect(send((message) => ({ ...message, before: [{ ...message.before[0]!, handoff: progress!.handoff }] }))).toBe('hop.number')
    expect(send((message) => links(message, () => []))).toBe('continuation.schema')
    expect(send((message) => links(message, (all) => [...all, ...all]))).toBe('request.stage')
    const unsealed = (message: ContinuationMessage) => ({
      ...message,
      shown: message.shown.map(() => null),
      lanes: message.lanes.map((hops) => hops.map((hop) => ({ ...hop, envelope: null }))),
    })
    const ended = (message: ContinuationMessage) => links(unsealed(message), (all) => [...all, ...all])
    expect(send(ended)).toBe('request.stage')
    expect(send(unsealed)).toBe('request.stage')
    expect(send((message) => ({ ...message, outputs: { ...message.outputs, 'block.0.1': message.outputs['block.0.0']! } }))).toBe(
      'request.progress',
    )
    const holding = holdingOf(crypto, world.planned)
    const holders = holding.holders('publish', 0)
    const named = holders.map((server) => ({ version: holding.versionOf('publish', 0, server)!, server, envelope: null }))
    const swapped = named.find(({ server }) => server !== second.top.id && second.pending.lanes[0]!.every((hop) => hop.server !== server))!
    expect(send((message) => ({ ...message, lanes: [[swapped, message.lanes[0]![1]!]] }))).toBe('request.progress')
    expect(send((message) => message)).toBe('accepted')
  })

  it('[L8] is run once: neither again, nor through another server, nor the leg before it, nor with other inputs', async () => {
    const world = await slugsWorld('replay-stages', ['Hello'])
    const { first, second } = await paused(world)
    must(serve(world, second))
    const replayed = (position: number) => ({
      ok: false,
      error: {
        code: 'request.hop-failed',
        details: { cause: 'hop.replayed', position, server: second.pending.lanes[0]![position]!.server },
      },
    })
    expect(serve(world, second)).toMatchObject(replayed(1))
    expect(serve(world, first)).toMatchObject(replayed(0))
    const elsewhere = must(await composeContinuation(world.ctx, world.clientEnv(), second.pending, new Set([second.pending.top])))
    expect(serve(world, elsewhere)).toMatchObject(replayed(1))
    const otherwise = must(
      await composeContinuation(
        world.ctx,
        lying(world.clientEnv(), (proof) => ({ ...proof, entryCount: 9 })),
        second.pending,
      ),
    )
    expect(serve(world, otherwise)).toMatchObject(replayed(1))
    expect(world.servers.get(second.pending.lanes[0]![1]!.server)!.used.size).toBe(1)
  })

  it("[R5] goes through another top-level server when the first one is away, with the same blocks' servers", async () => {
    const world = await slugsWorld('elsewhere-stages')
    const { second } = await paused(world)
    const elsewhere = must(await composeContinuation(world.ctx, world.clientEnv(), second.pending, new Set([second.pending.top])))
    expect(elsewhere.top.id).not.toBe(second.top.id)
    expect(second.pending.lanes[0]!.map((hop) => hop.server)).not.toContain(elsewhere.top.id)
    const taken = must(await takeReply(world.ctx, world.clientEnv(), elsewhere.pending, must(serve(world, elsewhere))))
    expect(taken).toMatchObject({ done: true, reviewed: { opened: { response: { published: true } } } })
    const everybody = new Set(world.servers.keys())
    expect(await composeContinuation(world.ctx, world.clientEnv(), second.pending, everybody)).toMatchObject({
      ok: false,
      error: { code: 'client.servers', retryable: true },
    })
  })

  it('fails for now when the window of its tick has passed, at the server and at the client', async () => {
    const world = await slugsWorld('late-stages')
    const { second } = await paused(world)
    const at = (currentTick: number): Result<unknown> =>
      openContinuation(world.ctx, { ...world.relayEnv(second.top.id), currentTick }, second.bytes)
    expect(at(TICK + 1)).toMatchObject({ ok: true })
    expect(at(TICK + 2)).toMatchObject({ ok: false, error: { code: 'request.tick', retryable: true } })
    const later = { ...world.clientEnv(), planned: { ...world.planned, plan: { ...world.plan, tick: TICK + 1 } } }
    expect(await composeContinuation(world.ctx, later, second.pending)).toMatchObject({
      ok: false,
      error: { code: 'request.tick', retryable: true },
    })
  })

  it('is refused damaged, too long, as a request, and for a request without a pause', async () => {
    const world = await slugsWorld('shape-stages')
    const { first, second } = await paused(world)
    const env = world.relayEnv(second.top.id)
    expect(code(openRequest(world.ctx, env, second.bytes))).toBe('envelope.closed')
    expect(code(openContinuation(world.ctx, env, first.bytes))).toBe('envelope.closed')
    expect(code(openContinuation(world.ctx, env, new Uint8Array((4 << 20) + 1)))).toBe('request.too-large')
    const unread = seal(crypto, world.ctx.random(32), env.keys.sealing.publicKey, utf8('{'), messageAad('continuation', second.top.id))
    expect(code(openContinuation(world.ctx, env, must(unread)))).toBe('continuation.schema')
    const whole = tampered(world, second, (message) => ({ ...message, start: { ...message.start, endpoint: 'follow' } }))
    expect(code(openContinuation(world.ctx, env, whole.bytes))).toBe('request.hops')
  })
})
