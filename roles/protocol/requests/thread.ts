/**
 * The threads of a request (PROTOCOL.md 12): in each lane a random number of the client's passes through the blocks, each server multiplies
 * it and signs a link. Links bind content to path; the numbers prove that the path is complete. See lanes.ts for what lanes agree on.
 */
import { fromHex, toHex, uint32 } from '../bytes.ts'
import { canonicalBytes, type Json } from '../canonical.ts'
import type { CryptoPort } from '../crypto/index.ts'
import {
  laterVerify,
  signUnder,
  signingDigest,
  type BareStart,
  type Link,
  type Start,
  type ThreadDigests,
  type Write,
} from '../documents/index.ts'
import type { KeyPair } from '../keys/index.ts'
import { fail, ok, type Result } from '../result.ts'
import type { Source } from '../../program/document.ts'

/** Where an edge begins, as its id: `request.topic`, `caller`, `slot.0`, `block.1.2`. Query columns travel in proofs, not as edges. */
export function edgeId(source: Source): string {
  switch (source.from) {
    case 'request':
      return `request.${source.field}`
    case 'caller':
      return 'caller'
    case 'slot':
      return `slot.${source.slot}`
    case 'block':
      return `block.${source.block}.${source.output}`
    case 'query':
      return `query.${source.query}.${source.field}`
  }
}

/** A write as its server makes it: carried fields are named by edge and commitment only. */
export type DraftWrite = Omit<Write, 'carried'> & { carried: Record<string, { edge: string; commit: string }> }

/**
 * Digest of one write, hex. Salted, so that later servers cannot guess small values; carried values stand in it by their commitment,
 * so their plain value in a published update is not part of it.
 */
export function writeDigest(crypto: CryptoPort, write: DraftWrite | Write): string {
  const fields: Record<string, Json> = {}
  for (const [name, value] of Object.entries(write.fields)) if (!Object.hasOwn(write.carried, name)) fields[name] = value
  const carried: Record<string, Json> = {}
  for (const [name, { edge, commit }] of Object.entries(write.carried)) carried[name] = { edge, commit }
  const { block, site, collection, key, replaces } = write
  return toHex(
    crypto.taggedHash('golem/write', fromHex(write.salt), canonicalBytes({ block, site, collection, key, replaces, fields, carried })),
  )
}

/**
 * Salt of a block's write, hex: derived from what all lanes share, so that they make the same digests.
 * @param key of the edge `writes.<block>`, 32 bytes; @param index of the write in the block
 */
export const writeSalt = (crypto: CryptoPort, key: Uint8Array, index: number): string =>
  toHex(crypto.taggedHash('golem/write-salt', key, uint32(index)))

/** What a block is given by its client, beside what it is shown, which the tick read proves. */
export interface Given {
  /** Commitments of the edges that it opens or carries, hex, by edge id. */
  commits: Record<string, string>
  /** Keys of its outputs and of its writes (edges.ts, `madeIds`), 32 bytes hex, by edge id. */
  keys: Record<string, string>
}

/** What binds the keys under which a block seals and salts what it makes, hex. The keys themselves are nobody's to see. */
export const madeDigest = (crypto: CryptoPort, keys: Given['keys']): string => toHex(crypto.taggedHash('golem/made', canonicalBytes(keys)))

/**
 * What a block is given, hex: the request's start, the code it runs, the commitments of the edges that it opens or carries, and the keys of what it makes.
 * With the tick read, which stands in the start, that decides all that it signs. So two links with equal inputs that differ prove that one of them lies,
 * and no client can show keys or values afterwards under which an honest one seems to.
 * @param start digest of the start, hex; @param code commitment to the block's code, hex
 */
export const inputsDigest = (crypto: CryptoPort, start: string, code: string, { commits, keys }: Given): string =>
  toHex(crypto.taggedHash('golem/inputs', fromHex(start), fromHex(code), canonicalBytes({ commits, made: madeDigest(crypto, keys) })))

/** The version that a key has after an accepted write, hex. */
export const versionAfter = (crypto: CryptoPort, request: string, digest: string): string =>
  toHex(crypto.taggedHash('golem/key-version', fromHex(request), fromHex(digest)))

/** The version of a key that was reserved and never written. */
export const versionReserved = (crypto: CryptoPort, reservationSha256: string, key: string): string =>
  toHex(crypto.taggedHash('golem/key-reserved', fromHex(reservationSha256), fromHex(key)))

/** What each changed key signs, over request and all write digests. */
export const keySigningBody = (app: string, request: string, digests: string[]): object => ({ app, request, writes: digests })

export const signStart = (crypto: CryptoPort, start: Omit<Start, 'sig'>, client: KeyPair, random: Uint8Array): Start => ({
  ...start,
  sig: signUnder(crypto, 'start', start, client.privateKey, random),
})

export const signLink = (crypto: CryptoPort, link: Omit<Link, 'sig'>, server: KeyPair, random: Uint8Array): Link => ({
  ...link,
  sig: signUnder(crypto, 'link', link, server.privateKey, random),
})

/** A start as it stands in an update, which its client signs as a whole. */
export function bareStartOf(start: Start): BareStart {
  const { sig: _sig, ...bare } = start
  return bare
}

/** Digest that the next link names as `previous`, hex. */
export const startDigest = (crypto: CryptoPort, start: BareStart): string => toHex(signingDigest(crypto, 'start', start))
export const linkDigest = (crypto: CryptoPort, link: Link): string => toHex(signingDigest(crypto, 'link', link))

