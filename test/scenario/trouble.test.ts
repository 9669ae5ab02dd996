/** What the world does to a network: blocks go, the tracker goes, a torrent never comes, a server does not answer, a program is replaced. */
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTracker, type Tracker } from '../../main/adapters/torrent/tracker.ts'
import { GUESTBOOK, publishedTwice, startCast, type Cast } from './harness.ts'

const BLOCK_MS = 400
let cast: Cast
let tracker: Tracker | undefined
beforeAll(async () => {
  cast = await startCast({ servers: 4, clients: ['alice', 'bob'], blockMs: BLOCK_MS })
})
afterAll(async () => {
  await tracker?.close()
  await cast?.stop()
})

const topic = async (name: string): Promise<unknown[]> =>
  (await cast.read('bob', ['posts', 'byTopic'], [name])).rows.map(({ text }) => text)
const post = (name: string, about: string, text: string) => cast.send(name, 'post', { topic: about, text })
const publish = async (name: string, about: string, text: string) => cast.publish(await post(name, about, text))
/** A write that the world's trouble may make late: its author is told, and asks again, as a person would. */
async function publishAtLast(name: string, about: string, text: string): Promise<Awaited<ReturnType<typeof publish>>> {
  for (let attempt = 1; ; attempt++) {
    const done = await publish(name, about, text)
    if (done.state !== 'rejected' || attempt === 4) return done
    expect(done.error?.message).toMatch(/again/)
  }
}

/** Both clients see so many more ticks, and may send requests in the last one. */
async function ticksPass(count: number): Promise<void> {
  const { tick } = await cast.view('bob')
  const newest = (tick?.number ?? 0) + count
  for (const name of ['alice', 'bob'])
    await cast.until(
      `tick ${newest} to reach ${name}`,
      (view) => view.tick !== null && view.tick.number >= newest && view.tick.state === 'running',
      name,
    )
}

/** Bob sees the tick that counted a request. */
const seenByBob = ({ tick }: { tick?: number }) =>
  cast.until('bob to see the tick', (view) => view.tick !== null && tick !== undefined && view.tick.number >= tick, 'bob')

/** The audit of bob, who replays from chain and swarm, agrees with every signed root. */
async function expectEqualRoots(): Promise<void> {
  const audit = await cast.call('use.audit', {}, 'bob')
  expect(audit.ticks.filter((tick) => !tick.equal)).toEqual([])
  expect([audit.ok, audit.ticks.map(({ number }) => number)]).toEqual([true, audit.ticks.map((_, at) => at)])
  expect(publishedTwice(await cast.anchors())).toEqual([])
}

describe('A chain that reorganises', () => {
  it('[D4] by two blocks, before the tick: the write moves to the new branch and counts once', async () => {
    await cast.ready('alice')
    await cast.blocks(0)
    const asked = await post('alice', 'reorg', 'before the tick')
    await cast.nextTick('alice')
    await cast.call('use.approve', { id: asked.id })
    await cast.network.mine(1)
    await cast.request(asked.id, ['anchored'])
    await cast.reorg(2)
    await cast.blocks(BLOCK_MS)
    const done = await cast.request(asked.id, ['counted', 'rejected', 'failed'])
    expect(done).toMatchObject({ state: 'counted' })
    await seenByBob(done)
    expect(await topic('reorg')).toEqual(['before the tick'])
    await expectEqualRoots()
  })

  it('[D4] by three blocks, after the tick: the tick is taken back, composed again, and the write counts once', async () => {
    const done = await publishAtLast('alice', 'reorg', 'after the tick')
    expect(done).toMatchObject({ state: 'counted' })
    await cast.blocks(0)
    await cast.reorg(3)
    await cast.blocks(BLOCK_MS)
    await ticksPass(3)
    const again = await cast.request(done.id, ['counted', 'rejected', 'failed'])
    expect(again).toMatchObject({ state: 'counted' })
    await seenByBob(again)
    expect((await topic('reorg')).toSorted()).toEqual(['after the tick', 'before the tick'])
    await expectEqualRoots()
    expect(await publish('bob', 'reorg', 'life goes on')).toMatchObject({ state: 'counted' })
  })
})

