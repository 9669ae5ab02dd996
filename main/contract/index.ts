/**
 * The one table of commands and events. Handlers, the client in the renderer, validators and the preload allow-list are inferred
 * from it; a missing handler is a compile error. To add a command, see CONTRIBUTING.md.
 */
import { z } from 'zod'
import type { Type } from '../../roles/program/index.ts'

const none = z.strictObject({})
const hex32 = z.string().regex(/^[0-9a-f]{64}$/)
const text = (max: number) => z.string().max(max)

// ── what the views show; every amount is in sats, every time in milliseconds since the epoch ──

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
export interface ParticipantView {
  id: string
  role: 'supervisor' | 'server' | 'client'
  name: string
  /** What it has established, e.g. `accepted`, `serving`, `registered`. */
  state: string
  detail: string
  balance: number
  online: boolean
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
  error?: { code: string; message: string }
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
export interface Overview {
  chain: ChainView
  tick: TickView | null
  app: AppView | null
  participants: ParticipantView[]
  actors: ActorView[]
  requests: RequestView[]
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
/** A job offer that a server has seen: pay in sats, work in leading zero bits, the block of its anchor. `accepted`: this server's job. */
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

const result = <T>() => undefined as unknown as T

/**
 * Whose a command is, where several participants answer behind one contract: of everybody together, of the participant, actor or request
 * that its arguments name, of the Supervisor, or of anybody who can audit.
 */
export type Owner = 'everybody' | 'participant' | 'actor' | 'request' | 'supervisor' | 'auditor'

export interface Command {
  of: Owner
  /** Changes nothing that a view shows. */
  reads?: true
  doc: string
  args: z.ZodObject
  result: unknown
}

/** name → whose it is, argument schema and result type. */
export const commands = {
  overview: { of: 'everybody', doc: 'Everything the first screen shows.', args: none, result: result<Overview>() },
  log: {
    of: 'everybody',
    doc: 'The newest log lines, oldest first.',
    args: z.strictObject({ limit: z.int().min(1).max(1000) }),
    result: result<LogLine[]>(),
  },
  read: {
    of: 'actor',
    reads: true,
    doc: 'Reads an index of the newest tick through Merkle-proved pages; `key` is that of the keys. `from` (inclusive) and `to` (exclusive), either or both, bound the field after those of `equals`.',
    args: z.strictObject({
      actor: text(64),
      collection: text(64),
      index: text(64),
      equals: z.array(z.json()).max(8),
      from: z.json().optional(),
      to: z.json().optional(),
      limit: z.int().min(1).max(500),
      descending: z.boolean(),
    }),
    result: result<RowsView>(),
  },
  keyValue: {
    of: 'actor',
    reads: true,
    doc: 'The newest value of a key from the last transaction of its address alone, without the index.',
    args: z.strictObject({ actor: text(64), key: hex32 }),
    result: result<KeyView>(),
  },
  request: {
    of: 'actor',
    doc: 'Sends a request through the servers; the writes that come back wait for approval.',
    args: z.strictObject({ actor: text(64), endpoint: text(64), arguments: z.record(z.string(), z.json()) }),
    result: result<{ id: string }>(),
  },
  approve: {
    of: 'request',
    doc: 'Publishes the reviewed writes. Safe to repeat: nothing is published twice.',
    args: z.strictObject({ id: hex32 }),
    result: result<{ txid: string }>(),
  },
  bump: {
    of: 'request',
    doc: "Replaces the transaction of a signed request by one that pays more. `feeRate` in sat per vbyte; null takes the node's estimate.",
    args: z.strictObject({ id: hex32, feeRate: z.number().min(1).max(1000).nullable() }),
    result: result<{ txid: string; fee: number }>(),
  },
  again: {
    of: 'request',
    doc: 'Composes a request anew on the newest tick, with the same arguments; what comes back is reviewed again. Safe to repeat: another is composed only where the one before ended without counting.',
    args: z.strictObject({ id: hex32 }),
    result: result<{ id: string }>(),
  },
  dispute: {
    of: 'request',
    doc: 'Publishes the evidence that servers of a block gave different results, so that whoever lies is ended. What the block opened, named in the request, and its program become public for ever. Safe to repeat.',
    args: z.strictObject({ id: hex32 }),
    result: result<{ txid: string }>(),
  },
  reserve: {
    of: 'actor',
    doc: 'Sees to it that so many fresh keys of a collection are free or on their way, and reserves those that are missing. Safe to repeat.',
    args: z.strictObject({ actor: text(64), collection: text(64), count: z.int().min(1).max(64) }),
    result: result<ReservedView>(),
  },
  refuse: { of: 'request', doc: 'Drops the reviewed writes.', args: z.strictObject({ id: hex32 }), result: result<null>() },
  phrase: {
    of: 'participant',
    reads: true,
    doc: "The wallet's seed phrase, for its owner to write down; asks for the passphrase.",
    args: z.strictObject({ participant: text(64), passphrase: z.string().min(1).max(1000) }),
    result: result<{ phrase: string }>(),
  },
  receive: {
    of: 'participant',
    reads: true,
    doc: 'An address of this wallet that has not received anything yet.',
    args: z.strictObject({ participant: text(64) }),
    result: result<{ address: string }>(),
  },
  offers: {
    of: 'participant',
    reads: true,
    doc: 'The job offers that a server has seen, best paid first.',
    args: z.strictObject({ participant: text(64) }),
    result: result<OfferView[]>(),
  },
  acceptOffer: {
    of: 'participant',
    doc: 'Accepts a job offer: the server grinds its identity and publishes its acceptance. Safe to repeat.',
    args: z.strictObject({ participant: text(64), offer: hex32 }),
    result: result<null>(),
  },
  declineOffer: {
    of: 'participant',
    doc: "Declines a job offer, so that the server's rule leaves it alone; it may be accepted later. Safe to repeat.",
    args: z.strictObject({ participant: text(64), offer: hex32 }),
    result: result<null>(),
  },
  supersede: {
    of: 'supervisor',
    doc: "Publishes a new program for the running app; users' data stays. Without a title the app's stays, unless the program has another name: then that.",
    args: z.strictObject({ program: z.json(), title: z.string().min(1).max(80).optional() }),
    result: result<{ offer: string }>(),
  },
  replaceKey: {
    of: 'supervisor',
    doc: "Takes the app's signing key back with the master key, grants a new one, and goes on with it.",
    args: z.strictObject({ reason: z.string().min(1).max(500) }),
    result: result<{ offer: string; key: string }>(),
  },
  resume: {
    of: 'supervisor',
    doc: 'Ends ticks that are bad, stolen, or cannot be had: the master key names the last good one (by default the last that was published here), and a new key goes on. More than three are taken back only where the first of them is the first faulty one, which `shows` names.',
    args: z.strictObject({
      reason: z.string().min(1).max(500),
      tick: z.int().min(0).max(1_000_000_000).optional(),
      shows: z.strictObject({ sha256: hex32, infohash: z.string().regex(/^[0-9a-f]{40}$/, 'must be 40 lower-case hex digits') }).optional(),
    }),
    result: result<{ good: number | null; key: string }>(),
  },
  audit: {
    of: 'auditor',
    reads: true,
    doc: 'Replays the app from chain and swarm alone and compares every root.',
    args: none,
    result: result<AuditView>(),
  },
} as const satisfies Record<string, Command>

export type Commands = typeof commands
export type CommandName = keyof Commands
export type CommandArgs<N extends CommandName> = z.infer<Commands[N]['args']>
export type CommandResult<N extends CommandName> = Commands[N]['result']

/** Events carry what changed; a view that missed some asks for `overview` again. */
export interface Events {
  overview: Overview
  log: LogLine
}
export type EventName = keyof Events
export const events = ['overview', 'log'] as const satisfies readonly EventName[]
