import { describe, expect, it } from 'vitest'
import { addressBlock, chooseServers, chooseTop, diversityScore, type Candidate } from '../../../../roles/protocol/requests/index.ts'
import { must } from '../../../../roles/protocol/result.ts'
import { seeded } from '../../../tools/seeded.ts'

const candidate = (id: string, host: string, region = ''): Candidate => ({ id, host, region })
const mapOf = (...all: Candidate[]) => new Map(all.map((one) => [one.id, one]))
const block = (...servers: string[]) => [{ version: 'v', servers }]

describe('diversity of servers', () => {
  it("takes an operator's address block from IPv4, IPv6 and names", () => {
    expect(['10.1.2.3', '10.1.9.9', '2001:db8:1::1', '2001:0db8:0001:5::2', 'a.example.org', 'b.Example.org'].map(addressBlock)).toEqual([
      '10.1/16',
      '10.1/16',
      '2001:db8:1/48',
      '2001:db8:1/48',
      'example.org',
      'example.org',
    ])
  })

  it('counts hosts, address blocks and regions of every pair', () => {
    expect(diversityScore([candidate('a', '10.1.0.1', 'DE'), candidate('b', '10.2.0.1', 'FR')])).toBe(7)
    expect(diversityScore([candidate('a', '10.1.0.1', 'DE'), candidate('b', '10.1.0.2', 'de')])).toBe(1)
    expect(diversityScore([candidate('a', '10.1.0.1'), candidate('b', '10.1.0.1')])).toBe(0)
  })

  it('[R3] prefers other networks, never names a server twice, and spreads equals by chance', () => {
    const servers = mapOf(candidate('a', '10.1.0.1'), candidate('b', '10.1.0.2'), candidate('c', '10.2.0.1'), candidate('d', '10.3.0.1'))
    const ctx = { random: seeded('diversity') }
    const tops = new Set<string>()
    for (let i = 0; i < 20; i++) {
      const { hops, top } = must(chooseServers(ctx, { blocks: [block('a', 'b'), block('a', 'b', 'c')], servers, exclude: new Set() }))
      expect(new Set([...hops.map((hop) => hop.server), top]).size).toBe(3)
      expect(hops[1]!.server).toBe('c')
      expect(top).toBe('d')
      tops.add(hops[0]!.server)
    }
    expect(tops).toEqual(new Set(['a', 'b']))
  })

  it('finds the only assignment there is, and says when there is none', () => {
    const servers = mapOf(candidate('a', 'h'), candidate('b', 'h'), candidate('c', 'h'))
    const ctx = { random: seeded('only') }
    const blocks = [block('a', 'b'), block('a')]
    expect(must(chooseServers(ctx, { blocks, servers, exclude: new Set() }))).toMatchObject({
      hops: [{ server: 'b' }, { server: 'a' }],
      top: 'c',
    })
    expect(chooseServers(ctx, { blocks, servers, exclude: new Set(['c']) })).toMatchObject({ ok: false, error: { code: 'client.servers' } })
  })

  it("[R5] takes another top-level server that is none of the request's, as far from them as can be", () => {
    const servers = mapOf(
      candidate('a', '10.1.0.1'),
      candidate('b', '10.2.0.1'),
      candidate('near', '10.2.0.2'),
      candidate('far', '10.3.0.1'),
    )
    const ctx = { random: seeded('top') }
    const top = (...exclude: string[]) => chooseTop(ctx, servers, ['a', 'b'], new Set(exclude))
    expect([top(), top('far'), top('far', 'near')]).toEqual(['far', 'near', null])
  })
})
