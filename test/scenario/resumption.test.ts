import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { countOf, publishedTwice, startCast, type Cast } from './harness.ts'

describe('ticks that the master key takes back', () => {
  let cast: Cast

  beforeAll(async () => {
    cast = await startCast({ servers: 3, clients: ['alice'], blockMs: 700 })
  })
  afterAll(async () => {
    await (cast as Cast | undefined)?.stop()
  })

  const post = async (text: string) =>
    expect(await cast.publish(await cast.send('alice', 'post', { topic: 'seals', text }))).toMatchObject({ state: 'counted' })
  const texts = async () => (await cast.read('alice', ['posts', 'byTopic'], ['seals'])).rows.map((row) => row['text']).sort()
  const tickOf = async () => (await cast.view('alice')).tick!.number

  it('[D4] end where it says; a Supervisor killed meanwhile says it once; a new key goes on, and writes count as before', async () => {
    await post('before')
    const before = await tickOf()
    await cast.call('publish.takeBack', { reason: 'the ticks were composed on a machine that is not trusted' })
    await cast.kill('supervisor')
    await cast.restart('supervisor')
    await cast.until('ticks by the new key to reach alice', ({ tick }) => tick !== null && tick.number > before + 1, 'alice')
    await post('after')
    expect(await texts()).toEqual(['after', 'before'])
    const anchors = await cast.anchors()
    expect([countOf(anchors, 'resumption'), publishedTwice(anchors)]).toEqual([1, []])
    expect(await cast.call('use.audit', {}, 'alice')).toMatchObject({ ok: true })
  })

  it('[D4] and a reorganisation that takes that word back gives it back, with every write', async () => {
    const before = await tickOf()
    await cast.call('publish.takeBack', { reason: 'once more' })
    await cast.until('the word of the master key to be in a block', async () => countOf(await cast.anchors(), 'resumption') === 2)
    await cast.reorg(3)
    await cast.until('ticks by the newest key to reach alice', ({ tick }) => tick !== null && tick.number > before + 2, 'alice')
    await post('at last')
    expect(await texts()).toEqual(['after', 'at last', 'before'])
    const anchors = await cast.anchors()
    expect([countOf(anchors, 'resumption'), publishedTwice(anchors)]).toEqual([2, []])
    expect(await cast.call('use.audit', {}, 'alice')).toMatchObject({ ok: true })
  })
})
