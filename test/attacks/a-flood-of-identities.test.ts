/**
 * Somebody makes very many identities, clients or servers, to keep others out or to be everywhere.
 *
 * What it costs: the offer's work for each of them, which serves no other key, app or role, and an anchor (PROTOCOL 20.1 has the hashes and sats). What it displaces: newcomers, who wait behind those that
 * reached the work, `perTick` of a kind a tick, in chain order; nobody who is registered or listed. What does not reach the work displaces nobody. Detected by the Supervisor that decides (`registration.work`,
 * `acceptance.work`), and by auditors. Punishment: the work and the fees are gone. Lost: time of newcomers; 10,000 servers fill the list for good (`acceptance.full`).
 */
import { describe, expect, it } from 'vitest'
import { composeRequest } from '../../roles/client/index.ts'
import { must } from '../../roles/protocol/result.ts'
import { makeWorld } from '../roles/request/world.ts'
import { anchoringOf, hashesFor } from '../../main/hosts/cli/simulate/cost.ts'
import { verifyWork, workChallenge } from '../../roles/protocol/crypto/index.ts'
import { signDocument, type OpenedDocument } from '../../roles/protocol/documents/index.ts'
import { checkAcceptance, MOST_SERVERS, type ListedServer } from '../../roles/protocol/ticks/index.ts'
import type { KeyPair } from '../../roles/protocol/keys/index.ts'
import { crypto, idleNonce, makeAcceptance, makeRegistration, makeUpdate } from '../roles/supervisor/actors.ts'
import { auditTown, heldAgainst, openTown, peopleTown, tickSecrets, type Town } from '../roles/supervisor/town.ts'
import { keyPair } from '../tools/seeded.ts'

const QUOTA = { acceptances: 3, registrations: 3, reservations: 3, updates: 2 }
const keys = (town: Town, count: number): KeyPair[] => Array.from({ length: count }, () => keyPair(town.cast.random))
/** The tick that decided somebody's document, and how. */
function decidedIn(town: Town, document: OpenedDocument): [tick: number, outcome: string] {
  for (const [number, { document: tick }] of town.ticks.entries()) {
    const verdict = tick.body.summary.verdicts.find((one) => one.document.sha256 === document.sha256)
    if (verdict !== undefined) return [number, verdict.outcome]
  }
  throw new Error('it is not decided')
}

const without = (town: Town, client: KeyPair): OpenedDocument<'registration'> => {
  const { type: _type, v: _v, by: _by, sig: _sig, ...fields } = makeRegistration(town.cast, client, town.app).body
  const nonce = idleNonce(workChallenge(crypto, 'client', client.publicKey, town.app))
  return signDocument(crypto, 'registration', { ...fields, nonce }, client, town.cast.random(32))
}
const idleServer = (town: Town, server: KeyPair): OpenedDocument<'acceptance'> => {
  const { type: _type, v: _v, by: _by, sig: _sig, ...fields } = makeAcceptance(town.cast, server, town.app).body
  const nonce = idleNonce(workChallenge(crypto, 'server', server.publicKey, town.app))
  return signDocument(crypto, 'acceptance', { ...fields, nonce }, server, town.cast.random(32))
}

describe('a flood that does not reach the work', () => {
  it('of clients keeps nobody waiting', async () => {
    const town = await openTown('idle clients', { perTick: QUOTA })
    for (const client of keys(town, 30)) town.anchor(without(town, client), { pays: [town.cast.master.publicKey] })
    const [honest] = keys(town, 1)
    const document = makeRegistration(town.cast, honest!, town.app)
    town.anchor(document, { pays: [town.cast.master.publicKey, honest!.publicKey] })
    await town.mineTo(3)
    expect(decidedIn(town, document)).toEqual([2, 'accepted'])
    const outcomes = town.ticks[2]!.document.body.summary.verdicts.map(({ outcome }) => outcome)
    expect(outcomes.filter((outcome) => outcome === 'registration.work')).toHaveLength(30)
    expect((await auditTown(town)).ok).toBe(true)
  })

  it('of servers keeps nobody waiting', async () => {
    const town = await openTown('idle servers', { perTick: QUOTA })
    await town.mineTo(1)
    for (const server of keys(town, 30)) town.anchor(idleServer(town, server), { pays: [town.cast.master.publicKey] })
    const [honest] = keys(town, 1)
    const document = makeAcceptance(town.cast, honest!, town.app)
    town.anchor(document, { pays: [town.cast.master.publicKey] })
    await town.mineTo(5)
    expect(decidedIn(town, document)).toEqual([3, 'accepted'])
    expect(town.ticks[5]!.document.body.servers.map(({ id }) => id)).toContain(honest!.publicKey)
    expect((await auditTown(town)).ok).toBe(true)
  })
})

