/** What a server is given: its keys, the ticks it follows, the code that it has prepared. */
import type { CryptoPort, Ephemeral } from '../protocol/crypto/index.ts'
import type { Offer, Plan, Tick, TickServer } from '../protocol/documents/index.ts'
import type { KeyPair } from '../protocol/keys/index.ts'
import type { DealTerms, Holding, Receipt, SeatMemory } from '../protocol/requests/index.ts'
import type { Program } from '../program/index.ts'

/** Cryptography, chance and time, passed explicitly so that a run can be repeated from a seed. */
export interface Context {
  crypto: CryptoPort
  /** Fresh random bytes. */
  random: (length: number) => Uint8Array
  /** Seals this server's envelopes of a tick, all under one ephemeral key; where it is left out each has a key of its own. */
  sender?: (tick: number) => Ephemeral
  /** Milliseconds since the epoch, where time matters. */
  now?: number
}

/** An X25519 pair, 32 bytes each. */
export interface SealingKeys {
  privateKey: Uint8Array
  publicKey: Uint8Array
}

export interface ServerKeys {
  identity: KeyPair
  sealing: SealingKeys
}

/** A block's version that this server may run in one tick. */
export interface PreparedBlock {
  endpoint: string
  block: number
  version: string
  /** Commitment to the code, as the version and the links' inputs name it. */
  code: string
  passage: bigint
  sites: bigint[]
  /** The checked program that holds the block's body. */
  program: Program
}

/** The opened code file of one tick, by version. Four generations are kept. */
export interface PreparedCode {
  tick: number
  blocks: Map<string, PreparedBlock>
}

/** What an offer says of its program: the outline, what one block may use, and how blocks are dealt. */
export interface TickProgram {
  outline: Program
  terms: DealTerms
  budget: Offer['budget']
}

/** A tick document with the plan made for it three ticks earlier, indexed once for many requests. See `tickView`. */
export interface TickView {
  number: number
  /** SHA-256 of the document, and of the one that published the plan. */
  base: string
  planned: string
  document: Tick
  plan: Plan
  servers: Map<string, TickServer>
  holding: Holding
  /** Index name → root and number of entries. */
  indices: Map<string, { root: string; count: number }>
  tombstones: ReadonlySet<string>
  /** X25519 key to which openings and stamps are sealed. */
  sealing: Uint8Array
  /** Of the offer for which the tick was planned. */
  program: TickProgram
}

/** What a hop leaves behind: written durably before the reply is given. */
export interface Served {
  request: string
  version: string
  tick: number
  position: number
  receipt: Receipt
  steps: number
  bytes: number
}

export interface HopEnv {
  app: string
  keys: ServerKeys
  /** Number of the newest tick; requests for it and the one before are served. */
  currentTick: number
  tick(number: number): TickView | null
  code(number: number): PreparedCode | null
  /** Whether this server has answered this request at this version before, or has tried to often enough. */
  used(request: string, version: string): boolean
  /** Told when the hop turns out to be signed: what is wrong with it after that, no top-level server could have seen. */
  signedBy?(client: string): void
  /** Whether there is time left for this client, who is registered and signed a hop of this request: asked for before what costs much. Without it, always. */
  mayServe?(client: string, request: string, version: string): boolean
  /** What this server remembers of its clients' seats. */
  seats: SeatMemory
  /** Writes the entry durably; false when it was there already. Called before the reply is made. */
  record(served: Served): boolean
}
