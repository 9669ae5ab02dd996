/**
 * Which servers a tick lists, what state it is in, and where an app begins (PROTOCOL.md 6.1, 6.4): pure functions of the acceptances that were decided. The
 * Supervisor composes by them and the audit checks by them, so nobody is listed whom nobody accepted, and nobody is left out.
 */
import { verifyWork, workChallenge, type CryptoPort } from '../crypto/index.ts'
import type { Acceptance, Offer, Tick, TickServer } from '../documents/index.ts'
import { fail, ok, type Result } from '../result.ts'

/** Servers of one tick at most: what its document can list. */
export const MOST_SERVERS = 10_000

/** A server whose acceptance counts. */
export interface ListedServer extends TickServer {
  /** Block of its first acceptance. */
  joined: number
  /** Digests of its acceptances that counted: one that is anchored again says nothing new, or anybody could send a server back to where it was. */
  accepted: string[]
}

/** What an acceptance is held against. */
export interface AcceptanceEnv {
  servers: ReadonlyMap<string, ListedServer>
  /** Digests of the offer in force and of those it superseded. */
  offers: readonly string[]
  /** Zero bits that the offer in force asks for. */
  bits: number
  buried(id: string): boolean
}

/**
 * What an acceptance makes of the list. A server that moves accepts again with the same key: the later one says where it is, the first one when it joined.
 * @param height of its block
 * Errors: `acceptance.offer`, `acceptance.tombstone`, `acceptance.known`, `acceptance.work`, `acceptance.full`.
 */
export function checkAcceptance(
  crypto: CryptoPort,
  { servers, offers, bits, buried }: AcceptanceEnv,
  { by: id, offer, host, port, sealing, region, nonce }: Acceptance,
  sha256: string,
  height: number,
): Result<ListedServer> {
  if (!offers.includes(offer)) return fail('acceptance.offer', 'The acceptance is for another offer.')
  if (buried(id)) return fail('acceptance.tombstone', 'This identity has a tombstone. Accept with a new key.')
  const known = servers.get(id)
  if (known?.accepted.includes(sha256) === true)
    return fail('acceptance.known', 'This acceptance counts already. Sign another one to say that the server has moved.')
  if (!verifyWork(workChallenge(crypto, 'server', id, offer), BigInt(nonce), bits))
    return fail('acceptance.work', `The nonce does not make ${bits} zero bits. Grind again.`)
  if (known === undefined && servers.size >= MOST_SERVERS)
    return fail('acceptance.full', `${MOST_SERVERS} servers have accepted already, and a tick lists no more.`)
  return ok({ id, host, port, sealing, region, joined: known?.joined ?? height, accepted: [...(known?.accepted ?? []), sha256] })
}

/** The servers that a tick lists, by their ids. */
export const serversListed = (servers: ReadonlyMap<string, ListedServer>): TickServer[] =>
  [...servers.values()]
    .map(({ id, host, port, sealing, region }) => ({ id, host, port, sealing, region }))
    .sort((a, b) => (a.id < b.id ? -1 : 1))

/** The state of a tick that lists so many servers. */
export const stateOf = (servers: number, { minimumServers }: Pick<Offer, 'minimumServers'>): Tick['state'] =>
  servers >= minimumServers ? 'running' : 'sleeping'

/**
 * The block at which an app begins: the first one at which as many servers as the offer runs with have joined within its window. Null where there is none.
 * @param joined heights at which servers joined, in any order
 */
export function genesisFrom(
  joined: readonly number[],
  { minimumServers: m, joinBlocks }: Pick<Offer, 'minimumServers' | 'joinBlocks'>,
): number | null {
  const heights = joined.toSorted((a, b) => a - b)
  const last = heights.findIndex((height, i) => i + 1 >= m && height - heights[i + 1 - m]! < joinBlocks)
  return last < 0 ? null : heights[last]!
}
