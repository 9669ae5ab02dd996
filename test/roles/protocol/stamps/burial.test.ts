import { describe, expect, it } from 'vitest'
import { canonicalBytes, parseCanonical, type Json } from '../../../../roles/protocol/canonical.ts'
import { signDocument, type Burial, type OpenedDocument } from '../../../../roles/protocol/documents/index.ts'
import { checkStamps, readEvidence, readReveal, verifyBurial, type TickFacts } from '../../../../roles/protocol/stamps/index.ts'
import { factsOf } from '../../../../roles/protocol/ticks/index.ts'
import { must } from '../../../../roles/protocol/result.ts'
import { crypto, makeUpdate, type UpdateOptions } from '../../supervisor/actors.ts'
import { peopleTown, tickSecrets } from '../../supervisor/town.ts'

async function scene() {
  const town = await peopleTown('tombstone')
  await town.mineTo(4)
  const secrets = tickSecrets(town, 2)
  const key = town.cast.keys[0]!
  const facts = factsOf(town.keeper.ledger, 2)!
  const make = (change: Partial<UpdateOptions>): OpenedDocument<'update'> =>
    makeUpdate(town.cast, { app: town.app, tick: 2, ...secrets, endpoint: 'post', key, replaces: '00'.repeat(32), text: 'x', ...change })
  /** What a Supervisor would publish about the first fault of an update, or about its first link where there is none. */
  const bury = (update: OpenedDocument<'update'>, change: object = {}, subject?: string): Burial => {
    const [found] = checkStamps({ crypto }, readReveal(crypto, facts.reveal!), update.body).blamed
    const { lane, position } = found ?? { lane: 0, position: 0 }
    return {
      subject: subject ?? update.body.lanes[lane]![position]!.server,
      evidence: { kind: 'stamp', update: update.sha256, lane, position, ...change },
    }
  }
  const accepted = async (burial: Burial, update: OpenedDocument<'update'>, known: TickFacts | null = facts): Promise<boolean> => {
    const file = must(
      parseCanonical(canonicalBytes([{ kind: 'stamp', update: update.body as unknown as Json }]), { maxBytes: 1 << 22, maxDepth: 64 }),
    )
    const env = { app: town.app, number: 4, facts: (tick: number) => Promise.resolve(tick === 2 ? known : null) }
    return (await verifyBurial({ crypto }, env, burial, must(readEvidence(crypto, file)))).ok
  }
  return { make, bury, accepted, town, facts }
}

describe('a burial', () => {
  it('is accepted against the server that skipped its prime, and one that sealed rubbish while every stamp divides', async () => {
    const { make, bury, accepted } = await scene()
    for (const update of [make({ skips: 0 }), make({ skips: 1 }), make({ rubbish: [{ lane: 0, position: 0 }] })])
      expect(await accepted(bury(update), update)).toBe(true)
  })

  it('is accepted against each of two guilty servers, whichever is named', async () => {
    const { make, bury, accepted } = await scene()
    const both = make({ skips: 1, rubbish: [{ lane: 0, position: 0 }] })
    for (const [position, link] of both.body.lanes[0]!.entries())
      expect(await accepted(bury(both, { position }, link.server), both)).toBe(true)
  })

  it('[N2] is refused against an innocent: honest update, another position, another server, another lane, the author', async () => {
    const { make, bury, accepted } = await scene()
    const [honest, skipped] = [make({}), make({ skips: 1 })]
    const [innocent, guilty] = skipped.body.lanes[0]!.map((link) => link.server)
    expect(await accepted(bury(honest), honest)).toBe(false)
    expect(await accepted(bury(skipped, {}, innocent), skipped)).toBe(false)
    expect(await accepted(bury(skipped, { position: 0 }, innocent), skipped)).toBe(false)
    expect(await accepted(bury(skipped, { lane: 1 }), skipped)).toBe(false)
    expect(await accepted(bury(skipped, {}, skipped.body.by), skipped)).toBe(false)
    expect(await accepted(bury(skipped, {}, guilty), skipped)).toBe(true)
  })

  it('is refused when the update was made up: links changed after signing, or another update shown', async () => {
    const { make, bury, accepted, town } = await scene()
    const [honest, skipped] = [make({}), make({ skips: 1 })]
    const { sig: _sig, type: _type, v: _v, by: _by, ...fields } = honest.body
    const opening = skipped.body.lanes[0]![0]!.opening
    const forged = signDocument(
      crypto,
      'update',
      { ...fields, lanes: fields.lanes.map((links) => links.map((link, i) => (i === 0 ? { ...link, opening } : link))) },
      town.cast.client,
      town.cast.random(32),
    )
    expect(await accepted(bury(forged), forged)).toBe(false)
    expect(await accepted(bury(skipped), honest)).toBe(false)
  })

  it('is refused where the chain has another tick, another plan, other primes, or none yet', async () => {
    const { make, bury, accepted, facts } = await scene()
    const skipped = make({ skips: 1 })
    const refused = async (known: TickFacts | null): Promise<void> => expect(await accepted(bury(skipped), skipped, known)).toBe(false)
    await refused(null)
    await refused({ ...facts, base: '77'.repeat(32) })
    await refused({ ...facts, planned: { ...facts.planned, published: '77'.repeat(32) } })
    await refused({ ...facts, reveal: null })
    await refused({ ...facts, reveal: { ...facts.reveal!, sealing: '77'.repeat(32) } })
    await refused({ ...facts, planned: { ...facts.planned, hash: '77'.repeat(32) } })
  })
})
