/**
 * Everything the core needs from the world, as interfaces. Adapters in `main/adapters` implement them for real; a
 * simulation implements them in memory. Each port has one conformance suite in `test/conformance`, which every
 * implementation passes.
 */
import type { Result } from '../../roles/protocol/result.ts'

// ───────────────────────────── chain ─────────────────────────────

export interface BlockRef {
  height: number
  /** Block hash in display (big-endian) hex, as in bitcoind's JSON-RPC. */
  hash: string
}

export interface ChainBlock extends BlockRef {
  previous: string
  /** Seconds since the epoch, from the header. */
  time: number
  /** Raw transactions in block order. */
  transactions: Uint8Array[]
}

/** What a chain subscription reports. A reorg is an event with its fork point, so that no consumer can forget it. */
export type ChainEvent =
  | { type: 'block'; block: ChainBlock }
  /** Blocks above `fork` are gone; the new branch follows as `block` events. */
  | { type: 'reorg'; fork: BlockRef; gone: BlockRef[] }
  /** The backend could not be reached, or can be again. */
  | { type: 'availability'; available: boolean; reason?: string }

export interface MempoolTransaction {
  txid: string
  raw: Uint8Array
}

export interface ChainPort {
  readonly network: 'regtest' | 'signet' | 'testnet4' | 'mainnet'
  tip(): Promise<Result<BlockRef>>
  blockAt(height: number): Promise<Result<ChainBlock>>
  /**
   * Follows the best chain. Events start with the block after `from` (or, if `from` has been reorganised away, with a
   * `reorg` event), and are delivered strictly one after the other: the next one waits for the handler's promise.
   * `recent` are the caller's last known refs, newest last, used to find the fork point.
   * @returns stop function; resolves once no handler is running.
   */
  follow(recent: BlockRef[], handler: (event: ChainEvent) => Promise<void>): () => Promise<void>
  /** Safe to repeat: a transaction already known or already in a block is a success. */
  broadcast(raw: Uint8Array): Promise<Result<{ txid: string }>>
  /** Unconfirmed transactions the node knows. */
  mempool(): Promise<Result<MempoolTransaction[]>>
  /** A transaction in the mempool by id, or null. */
  mempoolTransaction(txid: string): Promise<Result<MempoolTransaction | null>>
  /** sat/vB that should confirm within `blocks` blocks, never below the node's relay and mempool minimum. */
  feeRate(blocks: number): Promise<Result<number>>
  /** Unspent outputs of a script in blocks, for a wallet that starts without history. May be slow (it may scan). */
  unspent(scriptPubKey: Uint8Array): Promise<Result<Array<{ txid: string; vout: number; value: bigint; height: number }>>>
}

/** Only on regtest-like chains: makes blocks and coins for the local network and for tests. */
export interface ChainControl {
  /** Mines `count` blocks paying to `scriptPubKey`, including what the mempool holds. */
  mine(count: number, scriptPubKey: Uint8Array): Promise<Result<BlockRef[]>>
  /** Mines `count` blocks that pay to an address; `null`: to a key that nobody knows. Error: that of an address that cannot be read. */
  mineTo(count: number, address: string | null): Promise<Result<BlockRef[]>>
  /** Makes the block and its descendants invalid, so that a longer branch can be mined in its place. */
  invalidate(hash: string): Promise<Result<void>>
}

// ───────────────────────────── swarm ─────────────────────────────

export interface SwarmFile {
  name: string
  bytes: Uint8Array
}

export interface SwarmFetchOptions {
  /** Names of the files wanted; only their pieces are downloaded. */
  files: string[]
  /** Refuse before downloading when the wanted files are larger together, in bytes. */
  maxBytes: number
  timeoutMs: number
  signal?: AbortSignal
  /** Peers known to have it, as `host:port`: asked at once, beside those that tracker and DHT name. */
  peers?: string[]
}

export interface SwarmPort {
  /**
   * Writes the files below the data folder, then seeds them as one BitTorrent v1 torrent called `name`. Deterministic:
   * equal name and files give the equal infohash. Safe to repeat. Resolves when peers can fetch it.
   */
  seed(name: string, files: SwarmFile[]): Promise<Result<{ infohash: string }>>
  /**
   * Fetches single files of a torrent. Integrity beyond BitTorrent's SHA-1 is the caller's: compare SHA-256.
   * Errors: `swarm.timeout` (retryable), `swarm.too-large`, `swarm.no-file`, `swarm.stopped`.
   */
  fetch(infohash: string, options: SwarmFetchOptions): Promise<Result<SwarmFile[]>>
  /** Stops seeding and deletes the files of a torrent. Safe to repeat. */
  drop(infohash: string): Promise<Result<void>>
  status(): SwarmStatus
  close(): Promise<void>
}

export interface SwarmStatus {
  torrents: number
  peers: number
  seeding: string[]
  downloadedBytes: number
  uploadedBytes: number
  tracker: 'ok' | 'unreachable' | 'none'
}

// ───────────────────────────── transport ─────────────────────────────

