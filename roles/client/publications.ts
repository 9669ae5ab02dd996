/** Changes to the client's requests and publications that keep phases and held keys in step with each other. */
import { outcomeText } from './outcomes.ts'
import type { ClientEffect, SignedText } from './events.ts'
import type { OwnKey } from './types.ts'
import { REMEMBERED_REQUESTS, type ClientState, type Publication, type RequestEntry, type RequestPhase } from './state.ts'
import { isClosed } from './window.ts'

export const signed = (
  documentType: Publication['documentType'],
  { document, sha256, spendFromKeys, payToKeys }: SignedText,
): Publication => ({
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

export const publish = ({ documentType, document, sha256, spendFromKeys, payToKeys }: Publication): ClientEffect => ({
  type: 'publish',
  documentType,
  document,
  sha256,
  spendFromKeys,
  payToKeys,
})

/** Phases of requests that ended, and of which nothing counts. */
export const UNCOUNTED: ReadonlySet<RequestPhase> = new Set<RequestPhase>(['refused', 'late', 'rejected', 'failed'])

/** Approved, and its window closed before a block had it: nothing of it can count any more. */
export const missedWindow = ({ phase, window, publication }: RequestEntry, height: number): boolean =>
  phase === 'signed' && window !== null && publication?.height === null && isClosed(window, height)

export const ENDED: ReadonlySet<RequestPhase> = new Set<RequestPhase>([...UNCOUNTED, 'nothing to write', 'counted'])

/**
 * Of a request under way all its keys. One that is under way though another was composed in its place cannot count any more, and leaves that one the rows
 * that both change; its fresh keys it keeps, because a block may still take what spends their coins.
 */
const heldKeys = ({ phase, again, keys }: RequestEntry): OwnKey[] =>
  ENDED.has(phase) ? [] : again === null ? keys : keys.filter(({ written }) => !written)

/** Keys of requests under way are held; those of ended ones are free, and written where the request was counted. */
function settleKeys(state: ClientState): ClientState {
  const holder = new Map(state.requests.flatMap((entry) => heldKeys(entry).map(({ key }) => [key, entry.id])))
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
  phases.get(key) === 'anchored' || phases.get(key) === 'signed'

export function withRequests(state: ClientState, requests: RequestEntry[]): ClientState {
  const ended = requests.filter((entry) => ENDED.has(entry.phase))
  const dropped = new Set(ended.slice(0, Math.max(0, ended.length - REMEMBERED_REQUESTS)).map((entry) => entry.id))
  return settleKeys({ ...state, requests: requests.filter((entry) => !dropped.has(entry.id)) })
}

export const changeRequest = (state: ClientState, id: string, change: (entry: RequestEntry) => RequestEntry): ClientState =>
  withRequests(
    state,
    state.requests.map((entry) => (entry.id === id ? change(entry) : entry)),
  )

/** Codes of what came too late: nothing was paid, and composing anew is the way on. */
const LATE: ReadonlySet<string> = new Set(['client.late', 'client.base'])

export const fail = (entry: RequestEntry, error: { code: string; message: string; retryable?: boolean }): RequestEntry => ({
  ...entry,
  phase: LATE.has(error.code) ? 'late' : 'failed',
  error: { code: error.code, message: error.message, ...(error.retryable === true && { retryable: true }) },
})

/** An entry that ended without anything that could still appear on the chain. */
const isDropped = ({ phase }: RequestEntry): boolean => phase === 'failed' || phase === 'late'

export const publicationsOf = (state: ClientState): Publication[] =>
  [
    state.registration,
    ...state.reservations,
    ...state.requests.flatMap((entry) => [isDropped(entry) ? null : entry.publication, entry.dispute?.publication ?? null]),
  ].filter((one) => one !== null)

/** The entry with another publication of its dispute; itself where nobody disagreed. */
export const withDispute = (entry: RequestEntry, change: (one: Publication | null) => Publication | null): RequestEntry =>
  entry.dispute === undefined ? entry : { ...entry, dispute: { ...entry.dispute, publication: change(entry.dispute.publication) } }

/** Applies a change to all publications and lets the phases of requests follow. */
export function changePublications(state: ClientState, change: (one: Publication) => Publication): ClientState {
  return withRequests(
    {
      ...state,
      registration: state.registration === null ? null : change(state.registration),
      reservations: state.reservations.map(change),
    },
    state.requests.map((entry) => {
      const told = withDispute(entry, (publication) => publication && change(publication))
      return told.publication === null || isDropped(told) ? told : followUp({ ...told, publication: change(told.publication) })
    }),
  )
}

/** The phase that a publication has established. */
function followUp(entry: RequestEntry): RequestEntry {
  const { verdict, height } = entry.publication!
  if (verdict === null) return { ...entry, phase: height === null ? 'signed' : 'anchored', error: null }
  if (verdict.outcome === 'accepted') return { ...entry, phase: 'counted', error: null }
  return { ...entry, phase: 'rejected', error: { code: verdict.outcome, message: outcomeText(verdict) } }
}
