/** The other sample apps on real parts, both in one network: their collections and endpoints are one program here. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { publishedTwice, sampleApp, startCast, type Cast } from './harness.ts'

const [poll, marketplace] = [sampleApp('poll'), sampleApp('marketplace')]
const joined = (part: string): object => ({ ...(poll[part] as object), ...(marketplace[part] as object) })
const BOTH = {
  ...poll,
  name: 'samples',
  doc: 'A poll and a marketplace.',
  collections: joined('collections'),
  endpoints: joined('endpoints'),
}

let cast: Cast
beforeAll(async () => {
  cast = await startCast({ servers: 3, clients: ['alice', 'bob'], blockMs: 300, tickBlocks: 2, program: BOTH })
})
afterAll(() => cast?.stop())

const GOODS = 3
type Args = Record<string, unknown>
const REFUSED = { state: 'nothing to write', response: { accepted: false } }

/** What a request must write. @returns the keys written, by collection, once a tick counted them and the other client knows */
async function done(name: string, endpoint: string, args: Args): Promise<Record<string, string>> {
  // An order of three goods takes a key for each.
  await cast.ready(name, GOODS)
  const asked = await cast.send(name, endpoint, args)
  expect(asked, JSON.stringify(asked.error)).toMatchObject({ state: 'review', response: { accepted: true } })
  expect(asked.writes.flatMap(({ flags }) => flags)).toEqual([])
  const { state, tick } = await cast.publish(asked)
  expect(state).toBe('counted')
  for (const other of ['alice', 'bob'])
    await cast.until(`${other} to see tick ${tick}`, (view) => view.tick !== null && view.tick.number >= tick!, other)
  return Object.fromEntries(asked.writes.map(({ collection, key }) => [collection, key]))
}

describe('The poll and the marketplace', () => {
  it('[L1][L8][R2][T1][T3][K3] live side by side: a vote is counted, an order accepted, and the poll closed with its result', async () => {
    // What does not wait for another write goes into the same ticks, so that the two stories take the time of one.
    const [{ listings: listing }, { polls }] = await Promise.all([
      done('alice', 'sell', { title: 'Tea', goods: [{ key: 'tea', value: '333' }] }),
      done('alice', 'create', { question: 'Tea or coffee?', options: ['Tea', ' Coffee'] }),
    ])
    const address = Buffer.from('sealed for alice').toString('base64')
    const [{ orders: order }] = await Promise.all([
      done('bob', 'offer', {
        listing,
        lines: [
          { good: 'tea', pieces: '1' },
          { good: 'tea', pieces: '2' },
        ],
        address,
      }),
      done('bob', 'vote', { poll: polls, choice: 'Coffee' }),
      done('alice', 'restock', { good: 'tea', change: '5' }),
    ])
    expect((await cast.read('alice', ['orders', 'byBuyer'], [])).rows).toMatchObject([
      { lines: [{ good: 'tea', pieces: '3', price: '333' }], tax: '190', total: '1189', address },
    ])
    expect((await cast.read('alice', ['votes', 'tally'], [polls!, 'Coffee'])).count).toBe(1)
    expect(await cast.send('bob', 'vote', { poll: polls, choice: 'Tea' })).toMatchObject({
      ...REFUSED,
      response: { reason: 'You have voted in this poll.' },
    })
    expect(await cast.send('bob', 'move', { order, to: { tag: 'shipped', value: { parcel: '1' } } })).toMatchObject(REFUSED)
    // The endpoint close is split: the tallies are asked once a server has read the options.
    await Promise.all([done('alice', 'accept', { order }), done('alice', 'close', {})])
    const result = [
      { option: 'Coffee', votes: '1' },
      { option: 'Tea', votes: '0' },
    ]
    expect((await cast.read('bob', ['polls', 'key'], [polls!])).rows).toMatchObject([{ state: { tag: 'closed', value: { result } } }])
    expect((await cast.read('bob', ['moves', 'states'], [order!])).rows).toMatchObject([{ rank: '3', state: { tag: 'accepted' } }])
    const changes = (await cast.read('bob', ['stock', 'key'], [])).rows.map(({ change }) => Number(change))
    expect(changes.sort((a, b) => a - b)).toEqual([-3, 5])
  })

  it('[D3][N4] leave a log from which anybody rebuilds every root', async () => {
    const audit = await cast.call('use.audit', {}, 'bob')
    expect([audit.ok, audit.ticks.filter((tick) => !tick.equal)]).toEqual([true, []])
    expect(publishedTwice(await cast.anchors())).toEqual([])
  })
})
