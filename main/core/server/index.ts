/** A server in service: performs its step's effects, keeps ticks and code ready in memory, and answers requests and hops. */
import { fromHex, utf8 } from '../../../roles/protocol/bytes.ts'
import { openDocument, type OpenedDocument } from '../../../roles/protocol/documents/index.ts'
import { parseOutline } from '../../../roles/protocol/outline.ts'
import { MESSAGE_LIMIT, PATHS } from '../../../roles/protocol/request.ts'
import { fail, failForNow, ok, type Result } from '../../../roles/protocol/result.ts'
import type { Program } from '../../../roles/program/index.ts'
import {
  composeAcceptance, executeHop, hopFailed, initialServerState, nextHop, openCode, openRequest, serverStep, serving, takeReply, tickView,
  type HopEnv, type PreparedCode, type Served, type ServerEffect, type ServerEvent, type ServerKeys, type ServerState, type TickView,
} from '../../../roles/server/index.ts'
import { hashAtOf } from '../chain-watch.ts'
import type { Engine } from '../engine.ts'
import { performFetch, type Services } from '../services.ts'
import type { ParticipantSettings } from '../settings.ts'

type Settings = NonNullable<ParticipantSettings['server']>

export interface ServerService {
  state(): ServerState
  key(): string | null
  port: number
  /** Requests relayed and hops executed since the start. */
  counts(): { requests: number; hops: number }
  stop(): Promise<void>
}

/** Everything in memory that a request needs; made anew when the state says something else is served. */
interface Ready { signature: string; app: string; keys: ServerKeys; currentTick: number; views: Map<number, TickView>; codes: Map<number, PreparedCode>; outlines: Map<number, Program>; budget: HopEnv['offer']['budget'] }

/** Of one block's server. A relay has to outlive a hop that never answers, or its client would not learn which server to leave out. */
const HOP_TIMEOUT_MS = 8_000
const RELAY_TIMEOUT_MS = 25_000
const REQUESTS_A_MINUTE = 60_000
const SERVED = 'served'

