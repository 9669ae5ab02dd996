/**
 * One node that supervises an app, works for another and uses both, in a process of its own among others: it is killed in the middle of whatever it does, blocks go while
 * it is down and while it runs, and after each of these every engagement goes on, and nothing was done twice.
 */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { must } from '../../roles/protocol/result.ts'
import { createSeededRandom } from '../simulation/ports/random.ts'
import { openSmallDisk, smallDiskAvailable, type SmallDisk } from '../tools/small-disk.ts'
import { countOf, GUESTBOOK, publishedTwice, sampleApp } from './harness.ts'
import { startNodes, type Nodes } from './nodes.ts'

const BLOCK_MS = 250
const TITLES = ['Guestbook', 'Poll'] as const
const seed = process.env['GOLEM_SEED'] ?? 'several'
console.log(`seed ${seed} (GOLEM_SEED=${seed} replays)`)
const random = createSeededRandom(seed)
/** A moment within so many milliseconds. */
const moment = (ms: number): Promise<void> => pause(random.bytes(1)[0]! % ms)

let nodes: Nodes
let disk: SmallDisk | null = null
/** Of its folder; none where no disk can be mounted, which takes root on Linux. */
const DISK_MB = 64
const hasDisk = smallDiskAvailable()
/** `one` is the node that the story is about; `two` supervises the app that it works for, uses both, and looks whether all is well; `host-…` work for both. */
const [ONE, TWO] = ['one', 'two']
/** Ticks that stood on blocks which went: each of them may be in a block again, spends its seal, and counts no more. */
let undone = 0
const written: Record<Title, string[]> = { Guestbook: [], Poll: [] }

beforeAll(async () => {
  const host = { host: { auto: true, jobs: 2 } }
  disk = hasDisk ? openSmallDisk(DISK_MB) : null
  const all = { [ONE]: {}, [TWO]: {}, 'host-1': host, 'host-2': host, 'host-3': host }
  nodes = await startNodes(all, disk === null ? {} : { [ONE]: join(disk.folder, 'node') })
  const terms = {
    minimumServers: 3,
    tickBlocks: 3,
    joinBlocks: 100,
    confirmations: 0,
    versions: 1,
    witnesses: 0,
    spare: 0,
    primeBits: 128,
    perRequest: 10,
    work: { client: 10, server: 12 },
    trackers: [nodes.tracker],
  }
  await nodes.call(ONE, 'publish', { program: GUESTBOOK as never, title: 'Guestbook', terms })
  await nodes.call(TWO, 'publish', { program: sampleApp('poll') as never, title: 'Poll', terms })
  await nodes.clock.set(BLOCK_MS)
  for (const node of [ONE, TWO])
    for (const app of TITLES)
      await nodes.until(`${app} to be offered`, node, () => nodes.call(node, 'use', { app }).then(Boolean, () => false))
  await nodes.call(ONE, 'host.join', { offer: 'Poll' })
})
afterAll(async () => {
  await nodes?.close()
  disk?.close()
})

const tickOf = async (title: string, node = TWO): Promise<number> => (await nodes.used(node, title))?.tick?.number ?? -1
const isServing = async (): Promise<boolean> => (await nodes.engagement(ONE, 'server', 'Poll'))?.state === 'serving'

type Title = (typeof TITLES)[number]
/** A write in each app. */
const writing = (title: Title, text: string): [endpoint: string, args: Record<string, unknown>] =>
  title === 'Poll' ? ['create', { question: text, options: ['yes', 'no'] }] : ['post', { topic: text, text }]
/** What came back, and waits for approval. On a machine that stood still, servers may not know the newest tick yet: a person asks again. */
async function reviewed(title: Title, text: string): Promise<string> {
  for (let tries = 1; ; tries++) {
    const request = await nodes.request(ONE, title, ...writing(title, text))
    if (request.state === 'review') return request.id
    if (tries === 8) throw new Error(`${title}: ${request.state}, ${JSON.stringify(request.error)}`)
    await nodes.mine(1)
    await nodes.clock.settled()
  }
}

/** What was written there, each proved, as the other node reads it. */
async function read(title: Title): Promise<unknown[]> {
  const [collection, index, field] = title === 'Poll' ? ['polls', 'byOwner', 'question'] : ['posts', 'byTopic', 'text']
  const { rows, proved } = await nodes.call(TWO, 'use.read', { app: title, collection, index, equals: [], limit: 100, descending: false })
  expect(proved).toBe(true)
  return rows.map((row) => row[field]).sort()
}
async function write(title: Title, text: string): Promise<void> {
  expect(await nodes.write(ONE, title, ...writing(title, text))).toMatchObject({ state: 'counted' })
  written[title].push(text)
}

