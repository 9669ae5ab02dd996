/**
 * A client says that a server spoiled its request, and none did: it publishes an update in which it changed what the server signed, with or without servers of its own, or complains with
 * other secrets than the tick revealed. (Forged disputes: `test/roles/protocol/stamps/dispute.test.ts`; forged burials: `a-tick-buries-an-innocent-server`.)
 *
 * Detected by everybody who looks: a server is blamed by its own signature or not at all, so the update is rejected (`update.thread`, `.server`, …) and nobody is buried, and the complaint finds nobody but who signed it.
 * Punishment: none; the author paid the anchor. Lost: nothing.
 */
import { describe, expect, it } from 'vitest'
import { findPoison } from '../../roles/client/complaint.ts'
import { signDocument, type Link, type OpenedDocument, type Update } from '../../roles/protocol/documents/index.ts'
import { signLink } from '../../roles/protocol/requests/index.ts'
import { executeHop } from '../../roles/server/execute.ts'
import { crypto, makeUpdate, type UpdateOptions } from '../roles/supervisor/actors.ts'
import { auditTown, heldAgainst, peopleTown, tickSecrets, type Town } from '../roles/supervisor/town.ts'
import { compose, makeWorld, serve } from '../roles/request/world.ts'
import { changedReply, signedAgain } from './hops.ts'

const [TICK, LANE] = [2, 1]
const QUOTA = { acceptances: 99, registrations: 9, reservations: 9, updates: 99 }
const OTHER = '77'.repeat(32)

async function scene(seed: string) {
  const town = await peopleTown(seed, { minimumServers: 8, witnesses: 1, spare: 1, perTick: QUOTA }, 10)
  const secrets = tickSecrets(town, TICK)
  const [key] = town.cast.keys
  const replaces = heldAgainst(town, TICK).database.keys.get(key!.publicKey)!.version
  const make = (change: Partial<UpdateOptions> = {}): OpenedDocument<'update'> =>
    makeUpdate(town.cast, { app: town.app, tick: TICK, ...secrets, endpoint: 'post', key: key!, replaces, text: 'hello', ...change })
  return { town, secrets, make }
}

/** The author publishes updates with other lanes, and signs them like any other. */
async function decided(town: Town, updates: Array<{ body: OpenedDocument<'update'>['body']; lanes: Link[][] }>) {
  const spends = [town.cast.keys[0]!.publicKey]
  for (const { body, lanes } of updates) {
    const { sig: _sig, type: _type, v: _v, by: _by, ...fields } = body
    town.anchor(signDocument(crypto, 'update', { ...fields, lanes }, town.cast.client, town.cast.random(32)), { spends })
  }
  await town.mineTo(4)
  const { summary, tombstones } = town.ticks[4]!.document.body
  expect((await auditTown(town)).ok).toBe(true)
  return { verdicts: summary.verdicts.map(({ outcome }) => outcome), tombstones }
}

const replaced = ({ lanes }: Update, position: number, change: (link: Link) => Link): Link[][] =>
  lanes.map((links, lane) => links.map((link, i) => (lane === LANE && i === position ? change(link) : link)))

/** Everything that a link says. */
const CHANGES: Record<string, (link: Link) => Partial<Link>> = {
  request: () => ({ request: OTHER }),
  app: () => ({ app: OTHER }),
  tick: ({ tick }) => ({ tick: tick + 1 }),
  endpoint: () => ({ endpoint: 'edit' }),
  lane: () => ({ lane: 0 }),
  position: ({ position }) => ({ position: 1 - position }),
  version: () => ({ version: OTHER }),
  previous: () => ({ previous: OTHER }),
  base: () => ({ base: OTHER }),
  planned: () => ({ planned: OTHER }),
  inputs: () => ({ inputs: OTHER }),
  sites: ({ sites }) => ({ sites: [...sites, 0] }),
  own: () => ({ own: [OTHER] }),
  outputs: () => ({ outputs: OTHER }),
  before: () => ({ before: OTHER }),
  after: () => ({ after: OTHER }),
  opening: ({ opening }) => ({ opening: Buffer.alloc(Buffer.from(opening, 'base64').length, 7).toString('base64') }),
  sig: () => ({ sig: OTHER + OTHER }),
}

