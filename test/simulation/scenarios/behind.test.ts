/** [R5] A client may be quicker than the servers: it knows a tick that they do not know yet, or whose code they have not fetched. Its next attempt waits for them. */
import { expect, it, vi } from 'vitest'
import { failForNow } from '../../../roles/protocol/result.ts'
import { ready, startWorld } from '../network/world.ts'

/** What every server answers to a hop; null: it runs it. */
const busy = vi.hoisted(() => ({ with: null as string | null, refused: 0 }))

vi.mock('../../../roles/server/hop-checks.ts', async (original) => {
  const honest = await original<typeof import('../../../roles/server/hop-checks.ts')>()
  const admitHop: typeof honest.admitHop = (ctx, env, message) => {
    if (busy.with === null) return honest.admitHop(ctx, env, message)
    busy.refused++
    return failForNow(busy.with, 'Not yet.')
  }
  return { ...honest, admitHop }
})

it.each(['hop.version', 'hop.base', 'hop.tick'])(
  'a request that all servers refuse with %s at first succeeds when they have caught up in five seconds',
  async (code) => {
    const world = await startWorld(`behind ${code}`, 4, ['alice'])
    busy.with = code
    busy.refused = 0
    const actor = await ready(world, 'alice')
    const { id } = await world.call('alice', 'use.request', { app: actor, endpoint: 'post', arguments: { topic: 'golem', text: 'early' } })
    await world.run(5_000)
    expect(busy.refused).toBeGreaterThan(1)
    busy.with = null
    const state = async () => (await world.request('alice', id))!.state
    for (let waits = 0; waits < 40 && (await state()) === 'sending'; waits++) await world.run(500)
    expect(await state()).toBe('review')
    await world.close()
  },
)
