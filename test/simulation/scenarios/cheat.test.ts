/** A server that leaves its primes out: it is found by the numbers alone, it alone is expelled, and the app goes on when others join. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { HopEnv } from '../../../roles/server/index.ts'
import { peopleOf } from '../network/people.ts'
import { server, startWorld, type World } from '../network/world.ts'

const cheats = vi.hoisted(() => new Set<string>())

/** A cheat's own build of the server: all is as it should be, but it multiplies the number by one. */
vi.mock('../../../roles/server/execute.ts', async (original) => {
  const honest = await original<typeof import('../../../roles/server/execute.ts')>()
  const without = (env: HopEnv): HopEnv => ({
    ...env,
    code(tick) {
      const code = env.code(tick)
      return (
        code && {
          ...code,
          blocks: new Map(
            [...code.blocks].map(([version, block]) => [version, { ...block, passage: 1n, sites: block.sites.map(() => 1n) }]),
          ),
        }
      )
    },
  })
  const executeHop: typeof honest.executeHop = (ctx, env, bytes) =>
    honest.executeHop(ctx, cheats.has(env.keys.identity.publicKey) ? without(env) : env, bytes)
  return { ...honest, executeHop }
})

let world: World
beforeAll(async () => {
  world = await startWorld('cheat', 3, ['alice', 'bob'])
})
afterAll(() => world?.close())

const tick = async () => (await world.view('bob')).tick!
/** The participant that is this server. */
async function nameOf(id: string): Promise<string> {
  for (const number of [1, 2, 3]) if ((await stateOf(`server-${number}`)).id === id) return `server-${number}`
  throw new Error(`no server is ${id}`)
}
const stateOf = async (name: string) => (await world.view(name)).engagements[0]!

async function post(text: string) {
  await world.block()
  return peopleOf(world).ask('alice', 'post', { topic: 'cheats', text })
}

async function decided(id: string) {
  await world.call('alice', 'use.approve', { id })
  return world.until('a decision', async () => {
    const request = await world.request('alice', id)
    return request && ['counted', 'rejected', 'failed'].includes(request.state) ? request : null
  })
}

describe('A server that skips its prime', () => {
  it('[N2][P3][C1] gets a tombstone, and no innocent does; the author is told and its write does not count', async () => {
    const asked = await post('stamped badly')
    const cheat = asked.servers[1]!.id
    // It cheats from the first block of this story's request on.
    cheats.add(cheat)
    let poisoned = await post('stamped worse')
    for (let more = 0; more < 10 && !poisoned.servers.slice(1).some(({ id }) => id === cheat); more++)
      poisoned = await post(`stamped worse ${more}`)
    expect(poisoned.state).toBe('review')
    expect(await decided(poisoned.id)).toMatchObject({ state: 'rejected', error: { code: 'update.stamp' } })
    await world.until('the tombstone', async () => (await stateOf(await nameOf(cheat)))?.state === 'expelled')
    const states = await Promise.all([1, 2, 3].map((number) => stateOf(`server-${number}`)))
    expect(states.filter(({ state }) => state === 'expelled').map(({ id }) => id)).toEqual([cheat])
  })

  it('[B4][N1] leaves too few servers: the app sleeps, and resumes when another one joins', async () => {
    await world.until('sleep', async () => (await tick()).state === 'sleeping')
    await world.add(server(4))
    // Its coins are fresh from the mine.
    for (let blocks = 0; blocks < 100; blocks++) await world.block()
    await world.until('the app to be awake', async () => (await tick()).state === 'running')
    const asked = await world.until('an answer', async () => {
      const sent = await post('awake again')
      return sent.state === 'review' ? sent : null
    })
    expect(await decided(asked.id)).toMatchObject({ state: 'counted' })
    const rows = await world.call('bob', 'use.read', {
      app: undefined,
      collection: 'posts',
      index: 'byTopic',
      equals: ['cheats'],
      limit: 10,
      descending: false,
    })
    expect(rows.rows.map(({ text }) => text)).toEqual(['awake again'])
    const audit = await world.call('bob', 'use.audit', {})
    expect(audit.ticks.filter((one) => !one.equal)).toEqual([])
  })
})
