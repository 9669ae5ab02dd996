/**
 * Who holds which block of a tick (PROTOCOL.md 10.2). Nobody chooses: a Supervisor that named the holders of a block could place its own ears. The holders
 * follow from the block that ended the range of the tick which published the plan, and from who signed `ready`, so everybody deals them again.
 */
import { compareBytes, concatBytes, fromHex, uint32, utf8 } from '../bytes.ts'
import { taggedPrefix, type CryptoPort } from '../crypto/index.ts'

/** What an offer says about lanes and versions. */
export interface DealTerms {
  /** Further lanes of a request that can write; each block has one more server than these. */
  witnesses: number
  /** How many servers of a block a client may pass over. */
  spare: number
  /** Versions of each block in a tick. */
  versions: number
}

/** What all blocks of a plan are dealt from. */
export interface Deal {
  /** Hash of the block that ended the range of the tick which published the plan, display hex. */
  hash: string
  /** The tick that the plan is for. */
  tick: number
  /** Ids of the servers that are ready for it, each once. */
  ready: readonly string[]
  /** Blocks of all endpoints together. */
  blocks: number
  terms: DealTerms
}

/** One server of a block, and which of the block's versions it holds. */
export interface Holder {
  server: string
  version: number
}

/** Servers that a block needs so that a client always finds its seats. */
export const leastHolders = ({ witnesses, spare }: Pick<DealTerms, 'witnesses' | 'spare'>): number => 1 + witnesses + spare

/** Servers that an endpoint of so many blocks needs: its holders, and one besides its lanes that moves the request. One without blocks needs none. */
export const serversNeeded = (terms: Pick<DealTerms, 'witnesses' | 'spare'>, blocks: number): number =>
  blocks === 0 ? 0 : Math.max(blocks * leastHolders(terms), blocks * (1 + terms.witnesses) + 1)

/** Holders of each block of an endpoint with `blocks` blocks: as many as are left when every server holds at most one of them. */
export function holdersOfBlock({ ready, blocks: all, terms }: { ready: number } & Pick<Deal, 'blocks' | 'terms'>, blocks: number): number {
  if (blocks === 0) return 0
  const wanted = Math.max(leastHolders(terms), terms.versions, Math.ceil(ready / Math.max(1, all)))
  return Math.min(Math.floor(ready / blocks), wanted)
}

/** Reads an endpoint's blocks; the function of `dealer`. */
export type Dealer = (endpoint: string, blocks: number) => Holder[][]

/**
 * Deals the blocks of one plan, endpoint by endpoint: the holders of each block in the order in which they were dealt. No server holds two blocks of one
 * endpoint. The hashes of ten thousand servers take milliseconds for a block, so a caller keeps what it needs again.
 * @example dealer(crypto, { hash, tick: 9, ready, blocks: 2, terms: { witnesses: 1, spare: 1, versions: 2 } })('post', 2)[0]
 */
export function dealer(crypto: CryptoPort, deal: Deal): Dealer {
  const servers = deal.ready.map(fromHex)
  const head = concatBytes(fromHex(deal.hash), uint32(deal.tick))
  return (endpoint, blocks) => {
    const each = holdersOfBlock({ ...deal, ready: deal.ready.length }, blocks)
    const dealt = Array.from({ length: blocks }, (): Holder[] => [])
    if (each === 0) return dealt
    const taken = new Set<number>()
    for (const pair of ranked(crypto, concatBytes(head, named(endpoint)), servers, blocks)) {
      const server = pair % servers.length
      const holders = dealt[(pair - server) / servers.length]!
      if (holders.length >= each || taken.has(server)) continue
      taken.add(server)
      holders.push({ server: deal.ready[server]!, version: holders.length % deal.terms.versions })
      if (taken.size === each * blocks) break
    }
    return dealt
  }
}

/** The name of an endpoint as it stands in hashes, with its length before it. */
export function named(endpoint: string): Uint8Array {
  const name = utf8(endpoint)
  return concatBytes(uint32(name.length), name)
}

/** All pairs (block, server), as block · servers + server, ascending by their hash. */
function ranked(crypto: CryptoPort, head: Uint8Array, servers: Uint8Array[], blocks: number): Uint32Array {
  const heads = new Float64Array(blocks * servers.length)
  const hashOf = (pair: number): Uint8Array => {
    const server = pair % servers.length
    return crypto.taggedHash('golem/holder', head, Uint8Array.of((pair - server) / servers.length), servers[server]!)
  }
  for (let block = 0; block < blocks; block++) {
    const hash = taggedPrefix('golem/holder', head, Uint8Array.of(block))
    for (const [i, server] of servers.entries()) heads[block * servers.length + i] = first48(hash(server))
  }
  const order = Uint32Array.from(heads.keys())
  return order.sort((a, b) => heads[a]! - heads[b]! || compareBytes(hashOf(a), hashOf(b)))
}

/** The first six bytes as a number, exact; enough to tell almost all hashes apart. */
const first48 = (hash: Uint8Array): number =>
  ((hash[0]! << 8) | hash[1]!) * 0x1_0000_0000 + (((hash[2]! << 24) | (hash[3]! << 16) | (hash[4]! << 8) | hash[5]!) >>> 0)
