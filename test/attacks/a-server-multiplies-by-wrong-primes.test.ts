/**
 * A server signs what all sign, and multiplies its lane's number by something else than the primes of its passage and its sites: it leaves some out, takes those of
 * another version, site or block, takes one twice, adds a factor, or starts from another number.
 *
 * Detected by the Supervisor when it decides the update, that is in the tick that reveals the primes (two or three after the stamp), by every node that verifies the burial, by the auditor, and by
 * the author, whose complaint names the server. The punishment: a tombstone from that tick on, for every guilty server of every lane, whether or not the stamp
 * divides. Lost: where the number lacks a prime the update is rejected (`update.stamp`), and the author asks again, for one more fee; where it has too many, nothing.
 */
import { describe, expect, it } from 'vitest'
import { findPoison } from '../../roles/client/complaint.ts'
import { crypto, makeUpdate, type UpdateOptions } from '../roles/supervisor/actors.ts'
import { auditTown, heldAgainst, peopleTown, tickSecrets } from '../roles/supervisor/town.ts'

const [TICK, LANES] = [2, 2]
const prime = (hex: string): bigint => BigInt(`0x${hex}`)

type Factors = (primes: bigint[], version: Parameters<NonNullable<UpdateOptions['factors']>>[1]['version'], others: bigint[]) => bigint[]

/** What the server does, and whether the author's update counts all the same. `others` are all primes of other versions of the plan. */
const LIES: Record<string, { position: number; factors: Factors; counts: boolean }> = {
  'leaves out every prime': { position: 1, factors: () => [], counts: false },
  'leaves out the prime of a site': { position: 1, factors: ([passage]) => [passage!], counts: false },
  'leaves out the prime of its passage': { position: 1, factors: (primes) => primes.slice(1), counts: false },
  'leaves out the passage of a block without sites': { position: 0, factors: () => [], counts: false },
  'takes primes of another version': { position: 1, factors: (primes, _version, others) => others.slice(0, primes.length), counts: false },
  'takes the passage twice instead of a site': { position: 1, factors: ([passage]) => [passage!, passage!], counts: false },
  'takes the prime of a site that it did not execute': {
    position: 1,
    factors: ([passage], _version, others) => [passage!, others[0]!],
    counts: false,
  },
  'takes a prime once more than it has to': { position: 1, factors: (primes) => [...primes, primes[0]!], counts: true },
  'adds a factor of its own': { position: 0, factors: (primes) => [...primes, 3n], counts: true },
  'multiplies by nought': { position: 0, factors: () => [0n], counts: false },
}

async function decided(name: string, lane: number) {
  const { position, factors } = LIES[name]!
  const town = await peopleTown(`primes ${name} ${lane}`, { minimumServers: 8, witnesses: LANES - 1, spare: 1 }, 8)
  const secrets = tickSecrets(town, TICK)
  const [key] = town.cast.keys
  const replaces = heldAgainst(town, TICK).database.keys.get(key!.publicKey)!.version
  const update = makeUpdate(town.cast, {
    app: town.app,
    tick: TICK,
    ...secrets,
    endpoint: 'post',
    key: key!,
    replaces,
    text: 'hello',
    factors(primes, place) {
      const others = secrets.secret.versions.filter(({ version }) => version !== place.version.version)
      const all = others.flatMap(({ passage, sites }) => [passage, ...sites]).map(prime)
      return place.lane === lane && place.position === position ? factors(primes, place.version, all) : primes
    },
  })
  const anchor = town.anchor(update, { spends: [key!.publicKey] })
  await town.mineTo(4)
  const { body } = town.ticks[4]!.document
  const guilty = update.body.lanes[lane]![position]!.server
  return { town, update, reference: anchor.anchor, guilty, body, position, secrets }
}

describe.each(Object.keys(LIES))('a server that %s', (name) => {
  it.each([0, 1])('[P5] in lane %i is buried by the tick that reveals the primes, and no innocent one', async (lane) => {
    const { town, update, reference, guilty, body, position, secrets } = await decided(name, lane)
    const { counts } = LIES[name]!
    expect(body.summary.verdicts.map(({ outcome }) => outcome)).toEqual([counts ? 'accepted' : 'update.stamp'])
    expect(body.tombstones).toEqual([guilty])
    expect(body.burials).toMatchObject([{ subject: guilty, evidence: { kind: 'stamp', update: update.sha256, lane, position } }])
    expect((await auditTown(town)).ok).toBe(true)
    if (counts) return
    const found = findPoison({ crypto }, town.app, update.body, reference, secrets.secret, secrets.planned.plan)
    expect(found.finding).toMatchObject({ by: 'server', blamed: [{ subject: guilty, lane, position }] })
  })
})
