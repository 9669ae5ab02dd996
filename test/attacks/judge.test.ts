/** Supervisor and auditor judge the same log: nobody outside makes them disagree, stumble, or blame an innocent. */
import { describe, expect, it } from 'vitest'
import { type audit, type AuditInput } from '../../roles/protocol/ticks/index.ts'
import { canonicalBytes } from '../../roles/protocol/canonical.ts'
import { signDocument, type OpenedDocument, type Tick } from '../../roles/protocol/documents/index.ts'
import { revealFile, type RevealFile } from '../../roles/protocol/requests/index.ts'
import { fileEntry } from '../../roles/protocol/index/index.ts'
import { crypto, makeRegistration, makeReservation, makeUpdate } from '../roles/supervisor/actors.ts'
import { auditTown, fileOf, peopleTown, signAgain, tickSecrets, type Town } from '../roles/supervisor/town.ts'
import { keyPair } from '../tools/seeded.ts'

type Change = (tick: Tick) => Partial<Tick>
type Files = (tick: OpenedDocument<'tick'>, name: string) => Uint8Array | null

/** The audit of a town's log; `change` and `files` are what a lying Supervisor publishes instead. */
function auditOf(
  town: Town,
  change: Change = () => ({}),
  files: Files = () => null,
  more: Partial<AuditInput> = {},
): ReturnType<typeof audit> {
  return auditTown(town, {
    ticks: signAgain(town, change),
    fetchFile: (tick, name) => {
      const own = files(tick, name)
      return Promise.resolve(own === null ? fileOf(town.ticks[tick.body.number]!, name) : { ok: true as const, value: own })
    },
    ...more,
  })
}

const onlyIn =
  (number: number, change: Change): Change =>
  (tick) =>
    tick.number === number ? change(tick) : {}

/** A town with an honest update stamped in tick 2, decided in tick 4. */
async function withUpdate(seed: string) {
  const town = await peopleTown(seed)
  const key = town.cast.keys[0]!
  const replaces = town.keeper.ledger.database.keys.get(key.publicKey)!.version
  const secrets = tickSecrets(town, 2)
  const update = makeUpdate(town.cast, { app: town.app, tick: 2, ...secrets, endpoint: 'post', key, replaces, text: 'hello' })
  town.anchor(update, { spends: [key.publicKey] })
  return { town, key, replaces, secrets, update }
}

/** The log with another file of primes in tick 4. */
function lyingReveal(town: Town, change: (reveal: RevealFile) => RevealFile): { change: Change; files: Files } {
  const name = town.ticks[4]!.document.body.reveal!.file.name
  const honest = revealFile.parse(JSON.parse(new TextDecoder().decode(town.ticks[4]!.files.get(name))))
  const bytes = canonicalBytes(change(honest))
  return {
    change: onlyIn(4, () => ({ reveal: { tick: 2, file: fileEntry(crypto, { name, bytes }) } })),
    files: (tick, wanted) => (tick.body.number === 4 && wanted === name ? bytes : null),
  }
}

describe('a Supervisor that reveals other primes than it gave its servers', () => {
  it('is found out, because a version binds its primes: no innocent server gets a tombstone', async () => {
    const { town, update } = await withUpdate('other primes')
    await town.mineTo(4)
    const used = update.body.lanes[0]![0]!.version
    const lie = lyingReveal(town, (reveal) => ({
      ...reveal,
      versions: reveal.versions.map((one) => (one.version === used ? { ...one, passage: 'f'.repeat(31) + 'd' } : one)),
    }))
    const report = await auditOf(town, lie.change, lie.files)
    expect(report.ticks.at(-1)).toMatchObject({ number: 4, computed: '' })
    expect(report.ledger!.tombstones.size).toBe(0)
  })

  it('is found out when it leaves a version out', async () => {
    const { town, update } = await withUpdate('left out')
    await town.mineTo(4)
    const used = update.body.lanes[0]![0]!.version
    const lie = lyingReveal(town, (reveal) => ({ ...reveal, versions: reveal.versions.filter((one) => one.version !== used) }))
    const report = await auditOf(town, lie.change, lie.files)
    expect(report.ticks.at(-1)).toMatchObject({ number: 4, computed: '' })
    expect(report.ledger!.tombstones.size).toBe(0)
  })

  it('does not stop the auditor with a prime of zero', async () => {
    const { town } = await withUpdate('zero')
    await town.mineTo(4)
    const lie = lyingReveal(town, (reveal) => ({ ...reveal, versions: reveal.versions.map((one) => ({ ...one, passage: '0' })) }))
    const report = await auditOf(town, lie.change, lie.files)
    expect(report).toMatchObject({ ok: false })
  })
})

