/**
 * Attack 6: a Supervisor runs under an offer of its own: one that supersedes nothing, names another master key, drops an index, or is in force earlier or later than
 * its anchor says. Each lie is told by the product's own Supervisor on a chain made by hand; the audit that a client runs has to name it.
 */
import { describe, expect, it } from 'vitest'
import { fetchStandingOffer } from '../../main/core/revocations.ts'
import { fetchOffer } from '../../main/core/services.ts'
import { clientStep, initialClientState } from '../../roles/client/index.ts'
import type { Program } from '../../roles/program/index.ts'
import { signDocument, type FileEntry, type Offer, type OpenedDocument, type Reference } from '../../roles/protocol/documents/index.ts'
import { fileEntry } from '../../roles/protocol/index/index.ts'
import { encodeOutline, outlineOf } from '../../roles/protocol/requests/index.ts'
import { fail, failForNow, ok, type Result } from '../../roles/protocol/result.ts'
import { stopOf } from '../../roles/protocol/ticks/index.ts'
import { APP, createReader, digest, offered, tickMade } from '../roles/protocol/ticks/story.ts'
import { crypto, makeCast, makeOffer, notes } from '../roles/supervisor/actors.ts'
import { moneyOf, openTown, peopleTown } from '../roles/supervisor/town.ts'
import { createMemoryStorage } from '../simulation/ports/storage.ts'
import { keyPair } from '../tools/seeded.ts'
import { found } from './audited.ts'

