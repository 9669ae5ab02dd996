/**
 * A key that its master key took back hires nobody any more (PROTOCOL.md 5.3): an offer whose first anchor is in the block of the revocation or a later one
 * does not count, although the grant that it names is genuine.
 */
import type { Offer, OpenedDocument, Reference } from '../../roles/protocol/documents/index.ts'
import type { AnchoredTransaction } from '../../roles/protocol/events.ts'
import { spendsKey } from '../../roles/protocol/ticks/index.ts'
import { fail, failForNow, ok, type Result } from '../../roles/protocol/result.ts'
import { anchoredBetween } from './chain-watch.ts'
import type { Documents } from './documents/index.ts'
import { checkTakesOver } from './succession.ts'
import type { FetchLane, StoragePort } from './ports.ts'

interface Here {
  storage: StoragePort
  documents: Pick<Documents, 'fetch' | 'fetchFile'>
}

/** So many revocations of one master key are looked at. */
const MOST = 256
/** Times that an offer waits for a revocation that cannot be had. Whoever takes it then follows no tick past that one (PROTOCOL.md 6.8). */
const PATIENCE = 6

/** What may be a revocation of the offer's key, anchored before the offer or with it. */
function suspicious(storage: StoragePort, sha256: string, { master }: Offer): AnchoredTransaction[] {
  const anchored = anchoredBetween(storage, -1, Number.MAX_SAFE_INTEGER)
  const offered = anchored.find(({ anchor }) => anchor.type === 'offer' && anchor.sha256 === sha256)
  if (offered === undefined) return []
  const isSaid = ({ anchor, height }: AnchoredTransaction): boolean => anchor.type === 'revocation' && height <= offered.height
  return anchored.filter((transaction) => isSaid(transaction) && spendsKey(transaction, master)).slice(0, MOST)
}

/** Errors: `offer.revoked`; `offer.revocation` (retryable): something that may be a revocation is not here yet. */
export async function offerStands({ storage, documents }: Here, { sha256, body }: OpenedDocument<'offer'>): Promise<Result<null>> {
  const said = await Promise.all(
    suspicious(storage, sha256, body).map(({ anchor }) =>
      documents.fetch({ sha256: anchor.sha256, infohash: anchor.infohash }, 'revocation', { lane: 'new' }),
    ),
  )
  const revoked = said.some(
    (one) => one.ok && one.value.body.type === 'revocation' && one.value.body.by === body.master && one.value.body.key === body.by,
  )
  if (revoked)
    return fail('offer.revoked', `The offer «${body.title}» is signed by a key that its master key had taken back. Do not use it.`)
  return said.some((one) => !one.ok && one.error.retryable)
    ? failForNow('offer.revocation', `What may take back the key that signed the offer «${body.title}» is not here yet. Wait for it.`)
    : ok(null)
}

/**
 * One way to fetch an offer, asked again and again: it has to take over rightly from the one that it supersedes, and is held against revocations, which are waited
 * for a bounded number of times.
 */
export function fetchStanding<T>(
  here: Here,
  reference: Reference,
  fetch: () => Promise<Result<T>>,
  documentOf: (fetched: T) => OpenedDocument<'offer'>,
): () => Promise<Result<T>> {
  let waited = 0
  return async () => {
    const fetched = await fetch()
    if (!fetched.ok) return fetched
    const right = await checkTakesOver(here, reference, documentOf(fetched.value))
    if (!right.ok) return right
    const stands = await offerStands(here, documentOf(fetched.value))
    return stands.ok || (stands.error.retryable && ++waited >= PATIENCE) ? fetched : stands
  }
}

/** The same for a document that is fetched by its reference. */
export const fetchStandingOffer = (here: Here, reference: Reference, lane: FetchLane): (() => Promise<Result<OpenedDocument<'offer'>>>) =>
  fetchStanding(
    here,
    reference,
    () => here.documents.fetch(reference, 'offer', { lane }) as Promise<Result<OpenedDocument<'offer'>>>,
    (offer) => offer,
  )
