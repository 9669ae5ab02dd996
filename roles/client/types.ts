/** What a client is given, and what it remembers of a request until its writes are counted. */
import type { Label, Program } from '../program/index.ts'
import type { Json } from '../protocol/canonical.ts'
import type { CryptoPort } from '../protocol/crypto/index.ts'
import type { Link, Start, TickServer, Update, Write } from '../protocol/documents/index.ts'
import type { SealedEdge, PlannedTick, SeatChain } from '../protocol/requests/index.ts'
import type { KeyPair } from '../protocol/keys/index.ts'
import type { SnapshotReader } from '../protocol/index/index.ts'

/** Cryptography, chance and time, passed explicitly so that a run can be repeated from a seed. */
export interface Context {
  crypto: CryptoPort
  /** Fresh random bytes. */
  random: (length: number) => Uint8Array
  /** Milliseconds since the epoch, where time matters. */
  now?: number
}

/** A reserved key of the client as the tick's snapshot knows it. */
export interface OwnKey {
  key: string
  collection: string
  written: boolean
}

export interface ClientEnv {
  app: string
  outline: Program
  /** Data-flow label of the endpoint, from those of the blocks in the plan (`labelIn`). */
  label: Label
  /** The plan for the tick whose snapshot `reader` reads, what its holders are dealt from, and who published it. */
  planned: PlannedTick
  /** SHA-256 of the tick's document. */
  base: string
  reader: SnapshotReader
  /** Identities whose tombstones hold, as this client has seen for itself; what a tick merely lists is not among them. */
  expelled: ReadonlySet<string>
  client: KeyPair
  /** The client's values, which decide the servers that it has to take. */
  chain: SeatChain
  /** In the order in which they are to be used; keys of requests under way left out. */
  keys: OwnKey[]
}

/** Everything needed to understand the reply; JSON, kept until the request ends. Secret: it opens every edge. */
export interface Pending {
  request: string
  app: string
  tick: number
  endpoint: string
  /** 32 bytes, hex, from which every edge key and the reply key follow. */
  secret: string
  start: Start
  top: string
  /** Commitments of the client's edges, by id. */
  commits: Record<string, string>
  /** Of each lane, who runs which version of each block. */
  lanes: Hop[][]
  arguments: Record<string, Json>
  /** Data keys by slot. */
  slots: string[]
  /** Of each query, as proved to the client: kept for response and review. */
  answers: Rows[]
  /** Null in the first leg, and again when the request has ended. */
  progress: Progress | null
}

export interface Hop {
  version: string
  server: string
}

/** Rows that answer a query; null while it is not asked yet. */
export type Rows = Array<Record<string, Json>> | null

/**
 * What came back before a pause, verified: of each lane its links and the number sealed to the next block's server, and the sealed outputs
 * and writes that all agree on.
 */
export interface Progress {
  lanes: Array<{ links: Link[]; handoff: string }>
  outputs: Record<string, SealedEdge>
  writes: SealedEdge[]
}

/** POST `bytes` to `path` of the top-level server. */
export interface Composed {
  bytes: Uint8Array
  path: string
  top: TickServer
  pending: Pending
}

/** A reply whose threads and digests were found in order. */
export interface Opened {
  /** The links of each lane. */
  lanes: Link[][]
  writes: Write[]
  /** The response in its JSON form. */
  response: Json
}

/** One write as it is shown for approval: which inputs explain each field, and what nothing explains. */
export interface ReviewedWrite {
  collection: string
  key: string
  fields: Record<string, Json>
  explained: Record<string, string[]>
  flags: string[]
  /** For what it may be refused if somebody is faster, a sentence each. */
  rules: string[]
}

/** JSON, kept until the writes are counted or dropped. */
export interface Reviewed {
  pending: Pending
  opened: Opened
  writes: ReviewedWrite[]
}

export type UpdateFields = Omit<Update, 'type' | 'v' | 'by'>

/** Inputs and outputs that a transaction needs besides its anchor and its fee; keys are x-only, paid and spent at their P2TR address. */
export interface Spending {
  spendFromKeys: string[]
  payToKeys: string[]
}
