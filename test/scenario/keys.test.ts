import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { countOf, publishedTwice, startCast, type Cast } from './harness.ts'

describe('a secondary key that was seized', () => {
  let cast: Cast

  beforeAll(async () => {
    cast = await startCast({ servers: 3, clients: ['alice'], blockMs: 700 })
  })
  afterAll(async () => {
    await (cast as Cast | undefined)?.stop()
  })

  it('[B1] is taken back by the master key; a newly granted one goes on, and everybody follows it', async () => {
    const before = await cast.publish(await cast.send('alice', 'post', { topic: 'keys', text: 'by the first key' }))
    expect(before).toMatchObject({ state: 'counted' })
    const seized = (await cast.view()).engagements.find(({ role }) => role === 'supervisor')!.id
    const { key } = await cast.call('publish.replaceKey', { reason: 'the machine was seized' })
    expect(key).not.toBe(seized)
    const { tick } = await cast.view('alice')
    await cast.until(
      'ticks by the new key to reach alice',
      (view) => view.tick !== null && view.tick.number > tick!.number + 1 && view.tick.state === 'running',
      'alice',
    )
    const after = await cast.publish(await cast.send('alice', 'post', { topic: 'keys', text: 'by the second key' }))
    expect(after).toMatchObject({ state: 'counted' })
    const { rows } = await cast.read('alice', ['posts', 'byTopic'], ['keys'])
    expect(rows.map((row) => row['text']).sort()).toEqual(['by the first key', 'by the second key'])
    const audit = await cast.call('use.audit', {}, 'alice')
    expect(audit).toMatchObject({ ok: true })
    const anchors = await cast.anchors()
    expect(['revocation', 'grant', 'offer'].map((type) => countOf(anchors, type))).toEqual([1, 2, 2])
    expect(publishedTwice(anchors)).toEqual([])
  })
})
