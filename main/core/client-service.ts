/** A client in service: joins an app, keeps keys reserved, sends requests, publishes what a person approved, reads and audits. */
import type { ActorView, AppView, AuditView, CommandArgs, RequestView, RowsView, TickView } from '../contract/index.ts'
import { fromHex, toHex, utf8 } from '../../roles/protocol/bytes.ts'
import type { Json } from '../../roles/protocol/canonical.ts'
import type { OpenedDocument, Reference } from '../../roles/protocol/documents/index.ts'
import type { AnchoredTransaction } from '../../roles/protocol/events.ts'
import type { KeyPair } from '../../roles/protocol/keys.ts'
import { MESSAGE_LIMIT, PATHS } from '../../roles/protocol/request.ts'
import { fail, failForNow, ok, type Failure, type Result } from '../../roles/protocol/result.ts'
import {
  clientStep, composeRegistration, composeRequest, composeReservation, composeUpdate, freeKeys, initialClientState, isRegistered, nextKeyIndex, openReply,
  registrationSpending, reservationSpending, serverAtFault, type ClientEffect, type ClientEvent, type ClientState, type Spending,
} from '../../roles/client/index.ts'
import { auditApp } from './audit.ts'
import { anchoredHeights, blockAgain, hashAtOf } from './chain-watch.ts'
import { createClientApp, type OpenedOffer, type OpenedTick } from './client-app.ts'
import { actorView, appView, requestView, tickViewOf } from './client-views.ts'
import { investigate } from './complaints.ts'
import type { Dispatching, Engine } from './engine.ts'
import type { Wait } from './waiting.ts'
import { performFetch, type Services } from './services.ts'
import type { ParticipantSettings } from './settings.ts'

type Settings = NonNullable<ParticipantSettings['client']>

export interface ClientView { tick: TickView | null; app: AppView | null; actors: ActorView[]; requests: RequestView[] }

export interface ClientService {
  key(): string | null
  phase(): string
  detail(): string
  view(wait: Wait): ClientView
  read(args: CommandArgs<'read'>): Promise<Result<RowsView>>
  request(args: CommandArgs<'request'>): Promise<Result<{ id: string }>>
  approve(id: string): Promise<Result<{ txid: string }>>
  refuse(id: string): Promise<Result<null>>
  audit(): Promise<Result<AuditView>>
}

interface Joined { reference: Reference; height: number; offer: OpenedOffer; client: KeyPair; member: Dispatching<ClientState, ClientEvent> }

/** What is kept of the app that was joined: enough to take part before its offer is loaded. */
interface JoinedRow { reference: Reference; height: number; master: string; by: string }

const TABLE = 'client'
const REQUEST_TIMEOUT_MS = 30_000
const APPROVE_WAIT_MS = 20_000
/** Wait before the second attempt at servers that have not seen the newest tick yet; twice as long before the third. */
const BEHIND_MS = 2_000
const none = (): { ok: false; error: Failure } => failForNow('client.no-app', 'No app was found on the chain yet. Wait until its job offer is in a block.')

