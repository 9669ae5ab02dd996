/** What commands answer and views show: every amount in sats, every time in milliseconds since the epoch. */
import type { Type } from '../../roles/program/index.ts'

export interface ChainView {
  network: string
  backend: 'embedded' | 'bitcoind'
  height: number
  hash: string
  available: boolean
  reason?: string
}
export interface TickView {
  number: number
  /** `beginning`: enough servers have accepted, and tick 0 is to come. */
  state: 'waiting for servers' | 'beginning' | 'running' | 'sleeping'
  /** Blocks until the next tick is due out of the blocks of one tick, and an estimate of the wait. */
  blocksLeft: number
  blocksPerTick: number
  estimatedMs: number
  root: string
  servers: number
  minimumServers: number
  /** Why nobody goes on after this tick, and what a person is to do, in words; `halts`: nothing is sent or published until that is ended. */
  stopped?: { halts: boolean; message: string }
  /** What this client found wrong with the tick, a sentence each; it goes by what holds. */
  problems?: string[]
}
/** What this node does for or with one app. `id` is a public key of its own, x-only hex: the app's master key, the server's, or the client's. */
export interface EngagementView {
  id: string
  role: 'supervisor' | 'server' | 'client'
  /** Of the node, for people. */
  name: string
  /** Digest of the app's first offer; null before that is signed. */
  app: string | null
  title: string
  /** The key that signs now, hex; null where none does yet. A Supervisor's changes, its id stays. */
  key: string | null
  /** What it has established, e.g. `accepted`, `serving`, `registered`; `paused`; `failed`. */
  state: string
  detail: string
  /** All sats of the node's wallet. */
  balance: number
  online: boolean
  /** Of an app that is supervised here. */
  tick?: TickView
}
export interface LogLine {
  at: number
  level: 'debug' | 'info' | 'warn' | 'error'
  who: string
  message: string
}
export interface AppView {
  id: string
  title: string
  doc: string
  endpoints: EndpointView[]
  collections: CollectionView[]
}
/**
 * `type` is the kind of the program's type (`text`, `int`, `bool`, `key`, …), `max` its bound, `of` the collection that a key belongs to; `shape` is
 * the whole type. An `own` field names which of the caller's rows is changed: it may be left out where there is only one.
 */
export interface FieldView {
  name: string
  type: string
  max?: number
  of?: string
  shape?: Type
  own?: true
}
export interface EndpointView {
  name: string
  doc: string
  fields: Array<FieldView>
  /** In all lanes, and the one in front; 0 where none takes part. */
  servers: number
  /** Servers that run each observation point beside each other, and so see what it sees. */
  lanes: number
  observations: Array<{ name: string; sees: string[] }>
  /** Of one that can write: whoever owns so `many` of all servers writes here what it likes, as a client of its own, in this share of ticks. */
  forging?: { many: number; of: number; share: number }
}
/** `references` names the collection of each field that holds a key, so that a view can count what points at a row. */
export interface CollectionView {
  name: string
  doc: string
  fields: string[]
  indices: Array<{ name: string; kind: string; on: string[] }>
  references: Record<string, string>
}
/** The key with which this node uses an app. */
export interface ActorView {
  id: string
  name: string
  state: 'registering' | 'ready'
  key: string
  balance: number
  /** By collection, each of them: fresh keys that a request may use now, and those whose reservation no tick has counted yet. */
  freeKeys: Record<string, number>
  comingKeys: Record<string, number>
  /** Proof of work under way, in words. */
  work?: string
}

/** A request from its sending to its place in the index. States are named by what has been established. */
export interface RequestView {
  id: string
  /** Id of the engagement that sent it. */
  actor: string
  endpoint: string
  arguments: Record<string, unknown>
  state: 'sending' | 'review' | 'refused' | 'late' | 'signed' | 'anchored' | 'counted' | 'rejected' | 'failed' | 'nothing to write'
  /**
   * What the app answers. Where there are writes it is true once they are `counted`: it is there from the review on, and not where they do not count
   * (`refused`, `late`, `rejected`, `failed`, or `signed` and in no block by the deadline).
   */
  response?: unknown
  /**
   * Shown while in `review`; what would become public. `flags`: what nothing explains. `rules`: for what it may be refused if somebody is faster, a
   * sentence each.
   */
  writes: Array<{
    collection: string
    key: string
    fields: Record<string, unknown>
    explained: Record<string, string[]>
    flags: string[]
    rules: string[]
  }>
  servers: Array<{ role: string; id: string; sees: string[] }>
  /** Fee of the publishing transaction, once known or estimated. */
  fee?: number
  txid?: string
  /** SHA-256 of the update, once it is signed: `golem verify` takes it. */
  document?: string
  /** What is known of the publishing transaction, what happens to it next, and why it was refused. */
  transaction?: { state: string; known: string; next: string; depth?: number; reason?: string }
  tick?: number
  /** Plain words: «in the mempool», «counted in tick 41, in about 12 s». */
  waiting?: string
  /** Until when its writes count; from the review on, while no block has them. */
  deadline?: DeadlineView
  /** Servers of one block gave different results: one of them lies. `opens`: what becomes public for ever when the evidence is published. */
  dispute?: {
    block: string
    servers: string[]
    opens: Array<{ name: string; value: unknown }>
    state: 'kept' | 'signed' | 'anchored' | 'accepted' | 'refused'
    message?: string
    /** SHA-256 of the dispute, once it is signed. */
    document?: string
    txid?: string
    tick?: number
  }
  /** The request that was composed in its place. */
  again?: string
  /** `retryable`: it may pass by itself, so that the same can be asked again. */
  error?: { code: string; message: string; retryable?: boolean }
  at: number
}
/**
 * The update counts while it is anchored in block `until` or an earlier one. An approval is accepted as long as the chain is below `approveBefore`: `margin`
 * blocks are left for its transaction to be taken in. `blocksLeft` and `estimatedMs` lead to `approveBefore` while it waits for approval, then to `until`.
 */