describe('an author that changes what an innocent server signed', () => {
  it('[P5] in any field, as it is or signed by another key, has nobody buried', async () => {
    const { town, make } = await scene('changed')
    const forged = Object.keys(CHANGES).flatMap((field) =>
      [0, 1].flatMap((position) =>
        [false, true].map((isSigned) => {
          const { body } = make()
          const thief = town.cast.servers.find(({ publicKey }) => !body.lanes.flat().some(({ server }) => server === publicKey))!
          const lanes = replaced(body, position, (link) => {
            const { sig, ...changed } = { ...link, ...CHANGES[field]!(link) }
            return isSigned ? signLink(crypto, changed, thief, town.cast.random(32)) : { ...changed, sig }
          })
          return { body, lanes }
        }),
      ),
    )
    const { verdicts, tombstones } = await decided(town, forged)
    expect(verdicts).toHaveLength(forged.length)
    expect(verdicts.filter((code) => !/^update\.(thread|version|path|sites|lanes|digest|server|unavailable)$/.test(code))).toEqual([])
    expect(tombstones).toEqual([])
  })

  it('by what it signed for another request has nobody buried', async () => {
    const { town, make } = await scene('another request')
    const [{ body }, other] = [make(), make()]
    const lanes = replaced(body, 1, () => other.body.lanes[LANE]![1]!)
    expect(await decided(town, [{ body, lanes }])).toEqual({ verdicts: ['update.lanes'], tombstones: [] })
  })
})

describe('an author with a guilty server of its own', () => {
  it('has that one buried, and not the innocent one after it, which went on from what it was handed', async () => {
    const { town, make } = await scene('own server')
    const update = make({ factors: (primes, { lane, position }) => (lane === LANE && position === 0 ? [3n] : primes) })
    const { lanes } = update.body
    expect(await decided(town, [{ body: update.body, lanes }])).toEqual({
      verdicts: ['update.stamp'],
      tombstones: [lanes[LANE]![0]!.server],
    })
  })

  it('gets no link of the innocent one over a number that it did not commit to', async () => {
    const world = await makeWorld({ seed: 'no link', servers: 14 })
    const composed = await compose(world, 'post', { topic: 'weather', text: 'sunny' })
    const [own, innocent] = composed.pending.lanes[0]!.map(({ server }) => server)
    const served = serve(world, composed, (server, bytes) =>
      server === own
        ? changedReply(world, server, bytes, (reply) => ({ ...reply, link: signedAgain(world, reply.link, { after: OTHER }) }))
        : executeHop(world.ctx, world.hopEnv(server), bytes),
    )
    expect(served).toMatchObject({ ok: false, error: { details: { cause: 'hop.number', server: innocent } } })
    expect(world.servers.get(innocent!)!.used.size).toBe(0)
  })
})

describe('a complaint', () => {
  it('finds nobody where every server did its work, and the Supervisor where the secrets are not those of the plan', async () => {
    const { town, secrets, make } = await scene('complaint')
    const { body, sha256 } = make()
    const reference = { sha256, infohash: '00'.repeat(20) }
    const find = (reveal = secrets.secret, update: Update = body) =>
      findPoison({ crypto }, town.app, update, reference, reveal, secrets.planned.plan).finding
    expect(find()).toEqual({ by: 'supervisor', reason: expect.stringContaining('passed through every revealed prime') as string })
    const [first, ...rest] = secrets.secret.versions
    const primes = { ...secrets.secret, versions: [{ ...first!, passage: rest[0]!.passage }, ...rest] }
    expect(find(primes)).toMatchObject({ by: 'supervisor', reason: expect.stringContaining('not those') as string })
    expect(find({ ...secrets.secret, sealing: OTHER })).toMatchObject({ by: 'supervisor' })
  })
})
