/** One node with several engagements: two apps that it supervises, a job for one of them, and both in use; they begin, stand still, go on and end by themselves. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { peopleOf, type People } from '../network/people.ts'
import { client, createWorld, expectCrashes, GUESTBOOK, NOBODY, sampleApp, server, TERMS, type World } from '../network/world.ts'

const MATURITY = 100
let world: World
let people: People
let calm: () => void

const both = { minimumServers: 3, ...TERMS }
/** What `one` does, by role and title. */
const shown = async (name = 'one'): Promise<Record<string, string>> =>
  Object.fromEntries((await world.view(name)).engagements.map(({ role, title, state }) => [`${role} ${title}`, state]))
const used = async (title: string, name = 'one') => {
  const { engagements, apps } = await world.view(name)
  const id = engagements.find((one) => one.role === 'client' && one.title === title)?.id
  return apps.find((one) => one.id === id)
}
const tickOf = async (title: string, name = 'one'): Promise<number> => (await used(title, name))?.tick?.number ?? -1
const isReady = async (title: string, name: string): Promise<boolean> => {
  const app = await used(title, name)
  return app?.actor.state === 'ready' && app.app.collections.every(({ name: each }) => (app.actor.freeKeys[each] ?? 0) > 0)
}
/** A write in one of the apps, from its request to its place in a tick. */
async function write(name: string, title: string, endpoint: string, args: Record<string, unknown>, tries = 1): Promise<void> {
  await world.until(`${name} being ready in ${title}`, () => isReady(title, name))
  const { id } = await world.call(name, 'use.request', { app: title, endpoint, arguments: args as never })
  for (let waits = 0; waits < 40 && (await world.request(name, id))?.state === 'sending'; waits++) await world.run(500)
  const asked = (await world.request(name, id))!
  // Servers of its plan are away: a person asks again after the next tick.
  if (asked.error?.retryable === true && tries < 8) {
    await world.block()
    return write(name, title, endpoint, args, tries + 1)
  }
  if (asked.state !== 'review') throw new Error(`${endpoint}: ${asked.state} ${JSON.stringify(asked.error)}`)
  await people.publish(name, asked).then(({ state }) => expect(state).toBe('counted'))
}

beforeAll(async () => {
  calm = expectCrashes()
  world = createWorld('several')
  people = peopleOf(world)
  await world.add({ name: 'one', settings: { host: { address: '10.0.9.1', port: 4_000 }, use: { freshKeys: 1 } } })
  for (const number of [1, 2, 3]) await world.add(server(number, { jobs: 2 }))
  await world.add(client('bob', 1, { auto: false }))
  world.chain.mine(MATURITY, NOBODY)
  await world.run(3_000)
  await world.call('one', 'publish', { program: GUESTBOOK as never, title: 'Guestbook', terms: both })
  await world.call('one', 'publish', { program: sampleApp('poll') as never, title: 'Poll', terms: both })
  for (const name of ['one', 'bob'])
    for (const title of ['Guestbook', 'Poll'])
      await world.until(`${title} being offered`, () => world.call(name, 'use', { app: title }).then(Boolean, () => false))
  await world.call('one', 'host.join', { offer: 'Guestbook' })
})
afterAll(async () => {
  await world?.close()
  calm()
})

