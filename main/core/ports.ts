/**
 * Everything the core needs from the world, as interfaces. Adapters in `main/adapters` implement them for real; a
 * simulation implements them in memory. Each port has one conformance suite in `test/conformance`, which every
 * implementation passes.
 */
import type { Json } from '../../roles/protocol/canonical.ts'
import type { CryptoPort } from '../../roles/protocol/crypto/index.ts'
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
  /**
   * What the node would answer to `broadcast`, without giving it to anybody. `vsize`: the vbytes for which the node wants a fee, which its options
   * (`-datacarriercost`, `-bytespersigop`) may make more than BIP141 counts.
   * Errors: those of `broadcast`, each before anything is known to others.
   */
  test(raw: Uint8Array): Promise<Result<{ vsize: number }>>
  /**
   * Safe to repeat: a transaction that is in the mempool, or in a block with an output that is not spent yet, is a success. One in a block whose
   * outputs are all spent is `chain.inputs-missing`: whoever follows the blocks knows better.
   * Errors, retryable: `chain.inputs-missing`, `chain.fee-low` (`details.needed` in sats), `chain.mempool-full`, `chain.too-early`,
   * `chain.long-chain`, `chain.replacement` (`details.lacks` in sats), and as long as the node keeps its options `chain.policy`, `chain.dust`; final:
   * `chain.fee-high`, `chain.script`; `chain.rejected` is either.
   */
  broadcast(raw: Uint8Array): Promise<Result<{ txid: string }>>
  /**
   * A child behind all its unconfirmed parents, whose fee counts for all of them together; what the mempool holds already may be among them.
   * Safe to repeat. Errors: those of `broadcast`, and `chain.no-packages` (the node does not know them).
   */
  broadcastPackage(raws: Uint8Array[]): Promise<Result<null>>
  /** Unconfirmed transactions the node knows. */
  mempool(): Promise<Result<MempoolTransaction[]>>
  /** A transaction in the mempool by id, or null. */
  mempoolTransaction(txid: string): Promise<Result<MempoolTransaction | null>>
  /** What fees the node asks, to confirm within `blocks` blocks. */
  fees(blocks: number): Promise<Result<FeeQuote>>
  /**
   * Unspent outputs of these scripts in blocks up to `tip`: for a wallet that cannot know them from the blocks it saw. Also where blocks are pruned.
   * One scan for all scripts, which may take minutes.
   */
  unspent(scriptPubKeys: Uint8Array[]): Promise<Result<{ tip: BlockRef; coins: UnspentCoin[] }>>
}

/** In sat per vbyte. */
export interface FeeQuote {
  /** Never below `floor`. */
  rate: number
  /** The least that the node takes now: its relay fee, or what its full mempool asks. It rises and falls. */
  floor: number
  /** By how much a replacement has to better what it evicts (BIP125, rule 4). */
  increment: number
  /** Why `rate` is no estimate but the floor, in the node's words. */
  without?: string
}

