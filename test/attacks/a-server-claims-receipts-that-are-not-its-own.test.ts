/**
 * A receipt is the client's signed promise to pay one hop (PROTOCOL 11.4): app, request, tick, version, server, client. A server would like more of them, or those of others.
 *
 * Detected by whoever is shown a receipt: it names one server, one version and one request, and is signed by the client, so no other server, hop or tick can be claimed with it, and showing one twice shows the same
 * one. The top-level server never sees them. Punishment: none is needed, nothing can be claimed. Lost: a server has its receipt before it answers (else it would work for nothing), so one that
 * takes it and stays silent is owed one hop that it did not run, and is left out from then on; settling receipts is not in this version (PROTOCOL 19).
 */
import { describe, expect, it } from 'vitest'
import { toHex } from '../../roles/protocol/bytes.ts'
import { seal } from '../../roles/protocol/crypto/index.ts'
import { verifyUnder } from '../../roles/protocol/documents/index.ts'
import {
  envelopeMessage,
  hopMessage,
  messageAad,
  messageBytes,
  type EnvelopeMessage,
  type Receipt,
} from '../../roles/protocol/requests/index.ts'
import { must, type Result } from '../../roles/protocol/result.ts'
import { executeHop } from '../../roles/server/execute.ts'
import { openRequest } from '../../roles/server/relay.ts'
import { nextHops } from '../roles/request/blocks.ts'
import { keyPair } from '../tools/seeded.ts'
import { compose, crypto, exchange, makeWorld, type World } from '../roles/request/world.ts'
import { createSpy } from './exposure.ts'
import { readEnvelope, readHop } from './hops.ts'

const ARGS = { topic: 'weather', text: 'A lovely, sunny day' }
const isSigned = (receipt: Receipt): boolean => verifyUnder(crypto, 'receipt', receipt, receipt.client)

/** Everything that a server has to show after some requests. */
const receiptsOf = (world: World, server: string): Receipt[] => [...world.servers.get(server)!.used.values()].map(({ receipt }) => receipt)

describe('after honest requests', () => {
  it('each server has one receipt for each hop that it ran, names itself in it, and nobody else has it', async () => {
    const world = await makeWorld({ seed: 'receipts', servers: 14, lanes: 2 })
    const ran: string[] = []
    for (let i = 0; i < 3; i++)
      must(
        await exchange(world, await compose(world, 'post', { ...ARGS, text: `Number ${i}` }), (server, bytes) => {
          ran.push(server)
          return executeHop(world.ctx, world.hopEnv(server), bytes)
        }),
      )
    const all = [...world.servers.keys()].flatMap((server) => receiptsOf(world, server).map((receipt) => ({ server, receipt })))
    expect(all.map(({ server }) => server).sort()).toEqual(ran.sort())
    expect(all.every(({ server, receipt }) => receipt.server === server && isSigned(receipt))).toBe(true)
    expect(new Set(all.map(({ receipt }) => receipt.sig)).size).toBe(3 * 2 * 2)
  })

  it('a top-level server, through which they pass, cannot open one', async () => {
    const world = await makeWorld({ seed: 'passing', servers: 14, lanes: 2 })
    const composed = await compose(world, 'post', ARGS)
    const spy = createSpy(world.ctx.crypto, world.servers.get(composed.top.id)!, composed.pending)
    spy.saw(composed.bytes)
    const opened = JSON.stringify([...spy.log().values()])
    must(await exchange(world, composed))
    const receipts = composed.pending.lanes.flat().flatMap(({ server }) => receiptsOf(world, server))
    expect(receipts).toHaveLength(4)
    expect(receipts.filter(({ sig }) => opened.includes(sig))).toEqual([])
  })
})

describe('a receipt', () => {
  it('claims nothing else once a field of it is changed, and nothing when another key signs it', async () => {
    const world = await makeWorld({ seed: 'changed', servers: 14 })
    const composed = await compose(world, 'post', ARGS)
    must(await exchange(world, composed))
    const [server] = composed.pending.lanes[0]!.map((hop) => hop.server)
    const [receipt] = receiptsOf(world, server!)
    expect(isSigned(receipt!)).toBe(true)
    const thief = keyPair(world.ctx.random)
    const changes: Array<Partial<Receipt>> = [
      { app: 'ab'.repeat(32) },
      { request: 'ab'.repeat(32) },
      { tick: receipt!.tick + 1 },
      { version: 'ab'.repeat(32) },
      { server: thief.publicKey },
      { client: thief.publicKey },
    ]
    expect(changes.map((change) => isSigned({ ...receipt!, ...change }))).toEqual(changes.map(() => false))
  })

  it('for another hop, of another client, or by another key is not worth running a block for, and a hop that is not run leaves none', async () => {
    const world = await makeWorld({ seed: 'refused', servers: 14, lanes: 2 })
    const composed = await compose(world, 'post', ARGS)
    const env = world.relayEnv(composed.top.id)
    const { hops } = must(nextHops(world.ctx, env, must(openRequest(world.ctx, env, composed.bytes))))
    const [mine, other] = hops.map((hop) => ({ ...hop, message: readHop(world, hop), envelope: readEnvelope(world, hop) }))
    const stranger = keyPair(world.ctx.random)
    const own = mine!.envelope.receipt
    const deliver = (receipt: Receipt): Result<Uint8Array> => {
      const { message, server } = mine!
      const { publicKey } = world.servers.get(server)!.sealing
      const box = (plain: Uint8Array, ...aad: Parameters<typeof messageAad>) =>
        must(seal(world.ctx.crypto, world.ctx.random(32), publicKey, plain, messageAad(...aad)))
      const { request, tick } = message.start
      const inside: EnvelopeMessage = { ...mine!.envelope, receipt }
      const envelope = box(messageBytes(envelopeMessage, inside), 'envelope', request, tick, message.lane, 0, message.version)
      return executeHop(world.ctx, world.hopEnv(server), box(messageBytes(hopMessage, { ...message, envelope }), 'hop', server))
    }
    for (const receipt of [
      other!.envelope.receipt,
      { ...own, server: other!.server },
      { ...own, version: toHex(world.ctx.random(32)) },
      { ...own, request: toHex(world.ctx.random(32)) },
      { ...own, client: stranger.publicKey },
      { ...own, sig: other!.envelope.receipt.sig },
    ])
      expect(deliver(receipt)).toMatchObject({ ok: false, error: { code: 'hop.receipt' } })
    expect(receiptsOf(world, mine!.server)).toEqual([])
    expect(deliver(own).ok).toBe(true)
    expect(deliver(own)).toMatchObject({ ok: false, error: { code: 'hop.replayed' } })
    expect(receiptsOf(world, mine!.server)).toEqual([own])
  })
})
