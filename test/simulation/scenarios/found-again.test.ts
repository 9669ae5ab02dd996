/** A folder is lost, and everything that it took part in comes back from twelve words: through deaths at any write, and jobs only where that is safe. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FoundView } from '../../../main/contract/index.ts'
import type { MemoryDisk } from '../ports/storage.ts'
import { must } from '../../../roles/protocol/result.ts'
import { freshNode } from '../network/fresh.ts'
import { peopleOf } from '../network/people.ts'
import { expectCrashes, server, startWorld, type Cast, type World } from '../network/world.ts'

let calm: () => void
beforeAll(() => {
  calm = expectCrashes()
})
afterAll(() => calm())

const phraseOf = async (world: World, name: string): Promise<string> =>
  must(await world.member(name).core.call('wallet.phrase', { passphrase: 'story' })).phrase

const copyOf = ({ rows, blobs }: MemoryDisk): MemoryDisk => ({
  rows: new Map([...rows].map(([table, all]) => [table, new Map(all)])),
  blobs: new Map(blobs),
})

/** A disk that has nothing but the words, and has followed the chain. */
async function diskOf(world: World, name: string): Promise<MemoryDisk> {
  const fresh = await freshNode(world, `${name} fresh`, await phraseOf(world, name))
  await fresh.stop()
  return fresh.disk
}

async function lose(world: World, name: string): Promise<void> {
  await world.stop(name)
  world.swarms.forget(name)
}

async function looked(world: World, name: string) {
  for (let waits = 0; waits < 60 && (await world.call(name, 'wallet.found', {})).state === 'running'; waits++) await world.run(1_000)
  return world.call(name, 'wallet.found', {})
}

/** Lives until the search is over, or it is dead. */
async function throughSearch(world: World, name: string): Promise<void> {
  void world.member(name).core.call('wallet.find', {})
  for (let waits = 0; waits < 60 && world.member(name).alive; waits++) {
    await world.run(500)
    if (world.member(name).alive && (await world.call(name, 'wallet.found', {})).state === 'done') return
  }
}

/** Lives on a copy of a disk, until it knows the chain. */
async function live(world: World, cast: Cast, disk: MemoryDisk): Promise<MemoryDisk> {
  const copy = copyOf(disk)
  world.swarms.forget(cast.name)
  await world.revive(cast, copy)
  for (let waits = 0; waits < 60 && (await world.view(cast.name)).chain.height < world.chain.height(); waits++) await world.run(1_000)
  await world.run(1_000)
  return copy
}

/**
 * Dies at writes of the search, each time on a disk that had not begun it, and lives again: nobody types anything. All deaths are tried around the write with which
 * the engagement begins, and others before and after it. @returns where that write was
 */
async function dieAtWrites(world: World, cast: Cast, first: MemoryDisk, check: (found: FoundView[]) => Promise<void>): Promise<number> {
  let disk = first
  /** Whether the engagement was there when it died. */
  async function die(count: number): Promise<boolean> {
    const copy = await live(world, cast, disk)
    disk = copyOf(copy)
    let begun = false
    await world.endanger(cast.name, count, async () => {
      await throughSearch(world, cast.name)
      begun = (copy.rows.get('engagement')?.size ?? 0) > 0
    })
    const { state, unknown, found } = await looked(world, cast.name)
    expect([count, state, unknown]).toEqual([count, 'done', []])
    await check(found)
    // What it published (a grant, then a resumption) reaches the others before this disk is lost, too.
    for (let blocks = 0; blocks < 3; blocks++) await world.block()
    await world.stop(cast.name)
    return begun
  }
  let [before, after] = [1, 4]
  while (!(await die(after))) [before, after] = [after, after * 3]
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (await die(middle)) after = middle
    else before = middle
  }
  for (let count = after + 1; count < after + 4; count++) await die(count)
  await live(world, cast, disk)
  await throughSearch(world, cast.name)
  return after
}

const stateOf = async (world: World, name: string) => (await world.view(name)).engagements.map(({ role, state }) => `${role} ${state}`)
const tickOf = async (world: World, name: string): Promise<number> => (await world.view(name)).tick?.number ?? -1

