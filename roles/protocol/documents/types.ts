/**
 * The documents that travel as torrents and are anchored on the chain, one schema each; `kinds.ts` is the table of them.
 * Every document is signed by `by`; `seal.ts` signs and opens them. PROTOCOL.md describes each field.
 */
import { z } from 'zod'
import {
  appJson,
  base64,
  file,
  height,
  hex32,
  hostname,
  name,
  natural,
  port,
  recordOf,
  reference,
  sats,
  sealingKey,
  signature,
  tickNumber,
} from './fields.ts'
import { PROTOCOL_VERSION } from '../version.ts'

const head = <T extends string>(type: T) => ({ type: z.literal(type), v: z.literal(PROTOCOL_VERSION), by: hex32 })

/** Master key over secondary key: the certificate chain of the essay's bootstrap, step 1. Signed by the master key. */
export const grant = z.strictObject({ ...head('grant'), key: hex32, note: z.string().max(200) })
/** Takes a grant back: ticks the key signs are refused when anchored at or above the revocation's block. Signed by the master key. */
export const revocation = z.strictObject({ ...head('revocation'), key: hex32, reason: z.string().max(500) })

/** Ends ticks that are bad, stolen, or cannot be had: all that come after the last good one are void, and another key goes on. Signed by the master key. */
export const resumption = z.strictObject({
  ...head('resumption'),
  app: hex32,
  /** The last good tick; null: there is none. */
  good: z.union([z.strictObject({ number: tickNumber, ...reference.shape }), z.null()]),
  /** The key that signs ticks from now on, and its grant. */
  key: hex32,
  grant: reference,
  reason: z.string().max(500),
  /** The first tick that is taken back, where it is the first faulty one: then more than three may be. */
  shows: reference.nullable(),
})
export type Resumption = z.infer<typeof resumption>

/** Of an offer. */
export const MOST_WITNESSES = 8

/** What a Supervisor decides about its app when it hires: the same fields in its settings and in its offers. */
export const offerTerms = z.strictObject({
  title: z.string().min(1).max(80),
  minimumServers: z.int().min(1).max(10_000),
  trackers: z.array(z.string().max(300)).max(10),
  /** Proof-of-work difficulties in leading zero bits. */
  work: z.strictObject({ client: z.int().min(0).max(64), server: z.int().min(0).max(64) }),
  /** Blocks in a tick. */
  tickBlocks: z.int().min(1).max(2016),
  /** Acceptances count when anchored within so many blocks of each other (the essay's half-hour window). */
  joinBlocks: z.int().min(1).max(2016),
  /** A tick's block range is closed once it is buried under so many further blocks. */
  confirmations: z.int().min(0).max(100),
  versions: z.int().min(1).max(64),
  /** Further lanes of a request that can write: so many servers besides the first run each of its blocks. */
  witnesses: z.int().min(0).max(MOST_WITNESSES),
  /** How many servers of a block a client may pass over. */
  spare: z.int().min(0).max(8),
  primeBits: z.int().min(128).max(4096),
  /** Acceptances, registrations and reservations that one tick decides at most, and counted updates of a client for each endpoint and tick. */
  perTick: z.strictObject({
    acceptances: z.int().min(1).max(10_000),
    registrations: z.int().min(1).max(10_000),
    reservations: z.int().min(1).max(10_000),
    updates: z.int().min(1).max(1_000),
  }),
})
export type OfferTerms = z.infer<typeof offerTerms>

