/** One node with several engagements, of which one fails, or whose disk does: the others go on, the person is told in words, nothing is lost or paid twice, and all goes on when it can. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { CommandArgs } from '../../../main/contract/index.ts'
import { must } from '../../../roles/protocol/result.ts'
import { anchorScript } from '../../../roles/protocol/tx/index.ts'
import { firstCoin, script, spend } from '../../attacks/stranger.ts'
import { peopleOf, type People } from '../network/people.ts'
import { createWorld, expectCrashes, GUESTBOOK, NOBODY, sampleApp, server, TERMS, type DiskWrite, type World } from '../network/world.ts'

const MATURITY = 100
const TITLES = ['Guestbook', 'Poll'] as const
let world: World
let people: People
let calm: () => void

const terms = { minimumServers: 3, ...TERMS }
/** What a node does, by role and title. */
const shown = async (name = 'one'): Promise<Record<string, { state: string; detail: string }>> =>
  Object.fromEntries((await world.view(name)).engagements.map(({ role, title, state, detail }) => [`${role} ${title}`, { state, detail }]))
const stateOf = async (what: string): Promise<string | undefined> => (await shown())[what]?.state
const detailOf = async (what: string): Promise<string> => (await shown())[what]?.detail ?? ''
const used = async (title: string, name = 'one') => (await world.view(name)).apps.find(({ app }) => app.title === title)
const tickOf = async (title: string, name = 'one'): Promise<number> => (await used(title, name))?.tick?.number ?? -1
const isReady = async (title: string, name: string): Promise<boolean> => {
  const app = await used(title, name)
  return app?.actor.state === 'ready' && app.app.collections.every(({ name: each }) => (app.actor.freeKeys[each] ?? 0) > 0)
}
const writing = (title: string, text: string): CommandArgs<'use.request'> =>
  title === 'Poll'
    ? { app: title, endpoint: 'create', arguments: { question: text, options: ['yes', 'no'] } }
    : { app: title, endpoint: 'post', arguments: { topic: text, text } }
/** A write, from its request to its place in a tick. */
async function write(name: string, title: string, text: string): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    await world.until(`${name} being ready in ${title}`, () => isReady(title, name))
    const { id } = await world.call(name, 'use.request', writing(title, text))
    for (let waits = 0; waits < 40 && (await world.request(name, id))?.state === 'sending'; waits++) await world.run(500)
    const asked = (await world.request(name, id))!
    if (asked.state === 'review') return people.publish(name, asked).then(({ state }) => expect(state).toBe('counted'))
    expect(['client.sleeping', 'client.overdue']).toContain(asked.error?.code)
    await world.block()
  }
  throw new Error(`${title} did not wake up`)
}
/** Everything does what it is there for, and nothing was published twice. */
async function goesOn(text: string): Promise<void> {
  for (const title of TITLES) await write('one', title, text)
  await world.until('the job to serve', async () => (await stateOf('server Poll')) === 'serving')
  expect(
    Object.entries(await shown())
      .map(([what, { state }]) => `${what} ${state}`)
      .sort(),
  ).toEqual(['client Guestbook registered', 'client Poll registered', 'server Poll serving', 'supervisor Guestbook ticking'])
  expect((await world.view('one')).node.problems).toEqual([])
  for (const app of TITLES) expect(await world.call('two', 'use.audit', { app })).toMatchObject({ ok: true })
  const anchors = world.chain.anchors()
  expect(anchors.filter(({ sha256 }, at) => anchors.findIndex((other) => other.sha256 === sha256) !== at)).toEqual([])
}
/** One tick after the other of an app is read there. */
async function ticksOn(title: string, name: string): Promise<void> {
  const before = await tickOf(title, name)
  await world.until(`${title} to tick on`, async () => (await tickOf(title, name)) > before + 2)
}

beforeAll(async () => {
  calm = expectCrashes()
  world = createWorld('failing')
  people = peopleOf(world)
  await world.add({ name: 'one', settings: { host: { address: '10.0.9.1', port: 4_000 }, use: { freshKeys: 1 } } })
  await world.add({ name: 'two', settings: { use: { freshKeys: 1 } } })
  for (const number of [1, 2, 3]) await world.add(server(number, { jobs: 2 }))
  world.chain.mine(MATURITY, NOBODY)
  await world.run(3_000)
  await world.call('one', 'publish', { program: GUESTBOOK as never, title: 'Guestbook', terms })
  await world.call('two', 'publish', { program: sampleApp('poll') as never, title: 'Poll', terms })
  for (const name of ['one', 'two'])
    for (const app of TITLES) await world.until(`${app} being offered`, () => world.call(name, 'use', { app }).then(Boolean, () => false))
  await world.call('one', 'host.join', { offer: 'Poll' })
  await goesOn('at first')
})
beforeEach(() => world.trouble('one', {}))
afterAll(async () => {
  await world?.close()
  calm()
})

