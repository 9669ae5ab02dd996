/**
 * The job offers that were seen on the chain, whoever anchored them: for whoever looks for a job or an app. One role of the node; what is joined follows its app's
 * offers by itself.
 */
import type { Offer, OpenedDocument, Reference } from '../../roles/protocol/documents/index.ts'
import type { AnchoredTransaction, WorldEvent } from '../../roles/protocol/events.ts'
import { termsOf, type OfferTerms } from '../../roles/server/index.ts'
import type { OfferView } from '../contract/index.ts'
import type { HowToFetch } from './documents/types.ts'
import type { Engine } from './engine.ts'
import { fetchOffer, type Services } from './services.ts'

export interface MarketTerms extends OfferTerms {
  minimumServers: number
  supersedes: boolean
}

/** `terms` null until its document is here. */
export interface MarketOffer {
  reference: Reference
  height: number
  terms: MarketTerms | null
  declined: boolean
  /** A link named its block, which was read ahead of its turn. */
  early?: true
}

export interface SeenEarly {
  reference: Reference
  height: number
  document: OpenedDocument
}

export interface Market {
  offers(): readonly MarketOffer[]
  /** Of an app by its id, where that is known. */
  titleOf(app: string): string | null
  /** The newest offer of each app, best paid first. @param joined apps that this node works for, by id */
  list(joined: ReadonlySet<string>): OfferView[]
  /** Offers of an app whose documents are here, oldest first. */
  ofApp(app: string): Array<MarketOffer & { terms: MarketTerms }>
  /** Takes in an offer whose block was read ahead of its turn: `early` until that comes. */
  note(seen: SeenEarly): Promise<void>
  decline(offer: string): Promise<void>
  /** Asks at once for an offer that a person named, and does not wait behind what strangers announce. */
  want(offer: string, hints?: HowToFetch['hints']): Promise<void>
}

export interface MarketState {
  offers: MarketOffer[]
}
export type MarketEvent = WorldEvent | { type: 'decline'; offer: string } | ({ type: 'early' } & SeenEarly)
export interface FetchOffer {
  type: 'fetch'
  reference: Reference
}

const isSame = (a: Reference, b: Reference): boolean => a.sha256 === b.sha256 && a.infohash === b.infohash
const hasTerms = (offer: MarketOffer): offer is MarketOffer & { terms: MarketTerms } => offer.terms !== null

/** @param changed called whenever offers came or went */
export function startMarket(services: Services, engine: Engine, changed: () => void): Market {
  const member = engine.add<MarketState, MarketEvent, FetchOffer>({
    name: 'market',
    initial: { offers: [] },
    step: marketStep,
    perform: ({ reference }) => fetchOffer(services, { reference }),
    changed,
  })
  const offers = (): MarketOffer[] => member.state().offers
  const ofApp: Market['ofApp'] = (app) =>
    offers()
      .filter(hasTerms)
      .filter(({ terms }) => terms.app === app)
  return {
    offers,
    ofApp,
    titleOf: (app) => ofApp(app).at(-1)?.terms.title ?? null,
    list(joined) {
      const newest = new Map(
        offers()
          .filter(hasTerms)
          .map((offer) => [offer.terms.app, offer]),
      )
      return [...newest.values()].map((offer) => viewOf(offer, joined)).sort((a, b) => b.perRequest - a.perRequest || a.height - b.height)
    },
    note: (seen) => member.dispatch({ type: 'early', ...seen }),
    async want(sha256, hints) {
      const wanted = offers().filter(({ reference, terms }) => reference.sha256 === sha256 && terms === null)
      for (const { reference } of wanted) {
        const fetched = await services.documents.fetch(reference, 'offer', { lane: 'known', ...(hints === undefined ? {} : { hints }) })
        if (fetched.ok) await member.dispatch({ type: 'document', reference, document: fetched.value })
      }
    },
    decline: (offer) => member.dispatch({ type: 'decline', offer }),
  }
}

