/**
 * The client's bookkeeping: pure, from what the world shows and the person decides to a new state and effects. What a person approved
 * is stored signed before it is published, and always published as the same bytes, so nothing is written twice.
 */
import { toHex } from '../protocol/bytes.ts'
import type { CryptoPort } from '../protocol/crypto/index.ts'
import type { OpenedDocument, Reference, Tick } from '../protocol/documents/index.ts'
import type { AnchoredTransaction, Step } from '../protocol/events.ts'
import {
  followBlock,
  followDocument,
  followMissing,
  followReorg,
  followSigner,
  type Following,
  type HashAt,
  workChallenge,
} from '../protocol/ticks/index.ts'
import { causeOf } from './blame.ts'
import type { ClientEffect, ClientEvent, SignedText } from './events.ts'
import { outcomeText } from './outcomes.ts'
import { chooseSlots } from './slots.ts'
import {
  freeKeys,
  MAX_ATTEMPTS,
  REMEMBERED_REQUESTS,
  type ClientState,
  type Publication,
  type RequestEntry,
  type RequestPhase,
} from './state.ts'

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
      return onBlock(state, event.anchored)
    case 'reorg':
      return unchanged(onReorg(state, event.height))
    case 'document':
      return onDocument(ctx, state, event.reference, event.document)
    case 'signer':
      return unchanged({ ...state, following: followSigner(state.following, event.key) })
    case 'document.missing':
      return unchanged({ ...state, following: followMissing(state.following, event.reference, event.failure.retryable) })
    case 'register':
      return onRegister(ctx, state, event.bits)
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
    case 'approve':
      return onApprove(state, event)
    case 'refuse':
      return unchanged(changeRequest(state, event.id, (entry) => (entry.phase === 'review' ? { ...entry, phase: 'refused' } : entry)))
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

// ───────────────────────────── small parts ─────────────────────────────

const signed = (documentType: Publication['documentType'], { document, sha256, spendFromKeys, payToKeys }: SignedText): Publication => ({
  documentType,
  document,
  sha256,
  spendFromKeys,
  payToKeys,
  reference: null,
  txid: null,
  fee: null,
  height: null,
  verdict: null,
  waiting: false,
})

const publish = ({ documentType, document, sha256, spendFromKeys, payToKeys }: Publication): ClientEffect => ({
  type: 'publish',
  documentType,
  document,
  sha256,
  spendFromKeys,
  payToKeys,
})

const ENDED: ReadonlySet<RequestPhase> = new Set(['refused', 'nothing to write', 'counted', 'rejected', 'failed'])

/** Keys of requests under way are held; those of ended ones are free, and written where the request was counted. */
function settleKeys(state: ClientState): ClientState {
  const holder = new Map(
    state.requests.filter((entry) => !ENDED.has(entry.phase)).flatMap((entry) => entry.keys.map(({ key }) => [key, entry.id])),
  )
  const counted = new Set(
    state.requests
      .filter((entry) => entry.phase === 'counted')
      .flatMap((entry) => entry.reviewed?.opened.writes.map((write) => write.key) ?? []),
  )
  const known = new Map(state.requests.flatMap((entry) => entry.reviewed?.opened.writes.map((write) => [write.key, entry.phase]) ?? []))
  const keys = state.keys.map((own) => ({
    ...own,
    request: holder.get(own.key) ?? null,
    written: counted.has(own.key) || (own.written && !wasUndone(own.key, known)),
  }))
  return { ...state, keys }
}

/** A fresh key's only write went back to «anchored» by a reorg. */
const wasUndone = (key: string, phases: Map<string, RequestPhase>): boolean =>
  phases.get(key) === 'anchored' || phases.get(key) === 'published'

function withRequests(state: ClientState, requests: RequestEntry[]): ClientState {
  const ended = requests.filter((entry) => ENDED.has(entry.phase))
  const dropped = new Set(ended.slice(0, Math.max(0, ended.length - REMEMBERED_REQUESTS)).map((entry) => entry.id))
  return settleKeys({ ...state, requests: requests.filter((entry) => !dropped.has(entry.id)) })
}

