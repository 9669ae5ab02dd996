/**
 * The master key may take back more than three ticks when it shows that they are faulty. Two documents of one number, signed by any key that there is, once were a reason to take back everything, and so was
 * a faulty tick for taking back the right ones before it.
 *
 * Detected by every reader that held the ticks: a reason is the first tick that is taken back, and that the reader's own audit finds faulty before any other. Lost: nothing.
 */
import { describe, expect, it } from 'vitest'
import { firstFault } from '../../main/core/client/audit.ts'
import { canonicalBytes } from '../../roles/protocol/canonical.ts'
import { openDocument, signUnder } from '../../roles/protocol/documents/index.ts'
import { followed, followProof } from '../../roles/protocol/ticks/index.ts'
import { PROTOCOL_VERSION } from '../../roles/protocol/version.ts'
import { digest, resumptionMade, story, type Made } from '../roles/protocol/ticks/story.ts'
import { crypto } from '../roles/supervisor/actors.ts'
import { auditTown, openTown, signAgain } from '../roles/supervisor/town.ts'
import { keyPair, seeded } from '../tools/seeded.ts'
import { inputs } from '../vectors/protocol/inputs.ts'

const shaOf = ({ transaction }: Made): string => transaction.anchor.sha256

describe('a resumption that takes back ten ticks', () => {
  it('and shows two documents is none', () => {
    const master = keyPair(seeded('master'))
    const signed = (shows: unknown): Uint8Array => {
      const body = { ...inputs.documents.fields.resumption, type: 'resumption', v: PROTOCOL_VERSION, by: master.publicKey, shows }
      return canonicalBytes({ ...body, sig: signUnder(crypto, 'resumption', body, master.privateKey, new Uint8Array(32)) })
    }
    const [one, other] = [1, 2].map((n) => ({ sha256: digest(n), infohash: '00'.repeat(20) }))
    for (const shows of [one, null]) expect(openDocument(crypto, 'resumption', signed(shows)).ok).toBe(true)
    for (const shows of [[one, other], [one], []])
      expect(openDocument(crypto, 'resumption', signed(shows))).toMatchObject({ error: { code: 'resumption.schema' } })
  })

  it.each([
    ['a later tick than the first of them', 7],
    ['the last of them', 12],
    ['the one that stays', 2],
    ['a document that is no tick of the app', null],
  ])('and shows %s is ignored, whatever that one is', (_what, shown) => {
    const { reader, ticks, numbers, stop } = story(12)
    const greedy = resumptionMade(200, ticks[2]!, { shows: shown === null ? digest(77) : shaOf(ticks[shown]!) })
    reader.block(greedy)
    expect([numbers().at(-1), stop()]).toEqual([12, null])
    reader.set(followProof(reader.following(), shaOf(greedy), true))
    expect(numbers().at(-1)).toBe(12)
    expect(followed(reader.following()).ignored.map(({ sha256 }) => sha256)).toEqual([shaOf(greedy)])
  })

  it('and shows the first of them is looked at, and obeyed where that one is faulty', () => {
    const { reader, ticks, numbers, stop } = story(12)
    const right = resumptionMade(200, ticks[2]!, { shows: shaOf(ticks[3]!) })
    reader.block(right)
    expect(stop()).toMatchObject({ kind: 'unproved', shows: { sha256: shaOf(ticks[3]!) } })
    reader.set(followProof(reader.following(), shaOf(right), true))
    expect([numbers().at(-1), stop()]).toEqual([2, null])
  })
})

it('of the faulty ticks the first is a reason, and none of those that are faulty because of it', async () => {
  const town = await openTown('two faults')
  await town.mineTo(5)
  const faulty = (tick: { number: number; servers: unknown[] }) => (tick.number >= 2 ? { servers: tick.servers.slice(1) as never } : {})
  const report = await auditTown(town, { ticks: signAgain(town, faulty) })
  expect(report.ticks.filter(({ problems }) => problems.length > 0).map(({ number }) => number)).toEqual([2, 3, 4, 5])
  expect(firstFault(report)).toBe(2)
  expect(firstFault(await auditTown(town))).toBe(-1)
})
