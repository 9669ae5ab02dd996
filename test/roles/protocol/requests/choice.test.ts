import { describe, expect, it } from 'vitest'
import { chooseTop } from '../../../../roles/protocol/requests/index.ts'
import { seeded } from '../../../tools/seeded.ts'

const mapOf = (...ids: string[]) => new Map(ids.map((id) => [id, null]))

describe('the choice of a top-level server', () => {
  it("[R5] takes another top-level server that is none of the request's", () => {
    const servers = mapOf('a', 'b', 'c', 'd')
    const ctx = { random: seeded('top') }
    const tops = (...exclude: string[]) => new Set(Array.from({ length: 40 }, () => chooseTop(ctx, servers, ['a', 'b'], new Set(exclude))))
    expect([tops(), tops('d'), tops('c', 'd')]).toEqual([new Set(['c', 'd']), new Set(['c']), new Set([null])])
  })
})
