/** A tick decides sixteen disputes. Whoever fills them, with documents that show nothing, keeps a liar's in the queue until it is too late for it. */
import { expect, it } from 'vitest'
import { registerClient } from '../../roles/protocol/index/index.ts'
import { signDocument, type OpenedDocument } from '../../roles/protocol/documents/index.ts'
import { closeTick, createLedger } from '../../roles/protocol/ticks/index.ts'
import { dispute } from '../roles/protocol/stamps/disputed.ts'
import { anchorOf, makeCast, makeOffer } from '../roles/supervisor/actors.ts'
import { APP, BASE, crypto, TICK } from '../roles/request/world.ts'
import { keyPair, seeded } from '../tools/seeded.ts'
import { FORGED_AUTHOR } from './lie.ts'

const ARGS = { topic: 'weather', text: 'A lovely, sunny day' }

it('a dispute that shows a liar is decided behind any number of others that show nothing', async () => {
  const scene = await dispute({ seed: 'empty disputes' }, FORGED_AUTHOR, ARGS, [1])
  const { world, fields } = scene
  const random = seeded('strangers with empty disputes')
  const strangers = Array.from({ length: 20 }, () => keyPair(random))
  // Each is signed by a registered client, and about nothing that anybody could decide.
  const documents: Array<OpenedDocument<'dispute'>> = [
    ...strangers.map((by) => signDocument(crypto, 'dispute', fields, by, random(32))),
    signDocument(crypto, 'dispute', fields, world.client, random(32)),
  ]
  const ledger = createLedger(APP, world.outline)
  ledger.number = TICK + 1
  for (const { publicKey } of [...strangers, world.client])
    registerClient(ledger.database, publicKey, { registered: 1, seats: '00'.repeat(32), since: 0 })
  const roots = world.tick.indices.map(({ name, root }): [string, string] => [name, root])
  ledger.ticks.set(TICK, { sha256: BASE, hash: world.planned.hash, roots })
  const budget = { steps: 100_000, bytes: 1_000_000 }
  ledger.plans.set(TICK, { ...world.planned, outline: world.outline, budget, publishedIn: TICK - 3, reveal: null })
  const cast = makeCast('empty disputes', 1)
  const closed = closeTick({ crypto }, ledger, {
    offer: makeOffer(cast).body,
    offerDigest: APP,
    outline: world.outline,
    number: TICK + 2,
    reveal: world.reveal,
    registrations: [],
    reservations: [],
    updates: [],
    disputes: documents.map((document) => ({ document, transaction: anchorOf(document, 50, { spends: [document.body.by] }) })),
    code: () => scene.code,
  })
  expect(closed.verdicts.map(({ outcome }) => outcome)).toEqual([...strangers.map(() => 'dispute.client'), 'accepted'])
  expect(closed.burials.map(({ subject }) => subject)).toEqual(scene.liars)
})
