/** What the parts of a client in service share: the app it joined, the newest tick it opened, and what it estimated. */
import type { KeyPair } from '../../../roles/protocol/keys/index.ts'
import type { OpenedDocument, Reference } from '../../../roles/protocol/documents/index.ts'
import { failForNow, type Failure, type Result } from '../../../roles/protocol/result.ts'
import type { ClientEvent, ClientState, Context, Spending } from '../../../roles/client/index.ts'
import type { Dispatching } from '../engine.ts'
import type { Json, StorageWrite, WorkProgress } from '../ports.ts'
import type { Services } from '../services.ts'
import type { NodeSettings } from '../settings.ts'
import { newestTick, stopOf } from '../../../roles/protocol/ticks/index.ts'
import { tipIn } from '../chain-watch.ts'
import { overdueText } from '../waiting.ts'
import { seatChain, type SeatChain } from '../../../roles/protocol/requests/index.ts'
import type { ClientApp, OfferOf, OpenedOffer, OpenedTick } from './app.ts'
import { createClientApp } from './app.ts'
import { cacheName, createLocalIndex, type LocalIndex } from '../local-index/index.ts'

/** @see nodeSettings; without `register` the app is only read and audited, which costs nothing. */
export type ClientSettings = NodeSettings['use'] & { register: boolean }

export interface Joined {
  reference: Reference
  height: number
  offer: OpenedOffer
  client: KeyPair
  member: Dispatching<ClientState, ClientEvent>
}

/** What is kept of the app that was joined: enough to take part before its offer is loaded. */
export interface JoinedRow {
  reference: Reference
  height: number
  master: string
  by: string
}

export interface ClientSession {
  readonly services: Services
  readonly settings: ClientSettings
  readonly ctx: Context
  readonly app: ClientApp
  /** All rows of the newest tick, as far as they are here. */
  readonly local: LocalIndex
  /** Set once, by discovery. */
  joined: Joined | null
  /** The newest tick that was opened; kept fresh by upkeep. */
  newest: OpenedTick | null
  /** Proof of work under way. */
  work: WorkProgress | null
  /** Estimated fees in sats of requests that wait for approval, by id. */
  readonly fees: Map<string, number>
  /** The newest tick that is followed, opened now. */
  newestTick(joined: Joined): Promise<Result<OpenedTick>>
  /** What decides the servers that the client has to take, worked out once. */
  chain(joined: Joined): SeatChain
  /** The offer whose terms hold now: that of the newest tick, or before any tick the one that was joined. */
  inForce(joined: Joined): OpenedDocument<'offer'>
  /** In words, where the app's Supervisor seems to be away: then nothing is paid for, because nobody would count it. */
  overdue(joined: Joined): string | null
  /** Tells those who wait that the client's state has changed. */
  changed(): void
  /** Looks after every change of the client's state until there is an answer. @returns null when none came in time */
  answer<T>(look: () => T | null, timeoutMs: number): Promise<T | null>
  /** Where an offer is, by its digest; null for one that was not seen on the chain. */
  offerOf: OfferOf
  /** The `index`-th key that the client reserves for its data. */
  dataKey(index: number): KeyPair
}

/** Rows of this service in the node's storage. */
export const CLIENT_ROWS = 'client'

export const offerRow = (reference: Reference): StorageWrite => ({
  table: CLIENT_ROWS,
  key: `offer:${reference.sha256}`,
  value: reference as unknown as Json,
})

/** @param id of the engagement */
export function createSession(services: Services, settings: ClientSettings, id: string): ClientSession {
  const { crypto, random, storage, wallet } = services
  const local = createLocalIndex({ ...services, name: cacheName('client', id), maxBytes: settings.indexBytes })
  const app = createClientApp(services, local)
  const waiting = new Set<() => void>()
  /** The chain that was made last, and by which app and client. */
  let chain: { of: string; made: SeatChain } | null = null
  const session: ClientSession = {
    services,
    settings,
    app,
    local,
    ctx: { crypto, random: (length) => random.bytes(length) },
    joined: null,
    newest: null,
    work: null,
    fees: new Map(),
    newestTick: ({ member }) => app.newest(member.state().following, session.offerOf),
    chain({ reference: { sha256 }, client }) {
      const of = `${sha256}/${client.publicKey}`
      if (chain?.of !== of) chain = { of, made: seatChain(crypto, client.privateKey, sha256) }
      return chain.made
    },
    inForce: (joined) => session.newest?.offer ?? joined.offer.document,
    overdue(joined) {
      const { following } = joined.member.state()
      const tick = stopOf(following) === null ? newestTick(following) : null
      return tick === null ? null : overdueText(tick, session.inForce(joined).body.tickBlocks, tipIn(storage)?.height ?? 0)
    },
    changed: () => {
      for (const look of waiting) look()
    },
    answer: (look, timeoutMs) =>
      new Promise((resolve) => {
        const end = (value: ReturnType<typeof look>): void => {
          waiting.delete(again)
          stop()
          resolve(value)
        }
        const again = (): void => {
          const found = look()
          if (found !== null) end(found)
        }
        const stop = services.clock.after(timeoutMs, () => end(null))
        waiting.add(again)
        again()
      }),
    offerOf: (sha256) => (storage.get(CLIENT_ROWS, `offer:${sha256}`) as unknown as Reference | undefined) ?? null,
    dataKey: (index) => wallet.watchKey({ purpose: 'data', app: session.joined!.offer.document.body.master, index }, 'key'),
  }
  return session
}

export const noApp = (): { ok: false; error: Failure } =>
  failForNow('client.no-app', 'No app was found on the chain yet. Wait until its job offer is in a block.')

/** A signed document as the role's events carry it, with what its transaction spends and pays. */
export const signedText = (document: OpenedDocument, spending: Spending) => ({
  document: new TextDecoder().decode(document.bytes),
  sha256: document.sha256,
  ...spending,
})
