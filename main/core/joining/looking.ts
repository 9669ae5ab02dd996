/**
 * An app that a link names and this node has not seen: its offer is looked for where the link says (PROTOCOL.md 16.1). Each hint is a stranger's word and bounded: the
 * chain says whether the offer is there, its digest is the app id, and nothing is asked where 16 says that nothing is sent. One that lies costs time.
 */
import { isIPv4, isIPv6, writePeer, type AppLink } from '../../../roles/protocol/link/index.ts'
import type { Offer, Reference } from '../../../roles/protocol/documents/index.ts'
import { fail, failForNow, ok, type Result } from '../../../roles/protocol/result.ts'
import { anchorsIn } from '../../../roles/protocol/tx/index.ts'
import { tipIn } from '../chain-watch.ts'
import type { HowToFetch } from '../documents/types.ts'
import type { Market } from '../market.ts'
import type { Services } from '../services.ts'

export type LookServices = Pick<Services, 'chain' | 'storage' | 'documents'>

/** Blocks that are read from the height on that a link names: a reorganisation moves an anchor by a few. */
const SPAN = 36

/** A link of another network is of another app. Error: `link.network`. */
export function checkNetwork({ network }: AppLink, { chain }: Pick<Services, 'chain'>): Result<null> {
  // A sandbox is a regtest of its own.
  if (network === chain.network || (network === 'sandbox' && chain.network === 'regtest')) return ok(null)
  return fail(
    'link.network',
    `This link is of an app on ${network}, and this node lives on ${chain.network}. Start a node on ${network} for it: golem node --network ${network}`,
    { field: 'network' },
  )
}

/** Looks where a link says, and tells the market what is there. What is found nowhere is no fault: the chain is read on anyway. */
export async function lookWhereItSays(services: LookServices, market: Market, link: AppLink): Promise<void> {
  const hints: HowToFetch['hints'] = {
    // A name may lead anywhere, and somewhere else the next time: of peers only addresses are dialled.
    peers: link.peers.filter(({ host }) => isIPv4(host) || isIPv6(host)).map(writePeer),
    trackers: link.trackers,
  }
  if (market.offers().some(({ reference }) => reference.sha256 === link.app)) return market.want(link.app, hints)
  const seen = await seenAhead(services, link)
  if (seen === null) return
  const how: HowToFetch = { lane: 'known', hints }
  const document = await services.documents.fetch(seen.reference, 'offer', how)
  if (!document.ok) return
  // While those who have it are connected.
  await services.documents.fetchFile(seen.reference.infohash, (document.value.body as Offer).outline, true, how)
  await market.note({ ...seen, document: document.value })
}

/** The first anchor of the app's offer in the blocks that the link names, where they are still to be read. */
async function seenAhead(
  { chain, storage }: LookServices,
  { app, height }: AppLink,
): Promise<{ reference: Reference; height: number } | null> {
  const tip = await chain.tip()
  if (height === undefined || !tip.ok) return null
  const from = Math.max(height, (tipIn(storage)?.height ?? 0) + 1)
  for (let at = from; at <= Math.min(height + SPAN - 1, tip.value.height); at++) {
    const block = await chain.blockAt(at)
    if (!block.ok) return null
    for (const raw of block.value.transactions) {
      const anchor = anchorsIn(raw)[0]
      if (anchor?.type === 'offer' && anchor.sha256 === app) return { reference: { sha256: app, infohash: anchor.infohash }, height: at }
    }
  }
  return null
}

/** Why an app is not known, while blocks are still to be read: it may be in one of them. Null once all of them were. */
export async function unread({ chain, storage }: Pick<Services, 'chain' | 'storage'>): Promise<Result<never> | null> {
  const tip = await chain.tip()
  const at = tipIn(storage)?.height ?? 0
  if (tip.ok && at >= tip.value.height) return null
  const of = tip.ok ? tip.value.height : null
  return failForNow(
    'offer.unread',
    `The chain was read up to block ${at}${of === null ? '' : ` of ${of}`}, and no block so far has the offer of this app. Wait until it was read.`,
    { at, ...(of === null ? {} : { of }) },
  )
}
