/** Requests in the client's bookkeeping, from the person's wish to what is published of it. */
import type { Step } from '../protocol/events.ts'
import { causeOf } from './blame.ts'
import { busyKeys } from './busy.ts'
import type { ClientEffect, ClientEvent } from './events.ts'
import { changePublications, changeRequest, fail, publish, signed, withDispute, withRequests } from './publications.ts'
import { chooseSlots } from './slots.ts'
import { freeKeys, MAX_ATTEMPTS, type ClientState, type Publication, type RequestEntry } from './state.ts'
import { lateness } from './window.ts'

type Stepped = Step<ClientState, ClientEffect>
const unchanged = (state: ClientState): Stepped => ({ state, effects: [] })

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

export function onRequest(state: ClientState, event: Extract<ClientEvent, { type: 'request' }>): Stepped {
  const replaced = state.requests.find((entry) => entry.id === event.instead)
  if (state.requests.some((entry) => entry.id === event.id) || (event.instead !== undefined && !isReplaceable(replaced)))
    return unchanged(state)
  const cleared = replaced === undefined ? state : changeRequest(state, replaced.id, (entry) => giveWay(entry, event.id))
  const entry = begun(cleared, event)
  const next = withRequests(cleared, [...cleared.requests, entry])
  return { state: next, effects: entry.phase === 'sending' ? [send(entry)] : [] }
}

const isReplaceable = (entry: RequestEntry | undefined): boolean => entry !== undefined && entry.again === null && entry.phase !== 'sending'

/** What still waits for review is refused by that; everything else ended already, or can no longer count. */
const giveWay = (entry: RequestEntry, again: string): RequestEntry => ({
  ...entry,
  again,
  phase: entry.phase === 'review' ? 'refused' : entry.phase,
})

function begun(state: ClientState, event: Extract<ClientEvent, { type: 'request' }>): RequestEntry {
  const free = freeKeys(state)
  const chosen = chooseSlots(event.slots, free, event.arguments, busyKeys(state))
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
    window: null,
    publication: null,
    again: null,
    error: null,
    at: event.at,
  }
  return chosen.ok ? entry : fail(entry, chosen.error)
}

/** The entry that an answer is for: its current attempt, still being sent. */
const current = (state: ClientState, { id, attempt }: { id: string; attempt: number }): RequestEntry | undefined =>
  state.requests.find((entry) => entry.id === id && entry.attempt === attempt && entry.phase === 'sending')

export function onReplied(state: ClientState, event: Extract<ClientEvent, { type: 'replied' }>): Stepped {
  if (current(state, event) === undefined) return unchanged(state)
  const phase = event.reviewed.opened.writes.length === 0 ? 'nothing to write' : 'review'
  return unchanged(changeRequest(state, event.id, (entry) => ({ ...entry, phase, reviewed: event.reviewed, window: event.window })))
}

/** Without servers there is nothing to review: it has ended. */
export function onAnswered(state: ClientState, event: Extract<ClientEvent, { type: 'answered' }>): Stepped {
  if (current(state, event) === undefined) return unchanged(state)
  return unchanged(changeRequest(state, event.id, (entry) => ({ ...entry, phase: 'nothing to write', response: event.response })))
}

/** No other servers help where the app itself is not there. */
const OF_THE_APP: ReadonlySet<string> = new Set(['client.sleeping', 'client.overdue', 'client.no-tick', 'client.no-offer'])

