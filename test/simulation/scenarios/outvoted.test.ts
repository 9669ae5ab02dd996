/** A server that computes wrongly, in a whole network: its lie never reaches the person for approval, and the request succeeds elsewhere. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { peopleOf } from '../network/people.ts'
import { startWorld, type World } from '../network/world.ts'

const liars = vi.hoisted(() => ({ ids: new Set<string>(), lies: 0 }))

vi.mock('../../../roles/server/execute.ts', async (original) => {
  const honest = await original<typeof import('../../../roles/server/execute.ts')>()
  const { FORGED_AUTHOR, lyingEnv } = await import('../../attacks/lie.ts')
  const executeHop: typeof honest.executeHop = (ctx, env, bytes) => {
    if (!liars.ids.has(env.keys.identity.publicKey)) return honest.executeHop(ctx, env, bytes)
    liars.lies++
    return honest.executeHop(ctx, lyingEnv(env, FORGED_AUTHOR), bytes)
  }
  return { ...honest, executeHop }
})

let world: World
beforeAll(async () => {
  world = await startWorld('outvoted', 7, ['alice'], { lanes: { witnesses: 1, spare: 1 } })
})
afterAll(() => world?.close())

async function post(text: string) {
  await world.block()
  return peopleOf(world).ask('alice', 'post', { topic: 'lies', text })
}

describe('A server that writes something else than the program says', () => {
  it('stands alone with it: what comes to be approved is what the program says, and counts', async () => {
    const first = await post('before')
    expect(first.state).toBe('review')
    // Two lanes of two blocks, and the top-level server.
    expect(first.servers).toHaveLength(5)
    const writers = first.servers.filter(({ role }) => role === 'flood').map(({ id }) => id)
    expect(writers).toHaveLength(2)
    liars.ids.add(writers[0]!)
    const author = first.writes[0]!.fields['author']
    const seen: string[] = []
    for (let more = 0; more < 12 && liars.lies === 0; more++) {
      const asked = await post(`while it lies ${more}`)
      if (asked.state !== 'review') continue
      expect(asked.writes.map(({ fields }) => fields['author'])).toEqual([author])
      seen.push(asked.id)
    }
    expect(liars.lies).toBeGreaterThan(0)
    const last = await world.until('an answer', async () => {
      const asked = await post('in the end')
      return asked.state === 'review' ? asked : null
    })
    expect(last.writes).toMatchObject([{ fields: { author }, flags: [] }])
    await world.call('alice', 'use.approve', { id: last.id })
    const decided = await world.until('a decision', async () => {
      const request = await world.request('alice', last.id)
      return request && ['counted', 'rejected', 'failed'].includes(request.state) ? request : null
    })
    expect(decided.state).toBe('counted')
  })
})