describe('an auditor', () => {
  it('reports a document that is of another type than its anchor', async () => {
    const { town, key } = await withUpdate('types')
    const registration = makeRegistration(town.cast, town.cast.client, town.app)
    await town.mineTo(4)
    const anchor = [...town.chain.values()].find(({ anchor: { type } }) => type === 'update')!
    const forged = { ...anchor, anchor: { ...anchor.anchor, sha256: registration.sha256 } }
    const documents = canonicalBytes([registration.body])
    const report = await auditOf(
      town,
      onlyIn(4, ({ summary }) => ({
        summary: {
          documents: [fileEntry(crypto, { name: 'documents.0', bytes: documents })],
          verdicts: summary.verdicts.map((verdict) => ({ ...verdict, document: { ...verdict.document, sha256: registration.sha256 } })),
        },
      })),
      (tick, name) => (tick.body.number === 4 && name === 'documents.0' ? documents : null),
      {
        between: (from, to) =>
          [...town.chain.values()].map((one) => (one === anchor ? forged : one)).filter(({ height }) => height > from && height <= to),
      },
    )
    expect(key.publicKey).toHaveLength(64)
    expect(report.ok).toBe(false)
  })

  it('reports indices that do not make the signed root', async () => {
    const { town } = await withUpdate('indices')
    await town.mineTo(4)
    const report = await auditOf(
      town,
      onlyIn(4, ({ indices }) => ({ indices: indices.map((index, i) => (i === 0 ? { ...index, root: '11'.repeat(32) } : index)) })),
    )
    expect(report.ok).toBe(false)
  })

  it('does not accuse a Supervisor because a client anchors a document of another app with its key', async () => {
    const { town, key, secrets, replaces } = await withUpdate('foreign')
    const foreign = makeUpdate(town.cast, { app: 'cd'.repeat(32), tick: 2, ...secrets, endpoint: 'post', key, replaces, text: 'x' })
    town.anchor(foreign, { spends: [key.publicKey] })
    await town.mineTo(7)
    const report = await auditOf(town)
    expect(report.ticks.flatMap(({ problems }) => problems)).toEqual([])
  })

  it('does not accuse a Supervisor because a key is reserved after it was spent from', async () => {
    const { town } = await withUpdate('late')
    const { cast, app } = town
    const late = keyPair(cast.random)
    const lost = makeReservation(cast, cast.client, app, [keyPair(cast.random)])
    town.anchor(
      signDocument(crypto, 'update', { ...makeUpdateFields(town, late) }, cast.client, cast.random(32)),
      { spends: [late.publicKey] },
      true,
    )
    await town.mineTo(4)
    town.anchor(makeReservation(cast, cast.client, app, [late]), { spends: [cast.client.publicKey], pays: [late.publicKey] })
    await town.mineTo(8)
    expect(lost.body.keys).toHaveLength(1)
    const report = await auditOf(town)
    expect(report.ticks.flatMap(({ problems }) => problems)).toEqual([])
  })
})

function makeUpdateFields(town: Town, key: ReturnType<typeof keyPair>) {
  const {
    type: _type,
    v: _v,
    by: _by,
    sig: _sig,
    ...fields
  } = makeUpdate(town.cast, {
    app: town.app,
    tick: 2,
    ...tickSecrets(town, 2),
    endpoint: 'post',
    key,
    replaces: '00'.repeat(32),
    text: 'late',
  }).body
  return fields
}

describe('a request id that a rival has seen', () => {
  it('is not used up by a rival who anchors an update of its own under it', async () => {
    const { town, key, replaces, secrets } = await withUpdate('rivals')
    const { cast, app } = town
    const rival = keyPair(cast.random)
    const rivalKey = keyPair(cast.random)
    town.anchor(makeRegistration(cast, rival, app), { pays: [cast.master.publicKey, rival.publicKey] })
    await town.mine()
    town.anchor(makeReservation(cast, rival, app, [rivalKey]), { spends: [rival.publicKey], pays: [rivalKey.publicKey] })
    await town.mineTo(4)
    const request = 'ee'.repeat(32)
    const later = { app, tick: 4, ...tickSecrets(town, 4), endpoint: 'post' as const, request }
    const rivalReplaces = town.keeper.ledger.database.keys.get(rivalKey.publicKey)!.version
    const other = cast.keys[1]!
    const otherReplaces = town.keeper.ledger.database.keys.get(other.publicKey)!.version
    const stolen = makeUpdate(cast, { ...later, key: rivalKey, replaces: rivalReplaces, text: 'first', client: rival })
    const honest = makeUpdate(cast, { ...later, key: other, replaces: otherReplaces, text: 'mine' })
    const again = makeUpdate(cast, {
      ...later,
      key: cast.keys[2]!,
      replaces: town.keeper.ledger.database.keys.get(cast.keys[2]!.publicKey)!.version,
      text: 'replayed',
    })
    town.anchor(stolen, { spends: [rivalKey.publicKey] })
    town.anchor(honest, { spends: [other.publicKey] })
    town.anchor(again, { spends: [cast.keys[2]!.publicKey] })
    await town.mineTo(6)
    expect([key.publicKey, replaces, secrets.planned.plan.tick]).toHaveLength(3)
    expect(town.ticks[6]!.document.body.summary.verdicts.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted', 'update.request'])
  })
})
