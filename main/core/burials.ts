/**
 * Which tombstones of a tick this node obeys. It looks into every burial itself, from the tick's evidence and what the chain's ticks say, before anything goes by it;
 * what it found is kept beside the database, because later ticks build on it. See roles/protocol/ticks/burials.ts.
 */
import { parseCanonical } from '../../roles/protocol/canonical.ts'
import type { Offer, OpenedDocument, Reference, Tick } from '../../roles/protocol/documents/index.ts'
import { checkSchema } from '../../roles/protocol/documents/index.ts'
import { plannedIn, revealFile, type DealTerms, type RevealFile } from '../../roles/protocol/requests/index.ts'
import { ok, type Result } from '../../roles/protocol/result.ts'
import { EVIDENCE_DEPTH, EVIDENCE_LIMIT, readEvidence, type Evidence, type TickFacts } from '../../roles/protocol/stamps/index.ts'
import { gravesOf, NO_GRAVES, type Graves } from '../../roles/protocol/ticks/index.ts'
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

export interface Burials {
  /** What was found for a tick, by the digest of its document; null while nobody has looked, or what it takes was not to be had. */
  known(tick: string): Graves | null
  /** Looks into a tick and those before it that nobody has looked into. Errors: those of fetching. */
  look(tick: Reference): Promise<Result<Graves>>
}

const ROWS = 'burials'
/** Ticks of which the finding is kept. */
const KEPT = 64
/** A reveal file: 100,000 versions at most, and not deeper than a list of records with lists. */
const [REVEAL_LIMIT, REVEAL_DEPTH] = [256 << 20, 8]
/** Ticks from the one that publishes a plan to the last that reveals its primes. */
const LIFE_OF_A_PLAN = 5

type OpenedTick = OpenedDocument<'tick'>
type Used = Pick<Services, 'crypto' | 'storage' | 'documents'>

