/** The essay's slow way to a value: the last transaction of its address and one torrent, while no index has it yet. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ready, startWorld, type World } from '../network/world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld('key-value', 3, ['alice', 'bob'])
})
afterAll(() => world?.close())

const rows = async () =>
  (await world.call('bob', 'use.read', { collection: 'posts', index: 'byTopic', equals: ['address'], limit: 10, descending: false })).rows
const keyValue = (key: string) => world.call('bob', 'use.keyValue', { key })

describe('A value whose tick has not come', () => {
  it('[D2] is read from its address by anybody, and said not to be counted; after the tick it is the same, counted', async () => {
    const actor = await ready(world, 'alice')
    await world.block()
    const { id } = await world.call('alice', 'use.request', {
      app: actor,
      endpoint: 'post',
      arguments: { topic: 'address', text: 'no index has this' },
    })
    await world.until('an answer', async () => (await world.request('alice', id))?.state === 'review')
    const { key } = (await world.request('alice', id))!.writes[0]!
    expect(await keyValue(key)).toMatchObject({ collection: 'posts', owner: actor, written: false, fields: null, counted: true })
    await world.call('alice', 'use.approve', { id })
    await expect(keyValue(key)).resolves.toMatchObject({ written: false })
    await world.block()
    const written = await keyValue(key)
    expect(written).toMatchObject({
      written: true,
      fields: { topic: 'address', text: 'no index has this' },
      txid: (await world.request('alice', id))!.txid,
      counted: false,
    })
    expect(await rows()).toEqual([])
    await world.until('the tick', async () => (await world.request('alice', id))?.state === 'counted')
    expect(await keyValue(key)).toEqual({ ...written, counted: true })
    expect((await rows()).map(({ text }) => text)).toEqual(['no index has this'])
  })
})
