import { describe, expect, it } from 'vitest'
import { blameRefusal, composeRequest, composeUpdate, openReply, review } from '../../../roles/client/request.ts'
import { findPoison } from '../../../roles/client/complaint.ts'
import { composeRegistration, composeReservation, registrationWork } from '../../../roles/client/register.ts'
import { fromHex, toHex } from '../../../roles/protocol/bytes.ts'
import type { Json } from '../../../roles/protocol/canonical.ts'
import { openDocument, verifyUnder } from '../../../roles/protocol/documents/index.ts'
import { ephemeral } from '../../../roles/protocol/crypto/index.ts'
import { signLink } from '../../../roles/protocol/requests/index.ts'
import { fail, must, type Failure } from '../../../roles/protocol/result.ts'
import { checkStamps, openingForm, readReveal, checkUpdate, sealOpening } from '../../../roles/protocol/stamps/index.ts'
import { executeHop } from '../../../roles/server/execute.ts'
import { heldAgainst, APP, compose, crypto, makeWorld, serve, type World } from '../request/world.ts'

const ARGS = { topic: 'weather', text: 'A lovely, sunny day' }
const AUTHORS = [1, 2, 3].map((n) => ({ topic: 'weather', text: `Post ${n}`, author: 'dd'.repeat(32) }))

const keyOf = (world: World) => (key: string) => world.dataKeys.find((own) => own.publicKey === key) ?? null

async function reviewed(world: World) {
  const composed = await compose(world, 'post', ARGS)
  return must(openReply(world.ctx, world.clientEnv(), composed.pending, must(serve(world, composed))))
}

describe('a request', () => {
  it('[R3] passes through two blocks and comes back with a write whose every field is explained', async () => {
    const world = await makeWorld({ seed: 'request', posts: AUTHORS })
    const done = await reviewed(world)
    expect(done.opened.response).toEqual({ accepted: true, reason: '' })
    expect(done.writes).toMatchObject([
      { collection: 'posts', key: world.dataKeys[0]!.publicKey, fields: { ...ARGS, author: world.client.publicKey }, flags: [] },
    ])
    expect(done.writes[0]!.explained['text']).toContain('request.text')
    expect(new Set(done.pending.lanes[0]!.map((hop) => hop.server)).add(done.pending.top).size).toBe(3)
  })

  it('[R7][P2] becomes an update that the Supervisor accepts, stamp included', async () => {
    const world = await makeWorld({ seed: 'update' })
    const done = await reviewed(world)
    const update = must(composeUpdate(world.ctx, world.client, keyOf(world), done))
    const opened = must(openDocument(crypto, 'update', update.document.bytes, update.document.sha256))
    expect(checkUpdate({ crypto }, heldAgainst(world, 'posts', opened.body.writes), opened.body)).toMatchObject({ ok: true })
    expect(checkStamps({ crypto }, readReveal(crypto, world.reveal), opened.body)).toMatchObject({ stamp: { ok: true }, blamed: [] })
    expect(update.spending).toEqual({ spendFromKeys: [world.dataKeys[0]!.publicKey], payToKeys: [world.dataKeys[0]!.publicKey] })
  })

  it('[R1] names the field whose argument does not fit', async () => {
    const world = await makeWorld({ seed: 'arguments' })
    const error = async (args: Record<string, Json>) => {
      const result = await composeRequest(world.ctx, world.clientEnv(), 'post', args)
      return result.ok ? null : [result.error.code, result.error.details?.['field']]
    }
    expect(await error({ topic: 'weather' })).toEqual(['client.argument', 'text'])
    expect(await error({ ...ARGS, topic: 'x'.repeat(61) })).toEqual(['client.argument', 'topic'])
    expect(await error({ ...ARGS, text: 5 })).toEqual(['client.argument', 'text'])
    expect(await error({ ...ARGS, mood: 'good' })).toEqual(['client.argument', 'mood'])
  })

  it('says that a reservation is needed, and of which collection', async () => {
    const world = await makeWorld({ seed: 'no-key' })
    const result = await composeRequest(world.ctx, { ...world.clientEnv(), keys: [] }, 'post', ARGS)
    expect(result).toMatchObject({ ok: false, error: { code: 'client.no-key', details: { collection: 'posts' } } })
  })

  it('[R5] tries elsewhere when a server does not answer, without that server', async () => {
    const world = await makeWorld({ seed: 'elsewhere', servers: 6 })
    const first = await compose(world, 'post', ARGS)
    const dead = first.pending.lanes[0]![1]!.server
    const deliver = (server: string, bytes: Uint8Array) =>
      server === dead ? fail('transport.unreachable', 'away') : executeHop(world.ctx, world.hopEnv(server), bytes)
    const failed = serve(world, first, deliver)
    expect(failed).toMatchObject({ ok: false, error: { retryable: true } })
    const fault = blameRefusal(first.pending, new Set(), (failed as { error: Failure }).error, null).servers[0]!
    expect(fault).toBe(dead)
    const second = await compose(world, 'post', ARGS, new Set([fault]))
    expect(second.pending.lanes[0]!.map((hop) => hop.server)).not.toContain(dead)
    expect(second.pending.request).not.toBe(first.pending.request)
    expect(serve(world, second, deliver)).toMatchObject({ ok: true })
  })

  it('keeps a pending request as JSON', async () => {
    const world = await makeWorld({ seed: 'json' })
    const composed = await compose(world, 'post', ARGS)
    const stored = JSON.parse(JSON.stringify(composed.pending)) as typeof composed.pending
    expect(must(openReply(world.ctx, world.clientEnv(), stored, must(serve(world, composed)))).writes).toHaveLength(1)
  })

  it('refuses a reply that is damaged, or of another request', async () => {
    const world = await makeWorld({ seed: 'reply' })
    const [one, two] = [await compose(world, 'post', ARGS), await compose(world, 'post', ARGS)]
    const reply = must(serve(world, one))
    const damaged = reply.slice()
    damaged[50]! ^= 1
    for (const [pending, bytes] of [
      [one.pending, damaged],
      [two.pending, reply],
    ] as const) {
      expect(openReply(world.ctx, world.clientEnv(), pending, bytes)).toMatchObject({
        ok: false,
        error: { code: 'reply.closed', retryable: true },
      })
    }
  })
})

