/**
 * An app that was used, from the phrase, the chain and the swarm: the registration and the reserved keys as the client had published them. Whether they count is not
 * decided here: the client's own step hears the app's history and the verdicts of its ticks, as one that joins late does.
 */
import type { OpenedDocument, Reference } from '../../../roles/protocol/documents/index.ts'
import type { AnchoredTransaction } from '../../../roles/protocol/events.ts'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'
import { paysKey, readDocuments, referenceOf, spendsKey, startFollowing } from '../../../roles/protocol/ticks/index.ts'
import { initialClientState, type ClientState, type Publication } from '../../../roles/client/index.ts'
import { anchoredBetween } from '../chain-watch.ts'
import { historyOf, tried, type CountedTick } from '../history.ts'
import { offersBy } from './offers.ts'
import { GAP, seenIn, usedNumbers, type Seen } from './keys.ts'
import type { RestoreServices } from './supervisor.ts'

export interface RestoredClient {
  /** The client's key. */
  id: string
  app: string
  /** The app's first offer and its block. */
  first: { reference: Reference; height: number; master: string; by: string; title: string }
  /** All offers of the app that were seen, the first one included. */
  offers: Reference[]
  /** Of its role `client`. */
  state: ClientState
  /** Transactions of its own documents, by their digests. */
  published: Array<{ sha256: string; infohash: string; txid: string }>
  lost: string[]
}

interface Own {
  transaction: AnchoredTransaction
  document: OpenedDocument
}

/** Own documents, from the log of the ticks that decided them, or from whoever serves them. */
async function ownDocuments(
  { crypto, documents }: RestoreServices,
  ticks: readonly CountedTick[],
  mine: readonly AnchoredTransaction[],
  lost: string[],
): Promise<Own[]> {
  const ids = new Set(mine.map(({ txid }) => txid))
  const known = new Map<string, OpenedDocument>()
  for (const { reference, document } of ticks) {
    const { summary } = document.body
    if (!summary.verdicts.some(({ txid }) => ids.has(txid))) continue
    const fetchFile = (name: string) => {
      const entry = summary.documents.find((file) => file.name === name)
      return entry === undefined
        ? Promise.resolve(fail('swarm.no-file', `The tick has no file ${name}.`))
        : tried(() => documents.fetchFile(reference.infohash, entry, false))
    }
    const read = await readDocuments({ crypto, fetchFile }, document.body)
    if (read.ok) for (const [sha256, one] of read.value) known.set(sha256, one)
  }
  const own: Own[] = []
  for (const transaction of mine) {
    const { type, sha256 } = transaction.anchor
    const fetched = known.has(sha256) ? ok(known.get(sha256)!) : await tried(() => documents.fetch(referenceOf(transaction), type))
    if (fetched.ok) own.push({ transaction, document: fetched.value })
    else lost.push(`The ${type} of block ${transaction.height} cannot be had: ${fetched.error.message} Its keys are left out.`)
  }
  return own
}

const publicationOf = ({ transaction, document }: Own, spendFromKeys: string[], payToKeys: string[]): Publication => ({
  documentType: document.body.type as Publication['documentType'],
  document: new TextDecoder().decode(document.bytes),
  sha256: document.sha256,
  spendFromKeys,
  payToKeys,
  reference: referenceOf(transaction),
  txid: transaction.txid,
  fee: null,
  height: transaction.height,
  verdict: null,
  waiting: false,
})

/** Registration, reservations and keys, as if they had just been published; a copy that a stranger anchored again is left out. */
function withOwn(
  state: ClientState,
  own: readonly Own[],
  { master, indexOf, seen }: { master: string; indexOf: Map<string, number>; seen: Seen },
): ClientState {
  const firsts = own.filter(({ document }, at) => own.findIndex((other) => other.document.sha256 === document.sha256) === at)
  let next = state
  for (const one of firsts) {
    const { body, sha256 } = one.document
    if (body.by !== state.client) continue
    if (body.type === 'registration' && next.registration === null)
      next = { ...next, registration: publicationOf(one, [], [master, state.client]) }
    if (body.type !== 'reservation') continue
    const keys = body.keys.flatMap(({ key, collection }) => {
      const index = indexOf.get(key)
      return index === undefined ? [] : [{ key, collection, index, written: seen.isSpent(key), reservation: sha256, request: null }]
    })
    const reservation = publicationOf(
      one,
      [state.client],
      body.keys.map(({ key }) => key),
    )
    next = { ...next, reservations: [...next.reservations, reservation], keys: [...next.keys, ...keys] }
  }
  return next
}

/**
 * Nothing is written or published here; repeating it is harmless. The chain has to have been followed from the app's first offer on.
 * @param used as `scanForEngagements` found it
 * Errors: `restore.offer`, those of fetching.
 */
export async function restoreClient(
  services: RestoreServices,
  { app, master, index }: { app: string; master: string; index: number },
): Promise<Result<RestoredClient>> {
  const { identity, wallet, storage } = services
  const anchored = anchoredBetween(storage, -1, Number.MAX_SAFE_INTEGER)
  const offers = await offersBy(services, anchored, app, master)
  const first = offers.find(({ document }) => document.sha256 === app)
  if (first === undefined)
    return fail(
      'restore.offer',
      `The first offer ${app} of the app cannot be had now. Ask somebody who uses it to be there, and try again.`,
    )
  const client = wallet.watchKey({ purpose: 'client', app: master, index }, 'identity').publicKey
  const signers = [...new Set(offers.map(({ document }) => document.body.by))]
  const history = await historyOf(services, startFollowing(app, master, signers), null, true)
  if (!history.ok) return history
  const seen = seenIn(anchored)
  const dataAt = (at: number): string => identity.key({ purpose: 'data', app: master, index: at }).publicKey
  const last = usedNumbers((at) => seen.first(dataAt(at)) !== null).at(-1) ?? -1
  const indexOf = new Map(Array.from({ length: last + 1 + GAP }, (_, at) => [dataAt(at), at]))
  for (let at = 0; at <= last; at++) wallet.watchKey({ purpose: 'data', app: master, index: at }, 'key')
  const mine = anchored.filter(
    (transaction) =>
      (transaction.anchor.type === 'registration' && paysKey(transaction, client)) ||
      (transaction.anchor.type === 'reservation' && spendsKey(transaction, client)),
  )
  const lost: string[] = []
  const own = await ownDocuments(services, history.value.ticks, mine, lost)
  const { transaction, document } = first
  const { by, title } = document.body
  return ok({
    id: client,
    app,
    first: { reference: referenceOf(transaction), height: transaction.height, master, by, title },
    offers: offers.map((one) => referenceOf(one.transaction)),
    state: withOwn(initialClientState(app, master, [by], client), own, { master, indexOf, seen }),
    published: own.map(({ transaction: { anchor, txid } }) => ({ sha256: anchor.sha256, infohash: anchor.infohash, txid })),
    lost,
  })
}
