import { describe, expect, it } from 'vitest'
import { signDocument, type DocumentType, type Offer, type OpenedDocument } from '../../../../roles/protocol/documents/index.ts'
import {
  canRollBack,
  checkSuccession,
  closeTick,
  createLedger,
  exportLedger,
  importLedger,
  isDecidedIn,
  noteTick,
  rollbackTo,
  type AnchoredDocument,
  type CloseInput,
  type Ledger,
} from '../../../../roles/protocol/ticks/index.ts'
import { type PlannedTick, type RevealFile, outlineOf, termsOf } from '../../../../roles/protocol/requests/index.ts'
import { verifyWork, workChallenge } from '../../../../roles/protocol/crypto/index.ts'
import { snapshot } from '../../../../roles/protocol/index/index.ts'
import type { KeyPair } from '../../../../roles/protocol/keys/index.ts'
import { makePlan, saltsOf } from '../../../../roles/supervisor/plan.ts'
import {
  anchorOf,
  crypto,
  makeCast,
  makeOffer,
  makeReady,
  makeRegistration,
  makeReservation,
  makeUpdate,
  notes,
  type Cast,
  type UpdateOptions,
} from '../../supervisor/actors.ts'
import { keyPair } from '../../../tools/seeded.ts'

const ctx = { crypto }
const outline = outlineOf(notes)
const APP = 'ab'.repeat(32)
/** Digest of tick 0's document, which published its plan too. */
const BASE = 'b5'.repeat(32)
const HASH = 'ec'.repeat(32)

type Money = { spends?: string[]; pays?: string[] }
const at = <T extends DocumentType>(document: OpenedDocument<T>, height: number, money: Money): AnchoredDocument<T> => ({
  transaction: anchorOf(document, height, money),
  document,
})

interface Scene {
  cast: Cast
  offer: Offer
  ledger: Ledger
  planned: PlannedTick
  secret: RevealFile
  close(number: number, input: Partial<CloseInput>): string[]
  update(change?: Partial<UpdateOptions>): OpenedDocument<'update'>
  registration(client?: KeyPair): AnchoredDocument<'registration'>
}

/** A ledger before tick 0 is closed, which publishes the plan of tick 1. */
const BUDGET = { steps: 100_000, bytes: 1_000_000 }

function planOf(cast: Cast, tick: number): ReturnType<typeof makePlan> {
  const ready = cast.servers.map((server) => makeReady(cast, server, APP, tick).body)
  const salt = saltsOf(crypto, cast.supervisor, APP)
  const input = { program: notes, app: APP, tick, ready, versions: 2, primeBits: 128, prime: cast.prime, salt }
  return makePlan({ crypto, random: cast.random }, input)
}

async function scene(seed: string): Promise<Scene> {
  const cast = makeCast(seed)
  const offer = makeOffer(cast).body
  const ledger = createLedger(APP, outline)
  const made = await planOf(cast, 1)
  const planned = { plan: made.plan, hash: 'dd'.repeat(32), published: BASE, terms: termsOf(offer) }
  const secret = made.secret.reveal
  noteTick(
    ledger,
    { sha256: BASE, body: { number: 0, blocks: { from: 0, to: 1, hash: planned.hash }, plans: [made.plan], indices: [] } },
    { outline, terms: planned.terms, budget: offer.budget },
  )
  ledger.ticks.set(1, { sha256: BASE, hash: HASH, roots: [] })
  const close: Scene['close'] = (number, input) =>
    closeTick(ctx, ledger, {
      offer,
      offerDigest: 'of'.repeat(32),
      outline,
      number,
      registrations: [],
      reservations: [],
      updates: [],
      reveal: null,
      ...input,
    }).verdicts.map((verdict) => verdict.outcome)
  const replaces = (key: KeyPair): string => ledger.database.keys.get(key.publicKey)?.version ?? '00'.repeat(32)
  const update: Scene['update'] = (change = {}) =>
    makeUpdate(cast, {
      app: APP,
      tick: 1,
      base: BASE,
      hash: HASH,
      planned,
      secret,
      endpoint: 'post',
      key: cast.keys[0]!,
      replaces: replaces(change.key ?? cast.keys[0]!),
      text: 'hello',
      ...change,
    })
  const registration: Scene['registration'] = (client = cast.client) =>
    at(makeRegistration(cast, client, APP), 1, { pays: [cast.master.publicKey] })
  return { cast, offer, ledger, planned, secret, close, update, registration }
}

/** With the cast's client registered, its keys reserved in tick 1, and tick 2 closed: the next decides what is stamped in tick 1. */
async function peopled(seed: string): Promise<Scene> {
  const made = await scene(seed)
  made.close(0, { registrations: [made.registration()] })
  const { cast } = made
  const reservation = at(makeReservation(cast, cast.client, APP, cast.keys), 3, {
    spends: [cast.client.publicKey],
    pays: cast.keys.map((key) => key.publicKey),
  })
  expect(made.close(1, { reservations: [reservation] })).toEqual(['accepted'])
  made.close(2, {})
  return made
}

