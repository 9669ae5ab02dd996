/** A stolen secondary key keeps its grant after it was taken back. An offer that it signs under the master's name must hire nobody. */
import { describe, expect, it } from 'vitest'
import { fetchOffer } from '../../main/core/services.ts'
import { fetchStandingOffer } from '../../main/core/revocations.ts'
import { signDocument, type DocumentType, type OpenedDocument, type Reference } from '../../roles/protocol/documents/index.ts'
import type { AnchoredTransaction } from '../../roles/protocol/events.ts'
import { fail, failForNow, ok, type Result } from '../../roles/protocol/result.ts'
import { initialServerState, serverStep, termsOf, type ServerEffect, type ServerEvent, type ServerState } from '../../roles/server/index.ts'
import { createMemoryStorage } from '../simulation/ports/storage.ts'
import { anchorOf, crypto, makeCast, makeOffer, type Cast } from '../roles/supervisor/actors.ts'
import { moneyOf, openTown } from '../roles/supervisor/town.ts'
import { keyPair, seeded } from '../tools/seeded.ts'

const referenceOf = ({ sha256 }: OpenedDocument): Reference => ({ sha256, infohash: sha256.slice(0, 40) })

/** The cast whose secondary key is taken back, an offer by that key, and the revocation. */
function stolen(seed: string): {
  cast: Cast
  master: ReturnType<typeof keyPair>
  offer: OpenedDocument<'offer'>
  revocation: OpenedDocument
} {
  const cast = makeCast(seed, 1)
  const master = keyPair(seeded(`${seed}/master`))
  const offer = makeOffer(cast, { master: master.publicKey })
  const revocation = signDocument(crypto, 'revocation', { key: cast.supervisor.publicKey, reason: 'stolen' }, master, cast.random(32))
  return { cast, master, offer, revocation }
}

/** A node that has these anchors in its blocks, and fetches these documents. */
function node(anchors: AnchoredTransaction[], documents: OpenedDocument[], away: OpenedDocument[] = []) {
  const storage = createMemoryStorage()
  for (const height of new Set(anchors.map((one) => one.height)))
    storage.transact([
      { table: 'anchored', key: String(height).padStart(10, '0'), value: anchors.filter((one) => one.height === height) as never },
    ])
  const fetched: DocumentType[] = []
  const fetch = ({ sha256 }: Reference, type: DocumentType): Promise<Result<OpenedDocument>> => {
    fetched.push(type)
    const found = documents.find((one) => one.sha256 === sha256)
    if (found !== undefined) return Promise.resolve(ok(found))
    const isAway = away.some((one) => one.sha256 === sha256)
    return Promise.resolve(isAway ? failForNow('swarm.timeout', 'not there') : fail('document.digest', 'broken'))
  }
  /** As the services do: again while it may pass. */
  const seldom = async <T>(_what: string, attempt: () => Promise<Result<T>>): Promise<Result<T>> => {
    for (let tries = 0; ; tries++) {
      const result = await attempt()
      if (result.ok || result.error.retryable !== true || tries === 100) return result
    }
  }
  return { services: { storage, documents: { fetch } as never, seldom, patiently: seldom }, fetched }
}

const code = (result: Result<unknown>): string => (result.ok ? 'ok' : result.error.code)

