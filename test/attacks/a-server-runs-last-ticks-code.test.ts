/**
 * A server goes on with the code, the versions or the primes of the tick before: out of laziness, or because that code suits it.
 *
 * Detected: by the top-level server where it says that it has not prepared the version (`hop.version`), by the client where it signs the old code (`reply.inputs`) or makes what the old code makes
 * (`request.lanes`, with a witness), by the tick that decides the update where it names an old version (`update.version`) or multiplies by old primes (`update.stamp`). The punishment: left out of the request; a
 * tombstone for old primes, and for old code by a dispute. Lost: a round trip, or for old primes the update.
 */
import { describe, expect, it } from 'vitest'
import { blameReply, blameRefusal } from '../../roles/client/request.ts'
import { signDocument } from '../../roles/protocol/documents/index.ts'
import { holdingOf, type PlannedTick } from '../../roles/protocol/requests/index.ts'
import { toHex } from '../../roles/protocol/bytes.ts'
import { must, type Failure } from '../../roles/protocol/result.ts'
import { executeHop } from '../../roles/server/execute.ts'
import { openCode } from '../../roles/server/prepare.ts'
import type { PreparedBlock, PreparedCode } from '../../roles/server/types.ts'
import { codeFiles, makePlan, saltsOf, sealCode } from '../../roles/supervisor/plan.ts'
import { primesFrom } from '../tools/seeded.ts'
import { makeUpdate, type UpdateOptions } from '../roles/supervisor/actors.ts'
import { heldAgainst, peopleTown, tickSecrets } from '../roles/supervisor/town.ts'
import { APP, compose, crypto, exchange, makeWorld, serve, TICK, type Deliver, type World } from '../roles/request/world.ts'
import { FORGED_AUTHOR, lyingEnv } from './lie.ts'

const ARGS = { topic: 'weather', text: 'A lovely, sunny day' }
const errorOf = (result: { ok: boolean; error?: Failure }): Failure => result.error!

/** What the servers of the tick before had prepared, by endpoint and block. */
async function lastTick(
  world: World,
): Promise<{ of(server: string): PreparedCode | null; block(endpoint: string, block: number): PreparedBlock }> {
  const { ctx, program } = world
  const ready = [...world.servers.values()].map(
    ({ identity }) => signDocument(crypto, 'ready', { app: APP, from: TICK - 1, to: TICK - 1 }, identity, ctx.random(32)).body,
  )
  const made = await makePlan(ctx, {
    program,
    app: APP,
    tick: TICK - 1,
    ready,
    versions: 2,
    primeBits: 128,
    prime: primesFrom(ctx.random),
    // Under the offer before: as long as that stays, last tick's code is this tick's.
    salt: saltsOf(crypto, world.client, 'ef'.repeat(32)),
  })
  const planned: PlannedTick = { plan: made.plan, hash: 'ee'.repeat(32), published: 'd0'.repeat(32), terms: world.planned.terms }
  const code = new Map(
    codeFiles(crypto, program, planned, made.secret).map((file) => {
      const actor = world.servers.get(file.server)!
      const box = must(sealCode(ctx, file, toHex(actor.sealing.publicKey)))
      return [file.server, must(openCode(ctx, box, planned, actor, world.outline, APP))]
    }),
  )
  const all = [...code.values()].flatMap(({ blocks }) => [...blocks.values()])
  return {
    of: (server) => code.get(server) ?? null,
    block: (endpoint, block) => all.find((one) => one.endpoint === endpoint && one.block === block)!,
  }
}

