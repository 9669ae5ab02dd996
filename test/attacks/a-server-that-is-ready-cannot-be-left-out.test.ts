/**
 * A Supervisor deals blocks to servers that it likes: it says that the others did not answer. And the other way round: a server makes an honest Supervisor look like that
 * one. What a server anchors is on the chain as a whole, so neither can say that the other's document could not be had.
 */
import { describe, expect, it } from 'vitest'
import type { KeyPair } from '../../roles/protocol/keys/index.ts'
import { scriptOf } from '../../roles/protocol/ticks/index.ts'
import { makeAcceptance, makeReady } from '../roles/supervisor/actors.ts'
import { auditTown, makeTown, moneyOf, openTown, type Town } from '../roles/supervisor/town.ts'

const FEW = { minimumServers: 3 }

/** What an auditor finds wrong, tick by tick. */
const problemsOf = async (town: Town): Promise<string[][]> => (await auditTown(town)).ticks.map(({ problems }) => problems)

/** Anchors that a server is ready, with the coin of whoever says so; nobody has the document. */
function say(town: Town, server: KeyPair, speaker: KeyPair, from = 2, to = 900): void {
  const money = { spends: [speaker.publicKey], pays: [town.cast.master.publicKey, speaker.publicKey] }
  town.anchor(makeReady(town.cast, server, town.app, from, to), money, true)
}

const readyIn = (town: Town, number: number): string[] => town.ticks[number]!.document.body.plans.flatMap(({ ready }) => ready)

describe('a server that is ready', () => {
  it('is dealt in once it has anchored that it is, though it is told to have not answered', async () => {
    const town = await openTown('left out', FEW, 5)
    const [server] = town.cast.servers
    town.away.add(server!.publicKey)
    await town.mineTo(1)
    expect(readyIn(town, 1)).not.toContain(server!.publicKey)
    say(town, server!, server!)
    await town.mineTo(6)
    // Anchored in period 1, it counts from D_3 on.
    expect([1, 2, 3, 4, 5, 6].map((number) => readyIn(town, number).includes(server!.publicKey))).toEqual([
      false,
      false,
      true,
      true,
      true,
      true,
    ])
    // It keeps its document back, and nobody looks like a liar for that.
    expect((await problemsOf(town)).flat()).toEqual([])
  })

  it('is missed by everybody who audits when it is left out all the same', async () => {
    const town = await openTown('lied about', FEW, 5)
    const [server] = town.cast.servers
    town.away.add(server!.publicKey)
    say(town, server!, server!)
    await town.mine()
    town.rewrite((state) => ({ ...state, ready: [] }))
    await town.mineTo(4)
    const problems = await problemsOf(town)
    const missed = (tick: number) =>
      `The server ${server!.publicKey} anchored that it is ready for tick ${tick}, and is left out of its plan.`
    expect(problems.map((all) => all.length)).toEqual([0, 0, 1, 1, 1])
    expect(problems.flat()).toEqual([missed(5), missed(6), missed(7)])
  })

  it('cannot be counted by a coin that is not its own, nor a key that is no server, nor for longer than a statement lasts', async () => {
    const town = await openTown('made up', FEW, 5)
    const { client, servers } = town.cast
    town.away.add(servers[0]!.publicKey)
    await town.mineTo(2)
    say(town, client, client)
    // What the server once answered, anchored by somebody else.
    say(town, servers[0]!, client)
    say(town, servers[0]!, servers[0]!, 2, 1_003)
    say(town, servers[0]!, servers[0]!, 9, 2)
    await town.mineTo(6)
    const dealt = town.ticks.slice(1).flatMap(({ document }) => document.body.plans.flatMap(({ ready }) => ready))
    expect(dealt).not.toContain(client.publicKey)
    expect(dealt).not.toContain(servers[0]!.publicKey)
    expect((await problemsOf(town)).flat()).toEqual([])
  })

  it('cannot make a liar of a Supervisor by what it anchored too late for a tick, or before there was an app', async () => {
    const early = makeTown('too early', FEW, 5)
    const [server] = early.cast.servers
    early.away.add(server!.publicKey)
    say(early, server!, server!)
    await early.mine()
    say(early, server!, server!)
    early.anchor(early.offer, moneyOf(early.offer))
    say(early, server!, server!)
    await early.mine()
    for (const one of early.cast.servers) early.anchor(makeAcceptance(early.cast, one, early.app), { pays: [early.cast.master.publicKey] })
    await early.mineTo(5)
    expect(early.ticks.flatMap(({ document }) => document.body.plans.flatMap(({ ready }) => ready))).not.toContain(server!.publicKey)
    say(early, server!, server!)
    await early.mineTo(6)
    expect((await problemsOf(early)).flat()).toEqual([])
  })

  it('cannot be dealt in by a Supervisor that only says that it is', async () => {
    const town = await openTown('said for it', FEW, 5)
    const [server] = town.cast.servers
    town.away.add(server!.publicKey)
    say(town, server!, town.cast.client)
    await town.mine()
    const spends = [scriptOf(server!.publicKey)!]
    town.rewrite((state) => ({ ...state, ready: [{ from: 2, to: 900, spends, height: town.height(), position: 1 }] }))
    await town.mineTo(4)
    expect(readyIn(town, 4)).toContain(server!.publicKey)
    const lie = (tick: number) => `The plan for tick ${tick} is dealt to servers that did not sign that they are ready.`
    expect((await problemsOf(town)).flat()).toEqual([lie(5), lie(6), lie(7)])
  })

  it('leaves a tick without a plan when too few others are, and nothing waits for a better deal', async () => {
    const town = await openTown('too few', { minimumServers: 3 }, 4)
    const [a, b] = town.cast.servers
    await town.mineTo(1)
    town.away.add(a!.publicKey).add(b!.publicKey)
    await town.mineTo(2)
    town.away.clear()
    await town.mineTo(5)
    expect(town.ticks.map(({ document }) => [document.body.state, document.body.plans.map(({ tick }) => tick)])).toEqual([
      ['running', [1, 2, 3]],
      ['running', [4]],
      ['running', []],
      ['running', [6]],
      ['running', [7]],
      ['running', [8]],
    ])
    expect((await problemsOf(town)).flat()).toEqual([])
  })
})