describe('an offer by a key that its master key took back', () => {
  const { cast, master, offer, revocation } = stolen('revoked key')
  const own = [master.publicKey]
  const at = (document: OpenedDocument, height: number, spends: string[] = []) => anchorOf(document, height, { spends })

  it.each([
    ['after the revocation', 10, 12, 'offer.revoked'],
    ['in its block', 10, 10, 'offer.revoked'],
    ['before it', 10, 9, 'ok'],
  ])('that was anchored %s is treated as it must be, by servers and clients', async (_when, revoked, offered, expected) => {
    const { services } = node([at(revocation, revoked, own), at(offer, offered)], [offer, revocation])
    expect(code(await fetchStandingOffer(services, referenceOf(offer), 'new')())).toBe(expected)
    const [event] = await fetchOffer(services, { reference: referenceOf(offer) })
    expect(event).toMatchObject(
      expected === 'ok' ? { type: 'document' } : { type: 'document.missing', failure: { code: expected, retryable: false } },
    )
  })

  it('counts by its first anchor, whoever repeats it', async () => {
    const { services } = node([at(offer, 9), at(revocation, 10, own), at(offer, 11)], [offer, revocation])
    expect(code(await fetchStandingOffer(services, referenceOf(offer), 'new')())).toBe('ok')
  })

  it('is not helped by what strangers call a revocation: of another key, by another key, broken, or not to be had', async () => {
    const other = keyPair(seeded('a stranger'))
    const ofOther = signDocument(crypto, 'revocation', { key: other.publicKey, reason: '' }, master, cast.random(32))
    const byOther = signDocument(crypto, 'revocation', { key: cast.supervisor.publicKey, reason: '' }, other, cast.random(32))
    const absent = signDocument(crypto, 'revocation', { key: other.publicKey, reason: 'x' }, other, cast.random(32))
    const broken = signDocument(crypto, 'revocation', { key: other.publicKey, reason: 'y' }, other, cast.random(32))
    const fakes = [ofOther, byOther, absent, broken].map((one, i) => at(one, 1 + i, own))
    const honest = node([...fakes, at(offer, 12)], [offer, ofOther, byOther], [absent])
    expect(await fetchOffer(honest.services, { reference: referenceOf(offer) })).toMatchObject([{ type: 'document' }])
    const thief = node([...fakes, at(revocation, 8, own), at(offer, 12)], [offer, ofOther, byOther, revocation], [absent])
    expect(await fetchOffer(thief.services, { reference: referenceOf(offer), own: true })).toMatchObject([
      { failure: { code: 'offer.revoked' } },
    ])
  })

  it('loses the server that accepted it before the revocation could be had, and keeps one that it had hired before', () => {
    for (const [revoked, kept] of [
      [10, false],
      [13, true],
    ] as const) {
      const ctx = { crypto, identityFor: () => keyPair(seeded('me')).publicKey, hashAt: () => null }
      const effects: ServerEffect[] = []
      let state: ServerState = initialServerState()
      const give = (event: ServerEvent): void => {
        const stepped = serverStep(ctx, state, event)
        state = stepped.state
        effects.push(...stepped.effects)
      }
      const block = (...anchored: AnchoredTransaction[]): void =>
        give({ type: 'block', height: anchored[0]!.height, hash: 'h', time: 0, anchored })
      const anchors = [at(revocation, revoked, own), at(offer, 12)].sort((a, b) => a.height - b.height)
      for (const one of anchors) block(one)
      const accept = (height: number): void =>
        give({
          type: 'accept',
          offer: offer.sha256,
          offers: [{ reference: referenceOf(offer), height, terms: termsOf(offer.sha256, offer.body) }],
        })
      accept(12)
      expect(state.job?.offer).toBe(offer.sha256)
      give({ type: 'history', blocks: anchors.map((one) => ({ height: one.height, anchored: [one] })) })
      expect(effects).toContainEqual({ type: 'fetch', reference: referenceOf(revocation), documentType: 'revocation' })
      give({ type: 'document', reference: referenceOf(revocation), document: revocation })
      expect(state.job?.offer ?? null).toBe(kept ? offer.sha256 : null)
      expect(state.offers).toHaveLength(kept ? 1 : 0)
      if (kept) continue
      // A branch in which nobody took the key back.
      give({ type: 'reorg', height: 9 })
      block(at(offer, 10))
      accept(10)
      expect(state.job?.offer).toBe(offer.sha256)
    }
  })
})

describe('a Supervisor whose key was taken back', () => {
  const superseding = (cast: Cast, town: Awaited<ReturnType<typeof openTown>>, by: Cast['supervisor']) =>
    makeOffer(
      { ...cast, supervisor: by },
      {
        supersedes: { sha256: town.offer.sha256, infohash: '00'.repeat(20) },
        app: town.app,
        master: town.offer.body.master,
        title: 'Anew',
      },
    )

  it.each(['the revocation first', 'the offer first'])('does not go on with an offer by that key, %s', async (order) => {
    const master = keyPair(seeded('town master'))
    const town = await openTown(`taken back, ${order}`, { master: master.publicKey })
    const { cast } = town
    const revocation = signDocument(crypto, 'revocation', { key: cast.supervisor.publicKey, reason: 'stolen' }, master, cast.random(32))
    const next = superseding(cast, town, cast.supervisor)
    await town.give({ type: 'offer.superseding', sha256: next.sha256, offer: next.body })
    expect(town.state().next?.offer.sha256).toBe(next.sha256)
    if (order === 'the revocation first') {
      town.anchor(revocation, { spends: [master.publicKey] })
      await town.mine()
      town.anchor(next, moneyOf(next))
      await town.mine()
    } else {
      town.anchor(revocation, { spends: [master.publicKey] }, true)
      town.anchor(next, moneyOf(next))
      await town.mine()
      town.release(revocation)
      await town.give({ type: 'document', reference: referenceOf(revocation), document: revocation })
    }
    expect(town.state()).toMatchObject({ phase: 'revoked', next: null, offer: { sha256: town.offer.sha256 } })
    await town.give({ type: 'offer.superseding', sha256: next.sha256, offer: next.body })
    expect(town.state().next).toBe(null)
    const fresh = superseding(cast, town, keyPair(seeded('a new key')))
    await town.give({ type: 'offer.superseding', sha256: fresh.sha256, offer: fresh.body })
    expect(town.state().next?.offer.sha256).toBe(fresh.sha256)
  })
})
