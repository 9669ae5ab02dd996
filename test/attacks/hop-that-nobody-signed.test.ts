/**
 * Attack 9: one message keeps a server busy for the better part of a second. Counted in what is hashed, not in time: nothing that nobody signed, and for
 * whoever signs without being a client of the app, one proof of the size that honest ones have.
 */
import { describe, expect, it } from 'vitest'
import { fromHex, toBase64 } from '../../roles/protocol/bytes.ts'
import type { Json } from '../../roles/protocol/canonical.ts'
import { open, openBox, seal, sealBox, type CryptoPort } from '../../roles/protocol/crypto/index.ts'
import { signUnder } from '../../roles/protocol/documents/index.ts'
import {
  envelopeMessage,
  hopMessage,
  messageAad,
  messageBytes,
  readMessage,
  shownId,
  shownMessage,
  type Asked,
  type HopMessage,
} from '../../roles/protocol/requests/index.ts'
import { fail, failForNow, must, ok, type Result } from '../../roles/protocol/result.ts'
import { executeHop } from '../../roles/server/index.ts'
import { openRequest } from '../../roles/server/relay.ts'
import { nextHops } from '../roles/request/blocks.ts'
import { createListener } from '../../main/core/listener.ts'
import { createAnswer } from '../../main/core/server/requests.ts'
import type { TransportPort } from '../../main/core/ports.ts'
import type { ServerSession } from '../../main/core/server/session.ts'
import type { Ready } from '../../main/core/server/ticks.ts'
import { createMemoryStorage } from '../simulation/ports/storage.ts'
import { keyPair } from '../tools/seeded.ts'
import { APP, compose, makeWorld, TICK } from '../roles/request/world.ts'

interface Hashed {
  calls: number
  bytes: number
}

/** The same cryptography, with count kept of what is hashed. */
function counting(crypto: CryptoPort): { crypto: CryptoPort; hashed: Hashed } {
  const hashed = { calls: 0, bytes: 0 }
  const note = (...parts: Uint8Array[]): void => {
    hashed.calls++
    for (const part of parts) hashed.bytes += part.length
  }
  return {
    hashed,
    crypto: {
      ...crypto,
      sha256: (bytes) => (note(bytes), crypto.sha256(bytes)),
      taggedHash: (tag, ...parts) => (note(...parts), crypto.taggedHash(tag, ...parts)),
    },
  }
}

/** What an honest hop to the first block holds, and a way to send other ones. */
async function honestHop(seed: string) {
  const world = await makeWorld({ seed })
  const composed = await compose(world, 'post', { topic: 'weather', text: 'sunny' })
  const top = world.relayEnv(composed.top.id)
  const hop = must(nextHops(world.ctx, top, must(openRequest(world.ctx, top, composed.bytes)))).hops[0]!
  const { crypto } = world.ctx
  const { sealing } = world.servers.get(hop.server)!
  const unseal = (bytes: Uint8Array, aad: Uint8Array): Uint8Array => must(open(crypto, sealing.privateKey, sealing.publicKey, bytes, aad))
  const message = must(readMessage('hop', hopMessage, unseal(hop.bytes, messageAad('hop', hop.server))))
  const { request, tick } = message.start
  const inside = messageAad('envelope', request, tick, message.lane, 0, message.version)
  const envelope = must(readMessage('envelope', envelopeMessage, unseal(message.envelope, inside)))
  const [key, aad] = [fromHex(envelope.keys[shownId(0)]!), messageAad('shown', request, 0)]
  const shown = must(readMessage('shown', shownMessage, openBox(crypto, key, message.shown, aad)!))
  const box = (content: Uint8Array, of: Uint8Array) => must(seal(crypto, world.ctx.random(32), sealing.publicKey, content, of))
  return {
    world,
    server: hop.server,
    bytes: hop.bytes,
    message,
    envelope,
    shown,
    with: (change: object, within: object = {}, seen: object = {}): Uint8Array => {
      const changed = sealBox(crypto, world.ctx.random(12), key, messageBytes(shownMessage, { ...shown, ...seen }), aad)
      const enveloped = box(messageBytes(envelopeMessage, { ...envelope, ...within }), inside)
      const parts = { envelope: enveloped, shown: changed }
      return box(messageBytes(hopMessage, { ...message, ...parts, ...change }), messageAad('hop', hop.server))
    },
  }
}

