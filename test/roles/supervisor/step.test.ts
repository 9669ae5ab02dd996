import { describe, expect, it } from 'vitest'
import { exportLedger, importLedger } from '../../../roles/protocol/ticks/index.ts'
import { labelIn, outlineOf } from '../../../roles/protocol/requests/index.ts'
import { openSnapshot } from '../../../roles/protocol/index/index.ts'
import { must } from '../../../roles/protocol/result.ts'
import { check, type ApiDocument } from '../../../roles/program/index.ts'
import { toHex } from '../../../roles/protocol/bytes.ts'
import { parseCanonical } from '../../../roles/protocol/canonical.ts'
import { verifyWork, workChallenge } from '../../../roles/protocol/crypto/index.ts'
import { signDocument } from '../../../roles/protocol/documents/index.ts'
import { createKeeper, refuseTerms, takesOver } from '../../../roles/supervisor/index.ts'
import { crypto, makeAcceptance, makeOffer, makeUpdate, notes } from './actors.ts'
import { auditTown, fileOf, makeTown, moneyOf, openTown, peopleTown, tickSecrets, type Town } from './town.ts'
import { keyPair } from '../../tools/seeded.ts'

const outcomes = (town: Town, tick: number): string[] => town.ticks[tick]!.document.body.summary.verdicts.map((verdict) => verdict.outcome)

/** Posts a note stamped in the tick that is open now. */
function post(town: Town, change: Partial<Parameters<typeof makeUpdate>[1]> = {}) {
  const tick = town.ticks.length - 1
  const key = change.key ?? town.cast.keys[0]!
  const replaces = town.keeper.ledger.database.keys.get(key.publicKey)?.version ?? '00'.repeat(32)
  return makeUpdate(town.cast, {
    app: town.app,
    tick,
    ...tickSecrets(town, tick),
    endpoint: 'post',
    key,
    replaces,
    text: 'hello',
    ...change,
  })
}