function viewOf({ reference, height, terms, declined }: MarketOffer & { terms: MarketTerms }, joined: ReadonlySet<string>): OfferView {
  const { app, master, title, perRequest, workBits, supersedes, minimumServers, tickBlocks } = terms
  const state = joined.has(app) ? 'accepted' : declined ? 'declined' : 'open'
  return { id: reference.sha256, app, master, title, perRequest, workBits, height, supersedes, minimumServers, tickBlocks, state }
}

export function marketStep(state: MarketState, event: MarketEvent): { state: MarketState; effects: FetchOffer[] } {
  const only = (offers: MarketOffer[]) => ({ state: offers.length === state.offers.length ? state : { offers }, effects: [] })
  switch (event.type) {
    case 'block':
      return onBlock(state, event.anchored)
    case 'reorg':
      return only(state.offers.filter(({ height }) => height <= event.height))
    case 'document':
      return event.document.body.type === 'offer' ? onOffer(state, event.reference, event.document.body) : { state, effects: [] }
    case 'document.missing':
      // An offer that is broken for good is forgotten.
      return event.failure.retryable
        ? { state, effects: [] }
        : only(state.offers.filter((offer) => offer.terms !== null || !isSame(offer.reference, event.reference)))
    case 'early':
      return onEarly(state, event)
    case 'decline':
      return {
        state: { offers: state.offers.map((offer) => (offer.reference.sha256 === event.offer ? { ...offer, declined: true } : offer)) },
        effects: [],
      }
  }
}

function onBlock(state: MarketState, anchored: AnchoredTransaction[]): { state: MarketState; effects: FetchOffer[] } {
  const offers = [...state.offers]
  const effects: FetchOffer[] = []
  let isNew = false
  for (const { anchor, height } of anchored) {
    if (anchor.type !== 'offer') continue
    const reference = { sha256: anchor.sha256, infohash: anchor.infohash }
    // The chain has the last word on where it is: a link may have led to a later copy of its anchor.
    const early = offers.findIndex((offer) => offer.early === true && offer.reference.sha256 === anchor.sha256)
    if (early >= 0) {
      const { early: _early, ...known } = offers[early]!
      offers[early] = { ...known, reference, height }
      isNew = true
      continue
    }
    // A stranger's copy of its digest may lead to another torrent, or to none.
    if (offers.some(({ reference, terms }) => isSame(reference, anchor) || (terms !== null && reference.sha256 === anchor.sha256))) continue
    isNew = true
    offers.push({ reference, height, terms: null, declined: false })
    effects.push({ type: 'fetch', reference })
  }
  return { state: isNew ? { offers } : state, effects }
}

/** One that blocks have named meanwhile is there already. */
function onEarly(state: MarketState, { reference, height, document }: SeenEarly): { state: MarketState; effects: FetchOffer[] } {
  if (document.body.type !== 'offer' || state.offers.some((offer) => offer.reference.sha256 === reference.sha256))
    return { state, effects: [] }
  return onOffer({ offers: [...state.offers, { reference, height, terms: null, declined: false, early: true }] }, reference, document.body)
}

function onOffer(state: MarketState, reference: Reference, body: Offer): { state: MarketState; effects: FetchOffer[] } {
  const same = state.offers.filter((offer) => offer.reference.sha256 === reference.sha256)
  const known = same.find((offer) => offer.terms === null && isSame(offer.reference, reference))
  if (known === undefined || same.some(({ terms }) => terms !== null)) return { state, effects: [] }
  const terms: MarketTerms = {
    ...termsOf(reference.sha256, body),
    minimumServers: body.minimumServers,
    supersedes: body.supersedes !== null,
  }
  // The other anchors of it, if any, are copies.
  const offers = state.offers.flatMap((offer) => (offer === known ? [{ ...offer, terms }] : same.includes(offer) ? [] : [offer]))
  return { state: { offers }, effects: [] }
}
