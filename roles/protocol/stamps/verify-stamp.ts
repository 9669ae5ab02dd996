/**
 * The half of verification that needs what a tick reveals (PROTOCOL.md 12, 13): whether the stamp of every lane passed through every prime of
 * its path, and which servers did not multiply or bind.
 */
import { fromHex, toHex } from '../bytes.ts'
import { canonicalBytes } from '../canonical.ts'
import type { CryptoPort } from '../crypto/index.ts'
import type { Link, Plan, Update } from '../documents/index.ts'
import { versionId, type RevealFile } from '../requests/index.ts'
import { fail, ok, type Result } from '../result.ts'
import { openLane, openOpening, type Opened } from './opening.ts'
import { passes, productOf } from './stamp.ts'

export interface StampContext {
  crypto: CryptoPort
}

/** The revealed secrets of one tick, ready for use. */
export interface Reveal {
  /** SHA-256 of the file, hex. */
  id: string
  file: RevealFile
  secret: Uint8Array
  publicKey: Uint8Array
  versions: Map<string, { endpoint: string; block: number; passage: bigint; sites: bigint[] }>
}

const prime = (hex: string): bigint => BigInt(`0x${hex}`)

/** SHA-256 of a reveal's file, hex. */
export const revealId = (crypto: CryptoPort, file: RevealFile): string => toHex(crypto.sha256(canonicalBytes(file)))

export function readReveal(crypto: CryptoPort, file: RevealFile): Reveal {
  const secret = fromHex(file.sealing)
  const versions = new Map(
    file.versions.map(({ version, endpoint, block, passage, sites }) => [
      version,
      { endpoint, block, passage: prime(passage), sites: sites.map(prime) },
    ]),
  )
  return { id: revealId(crypto, file), file, secret, publicKey: crypto.x25519.publicKey(secret), versions }
}

/** Primes that one link has to multiply by; null when the reveal does not have them. */
function primesOf(reveal: Reveal, link: Link): bigint[] | null {
  const version = reveal.versions.get(link.version)
  if (version === undefined || version.endpoint !== link.endpoint || version.block !== link.position) return null
  const sites = link.sites.map((site) => version.sites[site])
  return sites.every((site) => site !== undefined) ? [version.passage, ...sites] : null
}

/** What is wrong with one link by its own sealed opening, or null when it multiplied and bound as it had to. */
export function faultOfLink(ctx: StampContext, reveal: Reveal, link: Link): string | null {
  return faultOf(reveal, link, openOpening(ctx.crypto, reveal, link))
}

function faultOf(reveal: Reveal, link: Link, opening: Opened | null): string | null {
  if (opening === null) return 'its opening is not just two numbers that open its commitments'
  const primes = primesOf(reveal, link)
  if (primes === null) return 'it names a version that the tick did not have'
  return opening.after === opening.before * productOf(primes) ? null : 'it did not multiply by the primes of its sites'
}

/** A server whose link shows its own fault: `position` in `lane` of an update. */
export interface Blame {
  subject: string
  lane: number
  position: number
  reason: string
}

export interface Stamped {
  /** Whether the last number of every lane went through every prime of its path. Error: `update.stamp` (details.lane). */
  stamp: Result<null>
  /** Every link that does not multiply or bind, whether or not that spoiled a stamp. */
  blamed: Blame[]
}

/**
 * Looks into every link of an update when its tick is revealed.
 * @param update one that `checkUpdate` accepted
 */
export function checkStamps(ctx: StampContext, reveal: Reveal, update: Update): Stamped {
  const blamed: Blame[] = []
  let stamp: Result<null> = ok(null)
  for (const [lane, links] of update.lanes.entries()) {
    const openings = openLane(ctx.crypto, reveal, links)
    for (const [position, link] of links.entries()) {
      const fault = faultOf(reveal, link, openings[position]!)
      if (fault !== null) blamed.push({ subject: link.server, lane, position, reason: `Link ${position} of lane ${lane}: ${fault}.` })
    }
    const primes = links.map((link) => primesOf(reveal, link))
    const last = openings.at(-1)!
    const passed = last !== null && primes.every((list) => list !== null) && passes(last.after, primes.flat())
    if (!passed && stamp.ok)
      stamp = fail('update.stamp', `The number of lane ${lane} did not pass through every prime of its path.`, { lane })
  }
  return { stamp, blamed }
}

/** Whether a reveal is what its plan committed to, and nothing more: the sealing key, and for every version of every block, in their order, its primes. */
export function revealMatches(crypto: CryptoPort, reveal: Reveal, plan: Plan): boolean {
  const planned = Object.keys(plan.endpoints)
    .sort()
    .flatMap((endpoint) =>
      plan.endpoints[endpoint]!.flatMap(({ code, versions }, block) => versions.map((version) => ({ endpoint, block, code, version }))),
    )
  const revealed = reveal.file.versions
  const bound = planned.every(({ endpoint, block, code, version }, i) => {
    const secret = revealed[i]
    if (secret?.endpoint !== endpoint || secret.block !== block || secret.version !== version) return false
    return versionId(crypto, code, secret) === version
  })
  return bound && revealed.length === planned.length && toHex(reveal.publicKey) === plan.sealing
}