describe('A full disk', () => {
  it('of the node: nothing is written and all is told in words, the apps of others tick on, and everything goes on when there is room', async () => {
    const before = await world.call('one', 'overview', {})
    world.trouble('one', { disk: () => true })
    await ticksOn('Poll', 'two')
    const view = await world.view('one')
    expect(view.node.problems).toEqual([expect.stringMatching(/disk .* is full.*Make room; it goes on by itself/)])
    expect(view.engagements.map(({ state }) => state)).not.toContain('failed')
    expect(view.chain.height).toBe(before.chain.height)
    for (const [command, args] of [
      ['use.request', writing('Poll', 'refused')],
      ['host.leave', { app: 'Poll' }],
      ['wallet.receive', {}],
    ] as const)
      await world.call('one', command as 'use.request', args as never).then(
        () => expect(command).toBe('wallet.receive'),
        (error: unknown) => expect(String(error)).toMatch(/is full.*\(storage\.full\)/),
      )
    world.trouble('one', {})
    await goesOn('after a full disk')
  })

  it('of the node at its start: what it takes part in is taken up when there is room', async () => {
    world.trouble('one', { disk: () => true })
    await world.restart('one')
    await world.block()
    expect(Object.values(await shown()).map(({ state }) => state)).not.toContain('failed')
    world.trouble('one', {})
    await goesOn('started on a full disk')
  })

  it('at any write, for a while: nothing is put out, and nothing is done twice', async () => {
    for (let first = 1; first < 80; first += 6) {
      let count = 0
      world.trouble('one', { disk: () => ++count >= first && count < first + 5 })
      await world.block()
      expect(Object.values(await shown()).map(({ state }) => state)).not.toContain('failed')
    }
    world.trouble('one', {})
    await goesOn('after many refusals')
  })

  it('for what is large alone, as documents and torrents: rows are written, and ticks go on when there is room', async () => {
    world.trouble('one', { disk: (write) => !('rows' in write) })
    await ticksOn('Poll', 'two')
    const states = Object.values(await shown()).map(({ state }) => state)
    expect(states).not.toContain('failed')
    expect((await world.view('one')).node.problems).toEqual([expect.stringContaining('is full')])
    world.trouble('one', {})
    await goesOn('after no room for torrents')
  })

  it('for the ticks of one app alone: the others go on, and its Supervisor says what it waits for', async () => {
    const isTick = (write: DiskWrite): boolean => 'torrent' in write && write.torrent.startsWith('golem-tick-')
    world.trouble('one', { disk: isTick })
    await ticksOn('Poll', 'one')
    await write('one', 'Poll', 'while the other app waits')
    expect(await shown()).toMatchObject({
      'server Poll': { state: 'serving' },
      'supervisor Guestbook': { detail: expect.stringMatching(/waits to .*: The torrent could not be written: make room/) },
    })
    world.trouble('one', {})
    await goesOn('after no room for ticks')
    expect(await detailOf('supervisor Guestbook')).not.toContain('waits to')
  })
})

describe('A Supervisor that vanished', () => {
  it('is told in words by job and use, which cost nothing; the other app ticks on, and when it is back all goes on', async () => {
    const asks = { app: 'Poll', collection: 'polls', index: 'byOwner', equals: [], limit: 5, descending: false }
    const read = () => world.call('one', 'use.read', asks)
    await world.until('the newest tick to be here whole', async () => (await read()).local)
    await world.stop('two')
    await world.until('the job to say so', async () => (await detailOf('server Poll')).includes('Supervisor seems to be away'))
    expect(await detailOf('client Poll')).toMatch(/no tick has come for \d+ blocks, since tick \d+: the app’s Supervisor seems to be away/)
    expect(await detailOf('client Guestbook')).not.toContain('away')
    await write('one', 'Guestbook', 'without the other')
    await world.until('keys of the other app to be there again', async () =>
      Object.values((await used('Guestbook'))!.actor.comingKeys).every((coming) => coming === 0),
    )
    const anchors = () => world.chain.anchors().filter(({ type }) => type !== 'tick').length
    const before = anchors()
    const { id } = await world.call('one', 'use.request', writing('Poll', 'nobody decides'))
    await world.until('the request to be refused', async () => (await world.request('one', id))?.state === 'failed')
    expect((await world.request('one', id))!.error).toMatchObject({
      code: 'client.overdue',
      message: expect.stringContaining('Nothing was sent; try again'),
    })
    for (let blocks = 0; blocks < 4; blocks++) await world.block()
    expect(anchors()).toBe(before)
    expect(await read()).toMatchObject({ proved: true })
    await world.restart('two')
    await goesOn('the other is back')
    expect(await detailOf('server Poll')).not.toContain('away')
  })
})

