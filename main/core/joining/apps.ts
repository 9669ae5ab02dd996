/** The apps whose offers were seen on the chain: which one a person means, and what it is. */
import { looksLikeLink, readLink, writeLink } from '../../../roles/protocol/link/index.ts'
import { failForNow, ok, type Result } from '../../../roles/protocol/result.ts'
import type { KnownAppView } from '../../contract/index.ts'
import { fetchOfferWithOutline } from '../client/app.ts'
import { appView } from '../client/views.ts'
import { appOf, find, type Named } from '../engagements/find.ts'
import type { Market, MarketOffer, MarketTerms } from '../market.ts'
import { fetchStandingOffer } from '../revocations.ts'
import type { Services } from '../services.ts'
import { checkNetwork, lookWhereItSays, unread, type LookServices } from './looking.ts'

/** An offer whose document is here. */
export type Known = MarketOffer & { terms: MarketTerms }

export interface Apps {
  /** Each app once, by its newest offer, in the order in which they were seen. */
  all(): Array<Named & { offer: Known }>
  /** A link is looked up where it says. Errors: `link.*`, those of `find`; `offer.missing`, `offer.unread` (retryable). */
  known(text: string): Promise<Result<Known>>
}

export function createApps(services: LookServices, market: Market): Apps {
  /** Each app once, by its newest offer. */
  const all = (): Array<Named & { offer: Known }> => {
    const newest = new Map(market.offers().flatMap((offer) => (offer.terms === null ? [] : [[offer.terms.app, offer as Known] as const])))
    return [...newest].map(([app, offer]) => ({ id: offer.reference.sha256, app, title: offer.terms.title, offer }))
  }
  async function known(text: string): Promise<Result<Known>> {
    const link = looksLikeLink(text) ? readLink(text) : null
    if (link?.ok === false) return link
    const here = link === null ? ok(null) : checkNetwork(link.value, services)
    if (!here.ok) return here
    const named = appOf(text)
    const isId = /^[0-9a-f]{64}$/.test(named)
    if (isId && !all().some(({ app }) => app === named))
      await (link === null ? market.want(named) : lookWhereItSays(services, market, link.value))
    const one = find(all(), text, 'app whose offer was seen on the chain')
    if (one.ok) return ok(one.value.offer)
    const isUnread = isId && market.offers().every(({ reference }) => reference.sha256 !== named) ? await unread(services) : null
    if (isUnread !== null) return isUnread
    return one.error.code === 'engagement.none' && market.offers().some(({ terms }) => terms === null)
      ? failForNow('offer.missing', `${one.error.message} Documents of some offers are not here yet: try again in a moment.`)
      : one
  }
  return { all, known }
}

/** What an app is, from its offer in force and its outline. Errors: those of fetching and of `fetchStandingOffer`. */
export async function describeApp(services: Services, market: Market, { reference, terms }: Known): Promise<Result<KnownAppView>> {
  const standing = await fetchStandingOffer(services, reference, 'known')()
  if (!standing.ok) return standing
  const opened = await fetchOfferWithOutline(services, reference)
  if (!opened.ok) return opened
  const { document, outline } = opened.value
  const view = appView(terms.app, document.body, outline, 0)
  const first = market.ofApp(terms.app)[0]
  const link = writeLink({
    network: services.chain.network,
    app: terms.app,
    title: terms.title,
    ...(first === undefined ? {} : { infohash: first.reference.infohash, height: first.height }),
    trackers: document.body.trackers,
    peers: [],
  })
  if (!link.ok) return link
  return ok({
    app: terms.app,
    title: terms.title,
    doc: view.doc,
    master: terms.master,
    height: first?.height ?? 0,
    link: link.value,
    perRequest: terms.perRequest,
    workBits: document.body.work.client,
    tickBlocks: terms.tickBlocks,
    endpoints: view.endpoints.map(({ name, doc, fields, observations }) => ({ name, doc, fields, observations })),
    collections: view.collections,
  })
}