/** @param ids of what was approved, in the order of the titles; approving again changes nothing */
async function expectCounted(ids: string[], text: string): Promise<void> {
  const done = await Promise.all(ids.map((id) => nodes.approve(ONE, id)))
  expect(done.map(({ state, error }) => [state, error])).toEqual(TITLES.map(() => ['counted', undefined]))
  for (const title of TITLES) written[title].push(text)
}

/** Every engagement of the node does what it is there for, and what the other node reads, and replays, is what was written, once each. */
async function goesOn(what: string): Promise<void> {
  await Promise.all(TITLES.map((title) => write(title, what)))
  await nodes.until('the job to serve', ONE, isServing)
  const states = (await nodes.view(ONE)).engagements.map(({ role, title, state }) => `${role} ${title} ${state}`)
  expect(states.sort()).toEqual([
    'client Guestbook registered',
    'client Poll registered',
    'server Poll serving',
    'supervisor Guestbook ticking',
  ])
  await isSound()
}

async function isSound(): Promise<void> {
  await nodes.clock.set(0)
  await nodes.clock.settled()
  await lookAtAll().finally(() => nodes.clock.set(BLOCK_MS))
}

async function lookAtAll(): Promise<void> {
  let ticks = 0
  for (const title of TITLES) {
    const rows = await nodes.until(`what was written in ${title} to be read`, TWO, async () => {
      const found = await read(title)
      return found.length >= written[title].length && found
    })
    expect(rows).toEqual(written[title].toSorted())
    const audit = await nodes.call(TWO, 'use.audit', { app: title })
    expect(audit.ticks.filter(({ equal }) => !equal)).toEqual([])
    expect([audit.ok, audit.ticks.map(({ number }) => number)]).toEqual([true, audit.ticks.map((_, at) => at)])
    ticks += audit.ticks.length
  }
  const anchors = await nodes.anchors()
  expect(publishedTwice(anchors)).toEqual([])
  // The newest tick of each app may be in a block, and not read yet.
  expect(countOf(anchors, 'tick') - ticks).toBeLessThanOrEqual(TITLES.length + undone)
  expect(['grant', 'offer', 'registration'].map((type) => countOf(anchors, type))).toEqual([2, 2, 4])
}

/** No regular blocks any more, and everybody has taken the last one in. */
async function early(): Promise<void> {
  await nodes.clock.set(0)
  await Promise.all(TITLES.map((title) => nodes.ready(ONE, title)))
  await nodes.mine(1)
  await nodes.clock.settled()
}

/** The other node asks in the app for which this one works, and drops what comes back. */
async function drop(question: string): Promise<void> {
  await nodes.ready(TWO, 'Poll')
  const request = await nodes.request(TWO, 'Poll', ...writing('Poll', question))
  if (request.state === 'review') await nodes.call(TWO, 'use.refuse', { id: request.id })
}

/** The node dies there, and is started again. */
async function dies(): Promise<void> {
  await nodes.kill(ONE)
  await nodes.start(ONE)
}

