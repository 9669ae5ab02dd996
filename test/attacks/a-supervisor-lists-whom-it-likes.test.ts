/**
 * Attack 6: a Supervisor that works in every other way lies about servers, states, and what it decides and when. Each lie is told by the product's own Supervisor on
 * a chain made by hand; the audit that a client runs has to name it.
 */
import { describe, expect, it } from 'vitest'
import { canonicalBytes } from '../../roles/protocol/canonical.ts'
import { type Offer, type Tick } from '../../roles/protocol/documents/index.ts'
import type { AnchoredTransaction } from '../../roles/protocol/events.ts'
import { fileEntry } from '../../roles/protocol/index/index.ts'
import { toHex } from '../../roles/protocol/bytes.ts'
import type { KeyPair } from '../../roles/protocol/keys/index.ts'
import type { AuditInput, ListedServer } from '../../roles/protocol/ticks/index.ts'
import { crypto, makeAcceptance, makeReady, makeRegistration, makeReservation, sealingOf } from '../roles/supervisor/actors.ts'
import { fileOf, makeTown, moneyOf, openTown, signAgain, type Town } from '../roles/supervisor/town.ts'
import { keyPair } from '../tools/seeded.ts'
import { found } from './audited.ts'
import { startStory } from './thief.ts'

const listed = (town: Town, number: number): string[] => town.ticks[number]!.document.body.servers.map(({ id }) => id)
const outcomes = (town: Town, number: number): string[] => town.ticks[number]!.document.body.summary.verdicts.map(({ outcome }) => outcome)
const asListed = ({ publicKey }: KeyPair, more: Partial<ListedServer> = {}): ListedServer => ({
  id: publicKey,
  host: 'localhost',
  port: 1234,
  region: 'DE',
  sealing: 'ab'.repeat(32),
  joined: 102,
  accepted: [],
  ...more,
})

/** A town with one server more than it began with, whose acceptance waits for its tick. */
async function withNewcomer(seed: string, offer: Partial<Offer> = {}, own: Partial<Offer> = {}) {
  const town = await openTown(seed, offer, 4, own)
  const newcomer = keyPair(town.cast.random)
  town.joined.push(newcomer)
  const accepted = town.anchor(makeAcceptance(town.cast, newcomer, town.app), { pays: [town.cast.master.publicKey] })
  return { town, newcomer, accepted }
}

/** The Supervisor forgets what waits. @returns brings it back */
function forget(town: Town, { txid }: AnchoredTransaction): () => void {
  const kept = town.state().waiting.filter(({ transaction }) => transaction.txid === txid)
  town.rewrite((state) => ({ ...state, waiting: state.waiting.filter(({ transaction }) => transaction.txid !== txid) }))
  return () => town.rewrite((state) => ({ ...state, waiting: [...state.waiting, ...kept] }))
}

