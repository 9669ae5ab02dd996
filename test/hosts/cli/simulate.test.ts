/** What the command counts is held against the exact shares, where these can be worked out by hand or by going through all orders. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { forgingShare, permittedSeats } from '../../../roles/protocol/requests/index.ts'
import { fastCrypto } from '../../../main/adapters/crypto/fast.ts'
import { anchoringOf, hashesFor } from '../../../main/hosts/cli/simulate/cost.ts'
import { countGcd } from '../../../main/hosts/cli/simulate/gcd.ts'
import { gcdTable } from '../../../main/hosts/cli/simulate/tables.ts'
import { countNetwork, interval, type Network } from '../../../main/hosts/cli/simulate/network.ts'
import { repository } from '../../architecture/rules.ts'
import { answered, golem } from './golem.ts'

const SEED = 'simulate'

/**
 * Share of the orders of one block with all servers as holders in which `wanted` holds for the hostile ones among the first 1, 2, … of it: goes
 * through the order server by server.
 */
function exact({ servers, hostile }: Network, wanted: (among: number[]) => boolean): number {
  const walk = (among: number[]): number => {
    const left = servers - among.length
    if (left === 0) return Number(wanted(among))
    const seen = among.at(-1) ?? 0
    const next = (hostile - seen) / left
    return (next === 0 ? 0 : next * walk([...among, seen + 1])) + (next === 1 ? 0 : (1 - next) * walk([...among, seen]))
  }
  return walk([])
}

const lanesOf = ({ witnesses, spare }: Network): number[] => Array.from({ length: spare + 1 }, (_, passed) => 1 + witnesses + passed)

const forges =
  (network: Network) =>
  (among: number[]): boolean =>
    lanesOf(network).some((lanes) => {
      const first = permittedSeats(network, lanes, network.servers, true)
      return first > 0 && among[first - 1]! >= lanes
    })

const stops =
  (network: Network) =>
  (among: number[]): boolean =>
    lanesOf(network).every((lanes) => {
      const first = permittedSeats(network, lanes, network.servers, true)
      return first === 0 || first - among[first - 1]! < lanes
    })

/** Six standard deviations: a right count fails once in half a thousand million runs, and the seed is fixed. */
function expectShare(count: number, of: number, share: number): void {
  expect(Math.abs(count / of - share)).toBeLessThanOrEqual(6 * Math.sqrt((share * (1 - share)) / of))
}

