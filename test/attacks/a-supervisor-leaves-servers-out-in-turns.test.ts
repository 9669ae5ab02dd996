/**
 * Whom a Supervisor deals its blocks to, it chooses when it knows the block hash that deals them: where it may leave servers out unseen, it places its own. Two ways round
 * the statements by which servers forbid that: to leave each out in every second tick only, and to anchor an answer of theirs after what they anchored.
 */
import { describe, expect, it } from 'vitest'
import { statementsKept } from '../../roles/protocol/ticks/index.ts'
import { makeReady } from '../roles/supervisor/actors.ts'
import { auditTown, openTown, type Town } from '../roles/supervisor/town.ts'

const readyIn = (town: Town, number: number): string[] => town.ticks[number]!.document.body.plans.flatMap(({ ready }) => ready)

describe('an answer of a server, anchored by somebody else', () => {
  it('does not take back what the server anchored itself, neither for the Supervisor nor for who audits it', async () => {
    const town = await openTown('copies', { minimumServers: 3 }, 5)
    const [server] = town.cast.servers
    const pays = [town.cast.master.publicKey]
    const spends = [server!.publicKey]
    town.away.add(server!.publicKey)
    const long = makeReady(town.cast, server!, town.app, 2, 900)
    // What it once answered to the Supervisor stands in a file of each tick, for everybody.
    const answer = makeReady(town.cast, server!, town.app, 1, 3)
    town.anchor(long, { spends, pays })
    await town.mine()
    town.anchor(answer, { spends: [town.cast.client.publicKey], pays })
    await town.mineTo(8)
    for (const number of [4, 5, 6, 7, 8]) expect(readyIn(town, number)).toContain(server!.publicKey)

    // The same by a Supervisor that does not count it: everybody who audits misses the server.
    const sly = await openTown('copies', { minimumServers: 3 }, 5)
    sly.away.add(server!.publicKey)
    sly.anchor(long, { spends, pays })
    await sly.mine()
    sly.anchor(answer, { spends: [town.cast.client.publicKey], pays })
    sly.rewrite((state) => ({ ...state, ready: [] }))
    await sly.mineTo(6)
    const report = await auditTown(sly)
    expect(report.ticks[6]!.problems).toEqual([
      `The server ${server!.publicKey} anchored that it is ready for tick 9, and is left out of its plan.`,
    ])
  })

  it('costs a Supervisor no memory', () => {
    const at = (height: number, from: number, to: number, coin = 'aa') => ({ from, to, spends: [coin], height, position: 1 })
    const long = at(10, 2, 900)
    const copies = [at(11, 2, 4), at(12, 800, 900), at(13, 800, 901), at(9, 3, 5)]
    expect(statementsKept([long, ...copies], 1)).toEqual([copies[3], long, copies[2]])
    expect(statementsKept([long, at(11, 2, 4, 'bb')], 1)).toHaveLength(2)
    expect(statementsKept([long, ...copies], 900)).toEqual([copies[2]])
  })
})