describe('who is listed', () => {
  it('follows from acceptances alone: who accepts in period n − 2 is listed from D_n on, has a verdict, and audits agree', async () => {
    const { town, newcomer } = await withNewcomer('honest newcomer')
    await town.mineTo(4)
    expect([0, 1, 2, 3].map((number) => listed(town, number).includes(newcomer.publicKey))).toEqual([false, false, true, true])
    expect([outcomes(town, 0), outcomes(town, 1), outcomes(town, 2)]).toEqual([Array(4).fill('accepted'), [], ['accepted']])
    expect(listed(town, 2)).toEqual([...listed(town, 2)].sort())
    expect(town.ticks[3]!.document.body.plans.flatMap(({ ready }) => ready)).toContain(newcomer.publicKey)
    expect(await found(town)).toEqual({})
  })

  it('a phantom that nobody accepted is listed and dealt blocks: named in every tick that lists it', async () => {
    const town = await openTown('phantom')
    const phantom = keyPair(town.cast.random)
    town.joined.push(phantom)
    await town.mineTo(1)
    town.keeper.ledger.servers.set(phantom.publicKey, asListed(phantom, { sealing: toHex(sealingOf(phantom).publicKey) }))
    await town.mineTo(3)
    expect(town.ticks[2]!.document.body.plans.flatMap(({ ready }) => ready)).toContain(phantom.publicKey)
    const lie = `The tick lists the server ${phantom.publicKey}, of which no acceptance counts.`
    expect(await found(town)).toEqual({ 2: [lie], 3: [lie] })
  })

  it('an honest server is left out: named', async () => {
    const town = await openTown('dropped')
    const { publicKey: id } = town.cast.servers[0]!
    await town.mineTo(1)
    town.keeper.ledger.servers.delete(id)
    await town.mineTo(2)
    expect(listed(town, 2)).not.toContain(id)
    expect(await found(town)).toEqual({ 2: [`The server ${id} accepted, and the tick does not list it.`] })
  })

  it('a server is listed at another address, or with another key: named', async () => {
    const town = await openTown('moved by others')
    const { publicKey: id } = town.cast.servers[0]!
    await town.mineTo(1)
    const honest = town.keeper.ledger.servers.get(id)!
    town.keeper.ledger.servers.set(id, { ...honest, host: 'elsewhere.example' })
    await town.mineTo(2)
    town.keeper.ledger.servers.set(id, { ...honest, sealing: toHex(sealingOf(town.cast.client).publicKey) })
    await town.mineTo(3)
    const lie = `The tick lists the server ${id} otherwise than it accepted.`
    expect(await found(town)).toEqual({ 2: [lie], 3: [lie] })
  })

  it('a server is listed twice, or out of order: named', async () => {
    const town = await openTown('order')
    await town.mineTo(2)
    const ticks = signAgain(town, ({ number, servers }) => (number === 2 ? { servers: [...servers].reverse() } : {}))
    expect(await found(town, { ticks })).toEqual({ 2: ['The servers are not listed in order, each once.'] })
    const twice = signAgain(town, ({ number, servers }) => (number === 2 ? { servers: [...servers, servers[0]!] } : {}))
    expect(await found(town, { ticks: twice })).toEqual({ 2: ['The servers are not listed in order, each once.'] })
  })

  it('a server without work, or for another offer, is let in: named', async () => {
    const town = await openTown('no work', { work: { client: 4, server: 12 }, minimumServers: 1 }, 4, { work: { client: 4, server: 4 } })
    await town.mineTo(2)
    const problems = (await found(town))[0]!
    expect(problems.filter((text) => text.includes('got the outcome accepted; by the rules it is acceptance.work')).length).toBe(4)
    expect(problems).toContain(`The tick lists the server ${town.cast.servers[0]!.publicKey}, of which no acceptance counts.`)
  })
})