const changeRequest = (state: ClientState, id: string, change: (entry: RequestEntry) => RequestEntry): ClientState =>
  withRequests(
    state,
    state.requests.map((entry) => (entry.id === id ? change(entry) : entry)),
  )

const fail = (entry: RequestEntry, error: { code: string; message: string }): RequestEntry => ({
  ...entry,
  phase: 'failed',
  error: { code: error.code, message: error.message },
})

const publicationsOf = (state: ClientState): Publication[] =>
  [
    state.registration,
    ...state.reservations,
    ...state.requests.map((entry) => (entry.phase === 'failed' ? null : entry.publication)),
  ].filter((one) => one !== null)

/** Applies a change to all publications and lets the phases of requests follow. */
function changePublications(state: ClientState, change: (one: Publication) => Publication): ClientState {
  return withRequests(
    {
      ...state,
      registration: state.registration === null ? null : change(state.registration),
      reservations: state.reservations.map(change),
    },
    state.requests.map((entry) =>
      entry.publication === null || entry.phase === 'failed' ? entry : followUp({ ...entry, publication: change(entry.publication) }),
    ),
  )
}

/** The phase that a publication has established. */
function followUp(entry: RequestEntry): RequestEntry {
  const { verdict, height } = entry.publication!
  if (verdict === null) return { ...entry, phase: height === null ? 'published' : 'anchored', error: null }
  if (verdict.outcome === 'accepted') return { ...entry, phase: 'counted', error: null }
  return { ...entry, phase: 'rejected', error: { code: verdict.outcome, message: outcomeText(verdict.outcome) } }
}

// ───────────────────────────── the world ─────────────────────────────

function onBlock(state: ClientState, anchored: AnchoredTransaction[]): Stepped {
  const { following, fetch } = followBlock(state.following, anchored)
  const mine = new Map(anchored.map((transaction) => [transaction.anchor.sha256, transaction]))
  const all = publicationsOf(state)
  const again = all.filter((one) => one.waiting)
  const next = following === state.following ? state : { ...state, following }
  const effects = [...fetch.map((wanted): ClientEffect => ({ type: 'fetch', ...wanted })), ...again.map(publish)]
  if (again.length === 0 && !all.some((one) => mine.has(one.sha256))) return { state: next, effects }
  const seen = (one: Publication): Publication => {
    const found = mine.get(one.sha256)
    return found === undefined
      ? { ...one, waiting: false }
      : {
          ...one,
          waiting: false,
          height: one.height ?? found.height,
          txid: found.txid,
          reference: { sha256: one.sha256, infohash: found.anchor.infohash },
        }
  }
  return { state: changePublications(next, seen), effects }
}

/** Blocks and ticks above the fork are gone, and so is what they established. */
const onReorg = (state: ClientState, height: number): ClientState => withoutTicks(state, followReorg(state.following, height), height)

/** A revoked key's ticks are void, and so are their verdicts. */
function onDocument({ hashAt }: ClientStepContext, state: ClientState, reference: Reference, document: OpenedDocument): Stepped {
  if (document.body.type === 'revocation')
    return unchanged(withoutTicks(state, followDocument(state.following, reference, document, hashAt), Infinity))
  return document.body.type === 'tick' ? onTick(hashAt, state, reference, document as OpenedDocument<'tick'>) : unchanged(state)
}

/** Forgets the verdicts of ticks that are followed no more, and anchors above `height`. */
function withoutTicks(state: ClientState, following: Following, height: number): ClientState {
  const kept = new Set(following.ticks.map((tick) => tick.reference.sha256))
  const gone = new Set(state.following.ticks.map((tick) => tick.reference.sha256).filter((sha256) => !kept.has(sha256)))
  return changePublications({ ...state, following }, (one) => ({
    ...one,
    height: one.height !== null && one.height > height ? null : one.height,
    verdict: one.verdict !== null && gone.has(one.verdict.tick.sha256) ? null : one.verdict,
  }))
}

