/** [B2][J1][J2] What a person sees of job offers, and what comes of declining one, over the engine. */
import { describe, expect, it } from 'vitest'
import { createEngine } from '../../main/core/engine.ts'
import { startMarket, type MarketEvent } from '../../main/core/market.ts'
import type { Services } from '../../main/core/services.ts'
import type { Offer, OpenedDocument } from '../../roles/protocol/documents/index.ts'
import { failForNow } from '../../roles/protocol/result.ts'
import { createMemoryLog } from '../simulation/ports/log.ts'
import { createMemoryStorage } from '../simulation/ports/storage.ts'

const id = (n: number): string => String(n).repeat(64)
const reference = (n: number) => ({ sha256: id(n), infohash: String(n).repeat(40) })
const block = (n: number): MarketEvent => ({
  type: 'block',
  height: n,
  hash: id(n),
  time: 0,
  anchored: [{ txid: id(n), height: n, position: 1, anchor: { type: 'offer', ...reference(n) }, first: '', spends: [], pays: [] }],
})
const offer = (n: number, perRequest: number): MarketEvent => {
  const body = {
    type: 'offer',
    by: id(7),
    master: id(8),
    title: `App ${n}`,
    app: null,
    supersedes: null,
    pay: { perRequest, perMillionSteps: 0, perMegabyte: 0 },
    work: { client: 1, server: 4 },
    tickBlocks: 6,
    minimumServers: 3,
    outline: { name: 'outline', size: 1, sha256: id(9) },
  }
  return {
    type: 'document',
    reference: reference(n),
    document: { sha256: id(n), body: body as unknown as Offer, bytes: new Uint8Array() } as OpenedDocument,
  }
}

/** A node that has seen three offers, of which the third one's document never came. */
async function start() {
  const storage = createMemoryStorage()
  const asked: string[] = []
  const engine = createEngine({ storage, log: createMemoryLog(), after: () => () => undefined })
  const services = {
    seldom: async (what: string) => {
      asked.push(what)
      return failForNow('swarm.timeout', 'nobody has it')
    },
  } as unknown as Services
  const market = startMarket(services, engine, () => undefined)
  for (const event of [block(1), block(2), block(3), offer(1, 3), offer(2, 9)]) await engine.broadcast(event)
  await engine.idle()
  return { market, engine, asked, shown: (...joined: string[]) => market.list(new Set(joined)).map(({ title, state }) => [title, state]) }
}

describe('[J2] the market', () => {
  it('[B2][J1] asks for each offer that is anchored once, and shows those that are here, best paid first', async () => {
    const { market, shown, asked, engine } = await start()
    expect(asked).toHaveLength(3)
    expect(shown()).toEqual([
      ['App 2', 'open'],
      ['App 1', 'open'],
    ])
    await engine.broadcast(block(2))
    expect(asked).toHaveLength(3)
    expect(market.list(new Set())[0]).toEqual({
      id: id(2),
      app: id(2),
      master: id(8),
      title: 'App 2',
      perRequest: 9,
      workBits: 4,
      height: 2,
      supersedes: false,
      minimumServers: 3,
      tickBlocks: 6,
      state: 'open',
    })
  })

  it('[J2] shows what this node works for, what was declined, and forgets what a reorganisation takes back', async () => {
    const { market, shown, engine } = await start()
    await market.decline(id(2))
    expect(shown(id(1))).toEqual([
      ['App 2', 'declined'],
      ['App 1', 'accepted'],
    ])
    await engine.broadcast({ type: 'reorg', height: 1 })
    expect(shown()).toEqual([['App 1', 'open']])
    await engine.broadcast(block(2))
    await engine.broadcast(offer(2, 9))
    expect(shown()[0]).toEqual(['App 2', 'open'])
  })

  it('takes in an offer whose block was read ahead, and has it where the chain says once that block comes', async () => {
    const { market, engine, shown } = await start()
    const { document } = offer(4, 5) as Extract<MarketEvent, { type: 'document' }>
    await market.note({ reference: { ...reference(4), infohash: '9'.repeat(40) }, height: 9, document })
    await market.note({ reference: reference(4), height: 8, document })
    expect(shown()).toContainEqual(['App 4', 'open'])
    expect(market.ofApp(id(4))).toMatchObject([{ height: 9, early: true }])
    await engine.broadcast(block(4))
    expect(market.ofApp(id(4))).toMatchObject([{ height: 4, reference: reference(4), terms: { title: 'App 4' } }])
    expect(market.ofApp(id(4))[0]).not.toHaveProperty('early')
    await market.note({ reference: reference(4), height: 9, document })
    expect(market.ofApp(id(4))).toMatchObject([{ height: 4 }])
  })
})
