/** A Supervisor loses its disk and goes on from twelve words: everything else is on the chain, and with those who serve and use the app. */
import { describe, expect, it } from 'vitest'
import { restoreSupervisor, scanForEngagements, watchFound } from '../../../main/core/restore/index.ts'
import { scopedWrite } from '../../../main/core/scoped-storage.ts'
import type { Json } from '../../../main/core/ports.ts'
import { must } from '../../../roles/protocol/result.ts'
import { freshNode, type Fresh } from '../network/fresh.ts'
import { peopleOf } from '../network/people.ts'
import { GUESTBOOK, publishedTicks, ready, startWorld, type World } from '../network/world.ts'

const phraseOf = async (world: World, name: string): Promise<string> =>
  must(await world.member(name).core.call('wallet.phrase', { passphrase: 'story' })).phrase

/** From the words alone: what was found, the coins of its keys, and the app, as rows on a new disk. */
async function restore(world: World, fresh: Fresh, programs: unknown[] = []) {
  const { services } = fresh
  const { found, unknown } = await world.during(scanForEngagements(services, () => undefined))
  const from = watchFound(services, found)
  must(services.wallet.reading.start(from ?? 0))
  await world.during(services.wallet.reading.tend())
  const restored = await world.during(restoreSupervisor(services, { index: 0, programs }))
  if (!restored.ok) return { found, unknown, restored }
  const { id, title, rows, states } = restored.value
  const stateRows = Object.entries(states).map(([key, value]) => ({
    table: 'role-state',
    key: `${key}:${id}`,
    value: value as unknown as Json,
  }))
  const engagement = { table: 'engagement', key: id, value: { role: 'supervisor', index: 0, title, state: 'active' } }
  services.storage.transact([...rows.map((row) => scopedWrite(row, id)), ...stateRows, engagement])
  return { found, unknown, restored }
}

/** The Supervisor's disk is gone; another one begins with its words alone. */
async function loseAndRestore(world: World, name: string, again: string, blocks = 4) {
  const phrase = await phraseOf(world, name)
  await world.stop(name)
  world.swarms.forget(name)
  for (let at = 0; at < blocks; at++) await world.block()
  const fresh = await freshNode(world, again, phrase)
  const done = await restore(world, fresh)
  await fresh.stop()
  await world.revive({ name: again }, fresh.disk)
  return { ...done, restored: must(done.restored) }
}

const tickOf = async (world: World, name: string): Promise<number> => (await world.view(name)).tick?.number ?? -1
const goesOn = (world: World, name: string, beyond: number): Promise<unknown> =>
  world.until('the app to go on', async () => (await tickOf(world, name)) > beyond)

describe('a Supervisor whose disk is gone', () => {
  it('is restored from twelve words while its app waits, and the app goes on with all that was written', async () => {
    const world = await startWorld('restored', 4, ['alice', 'bob'])
    const people = peopleOf(world)
    await people.done('alice', 'post', { topic: 'golem', text: 'before' })
    const before = await tickOf(world, 'bob')
    const { found, unknown, restored } = await loseAndRestore(world, 'supervisor', 'again')
    expect(unknown).toEqual([])
    expect(found.map(({ role, title, index }) => ({ role, title, index }))).toEqual([{ role: 'supervisor', title: 'guestbook', index: 0 }])
    expect(restored.lost).toEqual([])
    expect(restored.states.supervisor).toMatchObject({ phase: 'restored', composing: null })
    await goesOn(world, 'bob', before + 4)
    await people.done('bob', 'post', { topic: 'golem', text: 'after' })
    const rows = await people.rows('alice', ['posts', 'byTopic'], ['golem'])
    expect(rows.map(({ text }) => text).sort()).toEqual(['after', 'before'])
    expect(await world.call('alice', 'use.audit', {})).toMatchObject({ ok: true })
    await world.close()
  })

  it('is restored again, after another program, another key, and a restoration', async () => {
    const world = await startWorld('restored again', 4, ['alice'])
    const people = peopleOf(world)
    await world.call('supervisor', 'publish.update', { program: { ...(GUESTBOOK as object), doc: 'Newer.' } })
    await world.until('the newer program', async () => (await world.view('alice')).app?.doc === 'Newer.')
    const key = (await world.view('supervisor')).engagements[0]!.key
    await world.call('supervisor', 'publish.replaceKey', { reason: 'a story' })
    await world.until('a new key', async () => (await world.view('supervisor')).engagements[0]!.key !== key)
    await goesOn(world, 'alice', (await tickOf(world, 'alice')) + 2)
    await people.done('alice', 'post', { topic: 'golem', text: 'first' })
    let name = 'supervisor'
    for (const next of ['second', 'third']) {
      const before = await tickOf(world, 'alice')
      const { restored } = await loseAndRestore(world, name, next)
      expect(restored.lost).toEqual([])
      expect(restored.rows.find(({ key }) => key === 'program')).toMatchObject({ value: { doc: 'Newer.' } })
      await goesOn(world, 'alice', before + 3)
      await people.done('alice', 'post', { topic: 'golem', text: next })
      name = next
    }
    const rows = await people.rows('alice', ['posts', 'byTopic'], ['golem'])
    expect(rows.map(({ text }) => text).sort()).toEqual(['first', 'second', 'third'])
    expect(await world.call('alice', 'use.audit', {})).toMatchObject({ ok: true })
    await world.close()
  })

  it('signs no second document for a block for which the lost disk had signed one, whether it is in a block or nobody has it', async () => {
    for (const held of [true, false]) {
      const world = await startWorld(`restored: ${held ? 'unheard' : 'anchored and lost'}`, 4, ['alice'])
      const people = peopleOf(world)
      await people.done('alice', 'post', { topic: 'golem', text: 'before' })
      const before = await tickOf(world, 'alice')
      // Its next tick is signed, seeded and broadcast; then everybody else hears of its anchor at most.
      if (held) world.trouble('supervisor', { held: true })
      const last = publishedTicks(world).at(-1)!.number
      for (let waits = 0; waits < 9 && publishedTicks(world).at(-1)!.number === last; waits++) await world.block()
      const signed = publishedTicks(world).filter(({ number }) => number > last)
      expect(signed).toHaveLength(1)
      const { restored } = await loseAndRestore(world, 'supervisor', 'again')
      expect(restored.states.supervisor.ticks.at(-1)!.number, String(held)).toBe(last)
      await goesOn(world, 'alice', before + 3)
      await people.done('alice', 'post', { topic: 'golem', text: 'after' })
      const published = publishedTicks(world, 'again').filter(({ number }) => number === signed[0]!.number)
      expect(published.map(({ by }) => by)).not.toContain(signed[0]!.by)
      expect(published).toHaveLength(1)
      expect(await world.call('alice', 'use.audit', {})).toMatchObject({ ok: true })
      await world.close()
    }
  })
})