export async function startServer(services: Services, engine: Engine, settings: Settings): Promise<Result<ServerService>> {
  const { crypto, storage, random, identity, transport } = services
  const ctx = { crypto, random: (length: number) => random.bytes(length) }
  const hashAt = hashAtOf(storage)
  const keysFor = (offer: string): ServerKeys => {
    const key = identity.key({ purpose: 'server', offer, index: 0 })
    return { identity: key, sealing: identity.sealing(key, 'identity') }
  }
  const counts = { requests: 0, hops: 0 }
  let ready: Ready | null = null

  const answer = async (path: string, body: Uint8Array): Promise<Result<Uint8Array>> => {
    if (ready === null) return failForNow('server.not-serving', 'This server has no tick to serve yet. Try another server.')
    if (path === PATHS.hop) return executeHop(ctx, hopEnv(ready), body)
    return path === PATHS.request ? relay(ready, body) : fail('server.path', `There is nothing at ${path}.`)
  }
  const hopEnv = (current: Ready): HopEnv => ({
    app: current.app, keys: current.keys, offer: { budget: current.budget }, outline: current.outlines.get(current.currentTick)!, currentTick: current.currentTick,
    tick: (number) => current.views.get(number) ?? null,
    code: (number) => current.codes.get(number) ?? null,
    used: (request, version) => storage.get(SERVED, `${request}:${version}`) !== undefined,
    record(served: Served) {
      const key = `${served.request}:${served.version}`
      if (storage.get(SERVED, key) !== undefined) return false
      // Whoever cuts the power gains nothing: an index takes a request id once. The next block's commit brings the receipts to the disk.
      storage.transact([{ table: SERVED, key, value: served as never }], 'crash')
      counts.hops++
      return true
    },
  })

  async function relay(current: Ready, body: Uint8Array): Promise<Result<Uint8Array>> {
    const env = hopEnv(current)
    const opened = openRequest(ctx, env, body)
    if (!opened.ok) return opened
    counts.requests++
    for (let state = opened.value; ;) {
      const hop = nextHop(ctx, env, state)
      if (!hop.ok) return hop
      const { host, port, bytes } = hop.value
      const reply = await transport.send({ host, port }, PATHS.hop, bytes, { timeoutMs: HOP_TIMEOUT_MS, maxBytes: MESSAGE_LIMIT })
      if (!reply.ok) return hopFailed(hop.value.relay, reply.error)
      const step = takeReply(ctx, env, hop.value.relay, reply.value)
      if (!step.ok) return step
      if (step.value.done) return ok(step.value.reply)
      state = step.value.relay
    }
  }

  // The port is part of the identity certificate, so a restarted server takes the same one again.
  const known = storage.get('server', 'port')
  const wanted = settings.port === 0 && typeof known === 'number' ? known : settings.port
  const serve = (port: number) => transport.serve({ host: settings.host, port, maxBytes: MESSAGE_LIMIT, timeoutMs: RELAY_TIMEOUT_MS, perMinutePerPeer: REQUESTS_A_MINUTE }, answer)
  const listening = await serve(wanted)
  if (!listening.ok) return listening
  const { port } = listening.value
  if (port !== known) storage.transact([{ table: 'server', key: 'port', value: port }])

  const load = (sha256: string): Uint8Array | undefined => storage.getBlob(sha256)
  const openedTick = (sha256: string): OpenedDocument<'tick'> | null => {
    const bytes = load(sha256)
    const opened = bytes === undefined ? null : openDocument(crypto, 'tick', bytes, sha256)
    return opened?.ok ? opened.value : null
  }

  /** Loads what the state says is served. Cheap when nothing changed; what is missing is fetched and picked up at the next change. */
  function refresh(): void {
    const state = member.state()
    const wants = serving(state)
    const job = state.job
    if (wants === null || job === null) {
      ready = null
      return
    }
    const signature = JSON.stringify(wants)
    if (ready?.signature === signature) return
    const next: Ready = { signature, app: job.terms.app, keys: keysFor(job.offer), currentTick: wants.currentTick, views: new Map(), codes: new Map(), outlines: new Map(), budget: { steps: 0, bytes: 0 } }
    for (const generation of wants.generations) {
      const parts = offerParts(generation.offer)
      const planned = openedTick(generation.plan.sha256)?.body.plans.find((plan) => plan.tick === generation.tick)
      if (parts === null || planned === undefined) continue
      next.outlines.set(generation.tick, parts.outline)
      if (generation.tick === wants.currentTick || next.budget.steps === 0) next.budget = parts.budget
      const document = generation.document === null ? null : openedTick(generation.document.sha256)
      if (document !== null) next.views.set(generation.tick, tickView(document.body, planned))
      const held = ready?.codes.get(generation.tick)
      const box = generation.code === null ? undefined : load(generation.code.file.sha256)
      if (held !== undefined) next.codes.set(generation.tick, held)
      else if (box !== undefined) {
        const code = openCode(ctx, box, planned, next.keys, parts.outline, job.terms.app)
        if (code.ok) next.codes.set(generation.tick, code.value)
      }
    }
    ready = next.outlines.has(wants.currentTick) ? next : ready
  }

  function offerParts(sha256: string): { outline: Program; budget: HopEnv['offer']['budget'] } | null {
    const bytes = load(sha256)
    const opened = bytes === undefined ? null : openDocument(crypto, 'offer', bytes, sha256)
    if (!opened?.ok) return null
    const { outline, budget } = opened.value.body
    const file = load(outline.sha256)
    const parsed = file === undefined ? null : parseOutline(file)
    return parsed?.ok ? { outline: parsed.value, budget } : null
  }

  async function perform(effect: ServerEffect): Promise<ServerEvent[]> {
    switch (effect.type) {
      case 'fetch': return performFetch(services.documents, effect)
      case 'grind': {
        const nonce = await services.persist('find the proof of work', () => services.work.grind(fromHex(effect.challenge), effect.bits, {}))
        const document = composeAcceptance(ctx, keysFor(effect.offer), effect.offer, { host: settings.host, port, region: settings.region }, nonce)
        return [{ type: 'work.done', offer: effect.offer, document: new TextDecoder().decode(document.bytes), sha256: document.sha256 }]
      }
      case 'publish': {
        const { id, documentType, document, spendFromKeys, payToKeys } = effect
        const published = await services.persist('publish the acceptance', () =>
          services.documents.publish({ documentType, document: utf8(document), files: [], spendFromKeys, payToKeys }))
        return [{ type: 'published', id, ...published }]
      }
      case 'fetch-file': {
        const file = await services.persist(`fetch ${effect.file.name}`, () => services.documents.fetchFile(effect.reference.infohash, effect.file))
        if (effect.purpose === 'outline') {
          refresh()
          return []
        }
        return [{ type: 'code', tick: effect.tick, failure: checkCode(effect.tick, effect.reference.sha256, file) }]
      }
      case 'log': return []
    }
  }

  function checkCode(tick: number, tickSha256: string, box: Uint8Array) {
    const job = member.state().job
    const document = openedTick(tickSha256)
    const plan = document?.body.plans.find((one) => one.tick === tick)
    const parts = document === null ? null : offerParts(document.body.offer)
    if (job === null || plan === undefined || parts === null) return fail('server.code', 'The tick or the outline of this code is not here.').error
    const opened = openCode(ctx, box, plan, keysFor(job.offer), parts.outline, job.terms.app)
    return opened.ok ? null : opened.error
  }

  const step = (state: ServerState, event: ServerEvent) => {
    const stepped = serverStep({ crypto, hashAt, identityFor: (offer) => keysFor(offer).identity.publicKey }, state, event)
    if (stepped.state !== state) queueMicrotask(refresh)
    return stepped
  }
  const rule = { auto: settings.accept.auto, minPayPerRequest: settings.accept.minimumPayPerRequest, maxTicks: null }
  const member = engine.add<ServerState, ServerEvent, ServerEffect>({ name: 'server', initial: initialServerState(rule), step, perform })
  refresh()

  return ok({
    state: () => member.state(),
    key: () => member.state().job?.identity ?? null,
    port,
    counts: () => counts,
    stop: () => listening.value.close(),
  })
}