describe('a server with the code of the tick before', () => {
  it('that has nothing else is left out: it cannot run the version that the tick gives it', async () => {
    const world = await makeWorld({ seed: 'only old', servers: 14, lanes: 2, spare: 1 })
    const old = await lastTick(world)
    const composed = await compose(world, 'post', ARGS)
    const lazy = composed.pending.lanes[1]![0]!.server
    const deliver: Deliver = (server, bytes) =>
      executeHop(world.ctx, server === lazy ? { ...world.hopEnv(server), code: () => old.of(server) } : world.hopEnv(server), bytes)
    const refused = serve(world, composed, deliver)
    expect(refused).toMatchObject({ ok: false, error: { code: 'request.hop-failed', details: { cause: 'hop.version', server: lazy } } })
    expect(blameRefusal(composed.pending, new Set(), errorOf(refused as never), null).servers).toEqual([lazy])
    expect((await exchange(world, await compose(world, 'post', ARGS, new Set([lazy])), deliver)).ok).toBe(true)
  })

  it('and signs that it ran that code is named by the client, in a request of one lane, too', async () => {
    for (const lanes of [1, 2]) {
      const world = await makeWorld({ seed: `old code ${lanes}`, servers: 14, lanes })
      const old = await lastTick(world)
      const composed = await compose(world, 'post', ARGS)
      const lazy = composed.pending.lanes[0]![1]!.server
      const deliver: Deliver = (server, bytes) => {
        const env = world.hopEnv(server)
        const now = env.code(TICK)!
        const blocks = new Map(
          [...now.blocks].map(([version, { endpoint, block }]) => [version, { ...old.block(endpoint, block), version }]),
        )
        return executeHop(world.ctx, server === lazy ? { ...env, code: () => ({ tick: TICK, blocks }) } : env, bytes)
      }
      const result = await exchange(world, composed, deliver)
      expect(result).toMatchObject({ error: { code: 'reply.inputs', details: { position: 1, servers: [lazy] } } })
      expect(blameReply(composed.pending, errorOf(result as never)).servers).toEqual([lazy])
    }
  })

  it('whose program has changed since stands alone with what it makes, though it signs the new code', async () => {
    const world = await makeWorld({ seed: 'old program', servers: 14, lanes: 3 })
    const composed = await compose(world, 'post', ARGS)
    const lazy = composed.pending.lanes[0]![1]!.server
    // Its old body wrote another author.
    const result = await exchange(world, composed, (server, bytes) =>
      executeHop(world.ctx, server === lazy ? lyingEnv(world.hopEnv(server), FORGED_AUTHOR) : world.hopEnv(server), bytes),
    )
    expect(result).toMatchObject({ error: { code: 'request.lanes', details: { position: 1, servers: [lazy] } } })
  })
})

describe('an update of a server with the primes of the tick before', () => {
  async function decided(change: Partial<UpdateOptions> | null) {
    const town = await peopleTown(`old primes ${change === null}`, { minimumServers: 8, witnesses: 1, spare: 1 }, 8)
    await town.mineTo(3)
    const [key] = town.cast.keys
    const replaces = heldAgainst(town, 3).database.keys.get(key!.publicKey)!.version
    const old = tickSecrets(town, 2)
    const now = tickSecrets(town, 3)
    const primes = (version: { passage: string; sites: string[] }) => [version.passage, ...version.sites].map((hex) => BigInt(`0x${hex}`))
    const oldPrimes = (position: number) => primes(old.secret.versions.find((one) => one.endpoint === 'post' && one.block === position)!)
    const update = makeUpdate(town.cast, {
      ...{ app: town.app, tick: 3, ...now, endpoint: 'post' as const, key: key!, replaces, text: 'hello' },
      ...(change ?? {
        factors: (due, { lane, position }) => (lane === 1 && position === 1 ? oldPrimes(position).slice(0, due.length) : due),
      }),
    })
    town.anchor(update, { spends: [key!.publicKey] })
    await town.mineTo(5)
    const { body } = town.ticks[5]!.document
    return { verdicts: body.summary.verdicts.map(({ outcome }) => outcome), tombstones: body.tombstones, update, old }
  }

  it('is rejected when they are revealed, and the server is buried', async () => {
    const { verdicts, tombstones, update } = await decided(null)
    expect(verdicts).toEqual(['update.stamp'])
    expect(tombstones).toEqual([update.body.lanes[1]![1]!.server])
  })

  it('or whose link names a version of then is rejected by what everybody knows already', async () => {
    const town = await peopleTown('old version', { minimumServers: 8, witnesses: 1, spare: 1 }, 8)
    await town.mineTo(3)
    const { planned } = tickSecrets(town, 2)
    const [version] = planned.plan.endpoints['post']![1]!.versions
    expect(holdingOf(crypto, tickSecrets(town, 3).planned).holders('post', 1).length).toBeGreaterThan(1)
    const { verdicts, tombstones } = await decided({
      link: (link) => (link.lane === 1 && link.position === 1 ? { ...link, version: version! } : link),
    })
    expect(verdicts).toEqual(['update.version'])
    expect(tombstones).toEqual([])
  })
})