describe('what is decided, and when', () => {
  it('an acceptance is never decided: named, and so is the server', async () => {
    const { town, newcomer, accepted } = await withNewcomer('ignored')
    await town.mine()
    forget(town, accepted)
    await town.mineTo(3)
    const dropped = `The server ${newcomer.publicKey} accepted, and the tick does not list it.`
    const problems = await found(town)
    expect(Object.keys(problems)).toEqual(['2'])
    expect(problems[2]).toEqual([`The acceptance anchored by ${accepted.txid} got no verdict.`])
    expect(dropped).not.toBe('')
  })

  it('an acceptance is decided five ticks late: named in both ticks', async () => {
    const { town, accepted } = await withNewcomer('late')
    await town.mine()
    const back = forget(town, accepted)
    await town.mineTo(6)
    back()
    await town.mineTo(7)
    expect(outcomes(town, 7)).toEqual(['accepted'])
    const problems = await found(town)
    expect(problems[2]).toEqual([`The acceptance anchored by ${accepted.txid} got no verdict.`])
    expect(problems[7]).toContain(`The anchor ${accepted.txid} got a verdict that this tick does not owe it.`)
  })

  it.each(['registration', 'reservation'] as const)('a %s is never decided, or late: named', async (kind) => {
    for (const late of [false, true]) {
      const town = await openTown(`${kind} ${late}`)
      const { cast, app } = town
      const registered = town.anchor(makeRegistration(cast, cast.client, app), { pays: [cast.master.publicKey, cast.client.publicKey] })
      await town.mine()
      const spends = [cast.client.publicKey]
      const reserved = town.anchor(makeReservation(cast, cast.client, app, cast.keys), {
        spends,
        pays: cast.keys.map((key) => key.publicKey),
      })
      await town.mine()
      const missed = kind === 'registration' ? registered : reserved
      const back = forget(town, missed)
      await town.mineTo(6)
      if (late) back()
      await town.mineTo(7)
      const problems = await found(town)
      expect(problems[2]).toContain(`The ${kind} anchored by ${missed.txid} got no verdict.`)
      if (late) expect(problems[7]).toContain(`The anchor ${missed.txid} got a verdict that this tick does not owe it.`)
    }
  })

  it('acceptances beyond what a tick decides wait in chain order, fakes cost a verdict each, and a smaller quota of its own is named', async () => {
    const perTick = { acceptances: 4, registrations: 9, reservations: 9, updates: 9 }
    const flooded = async (seed: string, own: Partial<Offer> = {}) => {
      const town = await openTown(seed, { perTick }, 4, own)
      const pays = [town.cast.master.publicKey]
      for (let i = 0; i < 9; i++) {
        town.anchor(makeAcceptance(town.cast, keyPair(town.cast.random), town.app), { pays })
        town.anchor(makeAcceptance(town.cast, keyPair(town.cast.random), town.app), { pays }, true)
      }
      await town.mineTo(5)
      return town
    }
    const honest = await flooded('flood')
    const counted = [0, 2, 3, 4].map((number) => outcomes(honest, number).filter((outcome) => outcome === 'accepted').length)
    expect(counted).toEqual([4, 4, 4, 1])
    expect(await found(honest)).toEqual({})
    const lazy = await flooded('flood, lazily', { perTick: { ...perTick, acceptances: 2 } })
    const problems = await found(lazy)
    expect(problems[2]!.filter((text) => text.endsWith('got no verdict.')).length).toBeGreaterThan(1)
  })

  it('verdicts out of chain order, further documents, and a document that stands for another are named', async () => {
    const { town } = await withNewcomer('order of verdicts')
    town.anchor(makeRegistration(town.cast, town.cast.client, town.app), { pays: [town.cast.master.publicKey] })
    await town.mineTo(3)
    const change = (one: (tick: Tick) => Partial<Tick>) => signAgain(town, (tick) => (tick.number === 2 ? one(tick) : {}))
    const turned = change(({ summary }) => ({ summary: { ...summary, verdicts: [...summary.verdicts].reverse() } }))
    expect(await found(town, { ticks: turned })).toEqual({ 2: ['The verdicts are not in chain order.'] })
    const stranger = makeRegistration(town.cast, keyPair(town.cast.random), town.app)
    const bytes = canonicalBytes([...JSON.parse(new TextDecoder().decode(town.ticks[2]!.files.get('documents.0'))), stranger.body])
    const part = fileEntry(crypto, { name: 'documents.0', bytes })
    const stuffed = change(({ summary }) => ({ summary: { ...summary, documents: [part] } }))
    const fetchFile: AuditInput['fetchFile'] = (tick, name) =>
      Promise.resolve(
        tick.body.number === 2 && name === 'documents.0' ? { ok: true, value: bytes } : fileOf(town.ticks[tick.body.number]!, name),
      )
    expect(await found(town, { ticks: stuffed, fetchFile })).toEqual({
      2: ['The files of documents are not those of the documents that were decided.'],
    })
    const other = change(({ summary }) => ({
      summary: {
        ...summary,
        verdicts: summary.verdicts.map((verdict) => ({ ...verdict, document: { ...verdict.document, infohash: '00'.repeat(20) } })),
      },
    }))
    expect((await found(town, { ticks: other }))[2]![0]).toContain('is not on the chain as the tick says')
  })

  it('that a document could not be fetched nobody can check: that is all that it may say', async () => {
    const town = await openTown('unavailable')
    const newcomer = keyPair(town.cast.random)
    town.anchor(makeAcceptance(town.cast, newcomer, town.app), { pays: [town.cast.master.publicKey] }, true)
    await town.mineTo(3)
    expect(outcomes(town, 2)).toEqual(['acceptance.unavailable'])
    expect(await found(town)).toEqual({})
  })
})

