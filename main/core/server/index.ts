/** A server in service: joins apps, keeps ticks and code ready in memory, and answers requests and hops. */
import { MESSAGE_LIMIT } from '../../../roles/protocol/requests/index.ts'
import { chainOf, newestTick } from '../../../roles/protocol/ticks/index.ts'
import { failForNow, ok, type Result } from '../../../roles/protocol/result.ts'
import {
  dueTick,
  hasServed,
  initialServerState,
  phaseOf,
  serverStep,
  type Phase,
  type Readiness,
  type ServerEffect,
  type ServerEvent,
  type ServerState,
} from '../../../roles/server/index.ts'
import { hashAtOf, tipIn } from '../chain-watch.ts'
import type { OfferView } from '../../contract/index.ts'
import type { Dispatching, Engine } from '../engine.ts'
import type { Listening } from '../ports.ts'
import type { Services } from '../services.ts'
import { workText } from '../waiting.ts'
import { createEffects } from './effects.ts'
import { decideOffer, offersOf } from './offers.ts'
import { createAnswer, RELAY_TIMEOUT_MS, type Answer } from './requests.ts'
import { createSession, type ServerSession, type ServerSettings } from './session.ts'
import { createServedTicks } from './ticks.ts'

export interface ServerService {
  /** Its x-only key in the app it joined, hex. */
  key(): string | null
  /** Digests of the ticks that it follows, newest last. */
  ticks(): string[]
  phase(): Phase
  detail(): string
  /** Job offers that it has seen. */
  offers(): OfferView[]
  /** See `decideOffer`. */
  decide(decision: 'accept' | 'decline', offer: string): Promise<Result<null>>
  stop(): Promise<void>
}

const ROWS = 'server'
/** Of one peer: as fast as one core answers, which also is what top-level servers send in the name of many clients. */
const A_MINUTE = { requests: 12_000, bytes: 256 << 20 }

export async function startServer(services: Services, engine: Engine, settings: ServerSettings): Promise<Result<ServerService>> {
  // It listens before it takes part: its port is in its certificate.
  let answer: Answer = () => Promise.resolve(failForNow('server.not-serving', 'This server is starting. Try another server.'))
  const listening = await listen(services, settings, (path, body, peer) => answer(path, body, peer))
  if (!listening.ok) return listening
  const session = createSession(services, settings, listening.value.port)
  const member = takePart(session, engine, (ready) => {
    answer = ready
  })
  const { state } = member
  return ok({
    key: () => state().job?.identity ?? null,
    ticks: () => ticksOf(state()).map(({ reference }) => reference.sha256),
    phase: () => phaseOf(state()),
    detail: () => detailOf(session),
    offers: () => offersOf(state()),
    decide: (decision, offer) => decideOffer(member, decision, offer),
    stop: () => listening.value.close(),
  })
}

const ticksOf = ({ job }: ServerState) => (job === null ? [] : chainOf(job.following))

function takePart(session: ServerSession, engine: Engine, ready: (answer: Answer) => void): Dispatching<ServerState, ServerEvent> {
  const {
    services: { crypto, storage },
    settings,
    keysFor,
  } = session
  const ticks = createServedTicks(session)
  const ctx = { crypto, hashAt: hashAtOf(storage), identityFor: (offer: string) => keysFor(offer).identity.publicKey }
  const member: Dispatching<ServerState, ServerEvent> = engine.add<ServerState, ServerEvent, ServerEffect>({
    name: 'server',
    initial: initialServerState({ auto: settings.accept.auto, minPayPerRequest: settings.accept.minimumPayPerRequest, maxTicks: null }),
    step: (state, event) => serverStep(ctx, state, event),
    changed: (state) => ticks.refresh(state),
    perform: createEffects(session, ticks, {
      state: () => member.state(),
      dispatch: (event) => member.dispatch(event),
    }),
  })
  ticks.refresh(member.state())
  ready(createAnswer(session, ticks.ready, () => readinessOf(member.state(), session)))
  return member
}

/** What it says of itself, before any tick too; nothing once it is expelled, or has served as long as its rule says. */
function readinessOf(state: ServerState, { services: { storage }, keysFor }: ServerSession): Readiness | null {
  const { job } = state
  if (job === null || job.acceptance === null || job.expelled !== null || hasServed(state)) return null
  return {
    app: job.terms.app,
    keys: keysFor(job.offer),
    newest: newestTick(job.following)?.number ?? -1,
    due: () => dueTick(state, tipIn(storage)?.height ?? 0),
  }
}

/** The port is part of the identity certificate, so a restarted server takes the same one again. */
async function listen(
  { storage, transport }: Services,
  { host, port: wanted }: ServerSettings,
  answer: Answer,
): Promise<Result<Listening>> {
  const known = storage.get(ROWS, 'port')
  const port = wanted === 0 && typeof known === 'number' ? known : wanted
  const listening = await transport.serve(
    { host, port, maxBytes: MESSAGE_LIMIT, timeoutMs: RELAY_TIMEOUT_MS, perMinutePerPeer: A_MINUTE },
    answer,
  )
  if (listening.ok && listening.value.port !== known) storage.transact([{ table: ROWS, key: 'port', value: listening.value.port }])
  return listening
}

function detailOf({ work, port, counts: { requests, hops } }: ServerSession): string {
  if (work !== null) return workText(work)
  return `port ${port}, ${requests} ${requests === 1 ? 'request' : 'requests'} relayed, ${hops} ${hops === 1 ? 'block' : 'blocks'} run`
}