/** @param app id of the app, hex */
export function createBurials({ crypto, storage, documents }: Used, app: string, offerOf: OfferPrograms): Burials {
  const known = (tick: string): Graves | null => {
    const row = storage.get(ROWS, tick) as { graves: Graves } | undefined
    return row === undefined ? null : row.graves
  }

  function keep(tick: OpenedTick, graves: Graves): void {
    const old = storage.list(ROWS, '').filter(({ value }) => (value as { number: number }).number < tick.body.number - KEPT)
    storage.transact([
      { table: ROWS, key: tick.sha256, value: { number: tick.body.number, graves } as unknown as Json },
      ...old.map(({ key }) => ({ table: ROWS, key, delete: true as const })),
    ])
  }

  async function open(reference: Reference): Promise<Result<OpenedTick>> {
    const document = await documents.fetch(reference, 'tick')
    return document.ok ? ok(document.value as OpenedTick) : document
  }

  async function fileOf(tick: Reference, file: NonNullable<Tick['evidence']>, maxBytes: number, maxDepth: number): Promise<Result<Json>> {
    const bytes = await documents.fetchFile(tick.infohash, file)
    return bytes.ok ? parseCanonical(bytes.value, { maxBytes, maxDepth }) : bytes
  }

  async function evidenceOf(reference: Reference, { evidence }: Tick): Promise<Result<ReadonlyMap<string, Evidence>>> {
    if (evidence === null) return ok(new Map<string, Evidence>())
    const json = await fileOf(reference, evidence, EVIDENCE_LIMIT, EVIDENCE_DEPTH)
    if (!json.ok && json.error.retryable) return json
    const read = json.ok ? readEvidence(crypto, json.value) : json
    // What can never be read shows nothing.
    return read.ok ? read : ok(new Map<string, Evidence>())
  }

  /** The ticks that `reference` builds on, newest first, as far as evidence about a tick `number` needs them. */
  async function ticksAbout(reference: Reference, number: number): Promise<Result<Array<{ reference: Reference; tick: OpenedTick }>>> {
    const found: Array<{ reference: Reference; tick: OpenedTick }> = []
    for (let at: Reference | null = reference; at !== null;) {
      const tick: Result<OpenedTick> = await open(at)
      if (!tick.ok) return tick
      if (tick.value.body.number <= number + 2) found.push({ reference: at, tick: tick.value })
      if (found.length >= LIFE_OF_A_PLAN + 1 || tick.value.body.number <= number - 3) break
      at = tick.value.body.previous
    }
    return ok(found)
  }

  async function revealOf(reference: Reference, { reveal }: Tick): Promise<Result<RevealFile | null>> {
    if (reveal === null) return ok(null)
    const json = await fileOf(reference, reveal.file, REVEAL_LIMIT, REVEAL_DEPTH)
    return json.ok ? checkSchema('reveal', revealFile, json.value) : json
  }

  /** What the ticks below `newest` say about one of them. */
  async function factsAbout(newest: Reference, number: number): Promise<Result<TickFacts | null>> {
    const about = await ticksAbout(newest, number)
    if (!about.ok) return about
    const base = about.value.find(({ tick }) => tick.body.number === number)
    // The first document that publishes a plan, before the tick that it is for, deals it.
    const publishing = about.value.findLast(({ tick: { body } }) => body.number < number && body.plans.some((plan) => plan.tick === number))
    const offer = publishing === undefined ? null : await offerOf(publishing.tick.body.offer)
    if (base === undefined || publishing === undefined || offer === null) return ok(null)
    const planned = plannedIn(publishing.tick, number, offer.terms)
    const revealing = about.value.find(({ tick: { body } }) => body.reveal?.tick === number)
    const reveal = revealing === undefined ? ok(null) : await revealOf(revealing.reference, revealing.tick.body)
    if (!reveal.ok && reveal.error.retryable) return reveal
    const indices = new Map(base.tick.body.indices.map(({ name, root }) => [name, { root }]))
    const { outline, budget } = offer
    return ok(planned && { base: base.tick.sha256, indices, planned, outline, budget, reveal: reveal.ok ? reveal.value : null })
  }

  async function lookInto(reference: Reference, tick: OpenedTick, before: Graves): Promise<Result<Graves>> {
    const evidence = await evidenceOf(reference, tick.body)
    if (!evidence.ok) return evidence
    let missing: Extract<Result<never>, { ok: false }> | null = null
    const asked = new Map<number, Promise<TickFacts | null>>()
    const ask = async (number: number): Promise<TickFacts | null> => {
      const about = await factsAbout(reference, number)
      if (about.ok) return about.value
      missing ??= about
      return null
    }
    const facts = (number: number): Promise<TickFacts | null> => {
      const answer = asked.get(number) ?? ask(number)
      asked.set(number, answer)
      return answer
    }
    const graves = await gravesOf({ crypto }, { app, facts }, tick.body, before, evidence.value)
    if (missing !== null) return missing
    keep(tick, graves)
    return ok(graves)
  }

  return {
    known,
    async look(reference) {
      const unseen: Array<{ reference: Reference; tick: OpenedTick }> = []
      let graves = NO_GRAVES
      for (let at: Reference | null = reference; at !== null;) {
        const found = known(at.sha256)
        if (found !== null) {
          graves = found
          break
        }
        const tick: Result<OpenedTick> = await open(at)
        if (!tick.ok) return tick
        unseen.push({ reference: at, tick: tick.value })
        at = tick.value.body.previous
      }
      for (const one of unseen.toReversed()) {
        const looked = await lookInto(one.reference, one.tick, graves)
        if (!looked.ok) return looked
        graves = looked.value
      }
      return ok(graves)
    },
  }
}

/** One for each app, made when it is asked for. */
export function burialsByApp(services: Used, offerOf: OfferPrograms): (app: string) => Burials {
  const made = new Map<string, Burials>()
  return (app) => {
    const known = made.get(app) ?? createBurials(services, app, offerOf)
    made.set(app, known)
    return known
  }
}