describe('registrations', () => {
  it('[K2] count with work and payment, once', async () => {
    const { cast, close, registration } = await scene('registrations')
    const unpaid = at(makeRegistration(cast, keyPair(cast.random), APP), 1, {})
    const nonce = '18446744073709551615'
    const works = (client: KeyPair): boolean => verifyWork(workChallenge(crypto, 'client', client.publicKey, APP), BigInt(nonce), 4)
    let idle = keyPair(cast.random)
    while (works(idle)) idle = keyPair(cast.random)
    const lazy = at(
      signDocument(
        crypto,
        'registration',
        { app: APP, sealing: `09${'00'.repeat(31)}`, seats: 'ab'.repeat(32), nonce },
        idle,
        cast.random(32),
      ),
      1,
      {
        pays: [cast.master.publicKey],
      },
    )
    const elsewhere = at(makeRegistration(cast, cast.client, 'cd'.repeat(32)), 1, { pays: [cast.master.publicKey] })
    const twice = registration()
    expect(close(0, { registrations: [registration(), twice, unpaid, lazy, elsewhere] }).sort()).toEqual([
      'accepted',
      'registration.app',
      'registration.known',
      'registration.work',
    ])
  })
})

describe('reservations', () => {
  it('[K1] with initial values are held to rules: all keys of one or none, and the later one is refused', async () => {
    const { cast, close, registration } = await scene('ruled reservations')
    const initial = { author: '', text: '' }
    const ruled = {
      ...outline,
      collections: {
        notes: { ...outline.collections['notes']!, initial, indices: { byAuthor: { kind: 'order' as const, on: ['author'], atMost: 2 } } },
      },
    }
    close(0, { registrations: [registration()], outline: ruled })
    const keys = Array.from({ length: 6 }, () => keyPair(cast.random))
    const reserve = (height: number, from: number, to: number) =>
      at(makeReservation(cast, cast.client, APP, keys.slice(from, to), initial), height, {
        spends: [cast.client.publicKey],
        pays: keys.slice(from, to).map((key) => key.publicKey),
      })
    const reservations = [reserve(3, 0, 3), reserve(4, 3, 5), reserve(5, 5, 6)]
    expect(close(1, { reservations, outline: ruled })).toEqual(['reservation.rule', 'accepted', 'reservation.rule'])
    expect(close(2, { reservations: [reserve(6, 5, 6)] })).toEqual(['reservation.initial'])
  })

  it("need a registered client whose coin is spent, a payment to the key, and the key's signature", async () => {
    const { cast, close, registration } = await scene('reservations')
    const [key, other] = [cast.keys[0]!, cast.keys[1]!]
    const money = { spends: [cast.client.publicKey], pays: [key.publicKey] }
    const stranger = keyPair(cast.random)
    const reserve = (keys: KeyPair[], change: Money = {}, client = cast.client) =>
      at(makeReservation(cast, client, APP, keys), 3, { ...money, ...change })
    const honest = makeReservation(cast, cast.client, APP, [key]).body.keys[0]!
    const signed = (entry: typeof honest) =>
      at(signDocument(crypto, 'reservation', { app: APP, keys: [entry] }, cast.client, cast.random(32)), 3, money)
    const rival = keyPair(cast.random)
    close(0, { registrations: [registration(), registration(rival)] })
    const reservations = [
      reserve([key], { spends: [] }),
      reserve([key], { spends: [rival.publicKey] }),
      reserve([key], { pays: [] }),
      reserve([key], {}, stranger),
      signed({ ...honest, initial: {} }),
      signed({ ...honest, collection: 'nothing' }),
      signed({ ...honest, sig: makeReservation(cast, stranger, APP, [key]).body.keys[0]!.sig }),
      reserve([key, key]),
      reserve([key]),
      reserve([key]),
      reserve([key, other], { pays: [key.publicKey, other.publicKey] }),
    ]
    expect(close(1, { reservations })).toEqual([
      'reservation.spends',
      'reservation.payment',
      'reservation.client',
      'reservation.initial',
      'reservation.collection',
      'reservation.signature',
      'reservation.twice',
      'accepted',
      'reservation.taken',
      'reservation.taken',
    ])
  })
})

