/** Who comes to an app that has lived: after another program, another key, and among offers that nobody has. */
import { describe, expect, it } from 'vitest'
import { client, GUESTBOOK, ready, server, startWorld, type World } from '../network/world.ts'

const MATURITY = 100
const tickOf = async (world: World, name: string): Promise<number> => (await world.view(name)).tick?.number ?? -1

/** An app under its second program and its second key. */
async function lived(label: string): Promise<{ world: World; app: string }> {
  const world = await startWorld(label, 3, ['alice'])
  const app = (await world.view('alice')).app!.id
  await world.call('supervisor', 'publish.update', { program: { ...(GUESTBOOK as object), doc: 'The second.' } })
  await world.until('the second program', async () => (await world.view('alice')).app!.doc === 'The second.')
  const key = (await world.view('supervisor')).engagements[0]?.key
  await world.call('supervisor', 'publish.replaceKey', { reason: 'lost' })
  await world.until('the second key', async () => (await world.view('supervisor')).engagements[0]?.key !== key)
  const tick = await tickOf(world, 'alice')
  await world.until('ticks of it', async () => (await tickOf(world, 'alice')) > tick + 3)
  return { world, app }
}

/** Blocks until the coins of who came last may be spent. */
async function mature(world: World): Promise<void> {
  for (let blocks = 0; blocks < MATURITY; blocks++) await world.block()
}

describe('Who comes late', () => {
  it.each([['by the name of the app'], ['by what is on the chain first']])(
    'joins an app that has another key and program since: %s',
    async (how) => {
      const { world, app } = await lived(`late ${how}`)
      const isNamed = how.startsWith('by the name')
      await world.add(client('late', 2, { auto: !isNamed }))
      if (isNamed) await world.call('late', 'use', { app })
      await mature(world)
      await ready(world, 'late')
      expect((await world.view('late')).app).toMatchObject({ id: app, doc: 'The second.' })
      await world.until('the same tick', async () => (await tickOf(world, 'late')) === (await tickOf(world, 'alice')))
      await world.close()
    },
  )

  it('serves an app that has another key and program since', async () => {
    const { world } = await lived('late server')
    await world.add(server(4))
    await mature(world)
    await world.until('the fourth server', async () => (await world.view('server-4')).engagements[0]?.state === 'serving')
    await world.close()
  })
})