/** A node that has nothing but the words: it looks for what they took part in. */
async function findAgain(world: World, name: string, again: string) {
  const phrase = await phraseOf(world, name)
  await world.stop(name)
  world.swarms.forget(name)
  await world.block()
  const fresh = await freshNode(world, again, phrase)
  await fresh.stop()
  await world.revive({ name: again }, fresh.disk)
  await world.call(again, 'wallet.find', {})
  for (let waits = 0; waits < 60 && (await world.call(again, 'wallet.found', {})).state === 'running'; waits++) await world.run(1_000)
  return world.call(again, 'wallet.found', {})
}

describe('a wallet whose disk is gone', () => {
  it('uses its app again by one command, with every key that it had reserved: it registers, reserves and pays nothing a second time', async () => {
    const world = await startWorld('used again', 4, ['alice', 'bob'])
    const people = peopleOf(world)
    await people.done('alice', 'post', { topic: 'golem', text: 'before' })
    const before = await world.view('alice')
    const money = await world.call('alice', 'wallet.balance', {})
    const anchors = (): number => world.chain.anchors().filter(({ type }) => type === 'registration' || type === 'reservation').length
    const anchored = anchors()
    const { found, unknown, state } = await findAgain(world, 'alice', 'alice again')
    expect([state, unknown]).toEqual(['done', []])
    expect(found).toMatchObject([{ role: 'client', title: 'guestbook', index: 0, keys: { written: 1 } }])
    expect(found[0]!.id).toBe(before.engagements[0]!.id)
    expect(await world.call('alice again', 'wallet.balance', {})).toEqual(money)
    await ready(world, 'alice again')
    expect(anchors()).toBe(anchored)
    await people.done('alice again', 'post', { topic: 'golem', text: 'after' })
    const rows = await people.rows('bob', ['posts', 'byTopic'], ['golem'])
    expect(rows.map(({ text, $owner }) => [text, $owner]).sort()).toEqual([
      ['after', found[0]!.id],
      ['before', found[0]!.id],
    ])
    await world.call('alice again', 'wallet.find', {})
    await world.run(20_000)
    expect((await world.view('alice again')).engagements).toHaveLength(1)
    await world.close()
  })

  it('supervises its app again by one command, and knows the job that it had', async () => {
    const world = await startWorld('found', 4, ['alice'])
    const people = peopleOf(world)
    await people.done('alice', 'post', { topic: 'golem', text: 'one' })
    const job = (await world.view('server-1')).engagements[0]!.id
    const served = await findAgain(world, 'server-1', 'server again')
    expect(served).toMatchObject({ state: 'done', unknown: [], found: [{ role: 'server', id: job, title: 'guestbook', index: 0 }] })
    expect(served.found[0]!.lost.length).toBeGreaterThan(1)
    const tick = await tickOf(world, 'alice')
    const supervised = await findAgain(world, 'supervisor', 'again')
    expect(supervised).toMatchObject({ state: 'done', unknown: [], found: [{ role: 'supervisor', title: 'guestbook', index: 0 }] })
    await goesOn(world, 'alice', tick + 4)
    await people.done('alice', 'post', { topic: 'golem', text: 'two' })
    expect(await world.call('alice', 'use.audit', {})).toMatchObject({ ok: true })
    await world.close()
  })
})