describe('updates', () => {
  it('[K3][D1] spend from every changed key, and of two rivals the first in chain order wins', async () => {
    const { cast, close, update, secret, ledger } = await peopled('rivals')
    const key = cast.keys[0]!
    const money = { spends: [key.publicKey] }
    const [unspent, first, second] = [
      at(update(), 4, { spends: [cast.keys[1]!.publicKey] }),
      at(update({ text: 'first' }), 5, money),
      at(update({ text: 'second' }), 6, money),
    ]
    expect(close(3, { updates: [second, first, unspent], reveal: secret })).toEqual(['update.spends', 'accepted', 'update.replaced'])
    expect(ledger.database.collections.get('notes')!.get(key.publicKey)!.fields).toMatchObject({ text: 'first' })
  })

  it('are counted once: a replayed request id, a late stamp and a missing document are told apart', async () => {
    const { cast, close, update, secret } = await peopled('replays')
    const [key, other] = [cast.keys[0]!, cast.keys[1]!]
    const request = '12'.repeat(32)
    const [one, two] = [update({ request }), update({ request, key: other })]
    const lost = { transaction: anchorOf(update(), 7, { spends: [key.publicKey] }), document: null }
    expect(
      close(3, { updates: [at(one, 5, { spends: [key.publicKey] }), at(two, 6, { spends: [other.publicKey] }), lost], reveal: secret }),
    ).toEqual(['accepted', 'update.request', 'update.unavailable'])
    // Tick 4 decides period 2, in which a stamp of tick 1 counts, too.
    const twice = update({ request, key: other })
    const inTime = update({ key: other })
    expect(close(4, { updates: [twice, inTime].map((one) => at(one, 8, { spends: [other.publicKey] })) })).toEqual([
      'update.request',
      'accepted',
    ])
    expect(close(5, { updates: [at(update({ key: other }), 9, { spends: [other.publicKey] })] })).toEqual(['update.late'])
  })

  it('[D4] of two ticks compete in the order of the chain: the later stamp wins when its anchor is the earlier one', async () => {
    const made = await peopled('two-ticks')
    const { cast, close, update, secret, ledger, planned: first } = made
    const next = await planOf(cast, 2)
    const { hash, terms } = first
    const second = '2b'.repeat(32)
    noteTick(
      ledger,
      { sha256: second, body: { number: 1, blocks: { from: 1, to: 2, hash }, plans: [next.plan], indices: [] } },
      { outline, terms, budget: BUDGET },
    )
    ledger.ticks.set(1, { sha256: second, hash: HASH, roots: [] })
    ledger.ticks.set(2, { sha256: second, hash: HASH, roots: [] })
    const planned = { plan: next.plan, hash, published: second, terms }
    const money = { spends: [cast.keys[0]!.publicKey] }
    const early = at(update({ tick: 2, base: second, planned, secret: next.secret.reveal, text: 'of tick 2' }), 7, money)
    const late = at(update({ base: second, text: 'of tick 1' }), 8, money)
    expect(close(3, { reveal: secret })).toEqual([])
    expect(close(4, { updates: [late, early], reveal: next.secret.reveal })).toEqual(['accepted', 'update.replaced'])
    expect(ledger.database.collections.get('notes')!.get(cast.keys[0]!.publicKey)!.fields).toMatchObject({ text: 'of tick 2' })
  })

  it('[T4] are decided with everything else of their period, two documents later, whatever they are stamped', () => {
    const deciding = (height: number): number[] => [0, 1, 2, 3, 4, 5].filter((number) => isDecidedIn(number, height, 100, 10))
    expect([50, 100, 101, 110, 111, 115, 120, 121].map(deciding)).toEqual([[1], [1], [2], [2], [3], [3], [3], [4]])
  })
})

describe('a plan', () => {
  it('counts when it was published first and before its tick, and goes with the tick that published it', async () => {
    const { ledger, planned, close } = await peopled('plans')
    const terms = planned.terms
    const publish = (number: number, hash: string, ...ticks: number[]): void =>
      noteTick(
        ledger,
        {
          sha256: hash,
          body: { number, blocks: { from: 0, to: 1, hash }, plans: ticks.map((tick) => ({ ...planned.plan, tick })), indices: [] },
        },
        { outline, terms, budget: BUDGET },
      )
    const noted = () =>
      [...ledger.plans.values()].filter(({ plan }) => plan.tick > 1).map(({ plan, hash }) => [plan.tick, hash.slice(0, 2)])
    const [a, b] = ['aa'.repeat(32), 'bb'.repeat(32)]
    publish(2, a, 2, 3, 4)
    expect(noted()).toEqual([
      [3, 'aa'],
      [4, 'aa'],
    ])
    close(3, {})
    publish(3, b, 4, 5)
    expect(noted()).toEqual([
      [3, 'aa'],
      [4, 'aa'],
      [5, 'bb'],
    ])
    rollbackTo(ledger, 2)
    expect(noted()).toEqual([
      [3, 'aa'],
      [4, 'aa'],
    ])
    rollbackTo(ledger, 1)
    expect(noted()).toEqual([])
  })
})

