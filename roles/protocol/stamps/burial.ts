/**
 * Burials (PROTOCOL.md 14): a tick ends a server only with evidence, and nobody obeys it without having looked. The evidence is the server's own signature:
 * under an update whose numbers show that it did not multiply or bind, or in a dispute, under something that its block does not make. With the ticks
 * that the chain has, anybody repeats the finding; evidence that does not show the fault is refused.
 */
import { z } from 'zod'
import type { Json } from '../canonical.ts'
import { canonicalBytes } from '../canonical.ts'
import type { CryptoPort } from '../crypto/index.ts'
import { checkSchema, hex32, openDocument, type Burial, type OpenedDocument } from '../documents/index.ts'
import { beginThread } from '../requests/index.ts'
import { fail, ok, type Result } from '../result.ts'
import { checkDispute, decideDispute } from './dispute.ts'
import { holdsIn, type TickFacts } from './tick-facts.ts'
import { faultOfLink, readReveal, revealMatches } from './verify-stamp.ts'

const asParsed = z.custom<Json>((value) => value !== undefined)

/** Entries of a tick's file `evidence`. Documents stand in it with their signatures. */
export const evidenceEntry = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('stamp'), update: asParsed }),
  z.strictObject({ kind: z.literal('dispute'), dispute: asParsed, body: asParsed, salt: hex32 }),
])
export type EvidenceEntry = z.infer<typeof evidenceEntry>

/** Most bytes of an evidence file that are read, and its nesting: bodies are in it. */
export const [EVIDENCE_LIMIT, EVIDENCE_DEPTH] = [256 << 20, 1_000]

/** An entry with its document opened. */
export type Evidence =
  { kind: 'stamp'; update: OpenedDocument<'update'> } | { kind: 'dispute'; dispute: OpenedDocument<'dispute'>; body: Json; salt: string }

const refuse = (why: string) => fail('tombstone.evidence', `The evidence does not hold: ${why}. Ignore this tombstone.`)

/**
 * Opens an evidence file: every document is signed. What it shows is another matter.
 * Error: `evidence.schema`, those of `openDocument`.
 */
export function readEvidence(crypto: CryptoPort, json: Json): Result<Map<string, Evidence>> {
  const entries = checkSchema('evidence', z.array(evidenceEntry).max(100_000), json)
  if (!entries.ok) return entries
  const opened = new Map<string, Evidence>()
  for (const entry of entries.value) {
    const one = openEntry(crypto, entry)
    if (!one.ok) return one
    const [sha256, evidence] = one.value
    if (opened.has(sha256)) return fail('evidence.schema', `The evidence holds the document ${sha256} twice. Ignore it.`)
    opened.set(sha256, evidence)
  }
  return ok(opened)
}

function openEntry(crypto: CryptoPort, entry: EvidenceEntry): Result<[sha256: string, evidence: Evidence]> {
  if (entry.kind === 'stamp') {
    const update = openDocument(crypto, 'update', canonicalBytes(entry.update))
    return update.ok ? ok([update.value.sha256, { kind: 'stamp', update: update.value }]) : update
  }
  const { body, salt } = entry
  const dispute = openDocument(crypto, 'dispute', canonicalBytes(entry.dispute))
  return dispute.ok ? ok([dispute.value.sha256, { kind: 'dispute', dispute: dispute.value, body, salt }]) : dispute
}

/** What a burial is held against. */
export interface BurialEnv {
  app: string
  /** Of the tick that buries. */
  number: number
  /** What the chain says about a tick; null where it does not have it, or what is needed of it cannot be had. */
  facts(tick: number): Promise<TickFacts | null>
}

/** What a burial's evidence shows of its subject, in one sentence. Error: `tombstone.evidence`, for one that shows nothing. */
export async function verifyBurial(
  ctx: { crypto: CryptoPort },
  env: BurialEnv,
  burial: Burial,
  evidence: ReadonlyMap<string, Evidence>,
): Promise<Result<string>> {
  const { subject, evidence: named } = burial
  const shown = evidence.get(named.kind === 'stamp' ? named.update : named.dispute)
  if (shown === undefined || shown.kind !== named.kind) return refuse('the tick does not have it')
  if (shown.kind === 'stamp' && named.kind === 'stamp') {
    const facts = await env.facts(shown.update.body.tick)
    return facts === null
      ? refuse(`it is about a tick ${shown.update.body.tick} that the chain does not have`)
      : verifyStamp(ctx, env.app, facts, shown.update, { ...named, subject })
  }
  if (shown.kind !== 'dispute' || named.kind !== 'dispute') return refuse('it is of another kind')
  const { body } = shown.dispute
  const open = checkDispute(ctx, { ...env, facts: await env.facts(body.start.tick), tombstoned: () => false }, body)
  if (!open.ok) return refuse(open.error.message)
  const decided = decideDispute(ctx, open.value, shown)
  if (!decided.ok) return refuse(decided.error.message)
  const blame = decided.value.find((one) => one.subject === subject && one.link === named.link)
  return blame === undefined ? refuse('the server signed what its block makes') : ok(blame.reason)
}

/**
 * The update was published by its author on a tick that the chain has, the lane's thread is signed by the servers it names, to whom its blocks were dealt, and
 * the accused's link does not multiply or bind under the revealed primes, whatever the other links do. The reveal has to be the one that the plan committed to.
 */
function verifyStamp(
  ctx: { crypto: CryptoPort },
  app: string,
  facts: TickFacts,
  { body }: OpenedDocument<'update'>,
  { subject, lane, position }: { subject: string; lane: number; position: number },
): Result<string> {
  const { start } = body
  if (body.app !== app || start.app !== app || start.client !== body.by || start.request !== body.request || start.tick !== body.tick)
    return refuse('the thread belongs to another request')
  if (start.base !== facts.base || start.planned !== facts.planned.published)
    return refuse(`it rests on a tick ${body.tick} that the chain does not have`)
  const links = body.lanes[lane] ?? []
  const link = links[position]
  if (link === undefined || link.server !== subject) return refuse("the link is someone else's")
  if (links.some((one) => !holdsIn(ctx.crypto, facts, one))) return refuse('it passed through servers to which its blocks were not dealt')
  const thread = beginThread(ctx.crypto, start, lane, links)
  if (!thread.ok || !thread.value.signed().ok) return refuse('the thread is not signed by those it names')
  if (facts.reveal === null) return refuse('the primes of its tick are not revealed')
  const reveal = readReveal(ctx.crypto, facts.reveal)
  if (
    facts.reveal.tick !== body.tick ||
    facts.planned.plan.tick !== body.tick ||
    facts.reveal.app !== app ||
    !revealMatches(ctx.crypto, reveal, facts.planned.plan)
  )
    return refuse('the revealed primes are not those of the plan')
  const fault = faultOfLink(ctx, reveal, link)
  return fault === null ? refuse('the link multiplied and bound as it had to') : ok(`Link ${position} of lane ${lane}: ${fault}.`)
}
