/** The offers of an app that is brought back, and where its program is from. */
import { describe, expect, it } from 'vitest'
import { findOffers } from '../../../main/core/restore/offers.ts'
import type { Services } from '../../../main/core/services.ts'
import { toHex } from '../../../roles/protocol/bytes.ts'
import type { Offer, OpenedDocument } from '../../../roles/protocol/documents/index.ts'
import type { AnchoredTransaction } from '../../../roles/protocol/events.ts'
import { fileEntry } from '../../../roles/protocol/index/index.ts'
import { encodeOutline, outlineOf } from '../../../roles/protocol/requests/index.ts'
import { fail, failForNow, must, ok } from '../../../roles/protocol/result.ts'
import { scriptOf } from '../../../roles/protocol/ticks/index.ts'
import { sealProgram } from '../../../roles/supervisor/index.ts'
import { GUESTBOOK } from '../../simulation/network/world.ts'
import { check } from '../../../roles/program/index.ts'
import { crypto, makeCast, makeOffer, notes } from '../../roles/supervisor/actors.ts'

const cast = makeCast('restored offers')
const outline = fileEntry(crypto, { name: 'outline', bytes: encodeOutline(outlineOf(notes)) })
const sealed = sealProgram(crypto, cast.master, notes)
const backup = fileEntry(crypto, { name: 'backup', bytes: sealed })

const anchorOf = (
  { sha256, body }: OpenedDocument<'offer'>,
  height: number,
  more: Partial<AnchoredTransaction> = {},
): AnchoredTransaction => ({
  txid: sha256,
  height,
  position: 1,
  anchor: { type: 'offer', sha256, infohash: sha256.slice(0, 40) },
  first: '',
  spends: [],
  pays: [{ script: '6a', value: 0 }, ...[body.by, body.master].map((key) => ({ script: scriptOf(key)!, value: 330 }))],
  ...more,
})

/** A swarm that has these documents, and this as every file. */
const swarm = (documents: Array<OpenedDocument<'offer'>>, file: Uint8Array | null) =>
  ({
    crypto,
    documents: {
      fetch: ({ sha256 }: { sha256: string }) => {
        const found = documents.find((one) => one.sha256 === sha256)
        return Promise.resolve(found === undefined ? failForNow('swarm.timeout', 'Nobody delivered it.') : ok(found))
      },
      fetchFile: () => Promise.resolve(file === null ? fail('swarm.no-file', 'Nobody has it.') : ok(file)),
    },
  }) as unknown as Pick<Services, 'crypto' | 'documents'>

describe('offers of a lost folder', () => {
  const first = makeOffer(cast, { outline, backup })
  const supersedes = { sha256: first.sha256, infohash: first.sha256.slice(0, 40) }
  const second = makeOffer(cast, { outline, backup, title: 'Newer', supersedes, app: first.sha256 })
  const spends = [scriptOf(cast.master.publicKey)!]

  it('are those that the master key made, in order, with the program from the sealed copy', async () => {
    const copied = anchorOf(second, 8)
    const anchored = [anchorOf(first, 5), copied, anchorOf(second, 9, { spends }), anchorOf(first, 10)]
    const { offers, missing } = must(await findOffers(swarm([first, second], sealed), anchored, cast.master, []))
    // A copy of the second one's anchor, by a stranger in block 8, is none.
    expect(offers.map(({ document, transaction }) => [document.sha256, transaction.height])).toEqual([
      [first.sha256, 5],
      [second.sha256, 9],
    ])
    expect(offers.map(({ program }) => program)).toEqual([notes, notes])
    expect(missing).toEqual([])
  })

  it('take a program that is given, where it is theirs; else they are without one', async () => {
    const anchored = [anchorOf(first, 5)]
    const programs = async (file: Uint8Array | null, given: unknown[]) =>
      must(await findOffers(swarm([first], file), anchored, cast.master, given)).offers.map(({ program }) => program)
    expect(await programs(null, [])).toEqual([null])
    expect(await programs(null, [GUESTBOOK])).toEqual([null])
    expect(await programs(null, [GUESTBOOK, notes])).toEqual([notes])
    expect(await programs(sealProgram(crypto, cast.supervisor, notes), [])).toEqual([null])
    expect(await programs(sealProgram(crypto, cast.master, must(check(GUESTBOOK))), [])).toEqual([null])
    expect(await findOffers(swarm([first], null), anchored, cast.master, [{ no: 'program' }])).toMatchObject({
      error: { code: 'program.shape' },
    })
  })

  it('that nobody delivers are named, and without the first one there is no app', async () => {
    const anchored = [anchorOf(first, 5), anchorOf(second, 9, { spends })]
    const { offers, missing } = must(await findOffers(swarm([first], sealed), anchored, cast.master, []))
    expect(offers).toHaveLength(1)
    expect(missing).toEqual([expect.stringContaining(second.sha256)])
    expect(await findOffers(swarm([second], sealed), anchored, cast.master, [])).toMatchObject({ error: { code: 'restore.offer' } })
    const other: Partial<Offer> = { master: toHex(new Uint8Array(32).fill(7)) }
    expect(await findOffers(swarm([makeOffer(cast, other)], sealed), [], cast.master, [])).toMatchObject({
      error: { code: 'restore.offer' },
    })
  })
})