export function startClient(services: Services, engine: Engine, settings: Settings): ClientService {
  const { crypto, storage, random, identity, wallet, transport, clock, log } = services
  const ctx = { crypto, random: (length: number) => random.bytes(length) }
  const app = createClientApp(services)
  const hashAt = hashAtOf(storage)
  let joined: Joined | null = null
  let arrive = (): void => undefined
  const here = new Promise<void>((resolve) => { arrive = resolve })
  let newest: OpenedTick | null = null
  let fees = new Map<string, number>()
  let busy = false

  const dataKey = (index: number): KeyPair => wallet.watchKey({ purpose: 'data', app: joined!.offer.document.body.master, index }, 'key')
  const offerReferences = (): Map<string, Reference> => new Map(storage.list(TABLE, 'offer:').map(({ key, value }) => [key.slice(6), value as unknown as Reference]))
  const offerOf = (sha256: string): Reference => offerReferences().get(sha256) ?? joined!.reference
  const newestTick = (current: Joined): Promise<Result<OpenedTick>> => app.newest(current.member.state().following, offerOf)

  // ── finding the app ──

  interface Discovery { offers: Array<{ reference: Reference; height: number }> }
  engine.add<Discovery, { type: string; anchored?: AnchoredTransaction[]; height?: number }, { type: string; reference?: Reference; height?: number }>({
    name: 'discovery', initial: { offers: [] },
    step(state, event) {
      if (event.type === 'reorg') return { state: { offers: state.offers.filter(({ height }) => height <= event.height!) }, effects: [] }
      const found = (event.type === 'block' ? event.anchored! : []).filter(({ anchor }) => anchor.type === 'offer')
      if (found.length === 0) return { state, effects: [] }
      const offers = found.map(({ anchor: { sha256, infohash }, height }) => ({ reference: { sha256, infohash }, height }))
      return { state: { offers: [...state.offers, ...offers] }, effects: offers.map((offer) => ({ type: 'found', ...offer })) }
    },
    async perform(effect) {
      const reference = effect.reference!
      const offer = await services.persist('fetch the job offer', () => app.offer(reference))
      storage.transact([{ table: TABLE, key: `offer:${reference.sha256}`, value: reference as unknown as Json }])
      const { supersedes, app: superseded, master, by } = offer.document.body
      if (joined !== null && superseded === joined.reference.sha256 && master === joined.offer.document.body.master) await joined.member.dispatch({ type: 'signer', key: by })
      const wanted = joined === null && supersedes === null && (settings.app ?? reference.sha256) === reference.sha256
      if (wanted) {
        const row: JoinedRow = { reference, height: effect.height!, master, by }
        storage.transact([{ table: TABLE, key: 'joined', value: row as unknown as Json }])
        join(row, offer)
      }
      return []
    },
  })

  /** The role takes part from its first moment on, or a block that comes while its offer is loaded would be lost to it. */
  function enter(row: JoinedRow): Pick<Joined, 'client' | 'member'> {
    const { reference, master, by } = row
    const client = wallet.watchKey({ purpose: 'client', app: master, index: 0 }, 'identity')
    const member = engine.add<ClientState, ClientEvent, ClientEffect>({
      name: 'client', initial: initialClientState(reference.sha256, master, [by], client.publicKey),
      step(state, event) {
        const stepped = clientStep({ crypto, hashAt }, state, event)
        if (stepped.state !== state) queueMicrotask(() => void tend())
        return stepped
      },
      perform: (effect) => here.then(() => perform(effect)),
    })
    return { client, member }
  }

  function join(row: JoinedRow, offer: OpenedOffer, entered = enter(row)): void {
    if (joined !== null) return
    joined = { reference: row.reference, height: row.height, offer, ...entered }
    arrive()
    void replay(joined)
  }

  /** Blocks since the offer are told to a role that is new; once all of them are taken this is noted, and repeating it harms nothing. */
  async function replay(current: Joined): Promise<void> {
    if (storage.get(TABLE, 'replayed') === undefined) {
      for (const height of anchoredHeights(storage, current.height)) await current.member.dispatch(() => blockAgain(storage, height))
      storage.transact([{ table: TABLE, key: 'replayed', value: true }])
    }
    await tend()
  }

  const known = storage.get(TABLE, 'joined') as unknown as JoinedRow | undefined
  if (known !== undefined) {
    const entered = enter(known)
    void services.persist('load the app', () => app.offer(known.reference)).then((offer) => join(known, offer, entered))
  }

  // ── keeping registered, with keys in reserve ──

  /** After every change: loads the newest tick, and takes the next step towards being ready. */
  async function tend(): Promise<void> {
    if (joined === null || busy) return
    busy = true
    try {
      const opened = await newestTick(joined)
      if (opened.ok && opened.value !== newest) {
        newest = opened.value
        services.changed()
      }
      await prepare(joined)
    } finally {
      busy = false
    }
  }

  async function prepare(current: Joined): Promise<void> {
    const state = current.member.state()
    const { body } = current.offer.document
    if (!settings.registerAutomatically) return
    if (wallet.balance().confirmed === 0) {
      clock.after(500, () => void tend())
      return
    }
    if (state.registration === null) return current.member.dispatch({ type: 'register', bits: body.work.client })
    if (!isRegistered(state) || newest === null) return
    const wanted = Object.keys(newest.outline.collections).flatMap((collection) => {
      const held = state.keys.filter((own) => own.collection === collection && !own.written && own.request === null).length
      return Array.from({ length: Math.max(0, settings.freshKeys - held) }, () => collection)
    }).slice(0, 64)
    if (wanted.length === 0 || state.reservations.some(({ verdict }) => verdict === null)) return
    const first = nextKeyIndex(state)
    const keys = wanted.map((collection, at) => ({ index: first + at, pair: dataKey(first + at), collection }))
    const document = composeReservation(ctx, state.app, newest.outline, current.client, keys)
    if (!document.ok) return log.log('error', document.error.message)
    const spending = reservationSpending(current.client.publicKey, keys.map(({ pair }) => pair.publicKey))
    await current.member.dispatch({ type: 'reserve', keys: keys.map(({ index, pair, collection }) => ({ index, key: pair.publicKey, collection })), ...signedText(document.value, spending) })
  }

  // ── effects ──

  async function perform(effect: ClientEffect): Promise<ClientEvent[]> {
    switch (effect.type) {
      case 'fetch': return performFetch(services.documents, effect)
      case 'grind': {
        const { document: offer } = joined!.offer
        const nonce = await services.persist('find the proof of work', () => services.work.grind(fromHex(effect.challenge), effect.bits, {}))
        const sealing = identity.sealing(joined!.client, 'identity')
        const document = composeRegistration(ctx, joined!.reference.sha256, joined!.client, sealing.publicKey, nonce)
        return [{ type: 'work.done', ...signedText(document, registrationSpending(offer.body, joined!.client.publicKey)) }]
      }
      case 'send': return [await send(effect)]
      case 'publish': return [await publish(effect)]
      case 'complaint': {
        await investigate(services, joined!.reference.sha256, effect)
        return []
      }
      case 'log': return []
    }
  }

  /** What may pass by itself is tried again here; a final failure is told. */
  async function publish(effect: ClientEffect & { type: 'publish' }): Promise<ClientEvent> {
    const { documentType, document, sha256, spendFromKeys, payToKeys } = effect
    let failure: Failure | null = null
    const published = await services.persist(`publish the ${documentType}`, async () => {
      const attempt = await services.documents.publish({ documentType, document: utf8(document), files: [], spendFromKeys, payToKeys })
      if (attempt.ok || attempt.error.retryable) return attempt
      failure = attempt.error
      return ok(null)
    })
    return published === null ? { type: 'publish.failed', sha256, failure: failure! } : { type: 'published', sha256, ...published }
  }

  async function send(effect: ClientEffect & { type: 'send' }): Promise<ClientEvent> {
    const { id, attempt, endpoint } = effect
    const failed = (failure: Failure, server: string | null): ClientEvent => ({ type: 'send.failed', id, attempt, failure, server })
    const opened = await newestTick(joined!)
    if (!opened.ok) return failed(opened.error, null)
    const { plan, planned: outline, labels, reader } = opened.value
    if (plan === null) return failed(failForNow('client.sleeping', 'The app sleeps: it has too few servers in this tick. Try again after the next one.').error, null)
    const env = { app: joined!.reference.sha256, outline, label: labels[endpoint] ?? null, plan, reader, client: joined!.client, keys: effect.keys }
    const composed = await composeRequest(ctx, env, endpoint, effect.arguments, new Set(effect.exclude))
    if (!composed.ok) return failed(composed.error, null)
    const { top, bytes, pending } = composed.value
    const reply = await transport.send({ host: top.host, port: top.port }, PATHS.request, bytes, { timeoutMs: REQUEST_TIMEOUT_MS, maxBytes: MESSAGE_LIMIT })
    if (!reply.ok) {
      const peer = reply.error.details?.peer as Failure | undefined
      // The tick reached this client before it reached that server: the next attempt waits until it may have come round.
      if (peer !== undefined && isBehind(peer)) await new Promise<void>((resolve) => { clock.after(BEHIND_MS * attempt, resolve) })
      return failed(peer ?? reply.error, (peer?.details?.server as string | undefined) ?? (peer === undefined ? top.id : null))
    }
    const reviewed = openReply(ctx, env, pending, reply.value)
    if (!reviewed.ok) return failed(reviewed.error, serverAtFault(pending, reviewed.error))
    const fee = await wallet.estimateFee(estimatedVsize(reviewed.value.writes.length))
    if (fee.ok) fees = new Map([...fees, [id, fee.value]])
    return { type: 'replied', id, attempt, reviewed: reviewed.value }
  }

  // ── commands ──

  async function read(args: CommandArgs<'read'>): Promise<Result<RowsView>> {
    if (joined === null) return none()
    const opened = await newestTick(joined)
    if (!opened.ok) return opened
    const { tick, reader, outline } = opened.value
    const view = { tick: tick.number, root: tick.root, proved: true, rows: [] }
    const collection = Object.hasOwn(outline.collections, args.collection) ? outline.collections[args.collection]! : null
    if (collection === null) return fail('read.collection', `The app has no collection ${args.collection}.`)
    const index = Object.hasOwn(collection.indices, args.index) ? collection.indices[args.index]! : null
    if (index === null && args.index !== 'key') return fail('read.index', `The collection ${args.collection} has no index ${args.index}.`)
    if (index !== null && index.kind !== 'order') {
      if (args.equals.length !== index.on.length) return fail('read.equals', `The index ${args.index} needs ${index.on.length} values, for ${index.on.join(', ')}.`)
      const counted = await reader[index.kind](args.collection, args.index, args.equals)
      return counted.ok ? ok({ ...view, count: Number(counted.value.value) }) : counted
    }
    const rows = await reader.rows(args.collection, args.index, args.equals, { limit: args.limit, descending: args.descending })
    return rows.ok ? ok({ ...view, rows: rows.value.value }) : rows
  }

  async function request(args: CommandArgs<'request'>): Promise<Result<{ id: string }>> {
    if (joined === null || newest === null) return none()
    const endpoint = Object.hasOwn(newest.planned.endpoints, args.endpoint) ? newest.planned.endpoints[args.endpoint]! : null
    if (endpoint === null) return fail('client.endpoint', `The app has no endpoint ${args.endpoint}.`)
    const id = toHex(random.bytes(32))
    await joined.member.dispatch({ type: 'request', id, endpoint: args.endpoint, arguments: args.arguments, slots: endpoint.slots, at: clock.now() })
    return ok({ id })
  }

  const entryOf = (id: string) => joined?.member.state().requests.find((entry) => entry.id === id)

  async function approve(id: string): Promise<Result<{ txid: string }>> {
    const entry = entryOf(id)
    if (joined === null || entry === undefined) return fail('client.request', 'This request is not known here. Reload the page.')
    if (entry.phase === 'review') {
      const keys = new Map(joined.member.state().keys.map((own) => [own.key, own.index]))
      const update = composeUpdate(ctx, joined.client, (key) => (keys.has(key) ? dataKey(keys.get(key)!) : null), entry.reviewed!)
      if (!update.ok) return update
      await joined.member.dispatch({ type: 'approve', id, ...signedText(update.value.document, update.value.spending) })
    }
    const deadline = clock.now() + APPROVE_WAIT_MS
    for (;;) {
      const now = entryOf(id)
      if (now?.publication?.txid) return ok({ txid: now.publication.txid })
      if (now?.error) return fail(now.error.code, now.error.message)
      if (now?.publication === null || now === undefined) return fail('client.phase', `This request is «${now?.phase ?? 'gone'}»; only one that waits for review can be approved.`)
      if (clock.now() > deadline) return failForNow('client.publishing', 'The approved writes are stored and being published. Look again in a moment; nothing is published twice.')
      await new Promise<void>((resolve) => { clock.after(50, resolve) })
    }
  }

  return {
    key: () => joined?.client.publicKey ?? null,
    phase: () => (joined === null ? 'looking for an app' : isRegistered(joined.member.state()) ? 'registered' : joined.member.state().registration === null ? 'preparing' : 'registering'),
    detail: () => {
      const state = joined?.member.state()
      return state === undefined ? '' : `${freeKeys(state).length} keys free, ${state.requests.length} requests`
    },
    view(wait) {
      if (joined === null) return { tick: null, app: null, actors: [], requests: [] }
      const state = joined.member.state()
      const outline = newest?.planned ?? joined.offer.outline
      return {
        app: appView(joined.reference.sha256, joined.offer.document.body.title, outline),
        tick: newest === null ? null : tickViewOf(joined.offer.document.body, newest.tick, wait),
        actors: [actorView(state, joined.client.publicKey, services, services.name, newest !== null)],
        requests: state.requests.map((entry) => requestView(entry, joined!.client.publicKey, outline, newest?.tick ?? null, joined!.offer.document.body, wait, fees.get(entry.id))),
      }
    },
    read, request, approve,
    async refuse(id) {
      const entry = entryOf(id)
      if (joined === null || entry === undefined) return fail('client.request', 'This request is not known here. Reload the page.')
      if (entry.phase !== 'review' && entry.phase !== 'refused') return fail('client.phase', `This request is «${entry.phase}»; only one that waits for review can be refused.`)
      await joined.member.dispatch({ type: 'refuse', id })
      return ok(null)
    },
    audit: () => (joined === null ? Promise.resolve(none()) : auditApp(services, { app: joined.reference.sha256, following: joined.member.state().following, offerOf, open: (reference) => app.offer(reference) })),
  }
}

/** A server said, itself or through the relay, that it does not know the tick yet. */
const isBehind = ({ code, details }: Failure): boolean => [code, details?.cause].some((one) => one === 'request.tick' || one === 'hop.tick' || one === 'server.not-serving')

const signedText = (document: OpenedDocument, spending: Spending) => ({ document: new TextDecoder().decode(document.bytes), sha256: document.sha256, ...spending })

/** An update's transaction: the anchor, and per key an input and an output, with one more of each for the fee. */
const estimatedVsize = (writes: number): number => 80 + 101 * (writes + 1)
