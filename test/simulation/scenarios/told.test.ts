/** Whoever listens to a node knows by what changed alone what the node would answer, through requests, blocks, a reorganisation, a locked wallet and a restart. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listenTo, type Listener } from '../network/told.ts'
import { peopleOf, type People } from '../network/people.ts'
import { NOBODY, startWorld, type World } from '../network/world.ts'

let world: World
let people: People
const listeners = new Map<string, Listener>()
const NAMES = ['supervisor', 'server-1', 'alice', 'bob']

beforeAll(async () => {
  world = await startWorld('told', 4, ['alice', 'bob'])
  people = peopleOf(world)
  for (const name of NAMES) listeners.set(name, await listenTo(world, name))
})
afterAll(() => world?.close())

/** Everybody who listens knows what an answer says, and the pulse says the same. */
async function allAgree(): Promise<void> {
  await world.run(1_000)
  for (const [name, { known, pulse }] of listeners) {
    const answer = await world.call(name, 'overview', {})
    expect(known(), name).toEqual(JSON.parse(JSON.stringify(answer)))
    const { chain, node, engagements, apps } = answer
    const tickOf = (id: string) => apps.find((one) => one.id === id)?.tick ?? engagements.find((one) => one.id === id)?.tick
    expect(pulse(), name).toMatchObject({ height: chain.height, wallet: node.wallet })
    expect(pulse().engagements, name).toEqual(
      engagements.map(({ id, role, app, state }) => {
        const tick = tickOf(id)
        return {
          id,
          role,
          app,
          state,
          tick: tick ? { number: tick.number, state: tick.state, blocksLeft: tick.blocksLeft, stopped: false } : null,
        }
      }),
    )
  }
}

describe('who listens', () => {
  it('knows what the node answers while requests are sent, reviewed, refused, published and counted', async () => {
    await allAgree()
    const asked = await people.ask('alice', 'post', { topic: 'golem', text: 'told' })
    await allAgree()
    await people.publish('alice', asked)
    await world.call('alice', 'use.refuse', { id: (await people.ask('alice', 'post', { topic: 'golem', text: 'not told' })).id })
    await allAgree()
    expect(
      listeners
        .get('alice')!
        .known()
        .requests.map(({ state }) => state),
    ).toEqual(['counted', 'refused'])
    expect([...listeners.values()].map(({ asked: times }) => times())).toEqual(NAMES.map(() => 1))
  })

  it('through a reorganisation, and while the wallet is locked and open again', async () => {
    const { alice, bob } = Object.fromEntries(listeners) as Record<string, Listener>
    world.chain.reorg(world.chain.height() - 2, [], NOBODY)
    await world.run(3_000)
    await world.block()
    await allAgree()
    await world.call('bob', 'wallet.lock', {})
    await world.run(1_000)
    expect(bob!.pulse()).toMatchObject({ wallet: 'locked', engagements: [] })
    expect(bob!.known()).toMatchObject({ node: { wallet: 'locked' }, engagements: [], apps: [] })
    // Its key is derived in real time, whatever the virtual one says.
    expect(await world.member('bob').core.call('wallet.unlock', { passphrase: 'story' })).toMatchObject({ ok: true })
    await world.block()
    await allAgree()
    expect([alice!.asked(), bob!.asked()]).toEqual([1, 1])
  })

  it('hears with a block what that changed: a fifth of the whole at most, and no app again', async () => {
    const alice = listeners.get('alice')!
    await world.block()
    const { app } = alice.known().apps[0]!
    alice.told()
    for (let blocks = 0; blocks < 6; blocks++) await world.block()
    const { times, bytes, whole } = alice.told()
    expect(times).toBeGreaterThan(5)
    expect(bytes * 5).toBeLessThan(whole)
    expect(alice.known().apps[0]!.app).toBe(app)
  })

  it('alone makes a node make views: nobody hears of anything once all have stopped', async () => {
    for (const { stop, told } of listeners.values()) {
      stop()
      told()
    }
    await world.block()
    expect([...listeners.values()].map(({ told }) => told().times)).toEqual(NAMES.map(() => 0))
  })
})
