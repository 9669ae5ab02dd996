/**
 * The thread of a request (PROTOCOL.md 12): the client's random number passes through the blocks, each server multiplies it and signs
 * a link. Links bind content to path; the numbers prove that the path is complete.
 */
import { fromHex, toHex } from '../bytes.ts'
import { canonicalBytes, type Json } from '../canonical.ts'
import type { CryptoPort } from '../crypto/index.ts'
import { beginVerify, signUnder, signingDigest, type Link, type Start, type Write } from '../documents/index.ts'
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

/** Before any block: no writes. */
export const NO_WRITES = '00'.repeat(32)

/** Running digest of all writes up to and including those of the block at `position`. */
export const writesDigest = (crypto: CryptoPort, before: string, position: number, digests: string[]): string =>
  toHex(crypto.taggedHash('golem/writes', fromHex(before), Uint8Array.of(position), canonicalBytes(digests)))

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

/** Digest that the next link names as `previous`, hex. */
export const startDigest = (crypto: CryptoPort, start: Start): string => toHex(signingDigest(crypto, 'start', start))
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
  /** Running digest of writes. */
  writes: string
}

/** A thread whose chain holds. `signed` says whether its signatures do. */
export interface BegunThread extends ThreadEnd {
  /** Errors: `thread.start`, `thread.link` (details.position). */
  signed(): Result<null>
}

const notSigned = {
  start: fail('thread.start', 'The start of the thread is not signed by its client. Send the request again.'),
  link: 'is not signed by its server',
}
const broken = (position: number, how: string) =>
  fail('thread.link', `Link ${position} of the thread ${how}. Send the request again through another server.`, { position })

/**
 * Checks a start and the links after it: same request, unbroken chain of digests and commitments, positions in order. Whether a version
 * exists and its server holds it is the caller's to check, against the tick. The check of every signature begins.
 * Error: `thread.link` (details.position).
 */
export function beginThread(crypto: CryptoPort, start: Start, links: Link[]): Result<BegunThread> {
  const begun = signingDigest(crypto, 'start', start)
  const verdicts = [beginVerify(crypto, begun, start.sig, start.client)]
  let state: ThreadEnd = { previous: toHex(begun), number: start.number, writes: NO_WRITES }
  for (const [position, link] of links.entries()) {
    const how = brokenLink(start, state, link, position)
    if (how !== null) return broken(position, how)
    const digest = signingDigest(crypto, 'link', link)
    verdicts.push(beginVerify(crypto, digest, link.sig, link.server))
    state = { previous: toHex(digest), number: link.after, writes: link.writes }
  }
  let all: Result<null> | undefined
  return ok({ ...state, signed: () => (all ??= firstUnsigned(verdicts)) })
}

/** Nothing after the first forged signature is checked for its sake. */
function firstUnsigned(verdicts: Array<() => boolean>): Result<null> {
  const first = verdicts.findIndex((verdict) => !verdict())
  if (first < 0) return ok(null)
  return first === 0 ? notSigned.start : broken(first - 1, notSigned.link)
}

/** Checks a thread and all of its signatures. Errors: `thread.link` (details.position), `thread.start`. */
export function verifyThread(crypto: CryptoPort, start: Start, links: Link[]): Result<ThreadEnd> {
  const thread = beginThread(crypto, start, links)
  if (!thread.ok) return thread
  const { signed, ...end } = thread.value
  const all = signed()
  return all.ok ? ok(end) : all
}

function brokenLink(start: Start, state: ThreadEnd, link: Link, position: number): string | null {
  const same = link.request === start.request && link.app === start.app && link.tick === start.tick && link.endpoint === start.endpoint
  if (!same) return 'belongs to another request'
  if (link.position !== position) return `says position ${link.position}`
  if (link.previous !== state.previous) return 'does not follow the link before'
  return link.before === state.number ? null : 'starts from another number'
}