describe('A broken offer', () => {
  const everything = (): Promise<string[]> => shown().then((all) => Object.keys(all).sort())
  /** The file of an offer's torrent, as its Supervisor serves it. */
  function fileOf(title: string, name: string): Uint8Array {
    for (const { files } of world.swarms.torrentsOf('bad').filter((torrent) => torrent.name.startsWith('golem-offer-'))) {
      const document = JSON.parse(new TextDecoder().decode(files.find((file) => file.name === 'document.json')!.bytes)) as { title: string }
      if (document.title === title) return files.find((file) => file.name === name)!.bytes
    }
    throw new Error(`no offer of ${title} is seeded`)
  }
  const damage = (bytes: Uint8Array): void => void (bytes[0]! ^= 1)
  const isOffered = (title: string) => async () => (await world.call('one', 'host.offers', {})).some((offer) => offer.title === title)
  const paidFor = async (title: string): Promise<string[]> =>
    (await world.call('one', 'wallet.history', { limit: 100, before: null })).entries.flatMap(({ purpose }) =>
      purpose.includes(title) ? [purpose] : [],
    )

  beforeAll(async () => {
    await world.add({ name: 'bad' })
    world.chain.mine(1, script)
    for (let blocks = 0; blocks < MATURITY; blocks++) await world.block()
    for (const title of ['Damaged', 'Away'])
      await world.call('bad', 'publish', { program: { ...(sampleApp('poll') as object), doc: title }, title, terms })
    for (const title of ['Damaged', 'Away']) await world.until(`${title} being offered`, isOffered(title))
  })

  it('whose program is damaged is refused in words by whoever would work for it or use it, before anything is begun or paid', async () => {
    damage(fileOf('Damaged', 'outline'))
    const before = await everything()
    for (const refused of [world.call('one', 'host.join', { offer: 'Damaged' }), world.call('one', 'use', { app: 'Damaged' })])
      await expect(refused).rejects.toThrow(
        /The program of «Damaged» cannot be used: .* another SHA-256 .* Nothing was begun or paid.* \(offer\.program\)/,
      )
    expect([await everything(), await paidFor('Damaged')]).toEqual([before, []])
  })

  it('whose program nobody has is waited for in words and without paying, and given up where it turns out to be broken; the others go on', async () => {
    damage(fileOf('Away', 'outline'))
    await world.stop('bad')
    await world.call('one', 'host.join', { offer: 'Away' })
    await world.call('one', 'use', { app: 'Away' })
    await world.until('both to say what they wait for', async () =>
      /waits to .*Nobody delivered/.test((await detailOf('server Away')) + (await detailOf('client '))),
    )
    await ticksOn('Poll', 'one')
    await ticksOn('Guestbook', 'two')
    expect(await detailOf('server Away')).toMatch(/waits to have the program of the job offer: Nobody delivered/)
    const { engagements } = await world.view('one')
    expect(engagements.find(({ role, title }) => role === 'client' && title === 'Away')).toMatchObject({
      state: 'looking for an app',
      detail: expect.stringMatching(/^waits to load the app: Nobody delivered/),
    })
    world.swarms.peer('bad')
    await world.until('the job to be given up', async () => (await shown())['server Away'] === undefined)
    await world.until('the use to say why', async () => /another SHA-256.*publish it again/.test(await detailOf('client Away')))
    expect(await paidFor('Away')).toEqual([])
    await world.call('one', 'use.leave', { app: 'Away' })
    await goesOn('after broken offers')
  })

  it('that nobody has is said to be missing, and to be tried again', async () => {
    const app = 'ab'.repeat(32)
    const coin = firstCoin(world)
    const anchor = must(anchorScript({ type: 'offer', sha256: app, infohash: 'cd'.repeat(20) }))
    spend(world, coin, [
      { script: anchor, value: 0n },
      { script, value: coin.value - 2_000n },
    ])
    await world.block()
    for (const refused of [world.call('one', 'use', { app }), world.call('one', 'host.join', { offer: app })])
      await expect(refused).rejects.toThrow(/Documents of some offers are not here yet: try again in a moment. \(offer\.missing\)/)
    await goesOn('beside an offer that nobody has')
  })
})