/** Job offer (essay, Supervisor bootstraps 2). Signed by the granted secondary key. The program's outline is a further file. */
export const offer = z.strictObject({
  ...head('offer'),
  /** The Supervisor's master key: the app's lasting name together with its first offer. */
  master: hex32,
  grant: reference,
  /** X25519 key for receipts and complaints. */
  sealing: sealingKey,
  /** The offer which this one replaces; null for an app's first. The app id is the SHA-256 of the first. */
  supersedes: z.union([reference, z.null()]),
  app: z.union([hex32, z.null()]),
  ...offerTerms.shape,
  /** The program's outline: everything but the bodies of its blocks, which only their servers get (outline.ts). */
  outline: file,
  /** The whole program, sealed to its Supervisor alone (PROTOCOL.md 5.1); null: it keeps it elsewhere. */
  backup: z.union([file, z.null()]),
  /** Everything in here prices or limits work; amounts in sats. */
  pay: z.strictObject({ perRequest: sats, perMillionSteps: sats, perMegabyte: sats }),
  budget: z.strictObject({ steps: z.int().min(1).max(100_000_000), bytes: z.int().min(1).max(100_000_000) }),
})
export type Offer = z.infer<typeof offer>

/** Where a server says it stands, for people: free text such as `DE` or `eu-west`. Nothing depends on it. */
export const region = z.string().max(40)

/** A server's identity certificate (essay, Server joins 3). `by` is the server's key; `nonce` is the proof of work. */
export const acceptance = z.strictObject({
  ...head('acceptance'),
  offer: hex32,
  host: hostname,
  port,
  /** X25519 key for envelopes. */
  sealing: sealingKey,
  region,
  nonce: natural(64),
})
export type Acceptance = z.infer<typeof acceptance>

/** A server says that it will serve these ticks, the first and the last included (PROTOCOL.md 5.11). */
export const ready = z.strictObject({ ...head('ready'), app: hex32, from: tickNumber, to: tickNumber })
export type Ready = z.infer<typeof ready>

/** A client's registration with an app. */
export const registration = z.strictObject({
  ...head('registration'),
  app: hex32,
  sealing: sealingKey,
  /** End of the hash chain whose values decide, tick by tick, which servers it has to take (requests/seats.ts). */
  seats: hex32,
  nonce: natural(64),
})
export type Registration = z.infer<typeof registration>

/** Keys reserved by a registered client (essay, Client reserves). Each key signs too: nobody reserves another's address. */
export const reservation = z.strictObject({
  ...head('reservation'),
  app: hex32,
  keys: z
    .array(z.strictObject({ key: hex32, collection: name, initial: appJson, sig: signature }))
    .min(1)
    .max(64),
})
export type Reservation = z.infer<typeof reservation>

/** Lanes of one request at most: one, eight witnesses and eight more for servers that were passed over. */
export const MAX_LANES = 17
/** Writes of one request at most, and so of one block. */
export const MAX_WRITES = 64

/** One server's link of a lane's thread; see thread.ts. */
export const link = z.strictObject({
  request: hex32,
  app: hex32,
  tick: tickNumber,
  endpoint: name,
  lane: z
    .int()
    .min(0)
    .max(MAX_LANES - 1),
  position: z.int().min(0).max(255),
  /** The block's version: its entry-point hash in the tick document. */
  version: hex32,
  server: hex32,
  /** Digest of the link before, or of the thread's start. */
  previous: hex32,
  /** Of the tick documents that were read, and that published the plan: as in the start. */
  base: hex32,
  planned: hex32,
  /** What the block was given: digest over start, code and the commitments of the edges that it opens or carries. */
  inputs: hex32,
  /** Call sites executed, in order. */
  sites: z.array(z.int().min(0).max(65_535)).max(4096),
  /** Digests of the block's own writes, in order. */
  own: z.array(hex32).max(MAX_WRITES),
  /** Digest of the commitments to this block's sealed outputs (edges.ts). */
  outputs: hex32,
  before: hex32,
  after: hex32,
  /** {before, after} numbers with salts, sealed to the tick's Supervisor key: of the last link, the lane's stamp. */
  opening: base64(16_384),
  sig: signature,
})
export type Link = z.infer<typeof link>

/**
 * What the client commits to before the first server: signed, so that the numbers belong to one client and request. `keys` is the digest of
 * the commitments to its sealed edges, so that all servers of the request see the same values (edges.ts).
 */