describe('a flood of servers that are listed and never there', () => {
  it('is drawn for no request: neither for a block nor to move one', async () => {
    const world = await makeWorld({ seed: 'absent servers', servers: 14, lanes: 2 })
    const present = new Set(world.tick.servers.map(({ id }) => id))
    const [like] = world.tick.servers
    for (const { publicKey } of Array.from({ length: 200 }, () => keyPair(world.ctx.random)))
      world.tick.servers.push({ ...like!, id: publicKey })
    for (let request = 0; request < 40; request++) {
      const { pending, top } = must(await composeRequest(world.ctx, world.clientEnv(), 'post', { topic: 'x', text: `number ${request}` }))
      const drawn = [top.id, ...pending.lanes.flat().map(({ server }) => server)]
      expect(drawn.filter((id) => !present.has(id))).toEqual([])
    }
  })
})

describe('a flood at the difficulty', () => {
  it('of clients keeps a newcomer waiting for as many ticks as it paid for, and no registered client at all', async () => {
    const town = await peopleTown('busy clients', { perTick: QUOTA })
    const { cast, app } = town
    const flood = keys(town, 3 * QUOTA.registrations)
    for (const client of flood) town.anchor(makeRegistration(cast, client, app), { pays: [cast.master.publicKey, client.publicKey] })
    const [newcomer] = keys(town, 1)
    const registration = makeRegistration(cast, newcomer!, app)
    town.anchor(registration, { pays: [cast.master.publicKey, newcomer!.publicKey] })
    const [key] = cast.keys
    const replaces = heldAgainst(town, 2).database.keys.get(key!.publicKey)!.version
    const update = makeUpdate(cast, { app, tick: 2, ...tickSecrets(town, 2), endpoint: 'post', key: key!, replaces, text: 'as ever' })
    town.anchor(update, { spends: [key!.publicKey] })
    await town.mineTo(8)
    expect(decidedIn(town, update)).toEqual([4, 'accepted'])
    expect(decidedIn(town, registration)).toEqual([4 + 3, 'accepted'])
    expect((await auditTown(town)).ok).toBe(true)
  })

  it('cannot use a nonce twice: it is for one key, one app and one role', () => {
    const bits = 16
    const challenge = (role: 'client' | 'server', key: string, scope: string) => workChallenge(crypto, role, key, scope)
    const [one, other, app] = ['11', '22', 'aa'].map((byte) => byte.repeat(32)) as [string, string, string]
    let nonce = 0n
    while (!verifyWork(challenge('client', one, app), nonce, bits)) nonce++
    expect(verifyWork(challenge('client', other, app), nonce, bits)).toBe(false)
    expect(verifyWork(challenge('client', one, other), nonce, bits)).toBe(false)
    expect(verifyWork(challenge('server', one, app), nonce, bits)).toBe(false)
  })

  it('[P5] costs what the table says: the bits, and an anchor each', () => {
    expect(hashesFor(1_000, 28)).toBe(1_000 * 2 ** 28)
    expect(anchoringOf('registration', 2).sats).toBeGreaterThan(660)
  })

  it('of servers ends at ten thousand: who is listed stays and may move, and nobody else is added', () => {
    const town = { cast: { random: (length: number) => new Uint8Array(length).fill(7) } }
    const servers = new Map<string, ListedServer>()
    const listed = (id: string): ListedServer => ({ id, host: 'a', port: 1, sealing: '09'.repeat(32), region: '', joined: 1, accepted: [] })
    for (let i = 0; servers.size < MOST_SERVERS; i++)
      servers.set(i.toString(16).padStart(64, '0'), listed(i.toString(16).padStart(64, '0')))
    const server = keyPair(town.cast.random)
    const { body, sha256 } = makeAcceptance(town.cast as never, server, 'aa'.repeat(32))
    const env = { servers, offers: ['aa'.repeat(32)], bits: 4, buried: () => false }
    expect(checkAcceptance(crypto, env, body, sha256, 9)).toMatchObject({ ok: false, error: { code: 'acceptance.full' } })
    servers.delete('0'.repeat(64))
    servers.set(server.publicKey, listed(server.publicKey))
    expect(checkAcceptance(crypto, env, body, sha256, 9)).toMatchObject({ ok: true, value: { joined: 1, host: 'localhost' } })
  })
})