describe('the review', () => {
  it('[R6] flags a text that the label keeps out of a field, a field of no declared flow, and a key that was not chosen', async () => {
    const world = await makeWorld({ seed: 'flags', posts: [{ topic: 'weather', text: 'Nobody may copy this', author: 'ee'.repeat(32) }] })
    const honest = await reviewed(world)
    const [write] = honest.opened.writes
    const label = world.clientEnv().label
    const flags = (change: object): string[] =>
      review(world.outline, label, honest.pending, { writes: [{ ...write!, ...change }] })[0]!.flags
    expect(flags({})).toEqual([])
    expect(flags({ fields: { ...write!.fields, author: 'x: Nobody may copy this' } })).toEqual([
      expect.stringContaining('posts.author contains query.recent.text'),
    ])
    expect(flags({ carried: {} })).toEqual([
      expect.stringContaining('posts.text should be moved sealed'),
      expect.stringContaining('posts.topic should be moved sealed'),
    ])
    expect(flags({ fields: { ...write!.fields, extra: 'x' } })).toEqual([expect.stringContaining('posts.extra')])
    expect(flags({ key: '77'.repeat(32) })).toEqual([expect.stringContaining('did not choose')])
  })

  it('refuses to sign for a key that is not in the wallet', async () => {
    const world = await makeWorld({ seed: 'foreign' })
    expect(composeUpdate(world.ctx, world.client, () => null, await reviewed(world))).toMatchObject({
      ok: false,
      error: { code: 'client.key' },
    })
  })
})

describe('a poisoned stamp', () => {
  it('[C1] is traced to the server that did not multiply, with evidence', async () => {
    const world = await makeWorld({ seed: 'poison' })
    const done = await reviewed(world)
    const update = must(composeUpdate(world.ctx, world.client, keyOf(world), done)).document.body
    const about = { sha256: '00'.repeat(32), infohash: '11'.repeat(20) }
    expect(findPoison(world.ctx, APP, update, about, world.reveal, world.plan).finding).toMatchObject({ by: 'supervisor' })
    const link = update.lanes[0]![1]!
    const other = { number: 'ff', salt: '11'.repeat(32) }
    const sender = ephemeral(crypto, world.ctx.random(32))
    const opening = must(sealOpening(sender, fromHex(world.plan.sealing), link, openingForm(other, other)))
    const { sig: _sig, ...rest } = link
    const lazy = signLink(crypto, { ...rest, opening }, world.servers.get(link.server)!.identity, world.ctx.random(32))
    const spoiled = { ...update, lanes: [[update.lanes[0]![0]!, lazy]] }
    expect(findPoison(world.ctx, APP, spoiled, about, world.reveal, world.plan).finding).toMatchObject({
      by: 'server',
      blamed: [{ subject: link.server, lane: 0, position: 1 }],
    })
  })
})

describe('registration and reservation', () => {
  it('[K1] are documents whose keys consent', async () => {
    const world = await makeWorld({ seed: 'register' })
    const registration = composeRegistration(world.ctx, APP, world.client, world.ctx.random(32), 'ab'.repeat(32), 5n)
    expect(openDocument(crypto, 'registration', registration.bytes)).toMatchObject({ ok: true })
    expect(toHex(registrationWork(world.ctx.crypto, world.client.publicKey, APP))).toHaveLength(64)
    const key = world.dataKeys[0]!
    const reservation = must(composeReservation(world.ctx, APP, world.outline, world.client, [{ pair: key, collection: 'posts' }]))
    const { sig } = must(openDocument(crypto, 'reservation', reservation.bytes)).body.keys[0]!
    expect(
      verifyUnder(
        crypto,
        'reserve',
        { app: APP, client: world.client.publicKey, key: key.publicKey, collection: 'posts', sig } as { sig: string },
        key.publicKey,
      ),
    ).toBe(true)
    expect(composeReservation(world.ctx, APP, world.outline, world.client, [{ pair: key, collection: 'nothing' }])).toMatchObject({
      ok: false,
      error: { code: 'client.collection' },
    })
  })
})