/** R5: elsewhere, with a new request id, a bounded number of times. */
export function onSendFailed(state: ClientState, event: Extract<ClientEvent, { type: 'send.failed' }>): Stepped {
  const entry = current(state, event)
  if (entry === undefined) return unchanged(state)
  if (!event.failure.retryable || OF_THE_APP.has(event.failure.code) || entry.attempt >= MAX_ATTEMPTS)
    return unchanged(changeRequest(state, entry.id, (found) => fail(found, event.failure)))
  // Of servers that disagree one is innocent; whoever fails for the second time comes back last.
  const isKnown = (server: string): boolean => entry.exclude.includes(server)
  const blamed = [...event.servers.filter((server) => !isKnown(server)), ...event.servers.filter(isKnown)]
  const exclude = [...entry.exclude.filter((server) => !blamed.includes(server)), ...blamed]
  const next = { ...entry, attempt: entry.attempt + 1, exclude, cause: causeOf(event.failure) }
  return {
    state: changeRequest(state, entry.id, () => next),
    effects: [
      { type: 'log', level: 'warn', message: `Trying elsewhere (attempt ${next.attempt} of ${MAX_ATTEMPTS}): ${event.failure.message}` },
      send(next),
    ],
  }
}

export function onDisagreed(state: ClientState, event: Extract<ClientEvent, { type: 'disagreed' }>): Stepped {
  if (current(state, event) === undefined) return unchanged(state)
  const { position, servers, opens } = event
  const told: ClientEffect = {
    type: 'log',
    level: 'warn',
    message: `Servers of block ${position} of «${current(state, event)!.endpoint}» gave different results, so one of them lies. What shows it is kept: you may publish it.`,
  }
  return {
    state: changeRequest(state, event.id, (entry) => ({ ...entry, dispute: { position, servers, opens, publication: null } })),
    effects: [told],
  }
}

/** Write-first, like an approval. */
export function onDispute(state: ClientState, event: Extract<ClientEvent, { type: 'dispute' }>): Stepped {
  const entry = state.requests.find((found) => found.id === event.id)
  if (entry?.dispute === undefined || entry.dispute.publication !== null) return unchanged(state)
  const publication = signed('dispute', event)
  return { state: changeRequest(state, entry.id, (found) => withDispute(found, () => publication)), effects: [publish(publication)] }
}

/** What waits for review and would come too late at this height ends, and its keys are free again. */
export function expire(state: ClientState, height: number): ClientState {
  const late = new Map(
    state.requests.flatMap((entry) => {
      const failure = entry.phase === 'review' && entry.window !== null ? lateness(entry.window, state.following, height) : null
      return failure === null ? [] : [[entry.id, failure] as const]
    }),
  )
  if (late.size === 0) return state
  return withRequests(
    state,
    state.requests.map((entry) => (late.has(entry.id) ? fail(entry, late.get(entry.id)!) : entry)),
  )
}

/** R7, write-first: the signed update is in the state that is stored before the effect runs. */
export function onApprove(state: ClientState, event: Extract<ClientEvent, { type: 'approve' }>): Stepped {
  const entry = state.requests.find((found) => found.id === event.id)
  if (entry?.phase !== 'review') return unchanged(state)
  const publication = signed('update', event)
  return {
    state: changeRequest(state, entry.id, (found) => ({ ...found, phase: 'signed', publication })),
    effects: [publish(publication)],
  }
}

/** A failure that may pass is tried again with the next block; what can still appear on the chain is not given up. */
export function onPublishFailed(state: ClientState, { sha256, failure }: Extract<ClientEvent, { type: 'publish.failed' }>): Stepped {
  const log: ClientEffect = { type: 'log', level: 'error', message: `Not published: ${failure.message}` }
  const lost = (one: Publication | null): boolean => one !== null && one.sha256 === sha256 && one.txid === null && one.height === null
  if (failure.retryable) return { state: changePublications(state, (one) => (lost(one) ? { ...one, waiting: true } : one)), effects: [log] }
  const dropped = state.reservations.filter(lost).map((one) => one.sha256)
  const requests = state.requests
    .map((entry) => (lost(entry.publication) ? fail(entry, failure) : entry))
    .map((entry) => withDispute(entry, (one) => (lost(one) ? null : one)))
  const next = {
    ...state,
    registration: lost(state.registration) ? null : state.registration,
    reservations: state.reservations.filter((one) => !lost(one)),
    keys: state.keys.filter((own) => !dropped.includes(own.reservation)),
  }
  return { state: withRequests(next, requests), effects: [log] }
}
