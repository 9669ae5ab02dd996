/** Attack 5: whoever anchors enough makes a tick that nobody can read, or stops the app. */
import { describe, expect, it } from 'vitest'
import type { OpenedDocument } from '../../roles/protocol/documents/index.ts'
import { documentsFiles } from '../../roles/protocol/ticks/index.ts'
import { makeRegistration, makeUpdate } from '../roles/supervisor/actors.ts'
import { auditTown, openTown, peopleTown, tickSecrets, type Town } from '../roles/supervisor/town.ts'
import { keyPair } from '../tools/seeded.ts'

const problemsOf = async (town: Town): Promise<string[]> => (await auditTown(town)).ticks.flatMap(({ problems }) => problems)
/** Without those on the acceptances of tick 0. */
const outcomes = (town: Town, number: number): string[] =>
  number === 0 ? [] : town.ticks[number]!.document.body.summary.verdicts.map(({ outcome }) => outcome)

describe('updates of keys that nobody reserved', () => {
  it('get no verdict and enter no tick, though their documents are there, whole and signed', async () => {
    const town = await peopleTown('strangers')
    const { cast, app } = town
    const stranger = keyPair(cast.random)
    const secrets = tickSecrets(town, 2)
    for (let i = 0; i < 30; i++) {
      const key = keyPair(cast.random)
      const update = makeUpdate(cast, {
        app,
        tick: 2,
        ...secrets,
        endpoint: 'post',
        key,
        replaces: '00'.repeat(32),
        text: `${i}`,
        client: stranger,
      })
      town.anchor(update, { spends: [key.publicKey] })
    }
    await town.mineTo(6)
    expect(town.ticks.slice(3).flatMap(({ document }) => document.body.summary.verdicts)).toEqual([])
    expect(town.ticks.slice(3).flatMap(({ document }) => document.body.summary.documents)).toEqual([])
    expect(town.state().waiting.filter(({ decidedIn }) => decidedIn === null)).toEqual([])
    expect(await problemsOf(town)).toEqual([])
  })
})

describe('registrations beyond what a tick decides', () => {
  it('wait for the next ticks in chain order, and any auditor finds the same', async () => {
    const town = await openTown('queue', { perTick: { acceptances: 9, registrations: 3, reservations: 3, updates: 2 } })
    const { cast, app } = town
    const clients = Array.from({ length: 8 }, () => keyPair(cast.random))
    for (const client of clients) town.anchor(makeRegistration(cast, client, app), { pays: [cast.master.publicKey, client.publicKey] })
    await town.mineTo(6)
    const decided = town.ticks.map((_, number) => outcomes(town, number).length)
    expect(decided.filter((count) => count > 0)).toEqual([3, 3, 2])
    expect(town.ticks.flatMap((_, number) => outcomes(town, number))).toEqual(clients.map(() => 'accepted'))
    expect(await problemsOf(town)).toEqual([])
  })

  it('cost a tick no more than a verdict each where nobody has their documents: they take no place of those that are there', async () => {
    const town = await openTown('fakes', { perTick: { acceptances: 9, registrations: 2, reservations: 2, updates: 2 } })
    const { cast, app } = town
    for (let i = 0; i < 20; i++) town.anchor(makeRegistration(cast, keyPair(cast.random), app), { pays: [cast.master.publicKey] }, true)
    const client = keyPair(cast.random)
    town.anchor(makeRegistration(cast, client, app), { pays: [cast.master.publicKey, client.publicKey] })
    await town.mineTo(5)
    const all = town.ticks.findIndex((_, number) => outcomes(town, number).length > 0)
    expect(outcomes(town, all)).toEqual([...Array<string>(20).fill('registration.unavailable'), 'accepted'])
    expect(await problemsOf(town)).toEqual([])
  })
})

describe('the documents of a tick', () => {
  it('come in parts of at most 2 MiB, whose lists hold all of them in order', () => {
    const text = 'x'.repeat(900_000)
    const documents = Array.from({ length: 20 }, (_, i) => {
      const bytes = new TextEncoder().encode(JSON.stringify({ number: i, text }))
      return { bytes, sha256: '', body: {} } as unknown as OpenedDocument
    })
    const parts = documentsFiles(documents)
    expect(parts.map(({ name }) => name)).toEqual(Array.from({ length: 10 }, (_, i) => `documents.${i}`))
    expect(Math.max(...parts.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(2 << 20)
    const lists = parts.map(({ bytes }) => JSON.parse(new TextDecoder().decode(bytes)) as Array<{ number: number }>)
    expect(lists.flat().map(({ number }) => number)).toEqual(documents.map((_, i) => i))
    expect(documentsFiles([])).toEqual([])
  })

  it('may be more than one text can hold, and no part has more than readers fetch', () => {
    // The same megabyte 600 times: more than the longest text that the engine makes.
    const bytes = new TextEncoder().encode(JSON.stringify('x'.repeat(1_040_000)))
    const parts = documentsFiles(Array.from({ length: 600 }, () => ({ bytes, sha256: '', body: {} }) as unknown as OpenedDocument))
    expect(parts.reduce((sum, part) => sum + part.bytes.length, 0)).toBeGreaterThan(600_000_000)
    expect(Math.max(...parts.map((part) => part.bytes.length))).toBeLessThanOrEqual(2 << 20)
  })
})

describe('a client', () => {
  it('has so many updates counted for an endpoint and tick as the offer says', async () => {
    const town = await peopleTown('limit', { perTick: { acceptances: 9, registrations: 100, reservations: 100, updates: 2 } })
    const { cast, app } = town
    const secrets = tickSecrets(town, 2)
    for (const key of cast.keys.slice(0, 3)) {
      const replaces = town.keeper.ledger.database.keys.get(key.publicKey)!.version
      const update = makeUpdate(cast, { app, tick: 2, ...secrets, endpoint: 'post', key, replaces, text: 'again' })
      town.anchor(update, { spends: [key.publicKey] })
    }
    await town.mineTo(6)
    expect(town.ticks.slice(3).flatMap((_, i) => outcomes(town, i + 3))).toEqual(['accepted', 'accepted', 'update.limit'])
    expect(await problemsOf(town)).toEqual([])
  })
})
