/** What a client knows of the app it uses: offer, outline, and the newest tick with its plan and proved snapshot reader. */
import type { Program } from '../../../roles/program/index.ts'
import type { OpenedDocument, Reference, Tick } from '../../../roles/protocol/documents/index.ts'
import { newestTick, planTick, type Following, type Graves } from '../../../roles/protocol/ticks/index.ts'
import { parseOutline, plannedIn, termsOf, type PlannedTick } from '../../../roles/protocol/requests/index.ts'
import { failForNow, ok, type Result } from '../../../roles/protocol/result.ts'
import { openSnapshot, type FetchFile, type SnapshotReader } from '../../../roles/protocol/index/index.ts'
import { burialsByApp, lookBehind } from '../burials.ts'
import { indexFileOf } from '../read-index.ts'
import type { FetchLane } from '../ports.ts'
import type { LocalIndex } from '../local-index/index.ts'
import { holdBackup, type Services } from '../services.ts'

/** What it needs of what every role in service shares. */
export type ClientServices = Pick<Services, 'crypto' | 'documents' | 'storage' | 'log' | 'seldom' | 'changed'>

export interface OpenedOffer {
  document: OpenedDocument<'offer'>
  outline: Program
}

export interface OpenedTick {
  reference: Reference
  tick: Tick
  /** In force: whose terms hold now, which need not be those of the offer that was joined. */
  offer: OpenedDocument<'offer'>
  /** In force for reading: it declares the indices of this tick. */
  outline: Program
  /** For the tick's own number, with what its holders are dealt from; null in tick 0 and while sleeping. */
  plan: PlannedTick | null
  /** Of the offer under which the plan was made, up to three ticks earlier: what requests follow. */
  planned: Program
  reader: SnapshotReader
  /** A file of the tick's torrent, for one use. */
  fetchFile: FetchFile
  /** What this client found about the tick's tombstones; null while it is looking. */
  graves(): Graves | null
  /** Until it has looked. */
  looked: Promise<void>
}

export interface ClientApp {
  /** The offer with its outline; fetched once. */
  offer(reference: Reference, lane?: FetchLane): Promise<Result<OpenedOffer>>
  /** The newest tick of the chain that is followed, ready to be read. Errors: `client.no-tick`, `client.no-offer` (retryable). */
  newest(following: Following, offerOf: OfferOf): Promise<Result<OpenedTick>>
}

/** Where an offer is that was seen on the chain; null for every other digest. */
export type OfferOf = (sha256: string) => Reference | null

/** Error: `client.no-offer` (retryable): a tick may be here before the offer that it names. */
export function seenOffer(offerOf: OfferOf, sha256: string): Result<Reference> {
  const reference = offerOf(sha256)
  if (reference !== null) return ok(reference)
  return failForNow('client.no-offer', `The offer ${sha256} of a tick has not been seen on the chain. Wait until it has been fetched.`)
}

/** An offer with its outline. Errors: those of fetching and of `parseOutline`. */
export async function fetchOfferWithOutline(
  { documents }: Pick<Services, 'documents'>,
  reference: Reference,
  lane: FetchLane = 'own',
): Promise<Result<OpenedOffer>> {
  const document = await documents.fetch(reference, 'offer', { lane })
  if (!document.ok) return document
  const opened = document.value as OpenedDocument<'offer'>
  const bytes = await documents.fetchFile(reference.infohash, opened.body.outline, true, { lane })
  if (!bytes.ok) return bytes
  const outline = parseOutline(bytes.value)
  return outline.ok ? ok({ document: opened, outline: outline.value }) : outline
}

/** Looks into the tombstones of the ticks that are opened, behind everything else. */
function createGraves(services: ClientServices, partsOf: (sha256: string) => Promise<Result<OpenedOffer>>) {
  const desks = burialsByApp(services, async (sha256) => {
    const parts = await partsOf(sha256)
    if (!parts.ok) return null
    const { body } = parts.value.document
    return { outline: parts.value.outline, budget: body.budget, terms: termsOf(body) }
  })
  return (app: string, tick: Reference): Pick<OpenedTick, 'graves' | 'looked'> => {
    const desk = desks(app)
    const graves = (): Graves | null => desk.known(tick.sha256)
    if (graves() !== null) return { graves, looked: Promise.resolve() }
    const looked = lookBehind(services, desk, tick).then((isFound) => {
      if (isFound) services.changed()
    })
    return { graves, looked }
  }
}

export function createClientApp(services: ClientServices, local: LocalIndex): ClientApp {
  const { crypto, documents } = services
  let seen: OfferOf = () => null
  /** Offers whose backup is held here, or asked for. */
  const held = new Set<string>()
  const gravesOf = createGraves(services, async (sha256) => {
    const reference = seenOffer(seen, sha256)
    return reference.ok ? offer(reference.value) : reference
  })

  /** Documents come in any order: the one with a tick's plan may come after the tick. */
  let kept: { name: string; opened: OpenedTick } | null = null
  const offer = (reference: Reference, lane?: FetchLane): Promise<Result<OpenedOffer>> => fetchOfferWithOutline(services, reference, lane)

  async function open(
    reference: Reference,
    planned: { reference: Reference; offer: Reference } | null,
    offerReference: Reference,
  ): Promise<Result<OpenedTick>> {
    const document = await documents.fetch(reference, 'tick')
    if (!document.ok) return document
    const tick = document.value.body as Tick
    const app = await offer(offerReference)
    if (!app.ok) return app
    if (!held.has(offerReference.sha256)) holdBackup(services, offerReference, app.value.document.body)
    held.add(offerReference.sha256)
    const planDocument = planned === null ? null : await documents.fetch(planned.reference, 'tick')
    if (planDocument?.ok === false) return planDocument
    const planApp = planned === null ? app : await offer(planned.offer)
    if (!planApp.ok) return planApp
    const reader = openSnapshot({
      crypto,
      program: app.value.outline,
      tick,
      fetchFile: indexFileOf(documents, reference, tick, true),
      local: local.for(app.value.outline),
    })
    if (!reader.ok) return reader
    const terms = termsOf(planApp.value.document.body)
    const plan = planDocument === null ? null : plannedIn(planDocument.value as OpenedDocument<'tick'>, tick.number, terms)
    return ok({
      reference,
      tick,
      offer: app.value.document,
      outline: app.value.outline,
      plan,
      planned: planApp.value.outline,
      reader: reader.value,
      fetchFile: indexFileOf(documents, reference, tick, false),
      ...gravesOf(tick.app, reference),
    })
  }

  return {
    offer,
    async newest(following, offerOf) {
      seen = offerOf
      const newest = newestTick(following)
      if (newest === null) return failForNow('client.no-tick', 'No tick of this app has arrived yet. Wait for the next one.')
      const plan = planTick(following, newest.number)
      const name = `${newest.reference.sha256}/${plan?.reference.sha256 ?? ''}`
      if (kept?.name === name) return ok(kept.opened)
      const own = seenOffer(offerOf, newest.offer)
      const planned = plan === null ? own : seenOffer(offerOf, plan.offer)
      if (!own.ok) return own
      if (!planned.ok) return planned
      const opened = await open(newest.reference, plan === null ? null : { reference: plan.reference, offer: planned.value }, own.value)
      if (opened.ok) kept = { name, opened: opened.value }
      return opened
    },
  }
}
