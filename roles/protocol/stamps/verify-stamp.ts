/**
 * The half of verification that needs what a tick reveals (PROTOCOL.md 12, 13): whether a stamp passed through every prime of its path, and
 * who is at fault when it did not.
 */
import { equalBytes, fromHex, parseBase64, toHex } from '../bytes.ts'
import { parseCanonical, type Json } from '../canonical.ts'
import { type CryptoPort, open } from '../crypto/index.ts'
import type { Link, Plan, Update } from '../documents/index.ts'
import { versionId, messageAad, numberOpening, type RevealFile } from '../requests/index.ts'
import { fail, ok, type Result } from '../result.ts'
import { commitNumber, passes } from './stamp.ts'

export interface StampContext {
  crypto: CryptoPort
}

/** The revealed secrets of one tick, ready for use. */
export interface Reveal {
  file: RevealFile
  secret: Uint8Array
  publicKey: Uint8Array
  versions: Map<string, { endpoint: string; block: number; passage: bigint; sites: bigint[] }>
}

const prime = (hex: string): bigint => BigInt(`0x${hex}`)

export function readReveal(crypto: CryptoPort, file: RevealFile): Reveal {
  const secret = fromHex(file.sealing)
  const versions = new Map(
    file.versions.map(({ version, endpoint, block, passage, sites }) => [
      version,
      { endpoint, block, passage: prime(passage), sites: sites.map(prime) },
    ]),
  )
  return { file, secret, publicKey: crypto.x25519.publicKey(secret), versions }
}

/** Primes that one link has to multiply by; null when the reveal does not have them. */
function primesOf(reveal: Reveal, link: Link): bigint[] | null {
  const version = reveal.versions.get(link.version)
  if (version === undefined || version.endpoint !== link.endpoint || version.block !== link.position) return null
  const sites = link.sites.map((site) => version.sites[site])
  return sites.every((site) => site !== undefined) ? [version.passage, ...sites] : null
}

/** Opens a sealed JSON object of the tick; null for anything that is not what its sealer had to put in. */
function openJson(ctx: StampContext, reveal: Reveal, box: string, aad: Uint8Array): Json {
  const bytes = parseBase64(box)
  const plain = bytes.ok ? open(ctx.crypto, reveal.secret, reveal.publicKey, bytes.value, aad) : bytes
  const json = plain.ok ? parseCanonical(plain.value, { maxBytes: 1 << 18, maxDepth: 3 }) : plain
  return json.ok ? json.value : null
}

/** The number that an opening shows, if it opens the commitment. */
function numberOf(ctx: StampContext, opening: unknown, commit: string): bigint | null {
  const parsed = numberOpening.safeParse(opening)
  if (!parsed.success) return null
  const number = prime(parsed.data.number)
  return equalBytes(commitNumber(ctx.crypto, fromHex(parsed.data.salt), number), fromHex(commit)) ? number : null
}

/**
 * Whether the number in the stamp went through every prime of the claimed path. Error: `update.stamp`.
 * @param update one that `checkUpdate` accepted
 */
export function checkStamp(ctx: StampContext, reveal: Reveal, update: Update): Result<null> {
  const number = numberOf(ctx, openJson(ctx, reveal, update.stamp.box, messageAad('stamp', update.request)), update.stamp.commit)
  if (number === null) return fail('update.stamp', 'The stamp does not open to the number that it commits to.')
  const primes = update.links.map((link) => primesOf(reveal, link))
  if (!primes.every((list) => list !== null)) return fail('update.stamp', 'A version of the path is not in the reveal.')
  return passes(number, primes.flat()) ? ok(null) : fail('update.stamp', 'The number did not pass through every prime of its path.')
}

/** What is wrong with one link by its own sealed opening, or null when it multiplied and bound as it had to. */
export function faultOfLink(ctx: StampContext, reveal: Reveal, link: Link): string | null {
  const json = openJson(ctx, reveal, link.opening, messageAad('opening', link.request, link.position)) as {
    before?: unknown
    after?: unknown
  } | null
  const before = numberOf(ctx, json?.before, link.before)
  const after = numberOf(ctx, json?.after, link.after)
  if (before === null || after === null) return 'its opening does not open its commitments'
  const primes = primesOf(reveal, link)
  if (primes === null) return 'it names a version that the tick did not have'
  return after === primes.reduce((product, factor) => product * factor, before) ? null : 'it did not multiply by the primes of its sites'
}

export type Blame =
  | { kind: 'server'; subject: string; position: number; reason: string }
  | { kind: 'client'; subject: string; position: null; reason: string }

/**
 * Who is at fault for an update whose public checks pass and whose stamp fails: the first server whose link does not multiply or bind,
 * or the client when all links are right (then the box beside the stamp's commitment is its doing).
 */
export function blameLink(ctx: StampContext, reveal: Reveal, update: Update): Blame {
  for (const [position, link] of update.links.entries()) {
    const fault = faultOfLink(ctx, reveal, link)
    if (fault !== null) return { kind: 'server', subject: link.server, position, reason: `Link ${position}: ${fault}.` }
  }
  return { kind: 'client', subject: update.by, position: null, reason: 'Every link is right, and the stamp does not open to their number.' }
}

/** Whether a reveal is what its plan committed to: the sealing key, and for every version of every block its primes. */
export function revealMatches(crypto: CryptoPort, reveal: Reveal, plan: Plan): boolean {
  const secrets = new Map(reveal.file.versions.map((version) => [version.version, version]))
  const isBound = (endpoint: string, block: number, version: string): boolean => {
    const secret = secrets.get(version)
    return secret?.endpoint === endpoint && secret.block === block && versionId(crypto, secret.code, secret) === version
  }
  const bound = Object.entries(plan.endpoints).every(([endpoint, blocks]) =>
    blocks.every((versions, block) => versions.every(({ version }) => isBound(endpoint, block, version))),
  )
  return bound && toHex(reveal.publicKey) === plan.sealing
}
