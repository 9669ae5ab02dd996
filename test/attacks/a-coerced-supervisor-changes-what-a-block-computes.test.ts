/**
 * Somebody makes a Supervisor ship, for the length of one tick, code that does a little more than what its offer hired for: all lanes run it, all agree, stamps and audit are right.
 * Outsiders do not see bodies; they see that the commitment to one is not what it was, and who needs other code has to say so with another offer.
 */
import { describe, expect, it } from 'vitest'
import type { Program } from '../../roles/program/index.ts'
import { chainOf, stopOf } from '../../roles/protocol/ticks/index.ts'
import { notes } from '../roles/supervisor/actors.ts'
import { APP, createReader, digest, FIRST, offered, SECOND, tickMade, type Made, type TickOptions } from '../roles/protocol/ticks/story.ts'
import { auditTown, peopleTown, type Town } from '../roles/supervisor/town.ts'

/** The notes, whose first block compares with another text; nothing that its outline or labels show is different. */
function coerced(): Program {
  const { post } = notes.endpoints
  const [look, write] = post!.blocks
  const nodes = look!.body.nodes.map((node) =>
    node.op === 'const' ? { op: 'const' as const, type: { kind: 'text', max: 100 } as const, value: 'who is asked to pass' } : node,
  )
  return { ...notes, endpoints: { ...notes.endpoints, post: { ...post!, blocks: [{ ...look!, body: { ...look!.body, nodes } }, write!] } } }
}

const codesOf = (town: Town, endpoint: string): string[] => [
  ...new Set(town.ticks.flatMap(({ document }) => document.body.plans.map(({ endpoints }) => endpoints[endpoint]![0]!.code))),
]

describe('code', () => {
  it('is the same in all plans under an offer, and an audit names the tick in which it is not', async () => {
    const town = await peopleTown('coerced')
    await town.mineTo(4)
    expect(codesOf(town, 'post')).toHaveLength(1)
    expect((await auditTown(town)).ticks.flatMap(({ problems }) => problems)).toEqual([])
    const { sha256 } = town.offer
    const honest = town.offers.get(sha256)!
    town.offers.set(sha256, { ...honest, program: coerced() })
    await town.mineTo(5)
    town.offers.set(sha256, honest)
    await town.mineTo(7)
    expect(codesOf(town, 'post')).toHaveLength(2)
    expect(codesOf(town, 'edit')).toHaveLength(1)
    expect((await auditTown(town)).ticks.flatMap(({ number, problems }) => problems.map((problem) => `${number}: ${problem}`))).toEqual([
      '5: The plan for tick 8 has other code for block 0 of post than those before it, under the same offer.',
    ])
  })
})

describe('whoever follows ticks', () => {
  const [HONEST, OTHER] = ['c0'.repeat(32), 'c1'.repeat(32)]

  /** A reader of ticks in blocks 10, 20, … */
  function follow(...changes: Array<Partial<TickOptions>>) {
    const reader = createReader([FIRST, SECOND])
    const offer = offered()
    reader.block(offer)
    const ticks: Made[] = []
    for (const [at, change] of changes.entries()) {
      const before = ticks.at(-1)
      const height = 10 * (at + 1)
      const made = tickMade(height, {
        number: at,
        after: before?.transaction.txid ?? offer.txid,
        previous: before?.transaction.anchor.sha256 ?? null,
        to: height - 5,
        ...change,
      })
      ticks.push(made)
      reader.block(made)
    }
    return { numbers: chainOf(reader.following()).map(({ number }) => number), stop: stopOf(reader.following()), ticks }
  }

  it('does not go on where the code is another one under the same offer, with or without ticks between that have no plan', () => {
    const stopped = follow({ code: [HONEST, HONEST] }, { code: [] }, { code: [OTHER] }, { code: [HONEST] })
    expect(stopped).toMatchObject({ numbers: [0, 1], stop: { kind: 'faulty', number: 2, why: expect.stringContaining('other code') } })
    expect(follow({ code: [HONEST, OTHER] })).toMatchObject({ numbers: [], stop: { kind: 'faulty', number: 0 } })
  })

  it('goes on where it stays, and where another offer says that it is another one', () => {
    expect(follow({ code: [HONEST] }, { code: [] }, { code: [HONEST] })).toMatchObject({ numbers: [0, 1, 2], stop: null })
    const next = digest(77)
    const changed = follow({ code: [HONEST] }, { code: [OTHER], offer: next }, { code: [OTHER], offer: next })
    expect(changed).toMatchObject({ numbers: [0, 1, 2], stop: null })
    expect(follow({ code: [HONEST], offer: APP }, { code: [OTHER], offer: next }, { code: [HONEST], offer: next }).stop).toMatchObject({
      kind: 'faulty',
    })
  })
})
