import { describe, expect, it } from 'vitest'
import { cloneDatabase } from '../../../../roles/protocol/index/index.ts'
import type { Update, Write } from '../../../../roles/protocol/documents/index.ts'
import { fromHex } from '../../../../roles/protocol/bytes.ts'
import { ephemeral } from '../../../../roles/protocol/crypto/index.ts'
import { must } from '../../../../roles/protocol/result.ts'
import {
  checkStamps,
  openingForm,
  readReveal,
  checkUpdate,
  sealOpening,
  type OpeningPlace,
  type UpdateEnv,
} from '../../../../roles/protocol/stamps/index.ts'
import { versionAfter, writeDigest } from '../../../../roles/protocol/requests/index.ts'
import { crypto, makeUpdate, type UpdateOptions } from '../../supervisor/actors.ts'
import { heldAgainst, peopleTown, tickSecrets } from '../../supervisor/town.ts'
import { keyPair } from '../../../tools/seeded.ts'

const ctx = { crypto }

async function scene() {
  const town = await peopleTown('verify')
  const tick = 2
  const secrets = tickSecrets(town, tick)
  const { secret } = secrets
  const key = town.cast.keys[0]!
  const env = heldAgainst(town, tick)
  const { database } = env
  const options: UpdateOptions = {
    app: town.app,
    tick,
    ...secrets,
    endpoint: 'post',
    key,
    replaces: database.keys.get(key.publicKey)!.version,
    text: 'hello',
  }
  const make = (change: Partial<UpdateOptions> = {}): Update => makeUpdate(town.cast, { ...options, ...change }).body
  const outcome = (update: Update, change: Partial<UpdateEnv> = {}): string => {
    const checked = checkUpdate(ctx, { ...env, ...change }, update)
    return checked.ok ? 'accepted' : checked.error.code
  }
  return { town, env, make, outcome, secret, reveal: readReveal(crypto, secret), key }
}

const firstWrite =
  (change: (write: Write) => Partial<Write>) =>
  (writes: Write[]): Write[] =>
    writes.map((write) => ({ ...write, ...change(write) }))