describe('Parts that are gone', () => {
  it('[D4] a tracker that is gone for a while delays, and loses nothing', async () => {
    const { port } = new URL(cast.network.tracker.announceUrl)
    await cast.network.tracker.close()
    // Regular blocks would wait for clients that cannot get the ticks now.
    await cast.blocks(0)
    const { tick } = await cast.view('supervisor')
    await cast.network.mine(4)
    await cast.until('a tick without tracker', (view) => view.tick!.number > tick!.number, 'supervisor')
    tracker = await startTracker({ host: '127.0.0.1', port: Number(port), intervalMs: 2_000 })
    await cast.blocks(BLOCK_MS)
    await ticksPass(5)
    expect(await publish('alice', 'tracker', 'it is back')).toMatchObject({ state: 'counted' })
    await expectEqualRoots()
  })

  it('[R5] a server that takes a request and never answers is left out, and another one does its work', async () => {
    const { pid } = cast.network.participants.get('server-2')!
    const silent = (await cast.view('server-2')).engagements[0]!.id
    const triedElsewhere = (): boolean => cast.output.some((line) => line.startsWith('bob: ') && line.includes('Trying elsewhere'))
    expect(triedElsewhere()).toBe(false)
    process.kill(pid, 'SIGSTOP')
    try {
      // A request takes three of the four servers, so the silent one is soon among them.
      for (let at = 0; at < 8 && !triedElsewhere(); at++) {
        const answered = await post('bob', 'silence', `attempt ${at}`)
        expect(answered).toMatchObject({ state: 'review' })
        expect(answered.servers.map(({ id }) => id)).not.toContain(silent)
      }
      expect(triedElsewhere()).toBe(true)
    } finally {
      process.kill(pid, 'SIGCONT')
    }
  })
})

describe('Documents that are not there', () => {
  it('[R7][T2] an update whose torrent never comes is told to its author, and harms nobody', async () => {
    await cast.ready('alice')
    await cast.blocks(0)
    const asked = await post('alice', 'absent', 'nobody has it')
    await cast.nextTick('alice')
    await cast.call('use.approve', { id: asked.id })
    await cast.kill('alice')
    await cast.blocks(BLOCK_MS)
    expect(await publish('bob', 'absent', 'somebody else')).toMatchObject({ state: 'counted' })
    // Decided at the latest one tick after bob's own, which came later; alice would seed it again.
    const { tick } = await cast.view('bob')
    await cast.until('the window to close', (view) => view.tick !== null && view.tick.number >= tick!.number + 2, 'bob')
    await cast.restart('alice')
    expect(await cast.request(asked.id, ['counted', 'rejected', 'failed'])).toMatchObject({
      state: 'rejected',
      error: { code: 'update.unavailable' },
    })
    expect(await topic('absent')).toEqual(['somebody else'])
    await expectEqualRoots()
  })
})

describe('A new program', () => {
  it('[B5] takes over with the following ticks, and the data stays', async () => {
    await cast.ready('bob')
    const before = await topic('reorg')
    const { endpoints } = GUESTBOOK as { endpoints: Record<string, unknown> }
    await cast.call('publish.update', { program: { ...GUESTBOOK, endpoints: { ...endpoints, shout: endpoints['post'] } } as never })
    await cast.until('the new endpoint', ({ app }) => app?.endpoints.some(({ name }) => name === 'shout'), 'bob')
    await ticksPass(4)
    expect(await topic('reorg')).toEqual(before)
    const asked = await cast.send('bob', 'shout', { topic: 'new', text: 'by the new program' })
    const done = await cast.publish(asked)
    expect(done).toMatchObject({ state: 'counted' })
    await seenByBob(done)
    expect(await topic('new')).toEqual(['by the new program'])
    await expectEqualRoots()
  })
})