type Honest = Awaited<ReturnType<typeof honestHop>>

function run({ world, server }: Honest, bytes: Uint8Array): Hashed & { code: string } {
  const { crypto, hashed } = counting(world.ctx.crypto)
  const result = executeHop({ ...world.ctx, crypto: crypto }, world.hopEnv(server), bytes)
  return { ...hashed, code: result.ok ? 'ok' : result.error.code }
}

const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))
const page = (fields: number): Json => ({ from: '', to: '', entries: many(64, () => ['AA==', many(fields, () => ['a', '1'])]) })
const proof = (pages: Json[]): Json => ({ first: 0, pageCount: 1, entryCount: 1, merkle: [], pages })
/** About 2.4 MB each: many pages, and few pages of many fields. */
const PAGES = proof(many(1_000, () => page(2)))
const FIELDS = proof(many(2, () => page(1_500)))
const FORGED = 'ab'.repeat(64)
/** A start and its digest, a link and a receipt: whatever is checked for a signature has to be hashed. */
const FEW: Hashed = { calls: 8, bytes: 8_000 }

const forgedStart = ({ message }: Honest): object => ({ start: { ...message.start, sig: FORGED } })

describe('a hop that its client did not sign', () => {
  const CASES: Array<[string, (honest: Honest) => Uint8Array, string]> = [
    ['a proof of a thousand pages', (honest) => honest.with(forgedStart(honest), {}, { caller: PAGES }), 'thread.start'],
    ['a proof of a hundred thousand fields', (honest) => honest.with(forgedStart(honest), {}, { caller: FIELDS }), 'thread.start'],
    [
      'a slot of such a proof',
      (honest) => honest.with(forgedStart(honest), {}, { slots: many(1, (slot) => ({ slot, proof: FIELDS })) }),
      'thread.start',
    ],
    [
      'a receipt that is forged, too',
      (honest) => honest.with({}, { receipt: { ...honest.envelope.receipt, sig: FORGED } }, { caller: PAGES }),
      'hop.receipt',
    ],
    [
      '3.5 MB of commitments',
      (honest) =>
        honest.with({ ...forgedStart(honest), commits: Object.fromEntries(many(30_000, (i) => [`request.${i}`, 'ab'.repeat(32)])) }),
      'hop.commits',
    ],
    [
      'as many edges',
      (honest) =>
        honest.with({
          ...forgedStart(honest),
          edges: Object.fromEntries(many(15_000, (i) => [`e${i}`, { commit: 'ab'.repeat(32), box: '' }])),
        }),
      'hop.edges',
    ],
    [
      'commitments of other edges',
      (honest) => honest.with({ commits: { ...rest(honest.message.commits), 'request.x': 'ab'.repeat(32) } }),
      'hop.commits',
    ],
  ]
  it.each(CASES)('is refused with %s, and nothing more is hashed than to see that', async (_what, make, code) => {
    const honest = await honestHop('unsigned')
    const refused = run(honest, make(honest))
    expect(refused.code).toBe(code)
    expect(refused.calls).toBeLessThanOrEqual(FEW.calls)
    expect(refused.bytes).toBeLessThanOrEqual(FEW.bytes)
  })

  it('is refused before its parts are looked at where it has more of them than any request', async () => {
    const honest = await honestHop('parts')
    const { request, app, tick, endpoint, base, planned } = honest.message.start
    const hex = '11'.repeat(32)
    const link = {
      ...{ request, app, tick, endpoint, base, planned },
      lane: 0,
      position: 0,
      version: hex,
      server: hex,
      previous: hex,
      inputs: hex,
      sites: many(4_096, () => 1),
      own: [],
      outputs: hex,
      before: hex,
      after: hex,
      opening: '',
      sig: FORGED,
    }
    const refused = run(honest, honest.with({ links: many(200, () => link) }))
    // What opening the envelope takes, and no more.
    expect(refused.code).toBe('hop.schema')
    expect(refused.bytes).toBeLessThan(1_000)
  })

  it('by a key that is no client of the app costs one proof of a page or two, however large the message is', async () => {
    const honest = await honestHop('stranger')
    const { world } = honest
    const stranger = keyPair(world.ctx.random)
    const sign = <T extends object>(purpose: 'start' | 'receipt', body: T): T => ({
      ...body,
      sig: signUnder(world.ctx.crypto, purpose, body, stranger.privateKey, world.ctx.random(32)),
    })
    const { sig: _sig, ...start } = { ...honest.message.start, client: stranger.publicKey }
    const { sig: _own, ...receipt } = { ...honest.envelope.receipt, client: stranger.publicKey }
    for (const caller of [PAGES, FIELDS, honest.shown.caller]) {
      const refused = run(honest, honest.with({ start: sign('start', start) }, { receipt: sign('receipt', receipt) }, { caller }))
      expect(refused.code).toMatch(/^(index\.(proof|field)|hop\.unregistered)/)
      expect(refused.bytes).toBeLessThan(64 << 10)
    }
  })

  it('is nothing that an honest client suffers from: the same message with its signatures is answered', async () => {
    const honest = await honestHop('honest')
    expect(run(honest, honest.with({})).code).toBe('ok')
  })
})