/** The verdicts of a tick about our own anchors. */
function onTick(hashAt: HashAt, state: ClientState, reference: Reference, document: OpenedDocument<'tick'>): Stepped {
  const following = followDocument(state.following, reference, document, hashAt)
  if (!following.ticks.some((tick) => tick.reference.sha256 === reference.sha256)) return unchanged({ ...state, following })
  const outcomes = verdictsOf(document.body)
  const decided = changePublications({ ...state, following }, (one) => {
    const outcome = one.height === null ? undefined : outcomes.get(`${one.sha256}/${one.txid}`)
    return outcome === undefined ? one : { ...one, verdict: { tick: reference, number: document.body.number, outcome } }
  })
  return { state: decided, effects: complaints(decided, reference) }
}

const verdictsOf = (tick: Tick): Map<string, string> =>
  new Map(tick.summary.verdicts.map((verdict) => [`${verdict.document.sha256}/${verdict.txid}`, verdict.outcome]))

/** C1: a stamp that failed is a server's doing, or the Supervisor's; either way it is looked into. */
function complaints(state: ClientState, tick: Reference): ClientEffect[] {
  const poisoned = state.requests.filter(
    ({ publication }) => publication?.verdict?.tick.sha256 === tick.sha256 && publication.verdict.outcome === 'update.stamp',
  )
  return poisoned.map((entry) => ({
    type: 'complaint',
    id: entry.id,
    tick,
    update: entry.publication!.reference!,
    document: entry.publication!.document,
  }))
}

// ───────────────────────────── registration, reservation ─────────────────────────────

function onRegister(ctx: ClientStepContext, state: ClientState, bits: number): Stepped {
  const refused =
    state.registration?.verdict !== undefined && state.registration?.verdict !== null && state.registration.verdict.outcome !== 'accepted'
  if (state.registration !== null && !refused) return unchanged(state)
  return {
    state: { ...state, registration: null },
    effects: [{ type: 'grind', challenge: toHex(workChallenge(ctx.crypto, state.client, state.app)), bits }],
  }
}

function onWork(state: ClientState, event: SignedText): Stepped {
  if (state.registration !== null) return unchanged(state)
  const registration = signed('registration', event)
  return { state: { ...state, registration }, effects: [publish(registration)] }
}

function onReserve(state: ClientState, event: Extract<ClientEvent, { type: 'reserve' }>): Stepped {
  const known =
    state.reservations.some((one) => one.sha256 === event.sha256) || event.keys.some(({ key }) => state.keys.some((own) => own.key === key))
  if (known) return unchanged(state)
  const reservation = signed('reservation', event)
  const keys = event.keys.map(({ index, key, collection }) => ({
    index,
    key,
    collection,
    written: false,
    reservation: event.sha256,
    request: null,
  }))
  return {
    state: { ...state, reservations: [...state.reservations, reservation], keys: [...state.keys, ...keys] },
    effects: [publish(reservation)],
  }
}

// ───────────────────────────── requests ─────────────────────────────

const send = (entry: RequestEntry): ClientEffect => ({
  type: 'send',
  id: entry.id,
  attempt: entry.attempt,
  endpoint: entry.endpoint,
  arguments: entry.arguments,
  keys: entry.keys,
  exclude: entry.exclude,
  before: entry.cause ?? null,
})

function onRequest(state: ClientState, event: Extract<ClientEvent, { type: 'request' }>): Stepped {
  if (state.requests.some((entry) => entry.id === event.id)) return unchanged(state)
  const free = freeKeys(state)
  const chosen = chooseSlots(event.slots, free, event.arguments)
  const keys = chosen.ok ? chosen.value.map((key) => free.find((own) => own.key === key)!) : []
  // Named slots, so that every attempt uses the keys that are held for this request.
  const named = Object.fromEntries(keys.map(({ key }, slot) => [event.slots[slot]!.name, key]))
  const entry: RequestEntry = {
    id: event.id,
    endpoint: event.endpoint,
    arguments: { ...event.arguments, ...named },
    keys,
    phase: 'sending',
    attempt: 1,
    exclude: [],
    reviewed: null,
    publication: null,
    error: null,
    at: event.at,
  }
  if (!chosen.ok) return unchanged(withRequests(state, [...state.requests, fail(entry, chosen.error)]))
  return { state: withRequests(state, [...state.requests, entry]), effects: [send(entry)] }
}

