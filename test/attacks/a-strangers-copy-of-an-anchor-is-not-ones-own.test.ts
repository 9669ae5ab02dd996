/**
 * Anybody can put the digest that stands in somebody's anchor into a transaction of their own, for the fee of 120 bytes. A client that takes the copy for its own serves
 * its update while its own anchor still waits, for the rival to read; and it looks for the verdict on the copy, which nobody gives, so that its key stays in use for ever.
 */
import { describe, expect, it } from 'vitest'
import { signDocument, type OpenedDocument, type Reference } from '../../roles/protocol/documents/index.ts'
import { marketStep, type MarketEvent, type MarketState } from '../../main/core/market.ts'
import { anchorOf, crypto, makeCast, makeOffer, makeReady } from '../roles/supervisor/actors.ts'
import { openTown } from '../roles/supervisor/town.ts'
import { freeKeys } from '../../roles/client/index.ts'
import type { AnchoredTransaction } from '../../roles/protocol/events.ts'
import { saidReady, scriptOf } from '../../roles/protocol/ticks/index.ts'
import { anchored, approve, ask, block, DATA, key, of, phase, published, ready, replied, run, start, tick } from '../roles/client/story.ts'

const address = scriptOf(DATA)!
const own = (height: number): AnchoredTransaction => ({
  ...anchored('update', 3, height),
  spends: [address],
  pays: [{ script: address, value: 330 }],
})
/** What strangers can make: with another torrent, as another type, paying the key, and spending from a key of their own. */
const COPIES: Record<string, (height: number) => AnchoredTransaction> = {
  'that spends nothing of hers': (height) => ({ ...own(height), txid: 'copy', spends: [], pays: [] }),
  'that pays her key': (height) => ({ ...own(height), txid: 'copy', spends: [scriptOf(key('rival'))!] }),
  'of another type': (height) => ({ ...own(height), txid: 'copy', spends: [], anchor: { ...own(height).anchor, type: 'ready' } }),
  'that leads to another torrent': (height) => ({
    ...own(height),
    txid: 'copy',
    spends: [],
    anchor: { ...own(height).anchor, infohash: 'ef'.repeat(20) },
  }),
}

const money = { spendFromKeys: [DATA], payToKeys: [DATA] }
const sent = () => run(start, ...ready, ask, replied, { ...approve, ...money }, published(3))

describe.each(Object.keys(COPIES))('a copy %s', (name) => {
  const copy = COPIES[name]!

  it('in an earlier block does not make her serve her update before her own anchor is in one', () => {
    const { state, effects } = run(sent().state, block(5, copy(5)))
    expect(of(effects, 'seed')).toEqual([])
    expect(phase(state)).toBe('signed')
    expect(of(run(state, block(6, own(6))).effects, 'seed')).toHaveLength(1)
  })

  it.each([
    ['before hers', [copy(5), own(5)]],
    ['after hers', [own(5), copy(5)]],
  ])('in the same block, %s, leaves her the verdict on her own', (_place, anchors) => {
    const { state } = run(sent().state, block(5, ...anchors))
    expect(state.requests[0]!.publication).toMatchObject({ txid: 'tx3', height: 5, reference: { infohash: own(5).anchor.infohash } })
    const counted = run(state, ...tick(2, 6, []), ...tick(3, 7, [[3, 'accepted']])).state
    expect(phase(counted)).toBe('counted')
    expect(freeKeys(counted)).toEqual([{ key: DATA, collection: 'posts', written: true }])
  })

  it('in a later block takes no verdict away', () => {
    const { state } = run(sent().state, block(5, own(5)), block(6, copy(6)))
    expect(phase(run(state, ...tick(2, 7, []), ...tick(3, 8, [[3, 'accepted']])).state)).toBe('counted')
  })
})

const elsewhere = (transaction: AnchoredTransaction): AnchoredTransaction => ({
  ...transaction,
  txid: 'c0'.repeat(32),
  anchor: { ...transaction.anchor, infohash: 'ef'.repeat(20) },
})
const referenceOf = ({ anchor: { sha256, infohash } }: AnchoredTransaction): Reference => ({ sha256, infohash })

describe('whoever looks for a job or an app', () => {
  it('finds an offer whose digest somebody anchored before with a torrent that nobody has, or that is another one', () => {
    const offer = makeOffer(makeCast('copied offer', 1))
    for (const retryable of [true, false]) {
      let state: MarketState = { offers: [] }
      const asked: Reference[] = []
      const give = (event: MarketEvent): void => {
        const stepped = marketStep(state, event)
        state = stepped.state
        for (const effect of stepped.effects) if (effect.type === 'fetch') asked.push(effect.reference)
      }
      const real = anchorOf(offer, 5)
      const copy = elsewhere(real)
      give({ type: 'block', height: 5, hash: 'h', time: 0, anchored: [copy, real] })
      expect(asked).toEqual([referenceOf(copy), referenceOf(real)])
      give({
        type: 'document.missing',
        reference: referenceOf(copy),
        documentType: 'offer',
        failure: { code: 'x', message: 'x', retryable },
      })
      give({ type: 'document', reference: referenceOf(real), document: offer })
      expect(state.offers.map(({ reference, terms }) => [reference, terms?.title])).toEqual([[referenceOf(real), offer.body.title]])
    }
  })
})

describe('a Supervisor', () => {
  it('counts the statement of a server that somebody anchored before without its coin', async () => {
    const town = await openTown('copied statement', { minimumServers: 3 }, 5)
    const [server] = town.cast.servers
    town.away.add(server!.publicKey)
    const statement = makeReady(town.cast, server!, town.app, 2, 900)
    const real = anchorOf(statement, town.height() + 1, { spends: [server!.publicKey], pays: [town.cast.master.publicKey] })
    const copy = { ...elsewhere(real), spends: ['', scriptOf(town.cast.client.publicKey)!] }
    await town.give({
      type: 'block',
      height: town.height() + 1,
      hash: 'h',
      time: 0,
      anchored: [copy, { ...real, position: copy.position + 1 }],
    })
    const { publicKey } = server!
    expect(saidReady(town.state().ready, [publicKey], 2)).toEqual([publicKey])
    expect(saidReady(town.state().ready.slice(0, 1), [publicKey], 2)).toEqual([])
  })

  it('waits for its own resumption, and takes no copy of it for the root of its line', async () => {
    const town = await openTown('copied resumption')
    const { cast, app } = town
    const good = { number: 0, sha256: town.ticks[0]!.document.sha256, infohash: '00'.repeat(20) }
    const grant = { sha256: 'aa'.repeat(32), infohash: '00'.repeat(20) }
    const key = cast.supervisor.publicKey
    const fields = { app, good, key, grant, reason: 'stolen', shows: null }
    const resumption: OpenedDocument = signDocument(crypto, 'resumption', fields, cast.master, cast.random(32))
    await town.give({ type: 'resuming', resumption: { sha256: resumption.sha256, good: 0, key } })
    const copied = town.anchor(resumption, { pays: [cast.master.publicKey, key] })
    await town.mine()
    expect(town.state().phase).toBe('resuming')
    expect(town.state().seals.some(({ txid }) => txid === copied.txid)).toBe(false)
    const real = town.anchor(resumption, { spends: [cast.master.publicKey], pays: [cast.master.publicKey, key] })
    await town.mine()
    expect(town.state().phase).not.toBe('resuming')
    expect(town.state().seals.at(-1)).toMatchObject({ txid: real.txid })
  })
})