describe('a ledger', () => {
  it('closes a tick again with the same result, and is taken back to where it was', async () => {
    const { cast, close, update, secret, ledger } = await peopled('again')
    const before = snapshot(crypto, ledger.database).root
    const input = { updates: [at(update(), 5, { spends: [cast.keys[0]!.publicKey] })], reveal: secret }
    expect(close(3, input)).toEqual(['accepted'])
    const after = snapshot(crypto, ledger.database).root
    expect(close(3, input)).toEqual(['accepted'])
    expect(snapshot(crypto, ledger.database).root).toBe(after)
    expect(after).not.toBe(before)
    rollbackTo(ledger, 2)
    expect(snapshot(crypto, ledger.database).root).toBe(before)
    expect(canRollBack(ledger, -1)).toBe(true)
    rollbackTo(ledger, -1)
    expect(ledger.database.clients.size).toBe(0)
    expect(() => rollbackTo(ledger, -2)).toThrow()
  })

  it('survives storage, with the means to take ticks back', async () => {
    const { cast, close, update, secret, ledger } = await peopled('stored')
    const before = snapshot(crypto, ledger.database).root
    close(3, { updates: [at(update(), 5, { spends: [cast.keys[0]!.publicKey] })], reveal: secret })
    const restored = importLedger(JSON.parse(JSON.stringify(exportLedger(ledger))))
    expect(snapshot(crypto, restored.database).root).toBe(snapshot(crypto, ledger.database).root)
    rollbackTo(restored, 2)
    expect(snapshot(crypto, restored.database).root).toBe(before)
  })

  it('counts an update whose stamp divides, and buries the server that sealed rubbish instead of its numbers all the same', async () => {
    const { cast, close, update, secret, ledger } = await peopled('rubbish')
    const [key] = cast.keys
    const spoiled = update({ rubbish: [{ lane: 0, position: 0 }] })
    expect(close(3, { updates: [at(spoiled, 5, { spends: [key!.publicKey] })], reveal: secret })).toEqual(['accepted'])
    expect([...ledger.tombstones.keys()]).toEqual([spoiled.body.lanes[0]![0]!.server])
  })

  it('blames nobody for an update that rests on a tick which the chain does not have', async () => {
    const { cast, close, update, secret, ledger, planned } = await peopled('base')
    const [key, other] = [cast.keys[0]!, cast.keys[1]!]
    const updates = [
      at(update({ base: '0f'.repeat(32), skips: 0 }), 5, { spends: [key.publicKey] }),
      at(update({ key: other, planned: { ...planned, published: '0f'.repeat(32) }, skips: 0 }), 6, { spends: [other.publicKey] }),
    ]
    expect(close(3, { updates, reveal: secret })).toEqual(['update.base', 'update.base'])
    expect(ledger.tombstones.size).toBe(0)
  })

  it('goes on under a program that adds, and not under one that takes away', () => {
    const { notes: collection } = outline.collections
    const added = { ...outline, collections: { ...outline.collections, more: collection! } }
    expect(checkSuccession(outline, added).ok).toBe(true)
    expect(checkSuccession(added, outline)).toMatchObject({ ok: false, error: { code: 'offer.collections' } })
    expect(checkSuccession(outline, { ...outline, collections: { notes: { ...collection!, indices: {} } } }).ok).toBe(false)
    const said = (changes: object): unknown => {
      const kept = checkSuccession(outline, { ...outline, collections: { notes: { ...collection!, ...changes } } })
      return kept.ok ? 'ok' : /notes: (.*?)\. Keep/.exec(kept.error.message)?.[1]
    }
    const [field] = Object.keys(collection!.fields)
    expect(said({ fields: { ...collection!.fields, [field!]: { kind: 'bytes', max: 1 } } })).toBe(`the field ${field} is of another type`)
    expect(said({ fields: { ...collection!.fields, extra: { kind: 'bool' } } })).toBe('the field extra is new')
    expect(said({ fields: {} })).toBe(`the field ${field} is gone`)
    expect(said({ initial: { a: '1' } })).toBe('its initial value is another')
    expect(said({ indices: {} })).toMatch(/^the index \w+ is gone$/)
  })

  it('[B5] keeps its rows under a superseding program', async () => {
    const { cast, close, update, secret, ledger } = await peopled('superseded')
    const added = { ...outline, collections: { ...outline.collections, more: outline.collections['notes']! } }
    expect(close(3, { updates: [at(update(), 5, { spends: [cast.keys[0]!.publicKey] })], reveal: secret, outline: added })).toEqual([
      'accepted',
    ])
    expect([...snapshot(crypto, ledger.database).indices.keys()]).toContain('more.key')
    expect(ledger.database.collections.get('notes')!.get(cast.keys[0]!.publicKey)!.fields).toMatchObject({ text: 'hello' })
  })
})
