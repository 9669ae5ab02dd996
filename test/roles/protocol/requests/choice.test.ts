import { describe, expect, it } from 'vitest'
import { chooseServers, chooseTop } from '../../../../roles/protocol/requests/index.ts'
import { must } from '../../../../roles/protocol/result.ts'
import { seeded } from '../../../tools/seeded.ts'

const mapOf = (...ids: string[]) => new Map(ids.map((id) => [id, null]))
const block = (...servers: string[]) => [{ version: 'v', servers }]

describe('the choice of servers', () => {
  it('[R3] never names a server twice, and spreads them by chance', () => {
    const servers = mapOf('a', 'b', 'c', 'd')
    const ctx = { random: seeded('choice') }
    const [firsts, tops] = [new Set<string>(), new Set<string>()]
    for (let i = 0; i < 60; i++) {
      const { hops, top } = must(chooseServers(ctx, { blocks: [block('a', 'b'), block('a', 'b', 'c')], servers, exclude: new Set() }))
      expect(new Set([...hops.map((hop) => hop.server), top]).size).toBe(3)
      firsts.add(hops[0]!.server)
      tops.add(top)
    }
    expect([firsts, tops]).toEqual([new Set(['a', 'b']), new Set(['a', 'b', 'c', 'd'])])
  })

  it('finds the only assignment there is, and says when there is none', () => {
    const servers = mapOf('a', 'b', 'c')
    const ctx = { random: seeded('only') }
    const blocks = [block('a', 'b'), block('a')]
    expect(must(chooseServers(ctx, { blocks, servers, exclude: new Set() }))).toMatchObject({
      hops: [{ server: 'b' }, { server: 'a' }],
      top: 'c',
    })
    expect(chooseServers(ctx, { blocks, servers, exclude: new Set(['c']) })).toMatchObject({ ok: false, error: { code: 'client.servers' } })
  })

  it("[R5] takes another top-level server that is none of the request's", () => {
    const servers = mapOf('a', 'b', 'c', 'd')
    const ctx = { random: seeded('top') }
    const tops = (...exclude: string[]) => new Set(Array.from({ length: 40 }, () => chooseTop(ctx, servers, ['a', 'b'], new Set(exclude))))
    expect([tops(), tops('d'), tops('c', 'd')]).toEqual([new Set(['c', 'd']), new Set(['c']), new Set([null])])
  })
})
