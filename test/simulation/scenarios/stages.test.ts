/** An app whose endpoint is split by a computed value, over the whole loop: pause, continuation, death between two legs, publication. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { canonicalBytes } from '../../../roles/protocol/canonical.ts'
import { failForNow, type Result } from '../../../roles/protocol/result.ts'
import type { Relay } from '../../../roles/server/index.ts'
import { compiledSlugs } from '../../roles/program/slugs.story.ts'
import { client, createWorld, expectCrashes, server, supervisor, type World } from '../network/world.ts'

/** Continuations as servers got them: by which server, of which request; the first `away` of them meet a server that is going away, `behind` one without the tick. */
const seen = vi.hoisted(() => ({ continuations: [] as Array<{ server: string; request: string }>, away: 0, behind: false }))

vi.mock('../../../roles/server/relay.ts', async (original) => {
  const honest = await original<typeof import('../../../roles/server/relay.ts')>()
  const openContinuation: typeof honest.openContinuation = (ctx, env, bytes) => {
    const relay: Result<Relay> = honest.openContinuation(ctx, env, bytes)
    if (relay.ok) seen.continuations.push({ server: env.keys.identity.publicKey, request: relay.value.message.start.request })
    if (seen.behind) return failForNow('request.tick', 'This server has not seen the tick yet.')
    return seen.away-- > 0 ? failForNow('server.not-serving', 'This server goes away.') : relay
  }
  return { ...honest, openContinuation }
})

const SERVERS = 5
const PROGRAM = JSON.parse(new TextDecoder().decode(canonicalBytes(compiledSlugs()))) as never

let world: World
let restore: () => void

const ready = (): Promise<string> =>
  world.until('alice being ready', async () => {
    const [actor] = (await world.view('alice')).actors
    return actor?.state === 'ready' && (actor.freeKeys['pages'] ?? 0) > 0 ? actor.id : null
  })

beforeAll(async () => {
  restore = expectCrashes()
  world = createWorld('stages')
  await world.add(supervisor(4, PROGRAM, 'Slugs'))
  for (let number = 1; number <= SERVERS; number++) await world.add(server(number))
  await world.add(client('alice'))
  for (let blocks = 0; blocks < 100; blocks++) await world.block()
  await ready()
})
afterAll(async () => {
  await world?.close()
  restore()
})

async function ask(title: string): Promise<string> {
  const actor = await ready()
  await world.block()
  seen.continuations.length = 0
  return (await world.call('alice', 'use.request', { app: actor, endpoint: 'publish', arguments: { title } })).id
}

async function answered(id: string) {
  for (let waits = 0; waits < 40 && (await world.request('alice', id))?.state === 'sending'; waits++) await world.run(500)
  return (await world.request('alice', id))!
}

async function counted(id: string): Promise<void> {
  await world.call('alice', 'use.approve', { id })
  await world.until('the page being counted', async () => (await world.request('alice', id))?.state === 'counted')
}

const pages = async (): Promise<unknown[]> => {
  const read = await world.call('alice', 'use.read', {
    app: undefined,
    collection: 'pages',
    index: 'bySlug',
    equals: [],
    limit: 10,
    descending: false,
  })
  return read.rows.map(({ slug, title }) => [slug, title])
}

describe('An endpoint that is split', () => {
  it('[L8] is told to whoever offers it, with the line of the query', () => {
    const notes = world
      .member('supervisor')
      .log.lines.map(({ message }) => message)
      .filter((message) => message.includes('splits the endpoint publish'))
    expect(notes).toEqual([expect.stringMatching(/^slugs\.story\.ts:[0-9]+: the query taken needs slugify_0/)])
  })

  it('[L8][R2][R5] asks with a computed value between two legs, and its write is counted', async () => {
    const id = await ask('  Hello World ')
    expect(await answered(id)).toMatchObject({ state: 'review' })
    expect(seen.continuations).toHaveLength(1)
    await counted(id)
    expect(await pages()).toEqual([['hello world', '  Hello World ']])
  })

  it('[L8] finds in the second leg what the first write stored', async () => {
    expect(await answered(await ask('HELLO world'))).toMatchObject({ state: 'nothing to write' })
  })

  it('[L8][R5] goes on through another server when the top-level one goes away between the legs', async () => {
    seen.away = 1
    const id = await ask('Elsewhere')
    expect(await answered(id)).toMatchObject({ state: 'review' })
    expect(new Set(seen.continuations.map(({ server: one }) => one)).size).toBe(2)
    expect(new Set(seen.continuations.map(({ request }) => request)).size).toBe(1)
    await counted(id)
  })

  it('[L8][D4] composes the request anew when its client dies between the legs, and publishes it once', async () => {
    seen.behind = true
    const id = await ask('Twice asked')
    for (let waits = 0; waits < 2_000 && seen.continuations.length === 0; waits++) await world.run(10)
    expect(await world.request('alice', id)).toMatchObject({ state: 'sending' })
    seen.behind = false
    await world.restart('alice')
    expect(await answered(id)).toMatchObject({ state: 'review' })
    expect(new Set(seen.continuations.map(({ request }) => request)).size).toBe(2)
    await counted(id)
    expect(world.chain.anchors().filter(({ type }) => type === 'update')).toHaveLength(3)
    expect(await pages()).toEqual([
      ['elsewhere', 'Elsewhere'],
      ['hello world', '  Hello World '],
      ['twice asked', 'Twice asked'],
    ])
  })
})