describe('A search for what a phrase brings back', () => {
  it('takes a Supervisor up by itself after a death at any write: nobody types resume', async () => {
    const world = await startWorld('supervisor, deaths', 3, ['alice'])
    const people = peopleOf(world)
    await people.done('alice', 'post', { topic: 'golem', text: 'before' })
    const disk = await diskOf(world, 'supervisor')
    await lose(world, 'supervisor')
    const begins = await dieAtWrites(world, { name: 'again' }, disk, async (found) => {
      expect(found.map(({ role, now, notes }) => [role, now, notes])).toEqual([['supervisor', 'goes on', []]])
      expect((await stateOf(world, 'again')).join()).not.toMatch(/paused|failed/)
    })
    expect(begins).toBeGreaterThan(2)
    const before = await tickOf(world, 'alice')
    await world.until('the app to go on', async () => (await tickOf(world, 'alice')) > before + 3)
    await people.done('alice', 'post', { topic: 'golem', text: 'after' })
    expect(await world.call('alice', 'use.audit', {})).toMatchObject({ ok: true })
    await world.close()
  })

  it('takes up an app that was used, with its keys, after a death at any write, and pays nothing twice', async () => {
    const world = await startWorld('client, deaths', 3, ['alice', 'bob'])
    const people = peopleOf(world)
    await people.done('alice', 'post', { topic: 'golem', text: 'before' })
    const anchors = (): number => world.chain.anchors().filter(({ type }) => type === 'registration' || type === 'reservation').length
    const [disk, anchored] = [await diskOf(world, 'alice'), anchors()]
    await lose(world, 'alice')
    await dieAtWrites(world, { name: 'again' }, disk, async (found) => {
      expect(found).toMatchObject([{ role: 'client', now: 'goes on', notes: [] }])
      expect(await stateOf(world, 'again')).toEqual(['client registered'])
    })
    expect(anchors()).toBe(anchored)
    await people.done('again', 'post', { topic: 'golem', text: 'after' })
    const told = await world.call('again', 'wallet.found', {})
    await world.restart('again')
    expect(await world.call('again', 'wallet.found', {})).toEqual(told)
    await world.close()
  })

  it('takes a job up with its identity, after a death at any write, and it serves again', async () => {
    const world = await startWorld('server, deaths', 3, ['alice'])
    const people = peopleOf(world)
    const job = (await world.view('server-1')).engagements[0]!.id
    await people.done('alice', 'post', { topic: 'golem', text: 'before' })
    const disk = await diskOf(world, 'server-1')
    await lose(world, 'server-1')
    const { settings = {} } = server(1, { auto: false })
    const again = { name: 'again', settings }
    await dieAtWrites(world, again, disk, async (found) => {
      expect(found).toMatchObject([{ role: 'server', id: job, now: 'goes on' }])
      expect((await world.view('again')).engagements.map(({ id }) => id)).toEqual([job])
    })
    await world.until('serving again', async () => (await stateOf(world, 'again')).includes('server serving'))
    // It runs blocks from the ticks on that are planned now; all three servers are needed for the app to run.
    const tick = await tickOf(world, 'alice')
    await world.until('ticks with its word', async () => (await tickOf(world, 'alice')) > tick + 4)
    await people.done('alice', 'post', { topic: 'golem', text: 'after' })
    expect(world.chain.anchors().filter(({ type }) => type === 'ready')).toEqual([])
    await world.close()
  })

  it('begins by itself when a phrase is restored, unless that is not wanted', async () => {
    const world = await startWorld('by itself', 3, ['alice'])
    const phrase = await phraseOf(world, 'alice')
    await lose(world, 'alice')
    for (const find of [undefined, false]) {
      const name = `again ${String(find)}`
      await world.add({ name, bare: true })
      const { core } = world.member(name)
      must(await core.call('wallet.restore', { phrase, passphrase: 'correct horse battery', ...(find === undefined ? {} : { find }) }))
      await world.run(3_000)
      const { state, found } = await looked(world, name)
      expect([state, found.map(({ now }) => now)]).toEqual(find === false ? ['none', []] : ['done', ['goes on']])
      await world.stop(name)
    }
    await world.close()
  })
})

describe('A job that is found', () => {
  it('is left alone while another computer serves with its identity, or where nobody else would reach it: it says why, and what to type', async () => {
    const world = await startWorld('left alone', 3, ['alice'])
    const disk = await diskOf(world, 'server-1')
    const search = async (cast: Cast) => {
      await world.revive(cast, copyOf(disk))
      await world.call(cast.name, 'wallet.find', {})
      const { state, found } = await looked(world, cast.name)
      expect([state, (await world.view(cast.name)).engagements]).toEqual(['done', []])
      await world.stop(cast.name)
      return found[0]!
    }
    const { settings = {} } = server(7, { auto: false })
    const twice = await search({ name: 'twice', settings })
    expect(twice).toMatchObject({ role: 'server', now: 'left alone', notes: [expect.stringContaining('another computer serves')] })
    expect(twice.notes[0]).toContain(`golem host join ${twice.offer!.slice(0, 8)}`)
    await lose(world, 'server-1')
    const alone = await search({ name: 'alone' })
    expect(alone.notes[0]).toMatch(/host\.address is 127\.0\.0\.1, .*\(it was 10\.0\.1\.1\)/)
    // A week without a sign of it: it may have been left.
    for (let blocks = 0; blocks < 1_010; blocks++) world.chain.mine(1, new Uint8Array([0x51]))
    await world.run(3_000)
    expect((await search({ name: 'late', settings })).notes[0]).toContain('whether you had left it is not known')
    await world.close()
  })

  it('is left alone when the app was ended', async () => {
    const world = await startWorld('ended', 3, ['alice'])
    const disk = await diskOf(world, 'server-1')
    await lose(world, 'server-1')
    await world.call('supervisor', 'publish.retire', { reason: 'a story' })
    await world.block()
    const { settings = {} } = server(1, { auto: false })
    await world.revive({ name: 'again', settings }, disk)
    await world.call('again', 'wallet.find', {})
    const { found } = await looked(world, 'again')
    expect(found).toMatchObject([{ now: 'left alone', notes: [expect.stringContaining('the app was ended')] }])
    await world.close()
  })
})