export const start = z.strictObject({
  request: hex32,
  app: hex32,
  tick: tickNumber,
  endpoint: name,
  client: hex32,
  /** SHA-256 of the tick's document, whose snapshot is read. */
  base: hex32,
  /** SHA-256 of the tick document that published the tick's plan. */
  planned: hex32,
  /** Commitment to the number of each lane. */
  /** The client's value for this tick: it decides which servers of a block may be in the request. */
  seat: hex32,
  numbers: z.array(hex32).min(1).max(MAX_LANES),
  keys: hex32,
  sig: signature,
})
export type Start = z.infer<typeof start>

/** A start in a document that its client signs. */
export const bareStart = start.omit({ sig: true })
export type BareStart = z.infer<typeof bareStart>

export const write = z.strictObject({
  block: z.int().min(0).max(255),
  site: z.int().min(0).max(65_535),
  collection: name,
  key: hex32,
  /** Version of the value that this write replaces; a rival that was anchored earlier wins. */
  replaces: hex32,
  fields: recordOf(name, appJson),
  salt: hex32,
  /** Fields moved sealed: their edge and the salt which opens the edge's commitment. */
  carried: recordOf(name, z.strictObject({ edge: z.string().max(200), commit: hex32, salt: hex32 })),
})
export type Write = z.infer<typeof write>

/** The writes of one request, all or nothing. Anchored by a transaction which spends from every key it changes. */
export const update = z.strictObject({
  ...head('update'),
  app: hex32,
  tick: tickNumber,
  endpoint: name,
  request: hex32,
  writes: z.array(write).min(1).max(MAX_WRITES),
  start: bareStart,
  /** The links of each lane. The last one's `after` and `opening` are the lane's stamp: the accumulated number, committed to and sealed. */
  lanes: z.array(z.array(link).min(1).max(256)).min(1).max(MAX_LANES),
  /** Each changed key signs the digest of writes and request. */
  keySigs: z
    .array(z.strictObject({ key: hex32, sig: signature }))
    .min(1)
    .max(64),
})
export type Update = z.infer<typeof update>

const tickServer = z.strictObject({ id: hex32, host: hostname, port, sealing: sealingKey, region })
export type TickServer = z.infer<typeof tickServer>

const inputs = z.array(z.int().min(0).max(10_000)).max(10_000)
/** What reaches what inside of a block, in positions of its inputs: `BlockLabel` of roles/program. */
const blockLabel = z.strictObject({
  outputs: z.array(inputs).max(10_000),
  sites: z.array(z.strictObject({ decided: inputs, fields: recordOf(name, inputs) })).max(4096),
})

/** What a tick publishes for a tick to come. */
const plan = z.strictObject({
  tick: tickNumber,
  /** X25519 key to which openings and stamps of that tick are sealed; its secret is revealed when the window closes. */
  sealing: sealingKey,
  /** Servers that are ready for that tick, ascending: its blocks are dealt to them, which everybody repeats (requests/holders.ts). */
  ready: z.array(hex32).max(10_000),
  /** What they signed. */
  readyFile: file,
  /** Per endpoint, per block: the salted commitment to its body, what reaches what in it, and the ids of its versions. */
  endpoints: recordOf(name, z.array(z.strictObject({ code: hex32, label: blockLabel, versions: z.array(hex32).min(1).max(64) })).max(256)),
  /** Sealed code files, one for each server. */
  code: z.array(z.strictObject({ server: hex32, file })).max(10_000),
})
export type Plan = z.infer<typeof plan>

/** `rule`: exactly with the outcomes `update.rule` and `reservation.rule`, the rule that would have been broken. */
const verdict = z
  .strictObject({
    txid: hex32,
    document: reference,
    height,
    outcome: z.string().max(60),
    rule: z.strictObject({ collection: name, index: name, bound: z.enum(['atLeast', 'atMost']) }).optional(),
  })
  .refine(({ outcome, rule }) => (rule !== undefined) === ['update.rule', 'reservation.rule'].includes(outcome), {
    path: ['rule'],
    error: 'is there exactly where the outcome is a refusal for a rule',
  })