/** The entry that an answer is for: its current attempt, still being sent. */
const current = (state: ClientState, { id, attempt }: { id: string; attempt: number }): RequestEntry | undefined =>
  state.requests.find((entry) => entry.id === id && entry.attempt === attempt && entry.phase === 'sending')

function onReplied(state: ClientState, event: Extract<ClientEvent, { type: 'replied' }>): Stepped {
  if (current(state, event) === undefined) return unchanged(state)
  const phase = event.reviewed.opened.writes.length === 0 ? 'nothing to write' : 'review'
  return unchanged(changeRequest(state, event.id, (entry) => ({ ...entry, phase, reviewed: event.reviewed })))
}

/** Without servers there is nothing to review: it has ended. */
function onAnswered(state: ClientState, event: Extract<ClientEvent, { type: 'answered' }>): Stepped {
  if (current(state, event) === undefined) return unchanged(state)
  return unchanged(changeRequest(state, event.id, (entry) => ({ ...entry, phase: 'nothing to write', response: event.response })))
}

/** R5: elsewhere, with a new request id, a bounded number of times. */
function onSendFailed(state: ClientState, event: Extract<ClientEvent, { type: 'send.failed' }>): Stepped {
  const entry = current(state, event)
  if (entry === undefined) return unchanged(state)
  if (!event.failure.retryable || entry.attempt >= MAX_ATTEMPTS)
    return unchanged(changeRequest(state, entry.id, (found) => fail(found, event.failure)))
  const exclude = [...entry.exclude.filter((server) => !event.servers.includes(server)), ...event.servers]
  const next = { ...entry, attempt: entry.attempt + 1, exclude, cause: causeOf(event.failure) }
  return {
    state: changeRequest(state, entry.id, () => next),
    effects: [
      { type: 'log', level: 'warn', message: `Trying elsewhere (attempt ${next.attempt} of ${MAX_ATTEMPTS}): ${event.failure.message}` },
      send(next),
    ],
  }
}

/** R7, write-first: the signed update is in the state that is stored before the effect runs. */
function onApprove(state: ClientState, event: Extract<ClientEvent, { type: 'approve' }>): Stepped {
  const entry = state.requests.find((found) => found.id === event.id)
  if (entry?.phase !== 'review') return unchanged(state)
  const publication = signed('update', event)
  return {
    state: changeRequest(state, entry.id, (found) => ({ ...found, phase: 'published', publication })),
    effects: [publish(publication)],
  }
}

/** A failure that may pass is tried again with the next block; what can still appear on the chain is not given up. */
function onPublishFailed(state: ClientState, { sha256, failure }: Extract<ClientEvent, { type: 'publish.failed' }>): Stepped {
  const log: ClientEffect = { type: 'log', level: 'error', message: `Not published: ${failure.message}` }
  const lost = (one: Publication | null): boolean => one !== null && one.sha256 === sha256 && one.txid === null && one.height === null
  if (failure.retryable) return { state: changePublications(state, (one) => (lost(one) ? { ...one, waiting: true } : one)), effects: [log] }
  const dropped = state.reservations.filter(lost).map((one) => one.sha256)
  const requests = state.requests.map((entry) => (lost(entry.publication) ? fail(entry, failure) : entry))
  const next = {
    ...state,
    registration: lost(state.registration) ? null : state.registration,
    reservations: state.reservations.filter((one) => !lost(one)),
    keys: state.keys.filter((own) => !dropped.includes(own.reservation)),
  }
  return { state: withRequests(next, requests), effects: [log] }
}
