/**
 * The client's bookkeeping: pure, from what the world shows and the person decides to a new state and effects. What a person approved
 * is stored signed before it is published, and always published as the same bytes, so nothing is written twice.
 */
import type { CryptoPort } from '../protocol/crypto/index.ts'
import type { OpenedDocument, Reference, Tick, Verdict } from '../protocol/documents/index.ts'
import type { AnchoredTransaction, Step } from '../protocol/events.ts'
import {
  followBlock,
  followDocument,
  followMissing,
  followProof,
  followReorg,
  followRefused,
  followSigner,
  forgetOld,
  paysKey,
  spendsKey,
  stopOf,
  takenBack,
  type Followed,
  type Following,
  type HashAt,
  type HistoryBlock,
  type Wanted,
} from '../protocol/ticks/index.ts'
import { expire, onAnswered, onApprove, onDisagreed, onDispute, onPublishFailed, onReplied, onRequest, onSendFailed } from './asking.ts'
import type { ClientEffect, ClientEvent } from './events.ts'
import { onRegister, onReserve, onWork } from './joining.ts'
import { changePublications, changeRequest, publicationsOf, publish } from './publications.ts'
import type { ClientState, Publication, RequestEntry } from './state.ts'

export interface ClientStepContext {
  crypto: CryptoPort
  hashAt: HashAt
}

type Stepped = Step<ClientState, ClientEffect>

const unchanged = (state: ClientState): Stepped => ({ state, effects: [] })

/** Takes one event in. Events that do not fit the state change nothing, so that they may come twice. */
export function clientStep(ctx: ClientStepContext, state: ClientState, event: ClientEvent): Stepped {
  switch (event.type) {
    case 'block':
      return onBlock(state, event.anchored, event.height)
    case 'reorg':
      return onReorg(state, event.height)
    case 'document':
      return onDocument(ctx, state, event.reference, event.document)
    case 'offer.refused':
      return onFollowed(state, followRefused(state.following, event.offer, event.why), Infinity)
    case 'signer':
      return onSigner(state, event.key)
    case 'document.missing':
      return unchanged({ ...state, following: followMissing(state.following, event.reference, event.failure) })
    case 'history':
      return onHistory(state, event.blocks)
    case 'proof':
      return onFollowed(state, followProof(state.following, event.resumption, event.holds), Infinity)
    case 'register':
      return onRegister(ctx, state, event)
    case 'work.done':
      return onWork(state, event)
    case 'reserve':
      return onReserve(state, event)
    case 'request':
      return onRequest(state, event)
    case 'replied':
      return onReplied(state, event)
    case 'answered':
      return onAnswered(state, event)
    case 'send.failed':
      return onSendFailed(state, event)
    case 'disagreed':
      return onDisagreed(state, event)
    case 'dispute':
      return onDispute(state, event)
    case 'approve':
      return onApprove(state, event)
    case 'refuse':
      return unchanged(
        changeRequest(state, event.id, (entry) =>
          isRefusable(entry) ? { ...entry, phase: 'refused', publication: null, error: null } : entry,
        ),
      )
    case 'height':
      return unchanged(expire(state, event.height))
    case 'published':
      return unchanged(
        changePublications(state, (one) =>
          one.sha256 === event.sha256 ? { ...one, reference: event.reference, txid: event.txid, fee: event.fee } : one,
        ),
      )
    case 'publish.failed':
      return onPublishFailed(state, event)
  }
}

// ───────────────────────────── the world ─────────────────────────────

const isRefusable = ({ phase }: RequestEntry): boolean => phase === 'review' || phase === 'late'

const onSigner = (state: ClientState, key: string): Stepped => onFollowed(state, followSigner(state.following, key), Infinity)

/** What happened before this client took part, in one piece: so nothing comes in between. */
function onHistory(state: ClientState, blocks: HistoryBlock[]): Stepped {
  const effects: ClientEffect[] = []
  let current = state
  for (const { height, anchored } of blocks) {
    const stepped = onBlock(current, anchored, height)
    current = stepped.state
    effects.push(...stepped.effects)
  }
  return { state: current, effects }
}

/** What a block makes too late ends before anything else is done with it. */
function onBlock(before: ClientState, anchored: AnchoredTransaction[], height: number): Stepped {
  const state = expire(before, height)
  const { following, fetch } = followBlock(state.following, anchored)
  const foundOf = (one: Publication): AnchoredTransaction | undefined => anchored.find((transaction) => isAnchorOf(one, transaction))
  const all = publicationsOf(state)
  const again = all.filter((one) => one.waiting)
  const next = following === state.following ? state : withoutTicks(state, following, Infinity)
  const effects = [...fetch.map(fetchOf), ...proofs(state.following, following), ...again.map(publish)]
  if (again.length === 0 && all.every((one) => foundOf(one) === undefined)) return { state: next, effects }
  const seen = (one: Publication): Publication => {
    const found = one.height === null ? foundOf(one) : undefined
    if (found === undefined) return { ...one, waiting: false }
    const { height, txid, anchor } = found
    return { ...one, waiting: false, height, txid, reference: { sha256: one.sha256, infohash: anchor.infohash } }
  }
  const confirmed = all.filter((one) => one.height === null && foundOf(one) !== undefined).flatMap(seedOf)
  return { state: changePublications(next, seen), effects: [...effects, ...confirmed] }
}