/** The number with the salt of its commitment, as it travels sealed: the number in hex. */
export interface NumberOpening {
  number: string
  salt: string
}

/** What the next link follows. */
export interface ThreadEnd {
  /** Digest of the last element. */
  previous: string
  /** Commitment to the number. */
  number: string
}

/** A thread whose chain holds. `signed` says whether its signatures do. */
export interface BegunThread extends ThreadEnd {
  /** Errors: `thread.start`, `thread.link` (details.lane, details.position). */
  signed(): Result<null>
}

/** Threads of lanes whose chains hold. */
export interface BegunThreads {
  /** Digest of the start that all share, hex. */
  start: string
  ends: ThreadEnd[]
  /** Errors: `thread.start`, `thread.link` (details.lane, details.position). */
  signed(): Result<null>
}

const unsignedStart = fail('thread.start', 'The start of the thread is not signed by its client. Send the request again.')
const broken = (lane: number, position: number, how: string) =>
  fail('thread.link', `Link ${position} of lane ${lane} ${how}. Send the request again through another server.`, { lane, position })

type Verdicts = Array<() => boolean>

/**
 * Checks a start and the links of each lane after it: same request, unbroken chain of digests and commitments, positions in order. Whether a
 * version exists and its server holds it is the caller's to check, against the tick. What every signature says is asked for by `signed`.
 * @param start without `sig` where it stands in a document that its client signs and `client` is known to be that
 * @param digests of just this start and these links, where they are known
 * Error: `thread.link` (details.lane, details.position).
 */
export function beginThreads(
  crypto: CryptoPort,
  start: Start | BareStart,
  lanes: ReadonlyArray<{ lane: number; links: Link[] }>,
  digests?: ThreadDigests,
): Result<BegunThreads> {
  const begun = digests?.start ?? signingDigest(crypto, 'start', start)
  const startVerdict = 'sig' in start ? laterVerify(crypto, begun, start.sig, start.client) : () => true
  const followed: Array<{ lane: number; verdicts: Verdicts }> = []
  const ends: ThreadEnd[] = []
  for (const { lane, links } of lanes) {
    const verdicts: Verdicts = []
    const end = follow(crypto, { start, begun: toHex(begun), lane, links, digests: digests?.links[lane] }, verdicts)
    if (!end.ok) return end
    ends.push(end.value)
    followed.push({ lane, verdicts })
  }
  const check = (): Result<null> => {
    if (!startVerdict()) return unsignedStart
    for (const { lane, verdicts } of followed) {
      const first = verdicts.findIndex((verdict) => !verdict())
      if (first >= 0) return broken(lane, first, 'is not signed by its server')
    }
    return ok(null)
  }
  let all: Result<null> | undefined
  return ok({ start: toHex(begun), ends, signed: () => (all ??= check()) })
}

interface Lane {
  start: BareStart
  /** Digest of the start, hex. */
  begun: string
  lane: number
  links: Link[]
  /** Of the links, where they are known. */
  digests: readonly Uint8Array[] | undefined
}

function follow(crypto: CryptoPort, { start, begun, lane, links, digests }: Lane, verdicts: Verdicts): Result<ThreadEnd> {
  const number = start.numbers[lane]
  if (number === undefined) return broken(lane, 0, 'is of a lane that the start does not have')
  let state: ThreadEnd = { previous: begun, number }
  for (const [position, link] of links.entries()) {
    const how = brokenLink(start, lane, state, link, position)
    if (how !== null) return broken(lane, position, how)
    const digest = digests?.[position] ?? signingDigest(crypto, 'link', link)
    verdicts.push(laterVerify(crypto, digest, link.sig, link.server))
    state = { previous: toHex(digest), number: link.after }
  }
  return ok(state)
}

/** The same for one lane. Error: `thread.link` (details.lane, details.position). */
export function beginThread(
  crypto: CryptoPort,
  start: Start | BareStart,
  lane: number,
  links: Link[],
): Result<BegunThread & { start: string }> {
  const threads = beginThreads(crypto, start, [{ lane, links }])
  return threads.ok ? ok({ ...threads.value.ends[0]!, start: threads.value.start, signed: threads.value.signed }) : threads
}

/** Checks the threads of all lanes and all of their signatures. Errors: `thread.link` (details.lane, details.position), `thread.start`. */
export function verifyThreads(
  crypto: CryptoPort,
  start: Start | BareStart,
  lanes: readonly Link[][],
  digests?: ThreadDigests,
): Result<BegunThreads> {
  const threads = beginThreads(
    crypto,
    start,
    lanes.map((links, lane) => ({ lane, links })),
    digests,
  )
  if (!threads.ok) return threads
  const all = threads.value.signed()
  return all.ok ? threads : all
}

/** How a link does not follow on a thread that ends in `state`, in words, or null. */
export function brokenLink(start: BareStart, lane: number, state: ThreadEnd, link: Link, position: number): string | null {
  const same = link.request === start.request && link.app === start.app && link.tick === start.tick && link.endpoint === start.endpoint
  if (!same || link.base !== start.base || link.planned !== start.planned) return 'belongs to another request'
  if (link.lane !== lane) return `says lane ${link.lane}`
  if (link.position !== position) return `says position ${link.position}`
  if (link.previous !== state.previous) return 'does not follow the link before'
  return link.before === state.number ? null : 'starts from another number'
}
