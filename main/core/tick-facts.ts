/** What the ticks that a document builds on say about one of them, from this node's own documents (roles/protocol/stamps/tick-facts.ts). */
import { parseCanonical } from '../../roles/protocol/canonical.ts'
import { checkSchema, type Offer, type OpenedDocument, type Reference, type Tick } from '../../roles/protocol/documents/index.ts'
import { plannedIn, revealFile, type DealTerms, type RevealFile } from '../../roles/protocol/requests/index.ts'
import { ok, type Result } from '../../roles/protocol/result.ts'
import type { TickFacts } from '../../roles/protocol/stamps/index.ts'
import type { Program } from '../../roles/program/index.ts'
import type { Json } from './ports.ts'
import type { Services } from './services.ts'

/** What an offer says of its program, and how it deals blocks. */
export interface OfferProgram {
  outline: Program
  budget: Offer['budget']
  terms: DealTerms
}

/** By the digest of the offer; null while it is not here. */
export type OfferPrograms = (sha256: string) => Promise<OfferProgram | null>

export type OpenedTick = OpenedDocument<'tick'>
export type Documents = Services['documents']

/** A reveal file: 100,000 versions at most, and not deeper than a list of records with lists. */
const [REVEAL_LIMIT, REVEAL_DEPTH] = [256 << 20, 8]
/** Ticks from the one that publishes a plan to the last that reveals its primes. */
const LIFE_OF_A_PLAN = 6

export async function openTick(documents: Documents, reference: Reference): Promise<Result<OpenedTick>> {
  const document = await documents.fetch(reference, 'tick')
  return document.ok ? ok(document.value as OpenedTick) : document
}

/** A JSON file of a tick's torrent. */
export async function tickFile(
  documents: Documents,
  tick: Reference,
  file: NonNullable<Tick['evidence']>,
  limits: { maxBytes: number; maxDepth: number },
): Promise<Result<Json>> {
  const bytes = await documents.fetchFile(tick.infohash, file)
  return bytes.ok ? parseCanonical(bytes.value, limits) : bytes
}

interface At {
  reference: Reference
  tick: OpenedTick
}

/** The ticks that `reference` builds on, newest first, as far as evidence about a tick `number` needs them. */
async function ticksAbout(documents: Documents, reference: Reference, number: number): Promise<Result<At[]>> {
  const found: At[] = []
  for (let at: Reference | null = reference; at !== null;) {
    const tick: Result<OpenedTick> = await openTick(documents, at)
    if (!tick.ok) return tick
    if (tick.value.body.number <= number + 2) found.push({ reference: at, tick: tick.value })
    if (found.length >= LIFE_OF_A_PLAN || tick.value.body.number <= number - 3) break
    at = tick.value.body.previous
  }
  return ok(found)
}

async function revealOf(documents: Documents, { reference, tick }: At): Promise<Result<RevealFile | null>> {
  const { reveal } = tick.body
  if (reveal === null) return ok(null)
  const json = await tickFile(documents, reference, reveal.file, { maxBytes: REVEAL_LIMIT, maxDepth: REVEAL_DEPTH })
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
export async function aboutTick(documents: Documents, newest: Reference, number: number): Promise<Result<AboutTick>> {
  const about = await ticksAbout(documents, newest, number)
  if (!about.ok) return about
  const ticks = about.value.map(({ tick }) => tick)
  const revealing = about.value.find(({ tick: { body } }) => body.reveal?.tick === number)
  return ok({
    base: ticks.find(({ body }) => body.number === number),
    publishing: ticks.findLast(({ body }) => body.number < number && body.plans.some((plan) => plan.tick === number)),
    reveal: () => (revealing === undefined ? Promise.resolve(ok(null)) : revealOf(documents, revealing)),
  })
}

/**
 * What the ticks below `newest` say about the tick `number`; null where they do not have it, or it had no plan.
 * Errors: those of fetching, while they may pass.
 */
export async function factsAbout(
  documents: Documents,
  offerOf: OfferPrograms,
  newest: Reference,
  number: number,
): Promise<Result<TickFacts | null>> {
  const about = await aboutTick(documents, newest, number)
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