const rest = (record: HopMessage['commits']): HopMessage['commits'] => Object.fromEntries(Object.entries(record).slice(1))

/** What the servers of one node share. */
function makeNode(transport: Partial<TransportPort> = {}) {
  const time = { now: 0 }
  const clock = { now: () => time.now, after: () => () => undefined }
  const ports = { storage: createMemoryStorage(), clock, transport: transport as TransportPort }
  return { time, services: { ...ports, listener: createListener(ports, () => ({ host: '127.0.0.1', port: 0 })) } }
}

/** A server's answers, on a machine where opening an envelope takes so many milliseconds, and all else nothing. */
function answering({ world, server }: Honest, openMs = 100, { time, services } = makeNode()) {
  const { x25519 } = world.ctx.crypto
  const shared: typeof x25519.shared = (...keys) => {
    time.now += openMs
    return x25519.shared(...keys)
  }
  const ctx = { ...world.ctx, crypto: { ...world.ctx.crypto, x25519: { ...x25519, shared } } }
  const env = world.hopEnv(server)
  const ready: Ready = {
    signature: '',
    app: APP,
    keys: world.servers.get(server)!,
    currentTick: TICK,
    views: new Map([[TICK, env.tick(TICK)!]]),
    codes: new Map([[TICK, env.code(TICK)!]]),
  }
  const session = { services, ctx, counts: { requests: 0, hops: 0 } }
  const answer = createAnswer(
    session as unknown as ServerSession,
    () => ready,
    () => null,
  )
  return {
    send: async (bytes: Uint8Array, peer: string, asked: Asked = 'hop'): Promise<string> => codeOf(await answer(asked, bytes, peer)),
    sleep: (ms: number) => {
      time.now += ms
    },
  }
}

const codeOf = (result: Result<unknown>): string => (result.ok ? 'ok' : result.error.code)

