/**
 * What a wallet took part in, by its phrase alone: apps it supervises, jobs it has, apps it uses. Keys are derived from what is on the chain, and their addresses
 * looked for among what anchored transactions pay and spend. Nothing is written; what is watched by it is the caller's to say (`watchFound`).
 */
import type { Offer, OpenedDocument } from '../../../roles/protocol/documents/index.ts'
import type { AnchoredTransaction } from '../../../roles/protocol/events.ts'
import { referenceOf } from '../../../roles/protocol/ticks/index.ts'
import type { FoundView } from '../../contract/wallet.ts'
import { anchoredBetween } from '../chain-watch.ts'
import { tried } from '../history.ts'
import type { Services } from '../services.ts'
import { GAP, seenIn, usedNumbers, type Seen } from './keys.ts'
import { counted } from '../../../roles/protocol/words.ts'

export interface Found {
  found: FoundView[]
  /** What could not be told, one sentence each. */
  unknown: string[]
}

export type ScanServices = Pick<Services, 'storage' | 'documents' | 'identity' | 'log'>

/** @param step in words, @param share from 0 to 1 */
export type Progress = (step: string, share: number) => void

interface KnownOffer {
  sha256: string
  height: number
  body: Offer
}

/** Identities that one wallet had for an offer or an app: another one after a tombstone. */
const MOST_IDENTITIES = 8
/** Offers whose documents are asked for at one time. */
const AT_ONCE = 8

/**
 * Looks through everything anchored in the blocks that were followed. Safe to repeat.
 * @returns supervised apps, jobs, apps used; and offers that nobody delivers, of which nobody can say whether this wallet used their apps
 */
export async function scanForEngagements(services: ScanServices, progress: Progress): Promise<Found> {
  const anchored = anchoredBetween(services.storage, -1, Number.MAX_SAFE_INTEGER)
  progress('looks at the offers on the chain', 0)
  const { offers, unknown } = await offersIn(services, anchored, (share) => progress('looks at the offers on the chain', share * 0.8))
  const seen = seenIn(anchored)
  progress('looks for keys of this wallet', 0.8)
  const supervised = supervisedIn(services, offers, seen, unknown)
  const jobs = jobsIn(services, anchored, offers, seen)
  progress('looks for keys of this wallet', 0.9)
  const used = usedIn(services, offers, seen)
  progress('done', 1)
  return { found: [...supervised, ...jobs, ...used], unknown }
}

/** Every offer on the chain whose document somebody has. */
async function offersIn(
  { documents }: ScanServices,
  anchored: readonly AnchoredTransaction[],
  progress: (share: number) => void,
): Promise<{ offers: KnownOffer[]; unknown: string[] }> {
  const wanted = new Map<string, AnchoredTransaction>()
  for (const transaction of anchored)
    if (transaction.anchor.type === 'offer' && !wanted.has(transaction.anchor.sha256)) wanted.set(transaction.anchor.sha256, transaction)
  const offers: KnownOffer[] = []
  const unknown: string[] = []
  const all = [...wanted.values()]
  for (let at = 0; at < all.length; at += AT_ONCE) {
    const some = all.slice(at, at + AT_ONCE)
    const fetched = await Promise.all(
      some.map((transaction) => tried(() => documents.fetch(referenceOf(transaction), 'offer', { lane: 'new' }))),
    )
    for (const [number, one] of fetched.entries()) {
      const { anchor, height } = some[number]!
      if (one.ok) offers.push({ sha256: anchor.sha256, height, body: (one.value as OpenedDocument<'offer'>).body })
      else if (one.error.retryable)
        unknown.push(
          `Nobody delivers the offer ${anchor.sha256} of block ${height} now: whether this wallet made it, or used its app, is not known. Look again later.`,
        )
    }
    progress((at + some.length) / all.length)
  }
  return { offers: offers.sort((a, b) => a.height - b.height), unknown }
}

/** Nothing was done about it yet. */
const UNTOUCHED: Pick<FoundView, 'now' | 'notes'> = { now: 'waits', notes: [] }

const appOf = ({ sha256, body }: KnownOffer): string => body.app ?? sha256

/** Master keys by number, as far as one of them made an offer, or is paid on the chain. */
function supervisedIn({ identity }: ScanServices, offers: readonly KnownOffer[], seen: Seen, unknown: string[]): FoundView[] {
  const masterAt = (index: number): string => identity.key({ purpose: 'master', app: index }).publicKey
  const masters = new Set(offers.map(({ body }) => body.master))
  const used = usedNumbers((index) => masters.has(masterAt(index)) || seen.first(masterAt(index)) !== null)
  return used.flatMap((index): FoundView[] => {
    const id = masterAt(index)
    const own = offers.filter(({ body }) => body.master === id)
    const [first] = own
    if (first === undefined) {
      unknown.push(
        `The master key number ${index} of this wallet is on the chain since block ${seen.first(id)}, and nobody delivers its offer now. Look again when somebody who serves or uses its app is there.`,
      )
      return []
    }
    return [
      {
        role: 'supervisor',
        id,
        app: appOf(first),
        master: id,
        title: own.at(-1)!.body.title,
        index,
        ...UNTOUCHED,
        height: first.height,
        state: `offered in block ${first.height}${own.length > 1 ? `, ${counted(own.length, 'offer')} in all` : ''}`,
        restored: [
          'Keys, offers, ticks, the database with all its rows, servers and clients; the secrets of plans, which follow from the key.',
          own.at(-1)!.body.backup === null
            ? 'The program, once it is given again.'
            : 'The program, from the copy that those who serve or use the app hold sealed.',
        ],
        lost: [
          'Receipts that servers sent and that were not settled: they send them again.',
          'A tick that was signed and is in no block yet: another key goes on, and its updates are decided anew.',
        ],
      },
    ]
  })
}

