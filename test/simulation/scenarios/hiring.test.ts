/** A Supervisor replaces its key: refused before anything is published, or done whole, whenever it dies. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectCrashes, startWorld, type World } from '../network/world.ts'

let world: World
let calm: () => void
beforeAll(async () => {
  calm = expectCrashes()
  world = await startWorld('hiring', 4, ['alice'])
})
afterAll(async () => {
  await world?.close()
  calm()
})

const anchored = (type: string): number => world.chain.anchors().filter((one) => one.type === type).length
const shown = async () => ({ id: (await world.view('supervisor')).engagements[0]!.key })
const number = async (name: string): Promise<number> => (await world.view(name)).tick?.number ?? -1

/** Ticks that another participant follows, signed by the key in force. */
async function ticksGoOn(): Promise<void> {
  const last = await number('alice')
  await world.until('ticks to go on', async () => (await number('alice')) > last + 2)
}

describe('A key that is replaced', () => {
  it.each([
    ['tickBlocks', { tickBlocks: 5 }],
    ['confirmations', { confirmations: 1 }],
  ])(
    'is not replaced, nor anything else, by an update of the term %s: the refusal names it, nothing is published, and ticks go on',
    async (term, change) => {
      const before = { key: (await shown()).id, anchors: ['revocation', 'grant', 'offer'].map(anchored) }
      await expect(world.call('supervisor', 'publish.update', { terms: change })).rejects.toThrow(`${term} is`)
      await ticksGoOn()
      expect({ key: (await shown()).id, anchors: ['revocation', 'grant', 'offer'].map(anchored) }).toEqual(before)
    },
  )

  it('goes on by itself after a death at any write: one revocation, one grant and one offer each time, and ticks by the new key', async () => {
    let deaths = 0
    for (let at = 1; ; at++) {
      const before = { key: (await shown()).id, anchors: ['revocation', 'grant', 'offer'].map(anchored) }
      const died = await world.endanger('supervisor', at, async ({ core }) => {
        void core.call('publish.replaceKey', { reason: 'the machine was seized' }).catch(() => undefined)
        await world.run(3_000)
      })
      await world.block()
      // A death before the change was noted forgets the command; its person gives it again.
      if (died && anchored('revocation') === before.anchors[0])
        await world.call('supervisor', 'publish.replaceKey', { reason: 'the machine was seized' })
      await world.until('a new key', async () => (await shown()).id !== before.key)
      await ticksGoOn()
      const added = ['revocation', 'grant', 'offer'].map((type, kind) => anchored(type) - before.anchors[kind]!)
      expect([at, ...added]).toEqual([at, 1, 1, 1])
      if (!died) break
      deaths++
    }
    expect(deaths).toBeGreaterThan(5)
    const audit = await world.call('alice', 'use.audit', {})
    expect(audit.ticks.filter((tick) => !tick.equal)).toEqual([])
  })
})