/**
 * Whether a transaction is the anchor of a publication, and not a stranger's copy of its digest: one makes nobody serve a document before its own anchor is in a
 * block, and takes no verdict away. What spends nothing, a registration, anybody can anchor just as well.
 */
const isAnchorOf = (
  { documentType, sha256, reference, spendFromKeys, payToKeys }: Publication,
  transaction: AnchoredTransaction,
): boolean =>
  transaction.anchor.sha256 === sha256 &&
  transaction.anchor.type === documentType &&
  (reference === null || reference.infohash === transaction.anchor.infohash) &&
  spendFromKeys.every((key) => spendsKey(transaction, key)) &&
  payToKeys.every((key) => paysKey(transaction, key))

const seedOf = ({ documentType, document }: Publication): ClientEffect[] =>
  documentType === 'update' ? [{ type: 'seed', documentType, document }] : []

const fetchOf = (wanted: Wanted): ClientEffect => ({ type: 'fetch', ...wanted })

/** What a resumption shows is looked at once. */
function proofs(before: Following, after: Following): ClientEffect[] {
  const stop = stopOf(after)
  const known = stopOf(before)
  if (stop?.kind !== 'unproved' || (known?.kind === 'unproved' && known.reference.sha256 === stop.reference.sha256)) return []
  return [{ type: 'prove', resumption: stop.reference, shows: stop.shows }]
}

/** Blocks and ticks above the fork are gone, and so is what they established. */
const onReorg = (state: ClientState, height: number): Stepped => onFollowed(state, followReorg(state.following, height), height)

/** Ticks that count no more take their verdicts with them. */
function onFollowed(state: ClientState, { following, fetch }: Followed, height: number): Stepped {
  if (following === state.following && height === Infinity) return { state, effects: fetch.map(fetchOf) }
  return { state: withoutTicks(state, following, height), effects: [...fetch.map(fetchOf), ...proofs(state.following, following)] }
}

function onDocument({ hashAt }: ClientStepContext, state: ClientState, reference: Reference, document: OpenedDocument): Stepped {
  const { counts, ...followed } = followDocument(state.following, reference, document, hashAt)
  const stepped = onFollowed(state, followed, Infinity)
  if (!counts) return stepped
  const ticked = onTick({ ...stepped.state, following: forgetOld(stepped.state.following) }, reference, document as OpenedDocument<'tick'>)
  return { state: ticked.state, effects: [...stepped.effects, ...ticked.effects] }
}

/** Forgets the verdicts of ticks that are followed no more, and anchors above `height`. */
function withoutTicks(state: ClientState, following: Following, height: number): ClientState {
  const gone = takenBack(state.following, following)
  if (gone.size === 0 && height === Infinity) return { ...state, following }
  return changePublications({ ...state, following }, (one) => ({
    ...one,
    height: one.height !== null && one.height > height ? null : one.height,
    verdict: one.verdict !== null && gone.has(one.verdict.tick.sha256) ? null : one.verdict,
  }))
}

/** The verdicts of a tick about our own anchors. */
function onTick(state: ClientState, reference: Reference, document: OpenedDocument<'tick'>): Stepped {
  const outcomes = verdictsOf(document.body)
  const decided = changePublications(state, (one) => {
    // Each anchor is decided once: a tick that says it again, and is taken back, must not take the first verdict with it.
    const verdict = one.height === null || one.verdict !== null ? undefined : outcomes.get(`${one.sha256}/${one.txid}`)
    return verdict === undefined ? one : { ...one, verdict: { tick: reference, number: document.body.number, ...verdict } }
  })
  return { state: expire(decided, 0), effects: complaints(decided, reference) }
}

const verdictsOf = (tick: Tick): Map<string, Pick<Verdict, 'outcome' | 'rule'>> =>
  new Map(
    tick.summary.verdicts.map(({ document, txid, outcome, rule }) => [
      `${document.sha256}/${txid}`,
      rule === undefined ? { outcome } : { outcome, rule },
    ]),
  )

/** C1: a stamp that failed is a server's doing, or the Supervisor's; either way it is looked into. */
function complaints(state: ClientState, tick: Reference): ClientEffect[] {
  const poisoned = state.requests.filter(
    ({ publication }) => publication?.verdict?.tick.sha256 === tick.sha256 && publication.verdict.outcome === 'update.stamp',
  )
  return poisoned.map((entry) => ({
    type: 'complaint',
    id: entry.id,
    tick,
    stamped: entry.reviewed!.pending.tick,
    update: entry.publication!.reference!,
    document: entry.publication!.document,
  }))
}
