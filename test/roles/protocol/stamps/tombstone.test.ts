import { describe, expect, it } from 'vitest'
import { openDocument, signDocument, type OpenedDocument, type Tombstone } from '../../../../roles/protocol/documents/index.ts'
import { tombstoneFields, verifyTombstone, checkStamps, readReveal, type Blame } from '../../../../roles/protocol/stamps/index.ts'
import { must } from '../../../../roles/protocol/result.ts'
import { crypto, makeUpdate, type UpdateOptions } from '../../supervisor/actors.ts'
import { peopleTown, tickSecrets } from '../../supervisor/town.ts'

async function scene() {
  const town = await peopleTown('tombstone')
  const secrets = tickSecrets(town, 2)
  const { planned, secret } = secrets
  const key = town.cast.keys[0]!
  const make = (change: Partial<UpdateOptions>): OpenedDocument<'update'> =>
    makeUpdate(town.cast, { app: town.app, tick: 2, ...secrets, endpoint: 'post', key, replaces: '00'.repeat(32), text: 'x', ...change })
  const bury = (update: OpenedDocument<'update'>, change: Partial<Tombstone> = {}): Tombstone => {
    const [found] = checkStamps({ crypto }, readReveal(crypto, secret), update.body).blamed
    const blame: Blame = found ?? { subject: update.body.lanes[0]![0]!.server, lane: 0, position: 0, reason: 'none' }
    const fields = tombstoneFields(town.app, 2, { sha256: update.sha256, infohash: '00'.repeat(20) }, blame)
    return must(
      openDocument(
        crypto,
        'tombstone',
        signDocument(crypto, 'tombstone', { ...fields, ...change }, town.cast.supervisor, town.cast.random(32)).bytes,
      ),
    ).body
  }
  const accepted = (tombstone: Tombstone, update: OpenedDocument<'update'>): boolean =>
    verifyTombstone({ crypto }, tombstone, secret, planned, update).ok
  return { make, bury, accepted, town }
}

describe('a tombstone', () => {
  it('is accepted against the server that skipped its prime, and one that sealed rubbish while every stamp divides', async () => {
    const { make, bury, accepted } = await scene()
    for (const update of [make({ skips: 0 }), make({ skips: 1 }), make({ rubbish: [{ lane: 0, position: 0 }] })])
      expect(accepted(bury(update), update)).toBe(true)
  })

  it('is accepted against each of two guilty servers, whichever is named', async () => {
    const { make, bury, accepted } = await scene()
    const both = make({ skips: 1, rubbish: [{ lane: 0, position: 0 }] })
    for (const [position, link] of both.body.lanes[0]!.entries())
      expect(accepted(bury(both, { subject: link.server, evidence: { ...bury(both).evidence, position } }), both)).toBe(true)
  })

  it('[N2] is refused against an innocent: honest update, another position, another server, another lane, the author', async () => {
    const { make, bury, accepted } = await scene()
    const [honest, skipped] = [make({}), make({ skips: 1 })]
    const [innocent, guilty] = skipped.body.lanes[0]!.map((link) => link.server)
    expect(accepted(bury(honest), honest)).toBe(false)
    expect(accepted(bury(skipped, { subject: innocent! }), skipped)).toBe(false)
    expect(accepted(bury(skipped, { subject: innocent!, evidence: { ...bury(skipped).evidence, position: 0 } }), skipped)).toBe(false)
    expect(accepted(bury(skipped, { evidence: { ...bury(skipped).evidence, lane: 1 } }), skipped)).toBe(false)
    expect(accepted(bury(skipped, { subject: skipped.body.by }), skipped)).toBe(false)
    expect(accepted(bury(skipped, { subject: guilty! }), skipped)).toBe(true)
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
    expect(accepted(bury(forged), forged)).toBe(false)
    expect(accepted(bury(skipped), honest)).toBe(false)
  })
})