describe('the offer in force', () => {
  const program = (change: (copy: Program) => void): Program => {
    const copy = structuredClone(notes)
    change(copy)
    return copy
  }
  const more = program((copy) => (copy.collections['more'] = structuredClone(copy.collections['notes']!)))

  /** A town whose Supervisor runs under another offer from tick 4 on. */
  async function under(seed: string, change: Partial<Offer>, outline: Program = more, anchored = 3) {
    const town = await peopleTown(seed)
    const supersedes = { sha256: town.app, infohash: town.app.slice(0, 40) }
    const next = makeOffer(town.cast, { supersedes, app: town.app, title: 'Notes 2', ...change })
    town.offers.set(next.sha256, { body: next.body, program: outline, outline: outlineOf(outline) })
    await town.mineTo(3)
    if (anchored === 3) town.anchor(next, moneyOf(next))
    await town.mine()
    const adopt = (): void => town.rewrite((state) => ({ ...state, offer: { sha256: next.sha256, body: next.body }, next: null }))
    return { town, next, adopt }
  }

  it('follows from its anchor: the tick that closes its block is the first under it, and audits agree', async () => {
    const { town, next, adopt } = await under('right', {})
    adopt()
    await town.mineTo(5)
    expect(town.ticks.map(({ document }) => document.body.offer === next.sha256)).toEqual([false, false, false, false, true, true])
    expect(await found(town)).toEqual({})
  })

  it.each([
    ['supersedes nothing', { supersedes: null }, more, 'does not supersede the offer in force'],
    [
      'supersedes another',
      { supersedes: { sha256: 'aa'.repeat(32), infohash: 'aa'.repeat(20) } },
      more,
      'does not supersede the offer in force',
    ],
    ['is of another app', { app: 'aa'.repeat(32) }, more, 'belongs to another app'],
    ['counts periods otherwise', { confirmations: 1 }, more, 'confirmations is 0 in the offer in force and stays so'],
    ['runs endpoints without enough servers', { minimumServers: 1 }, more, 'The offer runs with 1'],
    [
      'drops an index',
      {},
      program((copy) => {
        const [name] = Object.keys(copy.collections['notes']!.indices)
        delete (copy.collections['notes']!.indices as Record<string, unknown>)[name!]
      }),
      'the index',
    ],
    [
      'changes a field',
      {},
      program((copy) => (copy.collections['notes']!.fields = { ...copy.collections['notes']!.fields, added: { kind: 'text', max: 3 } })),
      'the field added is new',
    ],
    ['drops a collection', {}, program((copy) => (copy.collections = { other: copy.collections['notes']! })), 'it is gone'],
  ] as const)('one that %s is run under: named, with the reason', async (_, change, outline, why) => {
    const { town, next, adopt } = await under(`wrong: ${why}`, change, outline)
    adopt()
    await town.mineTo(4)
    // One of them asks for a confirmation more.
    await town.mine()
    const problems = (await found(town))[4]!.join(' ')
    expect(problems).toContain(`The tick is under the offer ${next.sha256}; by the anchors ${town.app} is in force.`)
    expect(problems).toContain(why)
  })

  it('names another master key: named', async () => {
    const other = keyPair((await openTown('other master')).cast.random).publicKey
    const { town, next, adopt } = await under('usurped master', { master: other })
    adopt()
    await town.mineTo(4)
    expect((await found(town))[4]!.join(' ')).toContain(
      `${town.app} is in force. The offer «Notes 2» cannot take over: it names another master key.`,
    )
    expect(next.body.master).toBe(other)
  })

  it('is run under before its anchor, without any, or not at all though it is anchored: named', async () => {
    const early = await under('early', {}, more, 0)
    early.adopt()
    await early.town.mineTo(4)
    early.town.anchor(early.next, moneyOf(early.next))
    await early.town.mineTo(6)
    const named = `The tick is under the offer ${early.next.sha256}; by the anchors ${early.town.app} is in force.`
    expect(await found(early.town)).toEqual({ 4: [named] })
    const ignored = await under('ignored', {})
    await ignored.town.mineTo(5)
    const held = `The tick is under the offer ${ignored.town.app}; by the anchors ${ignored.next.sha256} is in force.`
    const problems = await found(ignored.town)
    expect([problems[4]![0], problems[5]![0]]).toEqual([held, expect.stringContaining(held)])
  })

  it('of two that supersede one, the first in the chain is in force, and nobody goes back to an older one', async () => {
    const { town, next, adopt } = await under('twins', {})
    const rival = makeOffer(town.cast, { supersedes: next.body.supersedes, app: town.app, title: 'Twin' })
    town.offers.set(rival.sha256, { body: rival.body, program: more, outline: outlineOf(more) })
    town.anchor(rival, moneyOf(rival))
    adopt()
    await town.mineTo(4)
    town.rewrite((state) => ({ ...state, offer: { sha256: rival.sha256, body: rival.body } }))
    await town.mineTo(5)
    town.rewrite((state) => ({ ...state, offer: { sha256: town.app, body: town.offer.body } }))
    await town.mineTo(6)
    const problems = await found(town)
    expect(problems[5]![0]).toContain(`under the offer ${rival.sha256}; by the anchors ${next.sha256} is in force.`)
    expect(problems[6]![0]).toContain(`under the offer ${town.app}; by the anchors ${next.sha256} is in force.`)
  })

  it('is by a key that was taken back before: named; one that replaces such a key takes over at once', async () => {
    const fresh = keyPair((await openTown('fresh key')).cast.random)
    const { town, next, adopt } = await under('revoked', {})
    adopt()
    await town.mineTo(4)
    const height = [...town.chain.values()].find(({ anchor }) => anchor.sha256 === next.sha256)!.height
    const revoked = { [town.cast.supervisor.publicKey]: height }
    expect((await found(town, { revoked }))[4]![0]).toContain(`under the offer ${next.sha256}; by the anchors ${town.app} is in force.`)
    const replacing = await under('replaced', {}, more, 0)
    const byFresh = signDocument(crypto, 'offer', { ...fieldsOf(replacing.next.body) }, fresh, replacing.town.cast.random(32))
    replacing.town.offers.set(byFresh.sha256, { body: byFresh.body, program: more, outline: outlineOf(more) })
    replacing.town.rewrite((state) => ({ ...state, offer: { sha256: byFresh.sha256, body: byFresh.body } }))
    await replacing.town.mineTo(4)
    replacing.town.anchor(byFresh, moneyOf(byFresh))
    await replacing.town.mine()
    const problems = await found(replacing.town, { revoked: { [replacing.town.cast.supervisor.publicKey]: 100 } })
    expect(problems[4] ?? []).not.toContainEqual(expect.stringContaining('by the anchors'))
  })
})

