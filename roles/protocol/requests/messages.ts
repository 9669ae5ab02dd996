/**
 * The messages of a request, off-chain (PROTOCOL.md «Requests»). Client → top-level server → one server for each block, and back.
 * All of them travel sealed; these are the plaintexts.
 */
import { z } from 'zod'
import { utf8 } from '../bytes.ts'
import {
  appJson,
  base64,
  hex32,
  name,
  signature,
  tickNumber,
  link,
  MAX_LANES,
  MAX_WRITES,
  sealingSecret,
  start,
  write,
  recordOf,
} from '../documents/index.ts'
import { PROTOCOL } from '../version.ts'
import { withForm } from './codec.ts'
import { LARGEST_FIXED, paddedSize } from './padding.ts'
import { quantity, raw } from './wire.ts'

export const MESSAGE_LIMIT = 4 << 20

const edgeName = z.string().max(200)
/** Bytes that one sealed value has at most, padded. */
const VALUE_LIMIT = 1 << 20
const BOX_OVERHEAD = 16
/** Greatest size of one sealed value, in bytes of its box. */
export const EDGE_LIMIT = VALUE_LIMIT + BOX_OVERHEAD

/** Whether a value's canonical JSON fits into an edge. */
export const fitsEdge = (bytes: Uint8Array): boolean => paddedSize(bytes.length, LARGEST_FIXED) <= VALUE_LIMIT

export const sealedEdge = z.strictObject({ commit: hex32, box: base64(EDGE_LIMIT) })

/** Associated data of every sealed message: what it is for, so that no box can be taken for another. */
export const messageAad = (
  purpose: 'request' | 'continuation' | 'hop' | 'envelope' | 'shown' | 'handoff' | 'code' | 'reply',
  ...parts: Array<string | number>
): Uint8Array => utf8(JSON.stringify([PROTOCOL, purpose, ...parts]))

/** Bytes of what a block is shown, sealed: 2 MiB, padded, with room for the seal. */
const SHOWN_LIMIT = (2 << 20) + 64
const ENVELOPE_LIMIT = 256 << 10

/** What is sealed within a message and never stored: bytes, where everything that is stored is JSON. */
const box = (most: number) =>
  withForm(
    z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length <= most, `must be at most ${most} bytes`),
    raw(most),
  )

const lanesOf = <T extends z.ZodType>(lane: T) => z.array(lane).min(1).max(MAX_LANES)
const laneNumber = z
  .int()
  .min(0)
  .max(MAX_LANES - 1)

/** Client → top-level server, sealed to it. It sees structure, never a primitive. */
export const requestMessage = z.strictObject({
  start,
  /** Key under which the reply is sealed. */
  reply: hex32,
  /** The client's sealed edges, by edge id. */
  edges: recordOf(edgeName, sealedEdge),
  /** For each block what its servers are shown alike in every lane; null for blocks before or after the leg that this message asks for. */
  shown: z
    .array(z.union([box(SHOWN_LIMIT), z.null()]))
    .min(1)
    .max(256),
  /**
   * For each lane and block, in order: who runs which version, and the envelope only it can open. Null for blocks before or after the leg:
   * their servers are chosen and named already.
   */
  lanes: lanesOf(
    z
      .array(z.strictObject({ version: hex32, server: hex32, envelope: z.union([box(ENVELOPE_LIMIT), z.null()]) }))
      .min(1)
      .max(256),
  ),
})
export type RequestMessage = z.infer<typeof requestMessage>

const handoff = z.union([base64(16_384), z.null()])

/** Client → a top-level server after a pause, sealed to it: the same request, with what came back so far. */
export const continuationMessage = requestMessage.extend({
  /** Of each lane its links, and the number, sealed by the last of them to the next block's server. */
  before: lanesOf(z.strictObject({ links: z.array(link).min(1).max(255), handoff: base64(16_384) })),
  /** Outputs of the blocks that ran. */
  outputs: recordOf(edgeName, sealedEdge),
})
export type ContinuationMessage = z.infer<typeof continuationMessage>

const MOST_DIGITS = 2 * 65_536

export const numberOpening = z.strictObject({
  number: withForm(
    z
      .string()
      .regex(/^[0-9a-f]+$/)
      .max(MOST_DIGITS),
    quantity(MOST_DIGITS),
  ),
  salt: hex32,
})

/** A signed promise to pay for one hop; the server keeps it as its receipt. */
export const receipt = z.strictObject({
  app: hex32,
  request: hex32,
  tick: tickNumber,
  version: hex32,
  server: hex32,
  client: hex32,
  sig: signature,
})
export type Receipt = z.infer<typeof receipt>

/** Client → the servers of one block in all lanes, sealed under the key `shown.<block>`: reduced Merkle proofs (pages.ts). */
export const shownMessage = z.strictObject({
  caller: appJson,
  queries: z.array(z.strictObject({ query: z.int().min(0).max(255), proof: appJson })).max(64),
  slots: z.array(z.strictObject({ slot: z.int().min(0).max(255), proof: appJson })).max(64),
})
export type ShownMessage = z.infer<typeof shownMessage>

