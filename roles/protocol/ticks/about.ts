/**
 * What ticks say about one of them (stamps/tick-facts.ts), read from their documents: by a node from its own and the swarm's, by whoever holds a few of them
 * from those. The documents name each other by their digests, so what is found below a tick is what its signer built on.
 */
import type { Budget, Program } from '../../program/index.ts'
import { parseCanonical, type Json } from '../canonical.ts'
import type { CryptoPort } from '../crypto/index.ts'
import { checkSchema, type FileEntry, type OpenedDocument, type Reference, type Tick } from '../documents/index.ts'
import { plannedIn, revealFile, type DealTerms, type RevealFile } from '../requests/index.ts'
import { ok, type Result } from '../result.ts'
import { EVIDENCE_DEPTH, EVIDENCE_LIMIT, readEvidence, type Evidence, type TickFacts } from '../stamps/index.ts'

/** What an offer says of its program, and how it deals blocks. */
export interface OfferProgram {
  outline: Program
  budget: Budget
  terms: DealTerms
}

/** By the digest of the offer; null while it is not here. */
export type OfferPrograms = (sha256: string) => Promise<OfferProgram | null>

export type OpenedTick = OpenedDocument<'tick'>

/** Where ticks come from. Both answer only what the digest names. */
export interface TickReader {
  tick(reference: Reference): Promise<Result<OpenedTick>>
  file(tick: Reference, file: FileEntry): Promise<Result<Uint8Array>>
}

/** A reveal file: 100,000 versions at most, and not deeper than a list of records with lists. */
const [REVEAL_LIMIT, REVEAL_DEPTH] = [256 << 20, 8]
/** Ticks from the one that publishes a plan to the last that reveals its primes. */
const LIFE_OF_A_PLAN = 6

async function jsonFile(reader: TickReader, tick: Reference, file: FileEntry, maxBytes: number, maxDepth: number): Promise<Result<Json>> {
  const bytes = await reader.file(tick, file)
  return bytes.ok ? parseCanonical(bytes.value, { maxBytes, maxDepth }) : bytes
}

/** A tick's evidence, opened; empty where it has none, or none that can ever be read. Errors: those of fetching, while they may pass. */
export async function evidenceOf(
  ctx: { crypto: CryptoPort },
  reader: TickReader,
  reference: Reference,
  { evidence }: Pick<Tick, 'evidence'>,
): Promise<Result<ReadonlyMap<string, Evidence>>> {
  const nothing = ok(new Map<string, Evidence>())
  if (evidence === null) return nothing
  const json = await jsonFile(reader, reference, evidence, EVIDENCE_LIMIT, EVIDENCE_DEPTH)
  if (!json.ok && json.error.retryable) return json
  const read = json.ok ? readEvidence(ctx.crypto, json.value) : json
  return read.ok ? read : nothing
}

interface At {
  reference: Reference
  tick: OpenedTick
}

/** The ticks that `reference` builds on, newest first, as far as evidence about a tick `number` needs them. */
async function ticksAbout(reader: TickReader, reference: Reference, number: number): Promise<Result<At[]>> {
  const found: At[] = []
  for (let at: Reference | null = reference; at !== null;) {
    const tick: Result<OpenedTick> = await reader.tick(at)
    if (!tick.ok) return tick
    if (tick.value.body.number <= number + 2) found.push({ reference: at, tick: tick.value })
    if (found.length >= LIFE_OF_A_PLAN || tick.value.body.number <= number - 3) break
    at = tick.value.body.previous
  }
  return ok(found)
}

async function revealOf(reader: TickReader, { reference, tick }: At): Promise<Result<RevealFile | null>> {
  const { reveal } = tick.body
  if (reveal === null) return ok(null)
  const json = await jsonFile(reader, reference, reveal.file, REVEAL_LIMIT, REVEAL_DEPTH)
  return json.ok ? checkSchema('reveal', revealFile, json.value) : json
}

export interface AboutTick {
  base: OpenedTick | undefined
  /** The first document that publishes its plan, before it: that one deals it. */
  publishing: OpenedTick | undefined
  /** What was revealed of it; null while nothing is. Errors: those of fetching and of the file. */
  reveal(): Promise<Result<RevealFile | null>>
}

/** Which of the ticks that `newest` builds on tell of the tick `number`. Errors: those of fetching. */
export async function aboutTick(reader: TickReader, newest: Reference, number: number): Promise<Result<AboutTick>> {
  const about = await ticksAbout(reader, newest, number)
  if (!about.ok) return about
  const ticks = about.value.map(({ tick }) => tick)
  const revealing = about.value.find(({ tick: { body } }) => body.reveal?.tick === number)
  return ok({
    base: ticks.find(({ body }) => body.number === number),
    publishing: ticks.findLast(({ body }) => body.number < number && body.plans.some((plan) => plan.tick === number)),
    reveal: () => (revealing === undefined ? Promise.resolve(ok(null)) : revealOf(reader, revealing)),
  })
}

/**
 * What the ticks below `newest` say about the tick `number`; null where they do not have it, or it had no plan.
 * Errors: those of fetching, while they may pass.
 */
export async function factsAbout(
  reader: TickReader,
  offerOf: OfferPrograms,
  newest: Reference,
  number: number,
): Promise<Result<TickFacts | null>> {
  const about = await aboutTick(reader, newest, number)
  if (!about.ok) return about
  const { base, publishing } = about.value
  const offer = publishing === undefined ? null : await offerOf(publishing.body.offer)
  if (base === undefined || publishing === undefined || offer === null) return ok(null)
  const planned = plannedIn(publishing, number, offer.terms)
  const reveal = await about.value.reveal()
  if (!reveal.ok && reveal.error.retryable) return reveal
  const indices = new Map(base.body.indices.map(({ name, root }) => [name, { root }]))
  const { outline, budget } = offer
  return ok(planned && { base: base.sha256, indices, planned, outline, budget, reveal: reveal.ok ? reveal.value : null })
}
