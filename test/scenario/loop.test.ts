/** The essay's whole cycle on real parts, and then the deaths of its participants in the middle of it. */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { countOf, publishedTwice, startCast, type Cast } from './harness.ts'

const SERVERS = 4
let cast: Cast
beforeAll(async () => {
  cast = await startCast({ servers: SERVERS, clients: ['alice', 'bob'], blockMs: 400 })
})
afterAll(() => cast?.stop())

const byTopic: [string, string] = ['posts', 'byTopic']
const post = (topic: string, text: string) => cast.send('alice', 'post', { topic, text })

/** Every root that was signed is the one that chain and swarm lead to, and no document is on the chain twice. */
async function expectSoundLog(): Promise<void> {
  const audit = await cast.call('use.audit', {}, 'bob')
  expect(audit.ticks.filter((tick) => !tick.equal)).toEqual([])
  expect(audit.ticks.map(({ number }) => number)).toEqual(audit.ticks.map((_, at) => at))
  expect(audit.ok).toBe(true)
  expect(publishedTwice(await cast.anchors())).toEqual([])
}

describe('The whole loop', () => {
  it('[B1][B2][B3][J1][J2][J3][J4] an offer under a granted key finds servers, and ticks begin once enough have joined', async () => {
    await cast.until('a running tick', ({ tick }) => tick?.state === 'running')
    const anchors = await cast.anchors()
    expect([countOf(anchors, 'grant'), countOf(anchors, 'offer')]).toEqual([1, 1])
    const joined = anchors.filter(({ type }) => type === 'acceptance')
    expect(joined.length).toBeGreaterThanOrEqual(3)
    const firstTick = anchors.find(({ type }) => type === 'tick')
    expect(joined.filter(({ height }) => height < (firstTick?.height ?? Infinity)).length).toBeGreaterThanOrEqual(3)
  })

  it('[K1][K2] clients register with work and reserve keys of every declared type', async () => {
    const [alice, bob] = [await cast.ready('alice'), await cast.ready('bob')]
    expect(alice.id).not.toBe(bob.id)
    const { app, actors } = await cast.view()
    for (const { freeKeys } of actors) {
      expect(Object.keys(freeKeys).sort()).toEqual(app!.collections.map(({ name }) => name).sort())
      expect(Math.min(...Object.values(freeKeys))).toBeGreaterThan(0)
    }
    const anchors = await cast.anchors()
    expect(countOf(anchors, 'registration')).toBe(2)
    expect(countOf(anchors, 'reservation')).toBeGreaterThanOrEqual(2)
  })

  it('[R1][R2][R3][R4][R6][R7][T1][T2][T3][T4][P1][P2][P3][D1] an approved post is stamped, counted, and read with proofs by somebody else', async () => {
    // No block between the review and the approval, which would come too late on a busy machine.
    const { asked, txid } = await cast.network.clock.hold(async () => {
      const reviewed = await post('bitcoin', 'Nobody can coerce this guestbook')
      const approved = await cast.call('use.approve', { id: reviewed.id })
      return { asked: reviewed, ...approved }
    })
    expect(asked).toMatchObject({
      state: 'review',
      writes: [{ collection: 'posts', fields: { topic: 'bitcoin', text: 'Nobody can coerce this guestbook' }, flags: [] }],
    })
    expect(new Set(asked.servers.map(({ id }) => id)).size).toBe(3)
    expect(asked.servers[0]).toMatchObject({ role: 'top-level server', sees: [] })
    expect(await cast.call('use.approve', { id: asked.id })).toEqual({ txid })
    const done = await cast.request(asked.id, ['counted', 'rejected', 'failed'])
    expect(done).toMatchObject({ state: 'counted', txid })
    await cast.until('bob to see that tick', ({ tick }) => tick !== null && tick.number >= done.tick!, 'bob')
    expect(await cast.read('bob', byTopic, ['bitcoin'])).toMatchObject({
      proved: true,
      rows: [{ text: 'Nobody can coerce this guestbook', author: (await cast.ready('alice')).id }],
    })
    const asks = { collection: 'posts', index: 'byTopic', equals: [], limit: 10, descending: false }
    const topics = async (range: { from?: string; to?: string }) => {
      const read = await cast.call('use.read', { ...asks, ...range }, 'bob')
      return [read.proved, ...read.rows.map(({ topic }) => topic)]
    }
    expect(await topics({ from: 'bitcoin' })).toEqual([true, 'bitcoin'])
    expect(await topics({ to: 'bitcoin' })).toEqual([true])
    expect(await topics({ from: 'a', to: 'c' })).toEqual([true, 'bitcoin'])
  })

  it('[D2] the newest value of a key is read from its address alone, by somebody else', async () => {
    const [row] = (await cast.read('bob', byTopic, ['bitcoin'])).rows
    const value = await cast.call('use.keyValue', { key: row!.$key as string }, 'bob')
    const { txid } = (await cast.view('alice')).requests.find(({ state }) => state === 'counted')!
    expect(value).toMatchObject({
      collection: 'posts',
      owner: row!.$owner,
      written: true,
      fields: { text: 'Nobody can coerce this guestbook' },
      txid,
      counted: true,
    })
  })

  it('[T3] a like raises the counter, and a second like of one client is refused by the program', async () => {
    const [row] = (await cast.read('bob', byTopic, ['bitcoin'])).rows
    const like = await cast.send('bob', 'like', { post: row!.$key })
    expect(await cast.publish(like)).toMatchObject({ state: 'counted' })
    expect((await cast.read('bob', ['likes', 'byPost'], [row!.$key as string])).count).toBe(1)
    expect(await cast.send('bob', 'like', { post: row!.$key })).toMatchObject({ state: 'nothing to write', response: { accepted: false } })
  })

  it('[R6] what a person refuses never reaches the chain', async () => {
    const before = countOf(await cast.anchors(), 'update')
    const asked = await post('bitcoin', 'on second thought')
    await cast.call('use.refuse', { id: asked.id })
    await cast.request(asked.id, ['refused'])
    await expect(cast.call('use.approve', { id: asked.id })).rejects.toThrow('client.phase')
    const { chain } = await cast.view()
    await cast.until('two more blocks', (view) => view.chain.height >= chain.height + 2)
    expect(countOf(await cast.anchors(), 'update')).toBe(before)
  })

  it('[N4][N5][N6][N7][N8][N9][V1][V2][D3] anybody rebuilds every root from chain and swarm alone', expectSoundLog)
})