describe('golem simulate', () => {
  it.each([
    [6, 2, 1, 1],
    [10, 4, 2, 2],
    [12, 3, 1, 2],
    [9, 4, 3, 1],
  ])(
    'counts %i servers, %i of them hostile, %i witnesses and %i to spare, as going through all orders does',
    (servers, hostile, witnesses, spare) => {
      const network = { servers, hostile, witnesses, spare, blocks: 1 }
      const counted = countNetwork(fastCrypto, network, 4000, SEED)
      expectShare(counted.forges, 4000, exact(network, forges(network)))
      expectShare(counted.stopped, 4000, exact(network, stops(network)))
      expectShare(
        counted.seesOne,
        4000,
        exact(network, (among) => among[witnesses]! > 0),
      )
    },
  )

  it('confirms what was worked out on paper for two blocks: 2 of 6 both on one block, 3 of 11 the first three of one', () => {
    const six = countNetwork(fastCrypto, { servers: 6, hostile: 2, witnesses: 1, spare: 1, blocks: 2 }, 6000, SEED)
    expectShare(six.forges, 6000, 2 / 5)
    // What the page says of an endpoint.
    expect(forgingShare({ witnesses: 1, spare: 1, versions: 2 }, 6, 2, 2)).toBeCloseTo(2 / 5, 12)
    for (const [servers, spare] of [
      [9, 1],
      [14, 2],
    ] as const) {
      const own = { servers, hostile: 2, witnesses: 1, spare, blocks: 2 }
      expectShare(countNetwork(fastCrypto, own, 6000, SEED).forges, 6000, forgingShare({ ...own, versions: 2 }, servers, 2, 2))
    }
    // Both are dead instead: only then has a block too few left.
    expect(six.stopped).toBe(six.forges)
    const eleven = countNetwork(fastCrypto, { servers: 11, hostile: 3, witnesses: 2, spare: 2, blocks: 2 }, 20_000, SEED)
    expectShare(eleven.forges, 20_000, (2 * (3 * 2 * 1)) / (11 * 10 * 9))
  })

  it('says that one server alone never forges, and never stops anybody', () => {
    for (const [servers, witnesses, spare] of [
      [6, 1, 1],
      [11, 2, 2],
    ] as const) {
      const counted = countNetwork(fastCrypto, { servers, hostile: 1, witnesses, spare, blocks: 2 }, 3000, SEED)
      expect(counted).toMatchObject({ forges: 0, stopped: 0, seesAll: 0 })
    }
  })

  it('gives an interval that holds the share, and the cost of identities', () => {
    const [least, most] = interval(5, 100)
    expect([least, most].map((end) => end.toFixed(4))).toEqual(['0.0215', '0.1118'])
    expect(interval(0, 100)[0]).toBe(0)
    expect(hashesFor(3, 20)).toBe(3 * 1_048_576)
    expect(anchoringOf('acceptance', 2)).toEqual({ vbytes: 266, sats: 2 * 266 + 330 })
  })

  it('[P4] counts the requests until two pass one version: two where there is one, by the birthdays where there are more', () => {
    const of = (versions: number, ticks: number) => countGcd(fastCrypto, { servers: 40, versions, witnesses: 1, spare: 1 }, ticks, SEED)
    expect(of(1, 20)).toEqual({ first: Array<number>(20).fill(2), all: Array<number>(20).fill(2) })
    for (const versions of [2, 4]) {
      const { first, all } = of(versions, 600)
      expect(first.every((count) => count <= versions + 1)).toBe(true)
      expectShare(first.filter((count) => count === 2).length, 600, 1 / versions)
      expect(Math.min(...all)).toBeGreaterThanOrEqual(2 * versions)
    }
  })

  it('makes the tables of PROTOCOL.md', async () => {
    const protocol = readFileSync(join(repository, 'PROTOCOL.md'), 'utf8')
    for (const hostile of ['1', '2']) {
      const made = await golem('.', 'simulate', '--servers', '6', '--hostile', hostile, '--witnesses', '1', '--spare', '1')
      expect(protocol).toContain(made.out.split('\n').find((line) => line.startsWith('| 6 |'))!)
    }
    expect(protocol).toContain(gcdTable(fastCrypto, 100, 'golem', [1, 2, 4]))
    const tables = await golem('.', 'simulate', '--client-ticks', '1')
    expect(protocol).toContain(tables.out.slice(tables.out.indexOf('| identities |')).trim())
  })

  it('prints one network or all tables, the same from one seed, and refuses what no offer may have', async () => {
    const args = ['simulate', '--servers', '6', '--hostile', '2', '--witnesses', '1', '--spare', '1', '--client-ticks', '200']
    const once = await golem('.', ...args)
    expect(once.code).toBe(0)
    expect(once.out).toMatch(/^\| 6 \| 2 \| 1, 1 \| 2 \| \d/m)
    expect((await golem('.', ...args)).out).toBe(once.out)
    const other = answered(await golem('.', ...args, '--seed', 'other', '--json'))
    expect(other.value.networks[0]).toMatchObject({ servers: 6, clientTicks: 200 })
    const tables = await golem('.', 'simulate', '--client-ticks', '2')
    expect(tables.out.split('\n\n').filter((part) => part.startsWith('|'))).toHaveLength(4)
    expect(await golem('.', 'simulate', '--servers', '9')).toMatchObject({
      code: 2,
      err: expect.stringContaining('at least 10: 2 blocks') as string,
    })
    expect(await golem('.', 'simulate', '--servers', '20', '--hostile', '21')).toMatchObject({ code: 2 })
  })
})