describe('the public checks of an update', () => {
  it('accept an honest one and give each key its new version', async () => {
    const { make, env, key } = await scene()
    const update = make()
    const checked = must(checkUpdate(ctx, env, update))
    expect(checked.changes).toMatchObject([
      { key: key.publicKey, version: versionAfter(crypto, update.request, writeDigest(crypto, update.writes[0]!)) },
    ])
  })

  it('[P3] refuse each dishonest one with its own code', async () => {
    const { make, outcome, env, town } = await scene()
    const stranger = keyPair(town.cast.random)
    expect(outcome(make(), { used: () => true })).toBe('update.request')
    expect(outcome(make(), { period: 3 })).toBe('accepted')
    expect(outcome(make(), { period: 4 })).toBe('update.late')
    expect(outcome(make(), { period: 1 })).toBe('update.early')
    expect(outcome(make({ client: stranger }))).toBe('update.client')
    expect(outcome(make(), { tombstoned: (id) => id === town.cast.client.publicKey })).toBe('update.client')
    expect(outcome(make({ key: stranger }))).toBe('update.key')
    expect(outcome(make({ replaces: '77'.repeat(32) }))).toBe('update.replaced')
    expect(outcome(make({ endpoint: 'edit' }))).toBe('update.slot')
    expect(outcome(make(), { planned: null })).toBe('update.plan')
    const server = make().lanes[0]![0]!.server
    expect(outcome(make(), { tombstoned: (id) => id === server })).toBe('update.server')
    const { plan } = env.planned!
    const [look, write] = plan.endpoints['post']!
    const others = { ...plan, endpoints: { ...plan.endpoints, post: [look!, { ...write!, versions: ['55'.repeat(32), '66'.repeat(32)] }] } }
    expect(outcome(make(), { planned: { ...env.planned!, plan: others } })).toBe('update.version')
    expect(outcome(make(), { planned: { ...env.planned!, hash: '77'.repeat(32) } }), 'dealt to others').toBe('update.server')
    expect(outcome(make({ base: '0f'.repeat(32) }))).toBe('update.base')
    expect(outcome(make({ sinceOf: () => env.period - 1 })), 'the value of another tick').toBe('update.seat')
    expect(outcome(make({ planned: { ...env.planned!, published: '0f'.repeat(32) } }))).toBe('update.base')
    const stolen = cloneDatabase(env.database)
    for (const [name, reserved] of stolen.keys) stolen.keys.set(name, { ...reserved, owner: stranger.publicKey })
    expect(outcome(make(), { database: stolen })).toBe('update.owner')
  })

  it('refuse writes that the servers did not sign, and writes that the program does not allow', async () => {
    const { make, outcome } = await scene()
    expect(outcome(make({ tamper: firstWrite((write) => ({ fields: { ...write.fields, author: 'f'.repeat(64) } })) }))).toBe(
      'update.digest',
    )
    expect(outcome(make({ draft: firstWrite((write) => ({ fields: { ...write.fields, author: 7 } })) }))).toBe('update.type')
    expect(outcome(make({ draft: firstWrite((write) => ({ fields: { ...write.fields, more: 'x' } })) }))).toBe('update.fields')
    expect(outcome(make({ draft: firstWrite((write) => ({ fields: { ...write.fields, text: 'other' } })) }))).toBe('update.carried')
    expect(outcome(make({ draft: firstWrite(() => ({ carried: {} })) }))).toBe('update.fields')
    expect(outcome(make({ draft: firstWrite(() => ({ collection: 'others' })) }))).toBe('update.collection')
    expect(outcome(make({ draft: (writes) => [writes[0]!, writes[0]!] }))).toBe('update.sites')
  })

  it('refuse an update from which a write was dropped', async () => {
    const { make, outcome } = await scene()
    const update = make()
    expect(outcome({ ...update, writes: update.writes.map((write) => ({ ...write, block: 0 })) })).toBe('update.digest')
    expect(outcome({ ...update, writes: [] })).toBe('update.digest')
  })

  it('refuse another signature, start, link or stamp', async () => {
    const { make, outcome } = await scene()
    const [update, other] = [make(), make()]
    expect(outcome({ ...update, keySigs: other.keySigs })).toBe('update.signature')
    expect(outcome({ ...update, start: other.start })).toBe('update.start')
    const [lane] = update.lanes
    const withLane = (links: typeof lane): Update => ({ ...update, lanes: [links!] })
    expect(outcome(withLane([lane![0]!]))).toBe('update.path')
    expect(outcome(withLane(lane!.map((link) => ({ ...link, sig: other.lanes[0]![0]!.sig }))))).toBe('update.thread')
    expect(outcome(withLane([lane![0]!, { ...lane![1]!, opening: other.lanes[0]![1]!.opening }]))).toBe('update.thread')
    expect(outcome(withLane([lane![0]!, { ...lane![1]!, after: other.lanes[0]![1]!.after }]))).toBe('update.thread')
  })
})

describe('the stamp', () => {
  it('[P1] passes when every server multiplied', async () => {
    const { make, reveal } = await scene()
    expect(checkStamps(ctx, reveal, make())).toMatchObject({ stamp: { ok: true }, blamed: [] })
  })

  it('[P3] fails for each server that skips its prime, and that server is named', async () => {
    const { make, reveal, outcome } = await scene()
    for (const position of [0, 1]) {
      const update = make({ skips: position })
      expect(outcome(update)).toBe('accepted')
      expect(checkStamps(ctx, reveal, update)).toMatchObject({
        stamp: { ok: false, error: { code: 'update.stamp' } },
        blamed: [{ subject: update.lanes[0]![position]!.server, lane: 0, position }],
      })
    }
  })

  it('fails for the last server that seals another number than it committed to, and that server is named', async () => {
    const { make, reveal, secret } = await scene()
    const other = { number: 'ff', salt: '11'.repeat(32) }
    const sender = ephemeral(crypto, new Uint8Array(32).fill(9))
    const recipient = crypto.x25519.publicKey(fromHex(secret.sealing))
    const sealed = (link: OpeningPlace): string => must(sealOpening(sender, recipient, link, openingForm(other, other)))
    const update = make({ link: (link) => (link.position === 1 ? { ...link, opening: sealed(link) } : link) })
    expect(checkStamps(ctx, reveal, update)).toMatchObject({
      stamp: { ok: false },
      blamed: [{ subject: update.lanes[0]![1]!.server, position: 1 }],
    })
  })
})