describe('the state of a tick', () => {
  it('is «sleeping» with enough servers: named', async () => {
    const town = await openTown('lazy')
    await town.mineTo(1)
    const honest = town.offers.get(town.app)!
    town.offers.set(town.app, { ...honest, body: { ...honest.body, minimumServers: 99 } })
    await town.mineTo(2)
    expect(town.ticks[2]!.document.body.state).toBe('sleeping')
    expect(await found(town)).toEqual({ 2: ['The tick says sleeping; with 4 servers of at least 3 it is running.'] })
  })

  it('is «running» with too few: named', async () => {
    const town = await openTown('eager', { minimumServers: 4 }, 4)
    const { publicKey: id } = town.cast.servers[0]!
    await town.mineTo(1)
    // It counts on a server that it has dropped, and runs all the same.
    town.keeper.ledger.servers.delete(id)
    const honest = town.offers.get(town.app)!
    town.offers.set(town.app, { ...honest, body: { ...honest.body, minimumServers: 3 } })
    await town.mineTo(2)
    expect(town.ticks[2]!.document.body.state).toBe('running')
    const problems = (await found(town))[2]!
    expect(problems).toContain(`The server ${id} accepted, and the tick does not list it.`)
    expect(problems).toContain('The plan for tick 5 is dealt to fewer servers than the offer runs with.')
    const alone = signAgain(town, ({ number, state }) => (number === 1 ? { state: state === 'running' ? 'sleeping' : 'running' } : {}))
    expect((await found(town, { ticks: alone }))[1]).toContain('The tick says sleeping; with 4 servers of at least 4 it is running.')
  })

  it('begins before enough servers are in, or after: named', async () => {
    for (const [minimumServers, right] of [
      [2, 'the app begins with block 104.'],
      [4, 'the app begins with block 104.'],
    ] as const) {
      const town = makeTown(`genesis ${minimumServers}`, { joinBlocks: 9 }, 4, { minimumServers })
      town.anchor(town.offer, moneyOf(town.offer))
      await town.mine()
      for (const server of town.cast.servers) {
        town.anchor(makeAcceptance(town.cast, server, town.app), { pays: [town.cast.master.publicKey] })
        await town.mine()
      }
      await town.mineTo(1)
      const problems = (await found(town))[0] ?? []
      expect(problems.join(' ')).toContain(minimumServers === 2 ? 'the app begins nowhere yet' : right)
    }
  })

  it('closes other blocks than its number says, or follows another document: named', async () => {
    const town = await openTown('blocks')
    await town.mineTo(2)
    const first = signAgain(town, ({ number, blocks }) => (number === 0 ? { blocks: { ...blocks, from: 7 } } : {}))
    expect((await found(town, { ticks: first }))[0]).toEqual(['The tick closes other blocks than its number says.'])
    const after = signAgain(town, ({ number, previous }) => (number === 2 ? { previous: { ...previous!, infohash: '00'.repeat(20) } } : {}))
    expect(await found(town, { ticks: after })).toEqual({ 2: ['The tick does not name the tick before.'] })
  })
})

