import { describe, expect, it } from 'vitest'
import { chooseTop, relaysOf } from '../../../../roles/protocol/requests/index.ts'
import { seeded } from '../../../tools/seeded.ts'

describe('the choice of a top-level server', () => {
  it("[R5] takes another top-level server that is none of the request's", () => {
    const servers = new Set(['a', 'b', 'c', 'd'])
    const ctx = { random: seeded('top') }
    const tops = (...exclude: string[]) => new Set(Array.from({ length: 40 }, () => chooseTop(ctx, servers, ['a', 'b'], new Set(exclude))))
    expect([tops(), tops('d'), tops('c', 'd')]).toEqual([new Set(['c', 'd']), new Set(['c']), new Set([null])])
  })

  it('is among those that the tick lists and that are ready for it', () => {
    const servers = ['a', 'b', 'c'].map((id) => ({ id, host: 'a', port: 1, sealing: '', region: '' }))
    expect(relaysOf({ servers }, { ready: ['b', 'c', 'd'] })).toEqual(new Set(['b', 'c']))
  })
})