describe('A node with several engagements, in a process of its own', () => {
  it('supervises one app, works for another and uses both', async () => {
    await goesOn('at first')
    const jobs = (await nodes.call(TWO, 'overview', {})).engagements.find(({ role }) => role === 'supervisor')
    expect(jobs?.tick?.servers).toBe(4)
  })

  it('[D4] killed while a tick is due that it composes', async () => {
    await nodes.clock.set(0)
    for (const within of [40, 120, 250]) {
      const { tick } = (await nodes.engagement(ONE, 'supervisor', 'Guestbook'))!
      await nodes.mine(tick!.blocksLeft || 1)
      await moment(within)
      await dies()
    }
    await nodes.clock.set(BLOCK_MS)
    await goesOn('killed while it composed')
  })

  it('[D4] killed when its tick is on its way and no block has it', async () => {
    await nodes.clock.set(0)
    const { tick } = (await nodes.engagement(ONE, 'supervisor', 'Guestbook'))!
    await nodes.mine(tick!.blocksLeft || 1)
    await nodes.until(
      'the tick to be published',
      ONE,
      async () => (await nodes.engagement(ONE, 'supervisor', 'Guestbook'))!.tick!.number > tick!.number,
    )
    await dies()
    await nodes.clock.set(BLOCK_MS)
    await goesOn('killed before the block of its tick')
  })

  it('[D4] killed while requests of its own are with the servers: they are made anew and count once', async () => {
    await early()
    const known = new Set((await nodes.view(ONE)).requests.map(({ id }) => id))
    const text = 'sent before a death'
    for (const title of TITLES) {
      const [endpoint, args] = writing(title, text)
      nodes.ask(ONE, 'use.request', { app: title, endpoint, arguments: args as never })
    }
    const isNew = ({ id }: { id: string }): boolean => !known.has(id)
    await nodes.until('both to be stored', ONE, ({ requests }) => requests.filter(isNew).length === TITLES.length)
    await moment(150)
    await dies()
    const ids: string[] = []
    for (const title of TITLES) {
      const { id, state, error } = await nodes.until(`the request in ${title} to be answered`, ONE, ({ requests, apps }) => {
        const actor = apps.find(({ app }) => app.title === title)?.id
        return requests.find((one) => isNew(one) && one.actor === actor && one.state !== 'sending')
      })
      expect([state, error]).toEqual(['review', undefined])
      await nodes.call(ONE, 'use.approve', { id })
      ids.push(id)
    }
    await nodes.clock.set(BLOCK_MS)
    await expectCounted(ids, text)
    await goesOn('killed in the middle of requests')
  })

  it('[D4] killed when what was approved in both apps is stored, and no block has it', async () => {
    await early()
    const ids = await Promise.all(TITLES.map((title) => reviewed(title, 'approved before a death')))
    for (const id of ids) nodes.ask(ONE, 'use.approve', { id })
    for (const id of ids)
      await nodes.until('the approval to be stored', ONE, ({ requests }) => requests.find((one) => one.id === id)?.state !== 'review')
    await dies()
    await nodes.clock.set(BLOCK_MS)
    await expectCounted(ids, 'approved before a death')
    await goesOn('killed after an approval')
  })

  it('[D4] killed while it runs blocks of what somebody else asked, and when it has just been started', async () => {
    for (const within of [20, 100]) {
      await nodes.ready(TWO, 'Poll')
      const dropped = drop(`never approved`)
      await moment(within)
      await dies()
      await moment(within)
      await dies()
      await dropped
    }
    await goesOn('killed at work for others')
  })

  it('[D4] blocks go while it is down: with a tick of its app, with its writes, with a tick of the other app', async () => {
    await early()
    const ids = await Promise.all(TITLES.map((title) => reviewed(title, 'in blocks that went')))
    for (const id of ids) await nodes.call(ONE, 'use.approve', { id })
    await nodes.mine(1)
    await nodes.clock.settled()
    await nodes.kill(ONE)
    await nodes.mine(2)
    await nodes.reorg(5)
    undone += 2 * TITLES.length
    await nodes.start(ONE)
    await nodes.clock.set(BLOCK_MS)
    for (const [at, title] of TITLES.entries()) {
      const { state } = await nodes.until('what went to be decided', ONE, ({ requests }) =>
        requests.find((one) => one.id === ids[at]! && ['counted', 'rejected', 'failed', 'late'].includes(one.state)),
      )
      if (state === 'counted') written[title].push('in blocks that went')
    }
    await goesOn('after a reorganisation while it was down')
  })

  it('[D4] blocks go while it runs', async () => {
    await nodes.clock.set(0)
    await nodes.clock.settled()
    await nodes.reorg(4)
    undone += 2 * TITLES.length
    await nodes.clock.set(BLOCK_MS)
    await goesOn('after a reorganisation while it ran')
  })

  it.skipIf(!hasDisk)(
    'its disk is full: the app of others goes on, it says what is the matter, and all goes on when there is room',
    async () => {
      await nodes.clock.set(0)
      await nodes.clock.settled()
      disk!.fill()
      const before = await tickOf('Poll')
      // Regular blocks would wait for its own app, which makes no tick now.
      await nodes.until('the other app to tick on', TWO, async ({ engagements, chain }) => {
        const isDue = engagements.some(({ tick }) => tick !== undefined && tick.blocksLeft === 0)
        if (!isDue && must(await nodes.chain.tip()).height === chain.height) await nodes.mine(1)
        return (await tickOf('Poll')) > before + 2
      })
      const said = await nodes.until('it to say so', ONE, ({ node, engagements }) =>
        [...node.problems, ...engagements.map(({ detail }) => detail)].find((text) => /make room/i.test(text)),
      )
      expect(said).toMatch(/disk|could not be written/)
      expect((await nodes.view(ONE)).engagements.map(({ state }) => state)).not.toContain('failed')
      await nodes.kill(ONE)
      disk!.empty()
      await nodes.start(ONE)
      await nodes.clock.set(BLOCK_MS)
      await goesOn('after a full disk')
    },
  )

  it('ended and started again in order', async () => {
    const before = await tickOf('Poll')
    await nodes.stop(ONE)
    await nodes.until('the other app to go on without it', TWO, async () => (await tickOf('Poll')) > before + 2)
    await nodes.start(ONE)
    await goesOn('started again in order')
  })

  it('has run blocks for others', async () => {
    const hasWorked = async (): Promise<boolean> => /, [1-9]\d* blocks? run/.test((await nodes.engagement(ONE, 'server', 'Poll'))!.detail)
    for (let tries = 0; tries < 12 && !(await hasWorked()); tries++) {
      // Who was away when a tick was planned has no part in it.
      const at = await tickOf('Poll')
      await nodes.until('the next tick', TWO, async () => (await tickOf('Poll')) > at)
      await drop(`try ${tries}`)
    }
    expect(await hasWorked()).toBe(true)
  })
})