describe('A node with several engagements', () => {
  it('supervises two apps, works for one of them and uses both, on one port', async () => {
    await world.until('everything at work', async () => {
      const states = await shown()
      return (
        states['supervisor Guestbook'] === 'ticking' && states['supervisor Poll'] === 'ticking' && states['server Guestbook'] === 'serving'
      )
    })
    expect(Object.keys(await shown()).sort()).toEqual(
      ['client Guestbook', 'client Poll', 'server Guestbook', 'supervisor Guestbook', 'supervisor Poll'].sort(),
    )
    await write('bob', 'Guestbook', 'post', { topic: 'golem', text: 'by bob' })
    await write('one', 'Guestbook', 'post', { topic: 'golem', text: 'by one' })
    const read = { collection: 'posts', index: 'byTopic', equals: ['golem'], limit: 10, descending: false }
    const { rows } = await world.call('one', 'use.read', { app: 'Guestbook', ...read })
    expect(rows.map(({ text }) => text).sort()).toEqual(['by bob', 'by one'])
  })

  it('is asked which one is meant where there are several, and takes an id, its beginning, a title or a link', async () => {
    await expect(world.call('one', 'use.audit', {})).rejects.toThrow('engagement.several')
    await expect(world.call('one', 'use.audit', { app: 'Nothing' })).rejects.toThrow('engagement.none')
    const { link, app } = await world.call('one', 'use.find', { app: 'Poll' })
    for (const name of [app, app.slice(0, 12), 'poll', link])
      expect(await world.call('one', 'use.audit', { app: name })).toMatchObject({ ok: true })
    // The ids that status shows lead to their app, of whatever role.
    const poll = (await world.view('one')).engagements.filter(({ title }) => title === 'Poll')
    expect(poll.map(({ role }) => role).sort()).toEqual(['client', 'supervisor'])
    for (const { id } of poll)
      for (const name of [id, id.slice(0, 8)]) expect(await world.call('one', 'use.find', { app: name })).toMatchObject({ app })
    await expect(world.call('one', 'use.audit', { app: 'golem:signet/00' })).rejects.toThrow(
      /no right app: it is 64 hex digits.* \(link\.app\)/,
    )
  })

  it('goes on with all of them after a death at any write', async () => {
    for (let count = 1; count < 60; count += 7) {
      await world.endanger('one', count, () => world.block())
      expect(Object.values(await shown())).not.toContain('failed')
    }
    const before = [await tickOf('Guestbook'), await tickOf('Poll')]
    await world.until('both to tick', async () => (await tickOf('Guestbook')) > before[0]! + 2 && (await tickOf('Poll')) > before[1]! + 2)
  })

  it('leaves a job: what it promised is served, then it ends; and takes it up again with the same identity', async () => {
    const id = (await world.view('one')).engagements.find(({ role }) => role === 'server')!.id
    await world.call('one', 'host.leave', { app: 'Guestbook' })
    expect((await shown())['server Guestbook']).toBe('leaving')
    await world.until('it to have left', async () => (await shown())['server Guestbook'] === undefined)
    await write('bob', 'Guestbook', 'post', { topic: 'golem', text: 'without one' })
    await world.call('one', 'host.join', { offer: 'Guestbook' })
    await world.until('serving again', async () => (await shown())['server Guestbook'] === 'serving')
    expect((await world.view('one')).engagements.find(({ role }) => role === 'server')!.id).toBe(id)
  })

  it('lets one stand still while the others go on, and takes it up where everybody else is: through blocks and a reorganisation', async () => {
    await world.call('one', 'use.pause', { app: 'Guestbook' })
    await world.call('one', 'host.pause', { app: 'Guestbook' })
    expect(await shown()).toMatchObject({ 'client Guestbook': 'paused', 'server Guestbook': 'paused', 'supervisor Guestbook': 'ticking' })
    await write('bob', 'Guestbook', 'post', { topic: 'golem', text: 'unheard' })
    world.chain.reorg(world.chain.height() - 2, [], NOBODY)
    await world.run(3_000)
    await world.restart('one')
    for (let blocks = 0; blocks < 6; blocks++) await world.block()
    expect(await shown()).toMatchObject({ 'client Guestbook': 'paused', 'server Guestbook': 'paused' })
    await world.call('one', 'use.resume', { app: 'Guestbook' })
    await world.call('one', 'host.resume', { app: 'Guestbook' })
    await world.until('the same tick as everybody', async () => (await tickOf('Guestbook')) === (await tickOf('Guestbook', 'bob')))
    await world.until('serving again', async () => (await shown())['server Guestbook'] === 'serving')
    const read = { collection: 'posts', index: 'byTopic', equals: ['golem'], limit: 10, descending: false }
    expect((await world.call('one', 'use.read', { app: 'Guestbook', ...read })).rows.map(({ text }) => text).sort()).toEqual([
      'by bob',
      'by one',
      'unheard',
      'without one',
    ])
    expect(await world.call('one', 'use.audit', { app: 'Guestbook' })).toMatchObject({ ok: true })
  })

  it('has an app sleep while its Supervisor is paused, and the other app goes on', async () => {
    await world.call('one', 'publish.pause', { app: 'Poll' })
    const [poll, guestbook] = [await tickOf('Poll', 'bob'), await tickOf('Guestbook', 'bob')]
    await world.until('the other', async () => (await tickOf('Guestbook', 'bob')) > guestbook + 3)
    expect(await tickOf('Poll', 'bob')).toBeLessThanOrEqual(poll + 1)
    await world.call('one', 'publish.resume', { app: 'Poll' })
    await world.until('the app to go on', async () => (await tickOf('Poll', 'bob')) > poll + 3)
  })

  it('puts out a job whose port somebody else has, says why, and the rest goes on; it is taken up again by command', async () => {
    await world.stop('one')
    await world.add(server(9, { address: '10.0.9.1' }))
    for (let blocks = 0; blocks < MATURITY; blocks++) await world.block()
    await world.until('the other at that port', async () => (await world.view('server-9')).engagements.length > 0)
    await world.run(3_000)
    await world.restart('one')
    const states = await shown()
    expect(states).toMatchObject({ 'server Guestbook': 'failed', 'client Guestbook': 'registered' })
    expect((await world.view('one')).engagements.find(({ role }) => role === 'server')!.detail).toContain('4000')
    const before = await tickOf('Guestbook')
    await world.until('the rest to go on', async () => (await tickOf('Guestbook')) > before + 2)
    await world.stop('server-9')
    await world.call('one', 'host.resume', { app: 'Guestbook' })
    await world.until('serving again', async () => (await shown())['server Guestbook'] === 'serving')
  })

  it('ends an app whose end had begun when the node died, at whatever write: at the next start, by itself', async () => {
    for (let count = 1; ; count++) {
      const title = `Extra ${count}`
      const isGone = async () => (await shown())[`supervisor ${title}`] === undefined
      await world.call('one', 'publish', { program: sampleApp('poll') as never, title, terms: both })
      await world.until('its offer', async () => (await shown())[`supervisor ${title}`] === 'gathering')
      const died = await world.endanger('one', count, async ({ core }) => {
        void core.call('publish.retire', { app: title, reason: 'a story' })
        for (let waits = 0; waits < 10 && world.member('one').alive && !(await isGone()); waits++) await world.run(300)
      })
      await world.run(3_000)
      // Who dies at the very first write was told nothing, and nothing was begun.
      expect([count, await isGone()]).toEqual([count, count > 1])
      if (count === 1) await world.call('one', 'publish.retire', { app: title, reason: 'a story' })
      if (died) continue
      expect(count).toBeGreaterThan(4)
      return
    }
  })

  it('ends an app for good: the key is taken back, nobody serves it, and the other goes on', async () => {
    await world.call('one', 'publish.retire', { app: 'Poll', reason: 'the vote is over' })
    expect(await shown()).not.toHaveProperty('supervisor Poll')
    await world.block()
    await expect(world.call('one', 'publish.pause', { app: 'Poll' })).rejects.toThrow('engagement.none')
    const [poll, guestbook] = [await tickOf('Poll', 'bob'), await tickOf('Guestbook', 'bob')]
    await world.until('the other', async () => (await tickOf('Guestbook', 'bob')) > guestbook + 3)
    expect(await tickOf('Poll', 'bob')).toBeLessThanOrEqual(poll + 1)
  })
})