describe("a server's processor", () => {
  it('is given to an address for what nobody signed as far as its share goes, and to everybody else as before', async () => {
    const honest = await honestHop('address')
    const { send, sleep } = answering(honest)
    const forged = honest.with(forgedStart(honest))
    const codes: string[] = []
    for (let i = 0; i < 20; i++) codes.push(await send(forged, '203.0.113.7'))
    expect(codes[0]).toBe('thread.start')
    expect(codes.at(-1)).toBe('transport.rate')
    // Three seconds a minute, and 0.2 of them for each.
    expect(codes.filter((code) => code === 'thread.start')).toHaveLength(16)
    expect(await send(forged, '203.0.113.8')).toBe('thread.start')
    expect(await send(honest.bytes, '203.0.113.8')).toBe('ok')
    sleep(60_000)
    expect(await send(honest.bytes, '203.0.113.7')).toBe('hop.replayed')
  })

  it('is given to an address once, however many servers its node runs', async () => {
    const node = makeNode()
    const jobs = await Promise.all(['one job', 'another job', 'a third'].map((seed) => honestHop(seed)))
    const answers = jobs.map((honest) => ({ honest, forged: honest.with(forgedStart(honest)), send: answering(honest, 100, node).send }))
    const codes: string[] = []
    for (let i = 0; i < 30; i++) codes.push(await answers[i % 3]!.send(answers[i % 3]!.forged, '203.0.113.7'))
    // Three seconds a minute, and 0.2 of them for each.
    expect(codes.filter((code) => code === 'thread.start')).toHaveLength(16)
    expect(codes.slice(-3)).toEqual(Array(3).fill('transport.rate'))
    for (const { honest, send } of answers) expect(await send(honest.bytes, '203.0.113.8')).toBe('ok')
  })

  it('is given to a client as far as its share goes, and its top-level server is not blamed for it', async () => {
    const honest = await honestHop('client')
    const { send } = answering(honest, 5_000)
    // What is wrong lies in an envelope that only this server opens, and is signed by a client of the app.
    const dear = honest.with({}, { keys: { [shownId(0)]: honest.envelope.keys[shownId(0)] } })
    const codes: string[] = []
    for (let i = 0; i < 4; i++) codes.push(await send(dear, 'top'))
    expect(codes).toEqual(['hop.key', 'hop.key', 'hop.busy', 'hop.busy'])
    expect(await send(honest.bytes, 'another top')).toBe('hop.replayed')
  })

  it("is not taken from a client by a top-level server that repeats a hop of the client's and spoils it each time", async () => {
    const honest = await honestHop('repeated')
    const { send } = answering(honest)
    const [[id, edge]] = Object.entries(honest.message.edges) as [[string, HopMessage['edges'][string]]]
    const box = toBase64(honest.world.ctx.random(Buffer.from(edge.box, 'base64').length))
    const spoiled = honest.with({ edges: { ...honest.message.edges, [id]: { ...edge, box } } })
    const codes: string[] = []
    for (let i = 0; i < 90; i++) codes.push(await send(spoiled, '203.0.113.9'))
    expect(codes.slice(0, 5)).toEqual([...Array<string>(4).fill('edge.closed'), 'hop.replayed'])
    expect(codes.at(-1)).toBe('transport.rate')
    expect(codes).not.toContain('hop.busy')
    expect(await send(honest.bytes, '203.0.113.8')).toBe('hop.replayed')
    // Its next request is served.
    const next = await compose(honest.world, 'post', { topic: 'weather', text: 'rain' })
    const top = honest.world.relayEnv(next.top.id)
    const { hops } = must(nextHops(honest.world.ctx, top, must(openRequest(honest.world.ctx, top, next.bytes))))
    const own = hops.find(({ server }) => server === honest.server)!
    expect(await send(own.bytes, '203.0.113.8')).toBe('ok')
  })

  it('is given to an address for requests that others refuse to run, because whoever signed them is no client, as far as its share goes', async () => {
    const honest = await honestHop('moved')
    const { world } = honest
    let refusal = fail('hop.unregistered', 'not registered')
    const transport = { send: () => Promise.resolve(failForNow('transport.status', 'refused', { peer: refusal.error })) }
    const composed = await compose(world, 'post', { topic: 'weather', text: 'rain' })
    const { send } = answering({ ...honest, server: composed.top.id }, 100, makeNode(transport))
    const codes: string[] = []
    for (let i = 0; i < 20; i++) codes.push(await send(composed.bytes, '203.0.113.7', 'request'))
    expect(codes[0]).toBe('request.hop-failed')
    expect(codes.at(-1)).toBe('transport.rate')
    // Where it is the server of a block that does not work, the client does not pay.
    refusal = fail('hop.tick', 'behind')
    for (let i = 0; i < 60; i++) expect(await send(composed.bytes, '203.0.113.8', 'request')).toBe('request.hop-failed')
  })

  it('is not taken from a top-level server for what it cannot see into', async () => {
    const honest = await honestHop('sealed')
    const { send } = answering(honest)
    const envelope = toBase64(honest.world.ctx.random(300))
    for (let i = 0; i < 100; i++) expect(await send(honest.with({ envelope }), 'top')).toBe('envelope.closed')
    expect(await send(honest.bytes, 'top')).toBe('ok')
  })
})

describe('a top-level server', () => {
  it('forwards nothing that its client did not sign', async () => {
    const honest = await honestHop('top')
    const { world } = honest
    const composed = await compose(world, 'post', { topic: 'weather', text: 'rain' })
    const relay = must(openRequest(world.ctx, world.relayEnv(composed.top.id), composed.bytes))
    const forged = { ...relay, signed: () => ({ ok: false as const, error: { code: 'thread.start', message: '', retryable: false } }) }
    expect(nextHops(world.ctx, world.relayEnv(composed.top.id), forged)).toMatchObject({ error: { code: 'thread.start' } })
    expect(nextHops(world.ctx, world.relayEnv(composed.top.id), { ...relay, signed: () => ok(null) }).ok).toBe(true)
  })
})
