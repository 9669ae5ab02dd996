/** A participant dies at every single write to its disk, and goes on from what is there. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectCrashes, ready, startWorld, type World } from '../network/world.ts'

let world: World
let calm: () => void
beforeAll(async () => {
  calm = expectCrashes()
  world = await startWorld('crash', 4, ['alice', 'bob'])
})
afterAll(async () => {
  await world?.close()
  calm()
})

const state = async (id: string) => (await world.request('alice', id))?.state

async function expectSoundLog(): Promise<void> {
  const audit = await world.call('bob', 'use.audit', {})
  expect(audit.ticks.filter((tick) => !tick.equal)).toEqual([])
  const anchors = world.chain.anchors()
  expect(anchors.map(({ sha256 }) => sha256).filter((sha256, at, all) => all.indexOf(sha256) !== at)).toEqual([])
  expect(anchors.filter(({ type }) => type === 'tick').length - audit.ticks.length).toBeLessThanOrEqual(1)
}

/** A post that waits for approval, with the whole window of its stamp ahead. */
async function reviewed(topic: string): Promise<string> {
  const actor = await ready(world, 'alice')
  await world.block()
  const { id } = await world.call('alice', 'use.request', { app: actor, endpoint: 'post', arguments: { topic, text: 'once' } })
  for (let waits = 0; waits < 20 && (await state(id)) === 'sending'; waits++) await world.run(500)
  expect(await world.request('alice', id)).toMatchObject({ state: 'review' })
  return id
}

describe('Death at every write', () => {
  it('[R7][D4] a client that publishes a write puts exactly one transaction on the chain', async () => {
    let deaths = 0
    for (let at = 1; ; at++) {
      const id = await reviewed(`topic ${at}`)
      const died = await world.endanger('alice', at, async (alice) => {
        void alice.core.call('use.approve', { id }).catch(() => undefined)
        await world.run(100)
        for (let blocks = 0; blocks < 8 && alice.alive; blocks++) await world.block()
      })
      if ((await state(id)) === 'review') await world.call('alice', 'use.approve', { id })
      await world.until('the write to be decided', async () => ['counted', 'rejected', 'failed'].includes((await state(id))!))
      expect([at, (await world.request('alice', id))!.state, (await world.request('alice', id))!.error]).toEqual([at, 'counted', undefined])
      expect(
        (
          await world.call('bob', 'use.read', {
            app: undefined,
            collection: 'posts',
            index: 'byTopic',
            equals: [`topic ${at}`],
            limit: 10,
            descending: false,
          })
        ).rows,
      ).toHaveLength(1)
      expect(world.chain.anchors().filter(({ type }) => type === 'update')).toHaveLength(at)
      if (!died) break
      deaths++
    }
    expect(deaths).toBeGreaterThan(5)
    await expectSoundLog()
  })

  it('[N9][D4] a Supervisor that closes a tick publishes every document of it once', async () => {
    const newest = async () => (await world.view('bob')).tick!.number
    let deaths = 0
    for (let at = 1; ; at++) {
      const before = await newest()
      const died = await world.endanger('supervisor', at, (supervisor) =>
        world.until('a death or a tick', async () => !supervisor.alive || (await newest()) > before),
      )
      await world.until('the next tick', async () => (await newest()) > before + 1)
      if (!died) break
      deaths++
    }
    expect(deaths).toBeGreaterThan(8)
    await expectSoundLog()
  })
})
