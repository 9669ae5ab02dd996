/** What is left when an app has run for long: old ticks are the log alone, and whoever was away, or is new, gets all that they need. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { peopleOf, type People } from '../network/people.ts'
import { client, startWorld, TICK_BLOCKS, type World } from '../network/world.ts'

const PATIENCE_MS = 240_000
/** 144 blocks and the newest 24 ticks. */
const LONG_BLOCKS = 144 + 25 * TICK_BLOCKS
let world: World
let people: People
beforeAll(async () => {
  world = await startWorld('long life', 3, ['alice', 'bob'])
  people = peopleOf(world)
}, PATIENCE_MS)
afterAll(() => world?.close())

describe('an app that has run for long', () => {
  it(
    'holds the log of old ticks and new ticks whole; a client that was away reads, writes and finds its old write; a newcomer audits every tick',
    async () => {
      const topic = ['posts', 'byTopic'] as [string, string]
      await people.done('alice', 'post', { topic: 'long', text: 'at the beginning' })
      const early = (await world.view('alice')).tick!.number
      await world.stop('bob')
      for (let block = 0; block < LONG_BLOCKS; block++) await world.block()

      const names = world.swarms.filesOf('supervisor')
      const reveals = [...names].filter(([, files]) => files.includes('schema'))
      const whole = reveals.filter(([, files]) => files.some((name) => name.startsWith('code.')))
      expect(reveals.length).toBeGreaterThan(early + LONG_BLOCKS / TICK_BLOCKS - 2)
      expect(whole.length).toBeLessThanOrEqual(144 / TICK_BLOCKS + 2)
      for (const [, files] of reveals.filter((each) => !whole.includes(each)))
        expect(files.filter((name) => !/^(reveal|ready|documents)\./.test(name)).sort()).toEqual(['document.json', 'schema'])

      await world.restart('bob')
      await people.done('bob', 'post', { topic: 'long', text: 'back again' })
      expect((await people.rows('bob', topic, ['long'])).map(({ text }) => text).sort()).toEqual(['at the beginning', 'back again'])

      await world.add(client('carol'))
      await world.until('carol having a tick', async () => (await world.view('carol')).tick !== null)
      const audited = await world.call('carol', 'use.audit', {})
      expect(audited.ok).toBe(true)
      expect(audited.ticks[0]!.number).toBe(0)
      expect(audited.ticks.length).toBeGreaterThan(LONG_BLOCKS / TICK_BLOCKS)
      expect(audited.ticks.every(({ equal }) => equal)).toBe(true)
    },
    PATIENCE_MS,
  )
})