describe('plans and files', () => {
  it('a plan is left out though enough servers anchored that they are ready: named', async () => {
    const town = await openTown('no plan')
    const { servers, master } = town.cast
    for (const server of servers)
      town.anchor(makeReady(town.cast, server, town.app, 2, 900), { spends: [server.publicKey], pays: [master.publicKey] })
    await town.mine()
    town.rewrite((state) => ({ ...state, ready: [] }))
    await town.mineTo(1)
    for (const { publicKey } of town.cast.servers) town.away.add(publicKey)
    await town.mineTo(3)
    const lie = (tick: number) => `The plan for tick ${tick} is left out, though 4 servers anchored that they are ready for it.`
    expect(await found(town)).toEqual({ 2: [lie(5)], 3: [lie(6)] })
  })

  it('a server cannot make an honest Supervisor a liar by what it anchors later: the last statement up to there counts', async () => {
    const town = await openTown('two statements')
    const [server] = town.cast.servers
    town.away.add(server!.publicKey)
    const money = { spends: [server!.publicKey], pays: [town.cast.master.publicKey] }
    town.anchor(makeReady(town.cast, server!, town.app, 2, 7), money)
    await town.mineTo(1)
    town.anchor(makeReady(town.cast, server!, town.app, 100, 900), money)
    await town.mineTo(6)
    expect(await found(town)).toEqual({})
  })

  it('a holder gets no code file, files have other names, plans come in another order: named', async () => {
    const town = await openTown('files')
    await town.mineTo(1)
    const inTick = (number: number, change: (tick: Tick) => Partial<Tick>) =>
      signAgain(town, (tick) => (tick.number === number ? change(tick) : {}))
    const problems = async (number: number, change: (tick: Tick) => Partial<Tick>) =>
      (await found(town, { ticks: inTick(number, change) }))[number]!.join(' ')
    const plansWith =
      (change: (plan: Tick['plans'][number]) => Partial<Tick['plans'][number]>) =>
      (tick: Tick): Partial<Tick> => ({
        plans: tick.plans.map((plan) => ({ ...plan, ...change(plan) })),
      })
    const code = 'does not have one code file for each server that holds a block'
    expect(
      await problems(
        1,
        plansWith((plan) => ({ code: plan.code.slice(1) })),
      ),
    ).toContain(code)
    expect(
      await problems(
        1,
        plansWith((plan) => ({ code: plan.code.map((one) => ({ ...one, file: { ...one.file, name: 'x' } })) })),
      ),
    ).toContain(code)
    expect(await problems(0, ({ plans }) => ({ plans: [...plans].reverse() }))).toContain('publishes the plans of 3, 2, 1')
    const chunk = ({ indices }: Tick): Partial<Tick> => ({
      indices: indices.map((index, i) => (i === 0 ? { ...index, directory: { ...index.directory, sha256: '00'.repeat(32) } } : index)),
    })
    expect(await problems(1, chunk)).toContain('The files of the indices are not those that hold the rows.')
    const empty = { name: 'evidence', bytes: canonicalBytes([]) }
    const ticks = inTick(1, () => ({ evidence: fileEntry(crypto, empty) }))
    const fetchFile: AuditInput['fetchFile'] = (tick, name) =>
      Promise.resolve(name === 'evidence' ? { ok: true, value: empty.bytes } : fileOf(town.ticks[tick.body.number]!, name))
    expect((await found(town, { ticks, fetchFile }))[1]).toEqual(['The evidence is not what the decisions rest on.'])
  })
})

describe('in a network', () => {
  it('a person who audits reads which server nobody accepted, and everybody else who audits reads the same', async () => {
    const { world, thief, story } = await startStory('phantom in a network')
    try {
      await story.post('ann', 'before')
      expect(await world.call('bob', 'use.audit', {})).toMatchObject({ ok: true })
      // The last tick, told otherwise in a branch that does not have it.
      const [before, last] = thief.mined().slice(-2)
      const { servers } = await thief.documentOf(last!)
      world.trouble('supervisor', { held: true })
      const phantom = { ...servers[0]!, id: 'fe'.repeat(32) }
      const forged = await thief.forge(last!, { servers: [...servers, phantom] })
      let height = world.chain.height()
      while (!world.chain.transactionsAt(height).includes(last!.txid)) height--
      world.chain.abandon(height)
      world.chain.forget()
      thief.anchor(forged, { of: before! })
      await world.block()
      await world.until('the lie to be followed', async () => (await story.tick('bob')) === last!.number)
      for (const name of ['ann', 'bob']) {
        const audit = await world.call(name, 'use.audit', {})
        expect(audit.ok).toBe(false)
        expect(audit.ticks.filter(({ problems }) => problems !== undefined).map(({ number }) => number)).toEqual([last!.number])
        expect(audit.ticks.at(-1)!.problems).toContain(`The tick lists the server ${phantom.id}, of which no acceptance counts.`)
      }
    } finally {
      await world.close()
    }
  })
})