/** Client → one block's server in one lane, inside the request. */
export const envelopeMessage = z.strictObject({
  /** Keys of the edges this block opens, seals (`block.i.k`, `writes.i`), and of what it is shown (`shown.i`). */
  keys: recordOf(edgeName, hex32),
  /** The server of the next block, to which the number is sealed; null at the last block. */
  next: z.union([hex32, z.null()]),
  /** The client's number of this lane, at the first block only. */
  number: z.union([numberOpening, z.null()]),
  receipt,
})
export type EnvelopeMessage = z.infer<typeof envelopeMessage>

/** Top-level server → a block's server, sealed to it. */
export const hopMessage = z.strictObject({
  start,
  lane: laneNumber,
  /** Of this lane. */
  links: z.array(link).max(256),
  version: hex32,
  envelope: box(ENVELOPE_LIMIT),
  shown: box(SHOWN_LIMIT),
  /** Only the edges that this block opens or carries. */
  edges: recordOf(edgeName, sealedEdge),
  /** Commitments to all edges so far, the client's and the outputs of earlier blocks: held against start and links. */
  commits: recordOf(edgeName, hex32),
  /** The number, sealed to this server by the one before; null at the first block. */
  handoff,
  reply: hex32,
})
export type HopMessage = z.infer<typeof hopMessage>

/** A block's server → top-level server, sealed under `reply`. */
export const hopReply = z.strictObject({
  link,
  outputs: recordOf(edgeName, sealedEdge),
  /** The block's draft writes, for the client alone: edge `writes.i`. */
  writes: sealedEdge,
  /** Null at the last block: the number then stands in the link's opening, for the Supervisor alone. */
  handoff,
})
export type HopReply = z.infer<typeof hopReply>

/** Top-level server → client after a leg, sealed under the message's `reply`: what its blocks made, alike in every lane. */
export const legReply = z.strictObject({
  /** Of each lane the links of this leg, and at a pause the number, for the next block's server; nobody else opens it. */
  lanes: lanesOf(z.strictObject({ links: z.array(link).min(1).max(256), handoff })),
  outputs: recordOf(edgeName, sealedEdge),
  writes: z.array(sealedEdge).min(1).max(256),
})
export type LegReply = z.infer<typeof legReply>

/** The same where lanes differ: nothing ran after that block. */
export const differingReply = z.strictObject({
  /** Outputs of the blocks of this leg before it, on which all lanes agree. */
  before: recordOf(edgeName, sealedEdge),
  /** Of each lane the links of this leg up to the block where they differ, and what that block made there. */
  differ: lanesOf(z.strictObject({ links: z.array(link).min(1).max(256), outputs: recordOf(edgeName, sealedEdge), writes: sealedEdge })),
})
export type DifferingReply = z.infer<typeof differingReply>

/** What a client is answered. */
export const replyMessage = z.union([legReply, differingReply])

export const draftWrite = write
  .omit({ carried: true })
  .extend({ carried: recordOf(name, z.strictObject({ edge: edgeName, commit: hex32 })) })
export const draftWrites = z.array(draftWrite).max(MAX_WRITES)

/** Primes are decimal-free: lower-case hex. */
const prime = z
  .string()
  .regex(/^[0-9a-f]+$/)
  .max(2048)

/** A server's sealed code file for one tick (essay, next portion 7). */
export const codeFile = z.strictObject({
  app: hex32,
  tick: tickNumber,
  server: hex32,
  blocks: z
    .array(
      z.strictObject({
        endpoint: name,
        block: z.int().min(0).max(255),
        version: hex32,
        /** Of the block's code: the same for all who hold the block in this tick, and known to nobody else. */
        salt: hex32,
        passage: prime,
        sites: z.array(prime).max(4096),
        /** The block's body, which only its servers get; checked together with the outline before it runs. */
        body: appJson,
      }),
    )
    .max(10_000),
})
export type CodeFile = z.infer<typeof codeFile>

/** What a tick reveals about the tick whose window it closes. */
export const revealFile = z.strictObject({
  app: hex32,
  tick: tickNumber,
  /** X25519 secret of that tick: opens every stamp and opening sealed to it. */
  sealing: sealingSecret,
  /** Of every version of the plan, in the order of endpoints by name, blocks and versions. */
  versions: z
    .array(
      z.strictObject({
        endpoint: name,
        block: z.int().min(0).max(255),
        /** Follows from the primes and the commitment to the block's code in the plan, whose salt is revealed to nobody. */
        version: hex32,
        passage: prime,
        sites: z.array(prime).max(4096),
      }),
    )
    .max(100_000),
})
export type RevealFile = z.infer<typeof revealFile>