export type Verdict = z.infer<typeof verdict>

const laneNumber = z
  .int()
  .min(0)
  .max(MAX_LANES - 1)

/** Ends a server from this tick on. The evidence is in the tick's file, and anybody checks it before obeying; see stamps/burial.ts. */
const burial = z.strictObject({
  subject: hex32,
  evidence: z.discriminatedUnion('kind', [
    /** The place of its link in an update, by the SHA-256 of the document. */
    z.strictObject({ kind: z.literal('stamp'), update: hex32, lane: laneNumber, position: z.int().min(0).max(255) }),
    /** Its link in a dispute. */
    z.strictObject({ kind: z.literal('dispute'), dispute: hex32, link: laneNumber }),
  ]),
})
export type Burial = z.infer<typeof burial>

export const tick = z.strictObject({
  ...head('tick'),
  app: hex32,
  offer: hex32,
  number: tickNumber,
  previous: z.union([reference, z.null()]),
  /** The blocks that this document closes: heights above `from` up to `to`, whose last hash is `hash`. */
  blocks: z.strictObject({ from: height, to: height, hash: hex32 }),
  state: z.enum(['running', 'sleeping']),
  /** Database root after this tick's inclusions, and the snapshot's indices. */
  root: hex32,
  indices: z
    .array(
      z.strictObject({
        name: z.string().max(200),
        root: hex32,
        count: z.int().min(0),
        /** Fences and hashes of all pages; then the pages themselves, some dozens to a file, so that a reader fetches only a few. */
        directory: file,
        chunks: z.array(file).max(10_000),
      }),
    )
    .max(10_000),
  /** What happened to each anchored registration, reservation and update decided in this tick; their documents are in the file. */
  summary: z.strictObject({ verdicts: z.array(verdict).max(1_000_000), documents: z.array(file).max(4_096) }),
  /** Primes, numbers and the sealing secret of the tick whose window closes here. */
  reveal: z.union([z.strictObject({ tick: tickNumber, file }), z.null()]),
  servers: z.array(tickServer).max(10_000),
  /** Subjects of all tombstones, sorted. */
  tombstones: z.array(hex32).max(100_000),
  /** Tombstones that this tick adds, and the file with the evidence of each; null when there is none. */
  burials: z.array(burial).max(100_000),
  evidence: z.union([file, z.null()]),
  plans: z.array(plan).max(4),
  /** The API document: endpoints, messages, which primitives are sealed for which observation point. */
  schema: file,
})
export type Tick = z.infer<typeof tick>

/** A reduced proof (8.6). What it says is judged where it is used. */
const proof = appJson
const edgeName = z.string().max(200)

/**
 * Links of one block that were given the same and sign different things: one of them lies. The client opens what the block opened and gives the keys under
 * which it made what it made, so that anybody can run the block again; what the block only carried stays sealed. See stamps/dispute.ts.
 */
export const dispute = z.strictObject({
  ...head('dispute'),
  app: hex32,
  start,
  /** Of one block: what its servers sign in the lanes of the request. */
  links: z.array(link).min(2).max(MAX_LANES),
  /** Commitments of the edges that the block opens or carries. */
  commits: recordOf(edgeName, hex32),
  /** Of the edges that it opens: the value, and the salt which opens the commitment to it. */
  opened: recordOf(edgeName, z.strictObject({ value: appJson, salt: hex32 })),
  /** Keys of its outputs and writes. */
  keys: recordOf(edgeName, hex32),
  /** What it was shown: the proofs of its queries' answers, and of its slots. */
  shown: z.strictObject({
    queries: z.array(z.strictObject({ query: z.int().min(0).max(255), proof })).max(64),
    slots: z.array(z.strictObject({ slot: z.int().min(0).max(255), proof })).max(64),
  }),
})
export type Dispute = z.infer<typeof dispute>