export interface UnspentCoin {
  txid: string
  vout: number
  /** Sats. */
  value: bigint
  /** scriptPubKey, hex. */
  script: string
  height: number
  coinbase: boolean
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

/**
 * What a fetch waits behind when there are many. `own`: what this node needs of what it follows. `known`: what somebody anchored whose identity cost
 * something; `new`: what anybody may anchor. The latter two have a part of the places each.
 */
export type FetchLane = 'own' | 'known' | 'new'

export interface SwarmFetchOptions {
  /** Names of the files wanted; only their pieces are downloaded. */
  files: string[]
  /**
   * Refuse before downloading when the wanted files are larger together, in bytes. No more than that is downloaded and kept, but for what lies in the same
   * pieces: 32 KiB a file, which is also refused when it would be more.
   */
  maxBytes: number
  /** The torrent may be one of many files, as a tick's: its metadata may have 4 MiB instead of 64 KiB, and up to 8 MiB a file may lie in the same pieces. */
  large?: boolean
  /** From when it has a place: waiting for one does not count. */
  timeoutMs: number
  /** Without it, `own`. */
  lane?: FetchLane
  signal?: AbortSignal
  /** Peers known to have it, as `host:port`: asked at once, beside those that tracker and DHT name. */
  peers?: string[]
  /** Announce URLs that a stranger names for this torrent: a few of them are asked for it, where an app's may be, and told of nothing else. */
  trackers?: string[]
  /** Says whether the files are what was wanted. A torrent of which nothing was ever accepted is not kept, nor served to others. */
  accept?(files: SwarmFile[]): boolean
}

export interface SwarmPort {
  /**
   * Writes the files below the data folder, then serves them as one BitTorrent v1 torrent called `name`. Deterministic:
   * equal name and files give the equal infohash. Safe to repeat. Resolves when peers can fetch it. There is no limit to what is
   * stored; only what somebody wants is open.
   */
  seed(name: string, files: SwarmFile[]): Promise<Result<{ infohash: string }>>
  /** The infohash that `seed` would answer; nothing is written or served. */
  infohash(name: string, files: SwarmFile[]): Result<string>
  /**
   * Fetches single files of a torrent. Integrity beyond BitTorrent's SHA-1 is the caller's: compare SHA-256.
   * Errors: `swarm.timeout` and `swarm.disk` (both retryable), `swarm.too-large`, `swarm.no-file`, `swarm.bad-torrent`, `swarm.stopped`.
   */
  fetch(infohash: string, options: SwarmFetchOptions): Promise<Result<SwarmFile[]>>
  /**
   * Lets go of the content of a stored torrent but for files called so, which are served on, whole. Safe to repeat, and no error where nothing is
   * stored. Errors, retryable: `swarm.in-use` (a fetch of it is under way), `swarm.disk`.
   */
  keepOnly(infohash: string, files: readonly string[]): Promise<Result<void>>
  /** Stops serving and deletes the files of a torrent. Safe to repeat. */
  drop(infohash: string): Promise<Result<void>>
  /**
   * Announce URLs that an app names in which this node takes part: asked and told beside its own, a few of each app, instead of those that it named before. An
   * empty list forgets them. Error: `swarm.tracker`, of the first that is refused; the others are used.
   * @param app whatever names it
   */
  trackersOf(app: string, urls: readonly string[]): Result<void>
  status(): SwarmStatus
  close(): Promise<void>
}

export interface SwarmStatus {
  /** Torrents on disk, which are served to whoever asks. */
  stored: number
  /** Those of them, and those being fetched, that are open now. */
  open: number
  /** Connections. */
  peers: number
  downloadedBytes: number
  uploadedBytes: number
  tracker: 'ok' | 'unreachable' | 'none'
}

// ───────────────────────────── transport ─────────────────────────────

/** Servers speak HTTP with opaque binary bodies; every payload is already end-to-end encrypted. */
export interface TransportPort {
  /**
   * POSTs `body` to `http://host:port/path`. Errors: `transport.unreachable`, `transport.private`, `transport.timeout`, `transport.too-large`
   * (all retryable elsewhere), `transport.status` with the peer's error in `details`.
   */
  send(
    to: { host: string; port: number },
    path: string,
    body: Uint8Array,
    options: { timeoutMs: number; maxBytes: number; signal?: AbortSignal },
  ): Promise<Result<Uint8Array>>
  /**
   * Serves requests on `port` (0: the system picks one). Bodies above `maxBytes`, slow senders, and peers that send more than `perMinutePerPeer` are refused.
   * A peer is an address, in IPv6 a network of 64 bits; the handler is told whose request it is.
   */
  serve(
    options: {
      host: string
      port: number
      maxBytes: number
      timeoutMs: number
      perMinutePerPeer: { requests: number; bytes: number }
    },
    handler: (path: string, body: Uint8Array, peer: string) => Promise<Result<Uint8Array>>,
  ): Promise<Result<Listening>>
}

/** `port`: the one that was given or picked. */
export interface Listening {
  port: number
  close(): Promise<void>
}

// ───────────────────────────── storage ─────────────────────────────

export type { Json } from '../../roles/protocol/canonical.ts'

/**
 * One durable store per participant. `transact` is all or nothing and on disk (fsync, see `Survival`) when it returns; it is how state
 * and the effects that follow from it are written before anything is acted on. What the disk refuses is thrown, in words for a person, with `code` `storage.full`
 * or `storage.disk` (`disk.ts`): then nothing was written, and the same may be written later.
 */
export interface StoragePort {
  get(table: string, key: string): Json | undefined
  /** Rows whose key starts with `prefix`, ordered by key. */
  list(table: string, prefix?: string, limit?: number): Array<{ key: string; value: Json }>
  transact(writes: StorageWrite[], survives?: Survival): void
  /** Large immutable content by SHA-256 hex, kept beside the database. */
  putBlob(sha256: string, bytes: Uint8Array): void
  getBlob(sha256: string): Uint8Array | undefined
  /** Deletes content; no error where there is none. */
  dropBlob(sha256: string): void
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
  /**
   * A prime of exactly `bits` bits: a random one, or the one that follows from the bytes `from`, of at least so many bits: the least prime not below the number that they
   * are (the first byte is the highest) modulo 2^(bits−1), with its highest bit and its lowest one set; above the last of that size the least of that size follows.
   */
  prime(bits: number, from?: Uint8Array): Promise<bigint>
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

/** All that a node needs from the computer it runs on. */
export interface NodePorts {
  chain: ChainPort
  swarm: SwarmPort
  transport: TransportPort
  work: WorkPort
  storage: StoragePort
  index: IndexPort
  crypto: CryptoPort
  clock: ClockPort
  random: RandomPort
  log: LogPort
  backend: 'embedded' | 'bitcoind'
}