describe('Participants that die at once', () => {
  it('[D4] a client killed while its approved write is published publishes it once', async () => {
    await cast.ready('alice')
    await cast.blocks(0)
    const asked = await post('deaths', 'written by one who died')
    void cast.call('use.approve', { id: asked.id }).catch(() => undefined)
    await cast.until(
      'the approval to be stored',
      ({ requests }) => requests.find(({ id, state }) => id === asked.id && state !== 'review'),
      'alice',
    )
    await cast.kill('alice')
    await cast.restart('alice')
    await cast.until(
      'alice to publish it again',
      ({ requests }) => requests.find(({ id, txid }) => id === asked.id && txid !== undefined),
      'alice',
    )
    await cast.blocks(400)
    expect(await cast.publish(asked)).toMatchObject({ state: 'counted' })
    expect((await cast.read('alice', byTopic, ['deaths'])).rows).toHaveLength(1)
  })

  it('[D4] a client killed between approval and block finds its write counted', async () => {
    await cast.ready('alice')
    await cast.blocks(0)
    const asked = await post('deaths', 'dead before the block')
    const { txid } = await cast.call('use.approve', { id: asked.id })
    await cast.kill('alice')
    await cast.network.mine(1)
    await cast.restart('alice')
    await cast.blocks(400)
    await cast.until('alice to know her request', ({ requests }) => requests.find(({ id }) => id === asked.id), 'alice')
    expect(await cast.request(asked.id, ['counted', 'rejected', 'failed'])).toMatchObject({ state: 'counted', txid })
  })

  it('[R5][D4] without one of its servers the network works on, and the server comes back to the same place', async () => {
    const before = (await cast.view('server-1')).engagements[0]!.detail
    await cast.kill('server-1')
    expect(await post('deaths', 'three are enough')).toMatchObject({ state: 'review' })
    await cast.restart('server-1')
    const back = await cast.until(
      'server-1 to serve',
      ({ engagements }) => engagements.find(({ state }) => state === 'serving'),
      'server-1',
    )
    expect(back.detail.split(',')[0]).toBe(before.split(',')[0])
  })

  it('[D4][N9] a Supervisor killed while it composes publishes every tick once', async () => {
    await cast.blocks(0)
    for (const wait of [50, 250, 450]) {
      const due = (await cast.view('bob')).tick!
      await cast.network.mine(due.blocksLeft || 1)
      await new Promise((resolve) => {
        setTimeout(resolve, wait)
      })
      await cast.kill('supervisor')
      await cast.restart('supervisor')
      await cast.network.mine(1)
    }
    await cast.blocks(400)
    const at = (await cast.view('bob')).tick!.number
    await cast.until('further ticks', ({ tick }) => tick !== null && tick.number >= at + 2, 'bob')
    await expectSoundLog()
    const audit = await cast.call('use.audit', {}, 'bob')
    const ticks = countOf(await cast.anchors(), 'tick')
    expect(ticks - audit.ticks.length).toBeLessThanOrEqual(1)
  })

  it('[D3][D4] a client whose own index was deleted while it was dead reads as before, and makes it anew', async () => {
    // A tick that was anchored by the last block may still come; it decides nothing of this topic.
    const read = async () => {
      const { tick: _tick, ...found } = await cast.read('bob', byTopic, ['deaths'])
      return found
    }
    const readLocally = () =>
      cast.until('bob to read from his own index', async () => {
        const found = await read()
        return found.local && found
      })
    await cast.blocks(0)
    const before = await readLocally()
    await cast.kill('bob')
    const index = join(cast.folder, 'bob', 'index')
    expect(readdirSync(index).some((name) => name.startsWith('client'))).toBe(true)
    rmSync(index, { recursive: true })
    await cast.restart('bob')
    await cast.until('bob to read again', ({ tick }) => tick, 'bob')
    expect({ ...(await read()), local: true }).toEqual(before)
    expect(await readLocally()).toEqual(before)
    const { proved, local, rows } = await cast.read('supervisor', byTopic, ['deaths'])
    expect({ proved, local, rows }).toEqual({ proved: true, local: true, rows: before.rows })
    await cast.blocks(400)
  })

  it('[D4] what was accepted before all these deaths is still there, each write once', async () => {
    expect((await cast.read('bob', byTopic, ['deaths'])).rows.map(({ text }) => text).sort()).toEqual([
      'dead before the block',
      'written by one who died',
    ])
    const anchors = await cast.anchors()
    // On a busy machine tick 0 may not have had an acceptance in time: its server says so, and accepts again.
    const again = cast.output.filter((line) => line.includes('acceptance: acceptance.unavailable')).length
    expect([countOf(anchors, 'update'), countOf(anchors, 'registration'), countOf(anchors, 'acceptance')]).toEqual([4, 2, SERVERS + again])
  })
})