describe('every node', () => {
  const cast = makeCast('nodes', 1)
  const withIndex = outlineOf(notes)
  const without = structuredClone(withIndex)
  const [dropped] = Object.keys(without.collections['notes']!.indices)
  delete (without.collections['notes']!.indices as Record<string, unknown>)[dropped!]
  const outlines = new Map([withIndex, without].map((outline) => [outline, { name: 'outline', bytes: encodeOutline(outline) }]))
  const offerWith = (change: Partial<Offer>, outline = withIndex) =>
    makeOffer(cast, { outline: fileEntry(crypto, outlines.get(outline)!), minimumServers: 3, ...change })
  const first = offerWith({})
  const referenceOf = ({ sha256 }: OpenedDocument): Reference => ({ sha256, infohash: sha256.slice(0, 40) })
  const next = (change: Partial<Offer> = {}, outline = withIndex) =>
    offerWith({ supersedes: referenceOf(first), app: first.sha256, title: 'Notes 2', ...change }, outline)

  /** A node that fetches these documents, and gives an attempt that may pass three tries. */
  function node(...documents: OpenedDocument[]) {
    const again = async <T>(_what: string, attempt: () => Promise<Result<T>>): Promise<Result<T>> => {
      let result = await attempt()
      for (let tries = 0; !result.ok && result.error.retryable && tries < 3; tries++) result = await attempt()
      return result
    }
    const fetch = ({ sha256 }: Reference): Promise<Result<OpenedDocument>> => {
      const found = documents.find((one) => one.sha256 === sha256)
      return Promise.resolve(found === undefined ? failForNow('swarm.timeout', 'not there') : ok(found))
    }
    const fetchFile = (_infohash: string, { sha256 }: FileEntry): Promise<Result<Uint8Array>> => {
      const found = [...outlines.values()].find((outline) => fileEntry(crypto, outline).sha256 === sha256)
      return Promise.resolve(found === undefined ? fail('swarm.no-file', sha256) : ok(found.bytes))
    }
    return { storage: createMemoryStorage(), documents: { fetch, fetchFile } as never, seldom: again, patiently: again }
  }

  it.each([
    ['that may take over', next(), 'ok'],
    ['that supersedes nothing, and says that it is of the app', next({ supersedes: null }), 'offer.refused'],
    ['that names another master key', next({ master: keyPair(cast.random).publicKey }), 'offer.refused'],
    ['of another app', next({ app: 'ab'.repeat(32) }), 'offer.refused'],
    ['with ticks of another length', next({ tickBlocks: 7 }), 'offer.refused'],
    ['with an index dropped', next({}, without), 'offer.collections'],
    ['with too few servers for its endpoints', next({ minimumServers: 1 }), 'offer.servers'],
  ])('takes an offer %s as it has to', async (_, offer, expected) => {
    const services = node(first, offer)
    const got = await fetchStandingOffer(services, referenceOf(offer), 'new')()
    expect(got.ok ? 'ok' : got.error.code).toBe(expected)
    const [event] = await fetchOffer(services, { reference: referenceOf(offer) })
    expect(event).toMatchObject(
      expected === 'ok' ? { type: 'document' } : { type: 'document.missing', failure: { code: expected, retryable: false } },
    )
  })

  it('waits for the offer that one supersedes, and looks at all before it', async () => {
    const second = next()
    const third = offerWith({ supersedes: referenceOf(second), app: first.sha256, title: 'Notes 3' })
    expect(await fetchStandingOffer(node(third, second), referenceOf(third), 'new')()).toMatchObject({ error: { code: 'swarm.timeout' } })
    expect(await fetchStandingOffer(node(third, second, first), referenceOf(third), 'new')()).toMatchObject({ ok: true })
    const wrong = next({}, without)
    const onWrong = offerWith({ supersedes: referenceOf(wrong), app: first.sha256, title: 'Notes 3' }, without)
    expect(await fetchStandingOffer(node(onWrong, wrong, first), referenceOf(onWrong), 'new')()).toMatchObject({
      error: { code: 'offer.collections' },
    })
  })

  it('goes on past no tick under an offer that it refused, whichever comes first', () => {
    for (const early of [true, false]) {
      const reader = createReader()
      const root = offered()
      reader.block(root)
      const zero = tickMade(3, { number: 0, after: root.txid, previous: null, to: 2 })
      const one = tickMade(5, {
        number: 1,
        after: zero.transaction.txid,
        previous: zero.transaction.anchor.sha256,
        to: 4,
        offer: digest(77),
      })
      if (early) reader.refuse(digest(77), 'the index is gone')
      reader.block(zero)
      reader.block(one)
      if (!early) reader.refuse(digest(77), 'the index is gone')
      expect(stopOf(reader.following())).toMatchObject({
        kind: 'faulty',
        number: 1,
        why: 'it is under an offer that is refused (the index is gone)',
      })
      expect(reader.counted.slice(0, 1)).toEqual([zero.transaction.anchor.sha256])
    }
    const state = initialClientState(APP, keyPair(cast.random).publicKey, [], keyPair(cast.random).publicKey)
    const told = clientStep({ crypto, hashAt: () => null }, state, { type: 'offer.refused', offer: digest(77), why: 'x' })
    expect(told.state.following.refused).toEqual({ [digest(77)]: 'x' })
  })
})

function fieldsOf({ sig: _sig, type: _type, v: _v, by: _by, ...fields }: Offer & { sig?: string }) {
  return fields
}
