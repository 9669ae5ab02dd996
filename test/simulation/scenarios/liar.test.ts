/** A server that computes something else than the program says: it is outvoted, the request succeeds elsewhere, and with the person's consent it is ended by evidence that others verify. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { HopEnv, PreparedBlock } from '../../../roles/server/index.ts'
import { check } from '../../../roles/program/index.ts'
import { must } from '../../../roles/protocol/result.ts'
import { peopleOf } from '../network/people.ts'
import { server, startWorld, type World } from '../network/world.ts'

const { liars, lie } = vi.hoisted(() => ({ liars: new Set<string>(), lie: { name: '' } }))

/** A liar's own build of the server: in the block that writes posts it runs a body that gives another answer. */
vi.mock('../../../roles/server/execute.ts', async (original) => {
  const honest = await original<typeof import('../../../roles/server/execute.ts')>()
  const lying = (block: PreparedBlock): PreparedBlock => {
    if (block.endpoint !== 'post' || block.block !== 1) return block
    const program = structuredClone(block.program)
    const { body } = program.endpoints['post']!.blocks[1]!
    const [effect] = body.effects as unknown as [{ if: number; then: [{ fields: Record<string, object> }] }]
    if (lie.name === 'gives another answer') body.outputs = [29, 31]
    else if (lie.name === 'takes another branch') effect.if = 29
    else
      effect.then[0].fields['author'] = {
        node: body.nodes.push({ op: 'const', type: { kind: 'text', max: 64 }, value: 'ee'.repeat(32) }) - 1,
      }
    return { ...block, program: must(check(JSON.parse(JSON.stringify(program)))) }
  }
  const otherwise = (env: HopEnv): HopEnv => ({
    ...env,
    code(tick) {
      const code = env.code(tick)
      return code && { ...code, blocks: new Map([...code.blocks].map(([version, block]) => [version, lying(block)])) }
    },
  })
  const executeHop: typeof honest.executeHop = (ctx, env, bytes) =>
    honest.executeHop(ctx, liars.has(env.keys.identity.publicKey) ? otherwise(env) : env, bytes)
  return { ...honest, executeHop }
})

/** One more than the app needs, so that it goes on without the liar. */
const SERVERS = 7

let world: World
const stateOf = async (name: string) => (await world.view(name)).engagements[0]!

async function post(text: string) {
  await world.block()
  return peopleOf(world).ask('alice', 'post', { topic: 'lies', text })
}

describe.each(['writes something else', 'gives another answer', 'takes another branch'])('A server that %s', (name) => {
  beforeAll(async () => {
    liars.clear()
    lie.name = name
    world = await startWorld(`liar ${name}`, SERVERS - 1, ['alice', 'bob'], { lanes: { witnesses: 1, spare: 1 }, freshKeys: 6 })
    await world.add(server(SERVERS))
    // Its coins are fresh from the mine.
    for (let blocks = 0; blocks < 100; blocks++) await world.block()
    await world.until('one more server', async () => (await world.view('bob')).tick?.servers === SERVERS)
  })
  afterAll(() => world?.close())

  it('[P5] is outvoted, the request succeeds elsewhere, and with consent it is ended by evidence that others verify', async () => {
    const honest = await post('before the lie')
    expect(honest.state).toBe('review')
    await world.call('alice', 'use.refuse', { id: honest.id })
    const liar = honest.servers.filter(({ role }) => role === honest.servers.at(-1)!.role)[0]!.id
    liars.add(liar)
    let asked = await post('told twice')
    for (let more = 0; more < 20 && asked.dispute === undefined; more++) {
      if (asked.state === 'review') await world.call('alice', 'use.refuse', { id: asked.id })
      asked = await post(`told ${more} times`)
    }
    expect(asked.dispute).toMatchObject({ state: 'kept' })
    expect(asked.dispute!.servers).toContain(liar)
    // What it opened is named; what it only carried, the text, is not among it.
    expect(asked.dispute!.opens.map(({ name }) => name)).toContain('request.topic')
    expect(asked.dispute!.opens.map(({ name }) => name)).not.toContain('request.text')
    expect(asked.state).toBe('review')
    await world.call('alice', 'use.approve', { id: asked.id })
    await world.call('alice', 'use.dispute', { id: asked.id })
    await world.until('the verdict', async () => (await world.request('alice', asked.id))!.dispute?.state === 'accepted')
    expect(world.chain.anchors().filter(({ type }) => type === 'dispute')).toHaveLength(1)
    // The liar's own node has verified the evidence, as every node does; nobody else is ended.
    await world.until('the end of the liar', async () => {
      const states = await Promise.all(Array.from({ length: SERVERS }, (_, i) => stateOf(`server-${i + 1}`)))
      return states.some(({ id, state }) => id === liar && state === 'expelled')
    })
    const states = await Promise.all(Array.from({ length: SERVERS }, (_, i) => stateOf(`server-${i + 1}`)))
    expect(states.filter(({ state }) => state === 'expelled').map(({ id }) => id)).toEqual([liar])
    expect(
      await world.until('a decision', async () => {
        const request = await world.request('alice', asked.id)
        return request && ['counted', 'rejected', 'failed'].includes(request.state) ? request : null
      }),
    ).toMatchObject({ state: 'counted' })
    const { tick } = await world.view('bob')
    expect(tick!.problems).toBeUndefined()
    expect(tick!.state).toBe('running')
    const after = await post('after the lie')
    expect([after.state, after.servers.some(({ id }) => id === liar)]).toEqual(['review', false])
    const audit = await world.call('bob', 'use.audit', {})
    expect(audit.ticks.filter((one) => !one.equal)).toEqual([])
  })
})