/** Servers speak HTTP with opaque binary bodies; every payload is already end-to-end encrypted. */
export interface TransportPort {
  /**
   * POSTs `body` to `http://host:port/path`. Errors: `transport.unreachable`, `transport.timeout`, `transport.too-large`
   * (all retryable elsewhere), `transport.status` with the peer's error in `details`.
   */
  send(
    to: { host: string; port: number },
    path: string,
    body: Uint8Array,
    options: { timeoutMs: number; maxBytes: number; signal?: AbortSignal },
  ): Promise<Result<Uint8Array>>
  /** Serves requests on `port` (0: the system picks one). Bodies above `maxBytes` and slow senders are refused. */
  serve(
    options: { host: string; port: number; maxBytes: number; timeoutMs: number; perMinutePerPeer: number },
    handler: (path: string, body: Uint8Array) => Promise<Result<Uint8Array>>,
  ): Promise<Result<Listening>>
}

/** `port`: the one that was given or picked. */
export interface Listening {
  port: number
  close(): Promise<void>
}

// ───────────────────────────── storage ─────────────────────────────

/** A value that JSON can carry without loss. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/**
 * One durable store per participant. `transact` is all or nothing and on disk (fsync, see `Survival`) when it returns; it is how state
 * and the effects that follow from it are written before anything is acted on.
 */
export interface StoragePort {
  get(table: string, key: string): Json | undefined
  /** Rows whose key starts with `prefix`, ordered by key. */
  list(table: string, prefix?: string, limit?: number): Array<{ key: string; value: Json }>
  transact(writes: StorageWrite[], survives?: Survival): void
  /** Large immutable content by SHA-256 hex, kept beside the database. */
  putBlob(sha256: string, bytes: Uint8Array): void
  getBlob(sha256: string): Uint8Array | undefined
  close(): void
}

/**
 * What a commit is safe from: `power` (the default) waits for the disk; `crash` is safe from the end of the process at any moment, and
 * from the loss of power once a later commit waited for the disk. Either way the order of commits is kept.
 */
export type Survival = 'power' | 'crash'

export type StorageWrite = { table: string; key: string; value: Json } | { table: string; key: string; delete: true }

// ───────────────────────────── index cache ─────────────────────────────

/** A collection of the cache, with the names of its indices in the order in which rows bring their sort keys. */
export interface IndexCollection {
  name: string
  indices: string[]
}

/** One row to be written. A later one for the same key takes the place of an earlier one. */
export interface IndexRow {
  collection: string
  key: string
  /** JSON text of the record, or null where the record is deleted. */
  value: string | null
  /** Sort key per index, as bytes of roles/protocol/index/sort-key.ts; null where the record is not in that index. */
  sortKeys: ReadonlyArray<Uint8Array | null>
}

/** Sort keys from `from` (included) up to `to` (left out); `to` null: to the end. */
export interface IndexRange {
  from: Uint8Array
  to: Uint8Array | null
}

export interface IndexEntry {
  key: string
  sortKey: Uint8Array
  value: string
}

export interface IndexStore {
  get(collection: string, key: string): string | undefined
  /** Records in the order of (sort key, key). `after` continues behind a row of an earlier answer. */
  range(
    collection: string,
    index: string,
    range: IndexRange,
    options?: { limit?: number; after?: { sortKey: Uint8Array; key: string } },
  ): IndexEntry[]
  count(collection: string, index: string, range: IndexRange): number
  close(): void
}

/** A cache that is being written beside the one in use. */
export interface IndexRebuild {
  /** Resolves when the next rows may come. */
  add(rows: IndexRow[]): Promise<void>
  /**
   * Puts the new cache in the place of the old one in one step; whoever has the old one open should close it before, because some systems
   * replace no open file. Error: `index.rebuild` (retryable): the old one is still there.
   */
  finish(): Promise<Result<{ rows: number }>>
  /** Leaves the old cache as it is. */
  abandon(): void
}

/**
 * Caches of indices beside the storage, by name (lower-case letters). They may be deleted at any time, and nobody trusts what they hold.
 * A crash at any moment leaves the old or the new one, never half.
 */
export interface IndexPort {
  /**
   * The cache that was put in place last; it goes on seeing that one after a rebuild. Error: `index.none` (missing, damaged, other
   * collections: rebuild it).
   */
  open(name: string, collections: readonly IndexCollection[]): Result<IndexStore>
  /** Writes a cache anew without holding up the caller. One at a time for each name. */
  rebuild(name: string, collections: readonly IndexCollection[]): IndexRebuild
}

// ───────────────────────────── time, chance, work ─────────────────────────────

export interface ClockPort {
  /** Milliseconds since the epoch. */
  now(): number
  after(ms: number, run: () => void): () => void
}

export interface RandomPort {
  bytes(length: number): Uint8Array
  /** A random prime of exactly `bits` bits. */
  prime(bits: number): Promise<bigint>
}

/** Numbers tried so far, tries that it takes on average, and tries a second. */
export interface WorkProgress {
  tried: number
  expected: number
  perSecond: number
}

/** Grinds proofs of work off the main thread. See roles/protocol/crypto/work.ts for what is ground. */
export interface WorkPort {
  grind(
    challenge: Uint8Array,
    bits: number,
    options: { signal?: AbortSignal; progress?: (progress: WorkProgress) => void },
  ): Promise<Result<bigint>>
}

export interface LogPort {
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string, details?: Record<string, unknown>): void
}