describe('a Supervisor', () => {
  it('[B3] opens tick 0 at the block in which enough servers are in, with code for the ticks 1 to 3', async () => {
    const town = await openTown('opens')
    expect(town.state().phase).toBe('ticking')
    expect(town.state().genesis).toBe(102)
    expect(town.ticks[0]!.document.body.plans.map((plan) => plan.tick)).toEqual([1, 2, 3])
    await town.mineTo(1)
    expect(town.ticks[1]!.document.body.plans.map((plan) => plan.tick)).toEqual([4])
    expect(town.ticks[1]!.document.body.previous!.sha256).toBe(town.ticks[0]!.document.sha256)
  })

  it('[N8] appends the schema to every tick: endpoints, servers needed, what each block opens, and where every stored field comes from', async () => {
    const town = await openTown('schema')
    await town.mineTo(1)
    for (const { document, files } of town.ticks) {
      const bytes = files.get('schema')!
      expect(document.body.schema).toEqual({ name: 'schema', size: bytes.length, sha256: toHex(crypto.sha256(bytes)) })
      const api = must(parseCanonical(bytes, { maxBytes: 1 << 20, maxDepth: 64 })) as unknown as ApiDocument
      expect([Object.keys(api.endpoints).sort(), api.endpoints['post']!.servers, api.endpoints['edit']!.servers]).toEqual([
        ['edit', 'post'],
        3,
        2,
      ])
      expect(api.endpoints['post']!.request).toEqual({ text: { kind: 'text', max: 100 } })
      expect(api.endpoints['post']!.encrypt).toContainEqual({ value: 'request.text', openedBy: ['look'], carriedBy: ['write'] })
      for (const plan of document.body.plans) {
        const stored = must(labelIn(plan, outlineOf(notes), 'post')).stored.map(
          ({ collection, field, inputs }) => [`${collection}.${field}`, inputs] as const,
        )
        expect(Object.fromEntries(stored)).toMatchObject({ 'notes.text': ['request.text'], 'notes.author': ['caller', 'request.text'] })
      }
    }
  })

  it('[T1][T3] includes an honest update when its window closes, and any auditor gets the same roots', async () => {
    const town = await peopleTown('honest')
    const [key] = town.cast.keys
    town.anchor(post(town), { spends: [key!.publicKey] })
    await town.mineTo(4)
    expect(outcomes(town, 4)).toEqual(['accepted'])
    const reader = must(
      openSnapshot({
        crypto,
        program: outlineOf(notes),
        tick: town.ticks[4]!.document.body,
        fetchFile: (name) => Promise.resolve(fileOf(town.ticks[4]!, name)),
      }),
    )
    expect(must(await reader.get('notes', key!.publicKey)).value).toMatchObject({ text: 'hello', author: town.cast.client.publicKey })
    expect(must(await reader.count('notes', 'perAuthor', [town.cast.client.publicKey])).value).toBe('1')
    const report = await auditTown(town)
    expect(report.ticks.flatMap((tick) => tick.problems)).toEqual([])
    expect(report.ok).toBe(true)
  })

  it('[N2] buries the server that left out its prime, and only that one', async () => {
    const town = await peopleTown('skips')
    const [key] = town.cast.keys
    const update = post(town, { skips: 1 })
    town.anchor(update, { spends: [key!.publicKey] })
    await town.mineTo(4)
    const guilty = update.body.lanes[0]![1]!.server
    expect(outcomes(town, 4)).toEqual(['update.stamp'])
    expect(town.ticks[4]!.document.body.tombstones).toEqual([guilty])
    expect(town.ticks[4]!.document.body.servers.map((server) => server.id)).not.toContain(guilty)
    expect(town.ticks[4]!.document.body.plans.flatMap(({ ready, code }) => [...ready, ...code.map(({ server }) => server)])).not.toContain(
      guilty,
    )
    expect(town.ticks[4]!.document.body.burials).toMatchObject([
      { subject: guilty, evidence: { kind: 'stamp', update: update.sha256, lane: 0, position: 1 } },
    ])
    expect(JSON.parse(new TextDecoder().decode(must(fileOf(town.ticks[4]!, 'evidence'))))).toEqual([{ kind: 'stamp', update: update.body }])
    expect((await auditTown(town)).ok).toBe(true)
  })

  it('[D4] composes ticks again after a reorg, with plans made anew, whose blocks are dealt to others', async () => {
    const town = await peopleTown('reorg')
    const [key] = town.cast.keys
    town.anchor(post(town), { spends: [key!.publicKey] })
    await town.mineTo(4)
    const before = town.ticks[4]!.document.body
    await town.reorg(before.blocks.to - 1)
    await town.mine(1)
    const after = town.ticks[4]!.document.body
    expect(after.blocks.hash).not.toBe(before.blocks.hash)
    expect(after.root).toBe(before.root)
    expect(after.plans.map((plan) => plan.tick)).toEqual(before.plans.map((plan) => plan.tick))
    const versions = [before, after].flatMap(({ plans }) =>
      plans.flatMap(({ endpoints }) => Object.values(endpoints).flatMap((blocks) => blocks.flatMap((block) => block.versions))),
    )
    expect(new Set(versions).size).toBe(versions.length)
    expect((await auditTown(town)).ok).toBe(true)
  })

  it('forgets an update whose block is gone', async () => {
    const town = await peopleTown('gone')
    const [key] = town.cast.keys
    const fork = town.height()
    town.anchor(post(town), { spends: [key!.publicKey] })
    await town.mineTo(4)
    await town.reorg(fork)
    await town.mineTo(4)
    expect(outcomes(town, 4)).toEqual([])
    expect(town.keeper.ledger.database.collections.get('notes')!.get(key!.publicKey)!.written).toBe(false)
    expect((await auditTown(town)).ok).toBe(true)
  })

  it('[D4] tells the author of an update that nobody can fetch', async () => {
    const town = await peopleTown('withheld')
    town.anchor(post(town), { spends: [town.cast.keys[0]!.publicKey] }, true)
    await town.mineTo(4)
    expect(outcomes(town, 4)).toEqual(['update.unavailable'])
    expect((await auditTown(town)).ok).toBe(true)
  })

  it('says nothing of documents that nobody can fetch and that touch none of its keys', async () => {
    const town = await peopleTown('strangers')
    town.anchor(post(town), { spends: [keyPair(town.cast.random).publicKey] }, true)
    await town.mineTo(4)
    expect(outcomes(town, 4)).toEqual([])
    expect(town.state().waiting.every((waiting) => waiting.decidedIn !== null)).toBe(true)
  })

  it('[B1] falls silent when the master key takes its key back', async () => {
    const town = await openTown('revoked')
    const { cast } = town
    town.anchor(signDocument(crypto, 'revocation', { key: cast.supervisor.publicKey, reason: 'lost' }, cast.master, cast.random(32)), {
      spends: [cast.master.publicKey],
    })
    await town.mine(6)
    expect(town.state().phase).toBe('revoked')
    expect(town.ticks).toHaveLength(1)
  })

  it('[B4][N1] sleeps when too few servers are left, and wakes with the plans that are missing when others join', async () => {
    const town = await peopleTown('sleeps')
    const { cast } = town
    const [key, other] = cast.keys
    town.anchor(post(town, { skips: 0 }), { spends: [key!.publicKey] })
    town.anchor(post(town, { skips: 1, key: other! }), { spends: [other!.publicKey] })
    await town.mineTo(4)
    expect(town.state().buried).toHaveLength(2)
    expect(town.ticks[4]!.document.body).toMatchObject({ state: 'sleeping', plans: [] })
    expect(town.state().phase).toBe('sleeping')
    const fresh = keyPair(cast.random)
    town.joined.push(fresh)
    town.anchor(makeAcceptance(cast, fresh, town.offer.sha256), { pays: [cast.master.publicKey] })
    await town.mineTo(6)
    // Anchored in period 4, so D_6 decides it.
    expect(town.ticks.map(({ document }) => document.body.state).slice(4)).toEqual(['sleeping', 'sleeping', 'running'])
    expect(town.ticks[6]!.document.body.plans.map((plan) => plan.tick)).toEqual([7, 8, 9])
    await town.mineTo(9)
    expect((await auditTown(town)).ticks.flatMap((tick) => tick.problems)).toEqual([])
  })

  it('[J4] takes a server only with work, payment and the right offer', async () => {
    const town = await openTown('joins')
    const { cast } = town
    const servers = [keyPair(cast.random), keyPair(cast.random), keyPair(cast.random)]
    town.anchor(makeAcceptance(cast, servers[0]!, town.offer.sha256), {})
    town.anchor(makeAcceptance(cast, servers[1]!, '99'.repeat(32)), { pays: [cast.master.publicKey] })
    const { sig: _sig, type: _type, v: _v, by: _by, ...body } = makeAcceptance(cast, servers[2]!, town.offer.sha256).body
    const challenge = workChallenge(crypto, 'server', servers[2]!.publicKey, town.offer.sha256)
    let nonce = 2n ** 64n - 1n
    while (verifyWork(challenge, nonce, town.offer.body.work.server)) nonce--
    town.anchor(signDocument(crypto, 'acceptance', { ...body, nonce: String(nonce) }, servers[2]!, cast.random(32)), {
      pays: [cast.master.publicKey],
    })
    await town.mineTo(2)
    expect(outcomes(town, 2)).toEqual(['acceptance.offer', 'acceptance.work'])
    expect(town.ticks[2]!.document.body.servers.map(({ id }) => id)).toEqual(cast.servers.map(({ publicKey }) => publicKey).sort())
    expect((await auditTown(town)).ok).toBe(true)
  })

  it('[B3] waits until enough servers accept within one window', async () => {
    const town = makeTown('window')
    const accept = async (server: number) => {
      town.anchor(makeAcceptance(town.cast, town.cast.servers[server]!, town.offer.sha256), { pays: [town.cast.master.publicKey] })
      await town.mine()
    }
    town.anchor(town.offer, moneyOf(town.offer))
    await town.mine()
    await accept(0)
    await town.mine(3)
    await accept(1)
    await accept(2)
    expect(town.state().phase).toBe('gathering')
    await accept(3)
    expect(town.state()).toMatchObject({ phase: 'ticking', genesis: town.height() })
  })

  it('[N9] makes the same bytes again when a crash interrupted the publication', async () => {
    const town = await peopleTown('crash')
    town.anchor(post(town), { spends: [town.cast.keys[0]!.publicKey] })
    await town.mineTo(3)
    const stored = JSON.parse(JSON.stringify(exportLedger(town.keeper.ledger)))
    await town.mineTo(4)
    const effect = town.effects.findLast((candidate) => candidate.type === 'compose')!
    const restarted = createKeeper({
      crypto,
      random: town.cast.random,
      prime: town.cast.prime,
      ledger: importLedger(stored),
      offer: (sha256) => town.offers.get(sha256)!,
      signer: () => town.cast.supervisor,
    })
    const again = restarted.compose(effect.work, effect.seed, town.lookup, town.stored)
    expect(again.document.sha256).toBe(town.ticks[4]!.document.sha256)
    expect(again.files.map((file) => [file.name, file.bytes])).toEqual([...town.ticks[4]!.files])
  })

  it('[B5] goes over to a superseding offer with the next tick, and keeps the data', async () => {
    const town = await peopleTown('supersedes')
    const { cast, offer } = town
    const reference = { sha256: offer.sha256, infohash: offer.sha256.slice(0, 40) }
    const newer = makeOffer(cast, { supersedes: reference, app: town.app, title: 'Notes 2' })
    const program = must(check({ ...notes, collections: { ...notes.collections, more: notes.collections['notes']! } }))
    town.offers.set(newer.sha256, { body: newer.body, program, outline: outlineOf(program) })
    await town.give({ type: 'offer.superseding', sha256: newer.sha256, offer: newer.body })
    const known = town.state()
    expect(refuseTerms(known, newer.body)).toBe(
      'an offer that was signed before takes over with tick 3 at the earliest, and its code runs from 3 ticks later on; try again after it has',
    )
    // Its anchor in the last block of tick 4, or in the first of tick 5.
    const { genesis, offer: inForce, next } = known
    const last = genesis! + 4 * inForce.body.tickBlocks
    const anchoredAt = (height: number) => takesOver({ ...known, next: { ...next!, height } })
    expect(anchoredAt(last)).toBe(
      `with tick 4, which is due at block ${last + inForce.body.confirmations}, and its code runs from tick 7 on`,
    )
    expect(anchoredAt(last + 1)).toMatch(/^with tick 5, .* from tick 8 on$/)
    expect(anchoredAt(genesis!)).toMatch(/^with tick 3, /)
    await town.mineTo(3)
    expect(town.ticks[3]!.document.body.offer).toBe(offer.sha256)
    town.anchor(newer, moneyOf(newer))
    await town.mineTo(4)
    const tick = town.ticks[4]!.document.body
    expect(tick.offer).toBe(newer.sha256)
    expect(tick.indices.map((index) => index.name)).toContain('more.key')
    expect(tick.indices.find((index) => index.name === '$keys.key')!.count).toBe(4)
    const foreign = makeOffer(cast, { supersedes: reference, app: town.app })
    await town.give({ type: 'offer.superseding', sha256: foreign.sha256, offer: foreign.body })
    expect(town.state().next).toBeNull()
  })

  it('begins again when the block of its genesis is gone', async () => {
    const town = await openTown('genesis')
    await town.mineTo(2)
    await town.reorg(101)
    expect(town.state()).toMatchObject({ phase: 'gathering', genesis: null, ticks: [] })
    for (const server of town.cast.servers)
      town.anchor(makeAcceptance(town.cast, server, town.offer.sha256), { pays: [town.cast.master.publicKey] })
    await town.mineTo(1)
    expect(town.keeper.ledger.number).toBe(1)
    expect(town.state().genesis).toBe(102)
  })
})
