/** The tables of PROTOCOL.md's threat model, in Markdown. */
import type { CryptoPort } from '../../../../roles/protocol/crypto/index.ts'
import { anchoringOf, hashesFor } from './cost.ts'
import { countGcd, quantile } from './gcd.ts'
import { countNetwork, interval, type Counted, type Network } from './network.ts'

/** Servers, hostile ones, witnesses, spare, blocks. */
const NETWORKS: ReadonlyArray<readonly [number, number, number, number, number]> = [
  [6, 1, 1, 1, 2],
  [6, 2, 1, 1, 2],
  [8, 2, 1, 1, 2],
  [11, 2, 2, 2, 2],
  [11, 3, 2, 2, 2],
  [20, 2, 2, 2, 2],
  [20, 4, 2, 2, 2],
  [20, 4, 2, 2, 1],
  [20, 4, 2, 2, 3],
  [20, 4, 1, 1, 2],
  [20, 4, 3, 3, 2],
  [100, 5, 2, 2, 2],
  [100, 10, 2, 2, 2],
  [100, 20, 2, 2, 2],
  [100, 10, 1, 1, 2],
  [100, 10, 4, 4, 2],
]

export const networks = (): Network[] =>
  NETWORKS.map(([servers, hostile, witnesses, spare, blocks]) => ({ servers, hostile, witnesses, spare, blocks }))

/** Three digits that count. */
const short = (number: number): string => (number === 0 ? '0' : Number(number.toPrecision(number < 0.1 ? 2 : 3)).toString())
const percent = (count: number, of: number): string => `${short((100 * count) / of)} %`

/** A share with the interval that holds the true one in 95 of 100 cases. */
export function share(count: number, of: number): string {
  const [least, most] = interval(count, of).map((end) => short(100 * end))
  return `${percent(count, of)} (${least} to ${most})`
}

const row = (cells: Array<string | number>): string => `| ${cells.join(' | ')} |`
const table = (head: string[], rows: string[]): string => [row(head), row(head.map(() => '---')), ...rows].join('\n')

function networkRow(network: Network, counted: Counted): string {
  const { servers, hostile, witnesses, spare, blocks } = network
  const of = counted.clientTicks
  return row([
    servers,
    hostile,
    `${witnesses}, ${spare}`,
    blocks,
    share(counted.forges, of),
    percent(counted.seesOne, of),
    percent(counted.seesAny, of),
    percent(counted.seesAll, of),
    percent(counted.stopped, of),
  ])
}

const NETWORK_HEAD = [
  'servers',
  'hostile',
  'witnesses, spare',
  'blocks',
  'a client of theirs forges',
  'they see a block',
  'any block',
  'every block',
  'dead instead: a client is stopped',
]

/** One network, or all those of the threat model. */
export const networkTable = (rows: ReadonlyArray<readonly [Network, Counted]>): string =>
  table(
    NETWORK_HEAD,
    rows.map(([network, counted]) => networkRow(network, counted)),
  )

/** The counts of several networks, each from a seed of its own. */
export const countAll = (crypto: CryptoPort, all: Network[], clientTicks: number, seed: string): Array<readonly [Network, Counted]> =>
  all.map((network) => [network, countNetwork(crypto, network, clientTicks, `${seed}/${Object.values(network).join('/')}`)] as const)

/** Client-ticks that can forge in each tick, by identities of the adversary; each of them may publish what the offer allows for a tick. */
export function clientsTable(rows: ReadonlyArray<readonly [Network, Counted]>): string {
  const counts = [1, 10, 100, 1000]
  const telling = rows.filter(([, { forges }]) => forges > 0)
  return table(
    ['servers', 'hostile', 'witnesses, spare', 'blocks', ...counts.map((count) => (count === 1 ? '1 client' : `${count} clients`))],
    telling.map(([{ servers, hostile, witnesses, spare, blocks }, { forges, clientTicks }]) =>
      row([servers, hostile, `${witnesses}, ${spare}`, blocks, ...counts.map((count) => short((count * forges) / clientTicks))]),
    ),
  )
}

const HASHES_PER_CORE = 5.6e6
const duration = (seconds: number): string => {
  if (seconds < 120) return `${short(seconds)} s`
  if (seconds < 7200) return `${short(seconds / 60)} min`
  return seconds < 172_800 ? `${short(seconds / 3600)} h` : `${short(seconds / 86_400)} days`
}

/** Hashes and sats of identities. */
export function costTable(): string {
  const rows = [
    [1, 20],
    [1, 24],
    [1, 28],
    [1, 32],
    [10, 28],
    [100, 28],
    [1000, 28],
  ] as const
  return table(
    ['identities', 'bits', 'hashes', 'one core at 5.6 MH/s', 'sats at 2 sat/vB', 'at 20'],
    rows.map(([identities, bits]) => {
      const hashes = hashesFor(identities, bits)
      const sats = (rate: number): string => (identities * anchoringOf('acceptance', rate).sats).toLocaleString('en-US')
      return row([identities, bits, hashes.toPrecision(2), duration(hashes / HASHES_PER_CORE), sats(2), sats(20)])
    }),
  )
}

const GCD_SERVERS = 100
const GCD_VERSIONS = [1, 2, 4, 8, 16]

/** Requests that tell a server the primes of the versions before it, in a network of a hundred. @param ticks dealt for each row; @param all numbers of versions */
export function gcdTable(crypto: CryptoPort, ticks: number, seed: string, all = GCD_VERSIONS): string {
  const rows = all.map((versions) => {
    const counted = countGcd(crypto, { servers: GCD_SERVERS, versions, witnesses: 2, spare: 2 }, ticks, `${seed}/gcd/${versions}`)
    return row([versions, ...[counted.first, counted.all].flatMap((counts) => [quantile(counts, 0.5), quantile(counts, 0.95)])])
  })
  return table(['versions', 'one part: in half of the ticks', 'in 95 of 100', 'all parts: in half of the ticks', 'in 95 of 100'], rows)
}
