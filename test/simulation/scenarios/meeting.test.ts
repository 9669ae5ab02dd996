/** Where strangers meet: the trackers that the app's offer names. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { client, startWorld, type World } from '../network/world.ts'

const TRACKERS = ['http://93.184.216.34/announce', 'udp://93.184.216.34:80']
let world: World
beforeAll(async () => {
  world = await startWorld('meeting', 3, ['alice'], { trackers: TRACKERS })
})
afterAll(() => world?.close())

describe('an app that names trackers', () => {
  it('has its Supervisor, its servers and its clients meet there, under its own name', async () => {
    const { app } = await world.view('alice')
    for (const name of ['supervisor', 'server-1', 'server-2', 'server-3', 'alice'])
      expect([name, [...world.swarms.trackersOf(name)]]).toEqual([name, [[app!.id, TRACKERS]]])
  })

  it('tells nobody of them who only saw its offer', async () => {
    await world.add(client('eve', 0, { auto: false }))
    for (let blocks = 0; blocks < 3; blocks++) await world.block()
    expect(world.swarms.trackersOf('eve').size).toBe(0)
  })
})