/** Jobs: for each offer the identity that would serve it, where its address is paid by an acceptance. */
function jobsIn(
  { identity }: ScanServices,
  anchored: readonly AnchoredTransaction[],
  offers: readonly KnownOffer[],
  seen: Seen,
): FoundView[] {
  const known = new Map(offers.map((offer) => [offer.sha256, offer]))
  const digests = new Set(anchored.flatMap(({ anchor }) => (anchor.type === 'offer' ? [anchor.sha256] : [])))
  return [...digests].flatMap((offer) => {
    const idAt = (index: number): string => identity.key({ purpose: 'server', offer, index }).publicKey
    const index = lastIdentity((at) => seen.first(idAt(at)) !== null)
    const body = known.get(offer)
    if (index === null) return []
    const id = idAt(index)
    return [
      {
        role: 'server' as const,
        id,
        offer,
        app: body === undefined ? offer : appOf(body),
        master: body?.body.master ?? '',
        title: body?.body.title ?? null,
        index,
        ...UNTOUCHED,
        height: seen.first(id)!,
        state: `accepted in block ${seen.first(id)}`,
        restored: ['The identity, and its place among the servers: it serves from the next tick on whose code it gets.'],
        lost: [
          'Which requests of the ticks that run now were run: it runs blocks again from the ticks on that are planned once its new acceptance is in a block.',
          'Receipts of requests that were not sent to the Supervisor: what they were worth is lost.',
          'The proof of work: it is found again when it accepts the offer again, with the same key; that also says where it is reached now.',
        ],
      },
    ]
  })
}

/** Apps used: for each master key the client that would be registered with it, and its data keys. */
function usedIn({ identity }: ScanServices, offers: readonly KnownOffer[], seen: Seen): FoundView[] {
  const masters = new Map<string, KnownOffer[]>()
  for (const offer of offers) masters.set(offer.body.master, [...(masters.get(offer.body.master) ?? []), offer])
  return [...masters].flatMap(([master, own]) => {
    const idAt = (index: number): string => identity.key({ purpose: 'client', app: master, index }).publicKey
    const index = lastIdentity((at) => seen.first(idAt(at)) !== null)
    if (index === null) return []
    const id = idAt(index)
    const dataAt = (at: number): string => identity.key({ purpose: 'data', app: master, index: at }).publicKey
    const reserved = usedNumbers((at) => seen.first(dataAt(at)) !== null)
    const written = reserved.filter((at) => seen.isSpent(dataAt(at)))
    return [
      {
        role: 'client' as const,
        id,
        app: appOf(own[0]!),
        master,
        title: own.at(-1)!.body.title,
        index,
        ...UNTOUCHED,
        height: seen.first(id)!,
        state: `registered in block ${seen.first(id)}`,
        keys: { reserved: reserved.length, written: written.length, last: reserved.at(-1) ?? null },
        restored: ['The registration, all rows and reserved keys, and the chain of seats.'],
        lost: [
          'Requests under way, and writes that were reviewed and not approved: compose them again.',
          'An update that is anchored and whose document only this node had: it is refused as not available.',
        ],
      },
    ]
  })
}

/** The last of the identities that were used one after the other; null for none. */
function lastIdentity(isUsed: (index: number) => boolean): number | null {
  let last: number | null = null
  for (let index = 0; index < MOST_IDENTITIES && isUsed(index); index++) last = index
  return last
}

/**
 * Watches every address that belongs to what was found, so that a rescan finds its coins: identities, and data keys with `GAP` ahead.
 * @returns the height from which on blocks are to be read again; null where nothing was found
 */
export function watchFound({ wallet }: Pick<Services, 'wallet'>, found: readonly FoundView[]): number | null {
  for (const { role, master, index, offer, keys } of found) {
    if (role === 'supervisor') {
      wallet.watchKey({ purpose: 'master', app: index }, 'identity')
      for (let at = 0; at < GAP; at++) wallet.watchKey({ purpose: 'secondary', app: index, index: at }, 'identity')
    } else if (role === 'server') {
      wallet.watchKey({ purpose: 'server', offer: offer!, index }, 'identity')
    } else {
      wallet.watchKey({ purpose: 'client', app: master, index }, 'identity')
      for (let at = 0; at < (keys?.last ?? -1) + 1 + GAP; at++) wallet.watchKey({ purpose: 'data', app: master, index: at }, 'key')
    }
  }
  return found.length === 0 ? null : Math.min(...found.map(({ height }) => height))
}
