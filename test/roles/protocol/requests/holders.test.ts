import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { toHex, uint32, utf8, concatBytes, fromHex, compareBytes } from '../../../../roles/protocol/bytes.ts'
import { nobleCrypto, taggedPrefix } from '../../../../roles/protocol/crypto/index.ts'
import { dealer, holdersOfBlock, serversNeeded, type Deal } from '../../../../roles/protocol/requests/index.ts'

const id = (label: string): string => toHex(nobleCrypto.sha256(utf8(label)))
const terms = { witnesses: 2, spare: 2, versions: 4 }
const deal = (servers: number, more: Partial<Deal> = {}): Deal => ({
  hash: id('block'),
  tick: 9,
  ready: Array.from({ length: servers }, (_, i) => id(`server ${i}`)).sort(),
  blocks: 2,
  terms,
  ...more,
})

/** The rule as PROTOCOL.md says it, without anything that makes it fast. */
function slowly({ hash, tick, ready, blocks: all, terms: { witnesses, spare, versions } }: Deal, endpoint: string, blocks: number) {
  const each = Math.min(Math.floor(ready.length / blocks), Math.max(1 + witnesses + spare, versions, Math.ceil(ready.length / all)))
  const name = utf8(endpoint)
  const pairs = Array.from({ length: blocks }, (_, block) =>
    ready.map((server) => ({
      block,
      server,
      rank: nobleCrypto.taggedHash(
        'golem/holder',
        concatBytes(fromHex(hash), uint32(tick), uint32(name.length), name, Uint8Array.of(block), fromHex(server)),
      ),
    })),
  ).flat()
  const dealt = Array.from({ length: blocks }, () => [] as Array<{ server: string; version: number }>)
  for (const { block, server } of pairs.sort((a, b) => compareBytes(a.rank, b.rank))) {
    if (dealt.flat().some((one) => one.server === server) || dealt[block]!.length === each) continue
    dealt[block]!.push({ server, version: dealt[block]!.length % versions })
  }
  return dealt
}

describe('who holds a block', () => {
  it('is dealt as PROTOCOL.md says, whatever the number of servers, blocks and versions', () => {
    const number = (min: number, max: number) => fc.integer({ min, max })
    fc.assert(
      fc.property(number(1, 40), number(1, 5), number(1, 9), number(0, 3), number(0, 3), number(1, 5), (servers, blocks, all, w, s, v) => {
        const one = deal(servers, { blocks: Math.max(all, blocks), terms: { witnesses: w, spare: s, versions: v } })
        expect(dealer(nobleCrypto, one)('post', blocks)).toEqual(slowly(one, 'post', blocks))
      }),
      { numRuns: 40 },
    )
  })

  it('[N6] gives every block as many holders, no server twice in an endpoint, and each version in turn', () => {
    for (const servers of [10, 11, 37, 200]) {
      const dealt = dealer(nobleCrypto, deal(servers))('post', 2)
      const each = holdersOfBlock({ ...deal(servers), ready: servers }, 2)
      expect(dealt.map((holders) => holders.length)).toEqual([each, each])
      expect(new Set(dealt.flat().map(({ server }) => server)).size).toBe(2 * each)
      for (const holders of dealt) expect(holders.map(({ version }) => version)).toEqual(holders.map((_, i) => i % 4))
    }
    expect([10, 11, 37, 200].map((servers) => holdersOfBlock({ ...deal(servers), ready: servers }, 2))).toEqual([5, 5, 18, 100])
  })

  it('changes with the block hash, the tick and the endpoint', () => {
    const dealt = [
      dealer(nobleCrypto, deal(20))('post', 2),
      dealer(nobleCrypto, deal(20, { hash: id('another') }))('post', 2),
      dealer(nobleCrypto, deal(20, { tick: 10 }))('post', 2),
      dealer(nobleCrypto, deal(20))('vote', 2),
    ]
    expect(new Set(dealt.map((one) => JSON.stringify(one))).size).toBe(4)
  })

  it('leaves blocks without holders when there are fewer servers than blocks, and needs none for an endpoint without blocks', () => {
    expect(dealer(nobleCrypto, deal(2, { blocks: 3 }))('post', 3)).toEqual([[], [], []])
    expect(dealer(nobleCrypto, deal(6))('read', 0)).toEqual([])
    expect(dealer(nobleCrypto, deal(0))('post', 2)).toEqual([[], []])
    expect([serversNeeded(terms, 0), serversNeeded(terms, 2), serversNeeded({ witnesses: 1, spare: 1 }, 2)]).toEqual([0, 10, 6])
  })

  it('gives each server its share of a block over many ticks', () => {
    const counts = new Map<string, number>()
    for (let tick = 1; tick <= 400; tick++) {
      for (const { server } of dealer(nobleCrypto, deal(20, { tick, blocks: 4 }))('post', 2)[0]!)
        counts.set(server, (counts.get(server) ?? 0) + 1)
    }
    // Each holds the block in a quarter of 400 ticks; the standard deviation is 8.7.
    expect(counts.size).toBe(20)
    for (const count of counts.values()) expect(Math.abs(count - 100)).toBeLessThan(40)
  })

  it('hashes with a prefix as without', () => {
    const hash = taggedPrefix('golem/holder', utf8('a'), utf8('bc'))
    for (const last of ['', 'd', 'x'.repeat(200)])
      expect(toHex(hash(utf8(last)))).toBe(toHex(nobleCrypto.taggedHash('golem/holder', utf8('abc'), utf8(last))))
  })
})
