/** A Supervisor deals blocks to servers that it likes: it says that the others did not answer. */
import { describe, expect, it } from 'vitest'
import type { OpenedDocument } from '../../roles/protocol/documents/index.ts'
import { makeReady } from '../roles/supervisor/actors.ts'
import { auditTown, openTown, type Town } from '../roles/supervisor/town.ts'

const FEW = { minimumServers: 3 }

/** What an auditor finds wrong, tick by tick; the statements of servers are those given. */
async function problemsOf(town: Town, statements: OpenedDocument[]): Promise<string[][]> {
  const report = await auditTown(town, {
    document: ({ anchor }) => Promise.resolve(statements.find(({ sha256 }) => sha256 === anchor.sha256) ?? null),
  })
  return report.ticks.map(({ problems }) => problems)
}

const readyIn = (town: Town, number: number): string[] => town.ticks[number]!.document.body.plans.flatMap(({ ready }) => ready)

describe('a server that is ready', () => {
  it('is dealt in once it has anchored that it is, though it is told to have not answered', async () => {
    const town = await openTown('left out', FEW, 5)
    const [server] = town.cast.servers
    town.away.add(server!.publicKey)
    await town.mineTo(1)
    expect(readyIn(town, 1)).not.toContain(server!.publicKey)
    const statement = makeReady(town.cast, server!, town.app, 2, 900)
    town.anchor(statement, { pays: [town.cast.master.publicKey] })
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
    expect((await problemsOf(town, [statement])).flat()).toEqual([])
  })

  it('is missed by everybody who audits when it is left out all the same', async () => {
    const town = await openTown('lied about', FEW, 5)
    const [server] = town.cast.servers
    town.away.add(server!.publicKey)
    const statement = makeReady(town.cast, server!, town.app, 2, 900)
    // The Supervisor pretends that it could not read it.
    town.anchor(statement, { pays: [town.cast.master.publicKey] }, true)
    await town.mineTo(4)
    const problems = await problemsOf(town, [statement])
    const missed = (tick: number) =>
      `The server ${server!.publicKey} anchored that it is ready for tick ${tick}, and is left out of its plan.`
    expect(problems.map((all) => all.length)).toEqual([0, 0, 1, 1, 1])
    expect(problems.flat()).toEqual([missed(5), missed(6), missed(7)])
  })

  it('cannot be counted without its signature, nor a key that is no server', async () => {
    const town = await openTown('made up', FEW, 5)
    await town.mineTo(2)
    const forged = makeReady(town.cast, town.cast.client, town.app, 2, 9)
    town.anchor(forged, { pays: [town.cast.master.publicKey] })
    await town.mineTo(6)
    expect(town.ticks.slice(1).flatMap(({ document }) => document.body.plans.flatMap(({ ready }) => ready))).not.toContain(
      town.cast.client.publicKey,
    )
    expect((await problemsOf(town, [forged])).flat()).toEqual([])
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
    expect((await problemsOf(town, [])).flat()).toEqual([])
  })
})
