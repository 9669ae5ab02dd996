/**
 * Whoever writes the link of an app may say anything in it: another network, blocks in which nothing is, trackers and peers in the reader's own house, more of them
 * than anybody should ask. Nothing of it is believed: the chain says where the offer is, its digest is the app id, and nobody is dialled before he may be. Lost: time.
 */
import { describe, expect, it } from 'vitest'
import { createTrackerList } from '../../main/adapters/torrent/tracker-list.ts'
import { isPublic, publicLookup } from '../../main/adapters/transport/reach.ts'
import type { HowToFetch } from '../../main/core/documents/types.ts'
import { createApps } from '../../main/core/joining/apps.ts'
import { startMarket, type MarketEvent } from '../../main/core/market.ts'
import { createEngine } from '../../main/core/engine.ts'
import type { Services } from '../../main/core/services.ts'
import type { Reference } from '../../roles/protocol/documents/index.ts'
import { fail, failForNow, must, ok } from '../../roles/protocol/result.ts'
import { fromHex } from '../../roles/protocol/bytes.ts'
import { anchorScript, buildTransaction } from '../../roles/protocol/tx/index.ts'
import { createMemoryLog } from '../simulation/ports/log.ts'
import { createMemoryStorage } from '../simulation/ports/storage.ts'

const APP = 'ab'.repeat(32)
const REAL: Reference = { sha256: APP, infohash: 'cd'.repeat(20) }
const COPY: Reference = { sha256: APP, infohash: 'ee'.repeat(20) }
const BODY = {
  ...{ type: 'offer', by: '11'.repeat(32), master: '22'.repeat(32), title: 'Poll', app: null, supersedes: null, tickBlocks: 6 },
  ...{
    pay: { perRequest: 1 },
    work: { client: 1, server: 1 },
    minimumServers: 3,
    outline: { name: 'outline', size: 1, sha256: '33'.repeat(32) },
  },
}
const COIN = {
  txid: '44'.repeat(32),
  vout: 0,
  value: 1_000n,
  internalKey: fromHex('50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0'),
}
const anchorOf = (reference: Reference): Uint8Array =>
  must(
    buildTransaction({ inputs: [COIN], outputs: [{ script: must(anchorScript({ type: 'offer', ...reference })), value: 0n }] }),
  ).transaction.toBuffer()

/** A node that has read the chain up to block 10 of 500; the offer is in block 300, and a stranger's copy of its anchor in block 400. */
async function node() {
  const blocksRead: number[] = []
  const asked: Array<{ infohash: string; hints: HowToFetch['hints'] }> = []
  const storage = createMemoryStorage()
  storage.transact([{ table: 'chain', key: 'recent', value: [{ height: 10, hash: '00'.repeat(32) }] }])
  const engine = createEngine({ storage, log: createMemoryLog(), after: () => () => undefined })
  const services = {
    storage,
    chain: {
      network: 'signet',
      tip: async () => ok({ height: 500, hash: 'ff'.repeat(32) }),
      async blockAt(height: number) {
        blocksRead.push(height)
        return ok({ height, transactions: height === 300 ? [anchorOf(REAL)] : height === 400 ? [anchorOf(COPY)] : [] })
      },
    },
    documents: {
      async fetch({ infohash }: Reference, _type: string, { hints }: HowToFetch = {}) {
        asked.push({ infohash, hints })
        return infohash === REAL.infohash
          ? ok({ sha256: APP, body: BODY, bytes: new Uint8Array() })
          : fail('document.digest', 'The file has another SHA-256 than was signed.')
      },
      fetchFile: async () => ok(new Uint8Array()),
    },
    seldom: async () => failForNow('swarm.timeout', 'nobody has it'),
  } as unknown as Services
  const market = startMarket(services, engine, () => undefined)
  const { known } = createApps(services, market)
  const read = (height: number, ...references: Reference[]): MarketEvent => ({
    type: 'block',
    height,
    hash: 'h',
    time: 0,
    anchored: references.map((anchor, position) => ({
      ...{ txid: `${height}`, height, position, anchor: { type: 'offer' as const, ...anchor }, first: '', spends: [], pays: [] },
    })),
  })
  return { known, market, engine, blocksRead, asked, read }
}
const link = (query: string, network = 'signet'): string => `golem:${network}/${APP}?${query}`

describe('A link that lies', () => {
  it('about nothing leads to the offer at once, though the chain is read to block 10 only; the chain has the last word', async () => {
    const { known, market, engine, asked, read } = await node()
    expect(await known(link('at=298&pe=203.0.113.7:6881&tr=udp://203.0.113.9:6969'))).toMatchObject({
      ok: true,
      value: { height: 300, terms: { title: 'Poll' } },
    })
    expect(asked).toEqual([{ infohash: REAL.infohash, hints: { peers: ['203.0.113.7:6881'], trackers: ['udp://203.0.113.9:6969'] } }])
    await engine.broadcast(read(299, COPY))
    expect(market.ofApp(APP)).toMatchObject([{ height: 299 }])
  })

  it.each([
    ['of another network', link('at=300', 'mainnet'), 'link.network', false],
    ['that is none', `golem:signet/${APP}?at=-1`, 'link.at', false],
    ['about the block', link('at=200'), 'offer.unread', true],
    ['about a block that is not there', link('at=4000000000'), 'offer.unread', true],
    ['with the block of a copy of the anchor, which leads to nothing', link('at=400'), 'offer.unread', true],
    ['and says nothing', link(''), 'offer.unread', true],
  ])('%s is refused with one error, or waits for the chain', async (_, text, code, retryable) => {
    const { known, blocksRead, market } = await node()
    expect(await known(text)).toMatchObject({ ok: false, error: { code, retryable } })
    expect([blocksRead.length <= 36, market.offers()]).toEqual([true, []])
  })

  it('about everything does not keep the app from being found by the chain', async () => {
    const { known, engine, read } = await node()
    expect(await known(link('at=400&pe=127.0.0.1:1&tr=udp://127.0.0.1:1'))).toMatchObject({ error: { code: 'offer.unread' } })
    await engine.broadcast(read(300, REAL))
    expect(await known(link('at=400'))).toMatchObject({ ok: true, value: { height: 300, reference: REAL } })
  })

  it('names peers by names: only addresses are dialled, since a name may lead anywhere', async () => {
    const { known, asked } = await node()
    await known(link('at=300&pe=localhost:80&pe=router.example:80&pe=[2001:db8::1]:7&pe=198.51.100.1:9'))
    expect(asked[0]!.hints!.peers).toEqual(['[2001:db8::1]:7', '198.51.100.1:9'])
  })

  it('names trackers at home, or more than a few: on a public chain these are not asked', () => {
    const list = createTrackerList([], { isPublic, lookup: publicLookup() })
    const named = ['http://127.0.0.1:1/a', 'udp://localhost:1', 'http://[::1]:1/a', 'wss://8.8.8.8/a', 'udp://tracker.example:1']
    expect(list.usable(named)).toEqual([])
    const many = Array.from({ length: 8 }, (_, at) => `http://8.8.8.${at + 1}/announce`)
    expect(list.usable([...named, ...many])).toEqual(many.slice(0, 3))
    expect(list.now()).toEqual([])
  })
})
