/** How many witnesses and spare servers a network of so many servers has, and what is refused because it has too few. */
import { describe, expect, it } from 'vitest'
import { lanesWithin } from '../../../main/core/index.ts'
import { checkServers } from '../../../roles/protocol/requests/index.ts'

/** A program with endpoints of so many blocks. */
const program = (...blocks: number[]) =>
  ({
    endpoints: Object.fromEntries(blocks.map((count, at) => [`e${at}`, { blocks: Array.from({ length: count }) }])),
  }) as unknown as Parameters<typeof lanesWithin>[0]

describe('A network of so many servers', () => {
  it.each([
    [2, 1, 0, 0, 2],
    [3, 1, 1, 1, 3],
    [3, 2, 0, 0, 3],
    [4, 2, 0, 0, 3],
    [5, 2, 1, 0, 5],
    [6, 2, 1, 1, 6],
    [10, 2, 1, 1, 6],
    [11, 2, 2, 2, 10],
    [12, 4, 1, 1, 12],
  ])('of %i with %i blocks has %i witnesses and %i spare, and runs with %i', (servers, blocks, witnesses, spare, minimumServers) => {
    expect(lanesWithin(program(1, blocks, 0), servers)).toEqual({ witnesses, spare, minimumServers })
  })

  it('that is too small for the program gets terms that are refused, with the sum', () => {
    const terms = lanesWithin(program(2), 2)
    expect(checkServers(terms, program(2))).toMatchObject({
      ok: false,
      error: { code: 'offer.servers', details: { needed: 3, minimumServers: 2 } },
    })
  })
})

describe('An offer', () => {
  const offer = (minimumServers: number, witnesses: number, spare: number) => ({ minimumServers, witnesses, spare })
  it.each([
    ['two blocks, one and one', offer(6, 1, 1), program(2), null],
    ['one too few', offer(5, 1, 1), program(1, 2), '2 blocks × (1 + 1 witnesses + 1 spare). The offer runs with 5'],
    [
      'no spare: one moves the request',
      offer(4, 1, 0),
      program(2),
      '2 blocks × (1 + 1 witnesses + 0 spare), and one to move the request. The offer runs with 4',
    ],
    ['only what its caller answers', offer(1, 8, 8), program(0), null],
  ])('%s', (_, terms, of, refused) => {
    const checked = checkServers(terms, of)
    if (refused === null) expect(checked.ok).toBe(true)
    else expect(checked).toMatchObject({ ok: false, error: { code: 'offer.servers', message: expect.stringContaining(refused) as string } })
  })
})