export interface DeadlineView {
  until: number
  approveBefore: number
  margin: number
  blocksLeft: number
  estimatedMs: number
}
/** Keys reserved by this call, and those of the collection that are free, or on their way to be. */
export interface ReservedView {
  reserved: number
  free: number
  coming: number
}
/** An app that this node uses; `id` is that of the engagement. */
export interface UsedView {
  id: string
  app: AppView
  tick: TickView | null
  actor: ActorView
}
/** `wallet`: whether there is one, and whether its passphrase was given. */
export interface NodeView {
  name: string
  network: string
  wallet: 'none' | 'unconfirmed' | 'locked' | 'open'
  /** All sats of the wallet. */
  balance: number
  /** What a person has to see to, a sentence each: settings that are damaged or unknown, which count as not set, and a disk that is full or cannot be written. */
  problems: string[]
}
/** `number`: of the last change that it contains. */
export interface Overview {
  number: number
  node: NodeView
  chain: ChainView
  engagements: EngagementView[]
  apps: UsedView[]
  requests: RequestView[]
}
/** One engagement that is at work. `tick`: the newest of its app that it has, or made; null before any, and for a server. */
export interface Beat extends Pick<EngagementView, 'id' | 'role' | 'app' | 'state'> {
  tick: (Pick<TickView, 'number' | 'state' | 'blocksLeft'> & { /** Nobody goes on after it. */ stopped: boolean }) | null
}
/** What tells how far a node has come, and whether it does anything, without all that it could show. */
export interface Pulse {
  height: number
  wallet: NodeView['wallet']
  /** Grows with what its roles establish and what else moves in it. */
  moved: number
  engagements: Beat[]
}
/**
 * Rows hold the collection's fields with `$key` and `$owner`; an index of kind count answers `count`, one of kind sum `sum`, a decimal
 * string that is exact however great it is, and no rows. `local`: they came from this
 * node's own index, which is proved as what is fetched.
 */
export interface RowsView {
  tick: number
  root: string
  proved: boolean
  local: boolean
  rows: Array<Record<string, unknown>>
  count?: number
  sum?: string
}
/** `counted`: whether the newest tick's index holds this version, proved; null while no tick can be read. */
export interface KeyView {
  key: string
  collection: string
  owner: string
  written: boolean
  fields: Record<string, unknown> | null
  txid: string
  height: number
  counted: boolean | null
}
/** A job offer that was seen on the chain: pay in sats, work in leading zero bits, the block of its anchor. `accepted`: a job of this node. */
export interface OfferView {
  id: string
  app: string
  master: string
  title: string
  perRequest: number
  workBits: number
  height: number
  /** Whether it takes the place of an earlier offer of its app. */
  supersedes: boolean
  /** Servers without which it does not begin. */
  minimumServers: number
  /** Blocks in a tick. */
  tickBlocks: number
  state: 'open' | 'declined' | 'accepted'
}
export interface AuditView {
  ok: boolean
  /** `problems`: what else is not as it should be, one sentence each, where there is something. */
  ticks: Array<{ number: number; expected: string; computed: string; equal: boolean; problems?: string[] }>
  /** Why the history ends before its newest tick, in words; then `ok` is false. */
  stopped?: string
  ms: number
}
/** One setting. `applies`: whether a change counts at once or from the next start on. `problem`: why what the file says is not used. */
export interface SettingView {
  name: string
  value: unknown
  default: unknown
  doc: string
  applies: 'at once' | 'next start'
  problem?: string
}
/** An app before it is used. */
export interface KnownAppView {
  /** Digest of its first offer. */
  app: string
  /** Of the offer in force, as far as it is here. */
  title: string
  doc: string
  /** The Supervisor's master key. */
  master: string
  /** Its first block. */
  height: number
  link: string
  perRequest: number
  workBits: number
  tickBlocks: number
  endpoints: Array<Pick<EndpointView, 'name' | 'doc' | 'fields' | 'observations'>>
  collections: CollectionView[]
}
