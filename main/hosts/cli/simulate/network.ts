/**
 * What hostile or dead servers can do to the requests of a network, counted over many clients and ticks on the dealing that the product does
 * (PROTOCOL.md 10.2, 11.9). Everything follows from the seed.
 */
import { toHex, uint32, utf8 } from '../../../../roles/protocol/bytes.ts'
import type { CryptoPort } from '../../../../roles/protocol/crypto/index.ts'
import { dealer, leastHolders, permittedSeats, seatOrder, takeSeats } from '../../../../roles/protocol/requests/index.ts'

export interface Network {
  servers: number
  /** Servers of one adversary, or dead ones. */
  hostile: number
  witnesses: number
  spare: number
  /** Observation points of the endpoint, all of which can write. */
  blocks: number
}

/** Of so many client-ticks (one client, one tick, one endpoint), in how many … */
export interface Counted {
  clientTicks: number
  /** a client of the adversary has all lanes of a block on its servers: it writes what it likes there. */
  forges: number
  /** the first block of an honest request is run by one of the adversary's servers, which sees what this block opens. */
  seesOne: number
  /** some block of an honest request is. */
  seesAny: number
  /** the adversary has a server on every block of an honest request. */
  seesAll: number
  /** these servers are dead, and the client finds too few others in its permitted seats. */
  stopped: number
}

const ENDPOINT = 'endpoint'
const VERSIONS = 2

/** Bytes that follow from a text and a counter. */
export function seeded(crypto: CryptoPort, seed: string): () => string {
  const key = crypto.sha256(utf8(seed))
  let counter = 0
  return () => toHex(crypto.hkdf(key, utf8('golem/simulate/1'), uint32(counter++), 32))
}

/** A block whose lanes can all be the adversary's, with some number of lanes that every block allows. */
function canForge(orders: string[][], { witnesses, spare }: Network, isHostile: (server: string) => boolean): boolean {
  const terms = { witnesses, spare }
  for (let lanes = 1 + witnesses; lanes <= leastHolders(terms); lanes++) {
    const permitted = orders.map((order) => permittedSeats(terms, lanes, order.length, true))
    if (permitted.includes(0)) continue
    if (orders.some((order, block) => order.slice(0, permitted[block]).filter(isHostile).length >= lanes)) return true
  }
  return false
}

/**
 * Deals `clientTicks` ticks of a network, each with one client, and counts. Time: about a microsecond for each server and block of a tick, and as much
 * for each of its holders.
 * @param seed the same text gives the same counts
 */
export function countNetwork(crypto: CryptoPort, network: Network, clientTicks: number, seed: string): Counted {
  const next = seeded(crypto, seed)
  const ready = Array.from({ length: network.servers }, next).sort()
  const hostile = new Set(ready.toSorted((a, b) => (a.slice(32) < b.slice(32) ? -1 : 1)).slice(0, network.hostile))
  const isHostile = (server: string): boolean => hostile.has(server)
  const { witnesses, spare, blocks } = network
  const terms = { witnesses, spare, versions: VERSIONS }
  const counted: Counted = { clientTicks, forges: 0, seesOne: 0, seesAny: 0, seesAll: 0, stopped: 0 }
  for (let tick = 0; tick < clientTicks; tick++) {
    const deal = dealer(crypto, { hash: next(), tick, ready, blocks, terms })(ENDPOINT, blocks)
    const of = { hash: next(), seat: next(), client: next(), tick, endpoint: ENDPOINT }
    const orders = deal.map((holders, block) =>
      seatOrder(
        of,
        block,
        holders.map(({ server }) => server),
      ),
    )
    const seen = (takeSeats(orders, terms, true, new Set()) ?? []).map((seats) => seats.some(isHostile))
    counted.forges += Number(canForge(orders, network, isHostile))
    counted.seesOne += Number(seen[0] === true)
    counted.seesAny += Number(seen.includes(true))
    counted.seesAll += Number(seen.length > 0 && !seen.includes(false))
    counted.stopped += Number(takeSeats(orders, terms, true, hostile) === null)
  }
  return counted
}

/** Interval that holds the true share in 95 of 100 cases (Wilson score), both ends from 0 to 1. */
export function interval(count: number, of: number): [number, number] {
  const z = 1.96
  const share = count / of
  const spread = z * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of))
  const middle = share + (z * z) / (2 * of)
  const scale = 1 + (z * z) / of
  return [Math.max(0, (middle - spread) / scale), Math.min(1, (middle + spread) / scale)]
}
