/**
 * A registered client anchors by the hundred what no tick counts: every verdict is a line of the tick's document, which has an end, and the app ends with a tick
 * that cannot be written. And it takes all places of reservations, so that nobody else gets keys.
 *
 * Of what goes beyond its part the tick tells one client eight refusals of a kind, and says nothing of the rest; of its reservations 16 are decided, and the
 * others wait behind everybody's. Detected by everybody, on the chain. Lost: what the anchors cost.
 */
import { describe, expect, it } from 'vitest'
import { fromHex } from '../../roles/protocol/bytes.ts'
import { signDocument, type OpenedDocument } from '../../roles/protocol/documents/index.ts'
import { crypto, makeRegistration, makeReservation, makeUpdate } from '../roles/supervisor/actors.ts'
import { auditTown, peopleTown, tickSecrets, type Town } from '../roles/supervisor/town.ts'
import { keyPair } from '../tools/seeded.ts'

const MANY = 60
const outcomesOf = (town: Town): string[] =>
  town.ticks.slice(3).flatMap(({ document }) => document.body.summary.verdicts.map(({ outcome }) => outcome))
const count = (outcomes: string[]): Record<string, number> =>
  Object.fromEntries([...new Set(outcomes)].map((outcome) => [outcome, outcomes.filter((one) => one === outcome).length]))
const problemsOf = async (town: Town): Promise<string[]> => (await auditTown(town)).ticks.flatMap(({ problems }) => problems)

describe('One client that anchors by the hundred', () => {
  it('updates beyond its part is told of eight of them', async () => {
    const town = await peopleTown('refused updates', { perTick: { acceptances: 9, registrations: 9, reservations: 9, updates: 2 } })
    const { cast, app } = town
    const [key] = cast.keys
    const { version: replaces } = town.keeper.ledger.database.keys.get(key!.publicKey)!
    const secrets = tickSecrets(town, 2)
    for (let i = 0; i < MANY; i++) {
      const update = makeUpdate(cast, { app, tick: 2, ...secrets, endpoint: 'post', key: key!, replaces, text: `${i}` })
      town.anchor(update, { spends: [key!.publicKey] })
    }
    await town.mineTo(6)
    const told = count(outcomesOf(town))
    expect(told['accepted']).toBe(1)
    expect(told['update.limit']).toBe(8)
    expect(outcomesOf(town).length).toBeLessThan(20)
    expect(await problemsOf(town)).toEqual([])
  })

  it('disputes that nobody has is told of eight of them', async () => {
    const town = await peopleTown('refused disputes')
    const { cast } = town
    for (let i = 0; i < MANY; i++) town.anchor(stray(town, i), { spends: [cast.client.publicKey] }, true)
    await town.mineTo(6)
    expect(count(outcomesOf(town))).toEqual({ 'dispute.unavailable': 8 })
    expect(await problemsOf(town)).toEqual([])
  })

  it('reservations keeps nobody waiting for keys', async () => {
    const town = await peopleTown('reserved places', { perTick: { acceptances: 9, registrations: 9, reservations: 20, updates: 2 } })
    const { cast, app } = town
    const other = keyPair(cast.random)
    town.anchor(makeRegistration(cast, other, app), { pays: [cast.master.publicKey, other.publicKey] })
    await town.mineTo(5)
    const before = outcomesOf(town).length
    const own = [keyPair(cast.random)]
    const sends = (client: typeof other, keys: typeof own, withheld = false): void => {
      const document = makeReservation(cast, client, app, keys)
      town.anchor(document, { spends: [client.publicKey], pays: keys.map(({ publicKey }) => publicKey) }, withheld)
    }
    for (let i = 0; i < MANY; i++) sends(cast.client, [keyPair(cast.random)])
    sends(other, own)
    await town.mineTo(7)
    const decided = outcomesOf(town).slice(before)
    expect(count(decided)).toEqual({ accepted: 17 })
    expect(town.keeper.ledger.database.keys.get(own[0]!.publicKey)).toMatchObject({ owner: other.publicKey })
    // The others are decided in turn, sixteen a tick.
    await town.mineTo(8)
    expect(count(outcomesOf(town).slice(before))).toEqual({ accepted: 17 + 16 })
    expect(await problemsOf(town)).toEqual([])
  })
})

/** Something that is anchored as a dispute, each another. */
function stray({ cast, app }: Town, i: number): OpenedDocument {
  const document = signDocument(
    crypto,
    'registration',
    { app, sealing: '09'.padEnd(64, '0'), seats: `${i}`.padStart(64, '0'), nonce: '0' },
    cast.client,
    fromHex('11'.repeat(32)),
  )
  return { ...document, body: { ...document.body, type: 'dispute' } as never }
}
