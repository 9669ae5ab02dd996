/** A job in service: joins its app, keeps ticks and code ready in memory, and answers requests and hops. */
import { chainOf, newestTick, stopOf } from '../../../roles/protocol/ticks/index.ts'
import { ok, type Result } from '../../../roles/protocol/result.ts'
import {
  dueTick,
  initialServerState,
  mayRun,
  phaseOf,
  serverStep,
  type Phase,
  type Readiness,
  type SeenOffer,
  type ServerEffect,
  type ServerEvent,
  type ServerState,
} from '../../../roles/server/index.ts'
import { hashAtOf, tipIn } from '../chain-watch.ts'
import type { Dispatching, Scope } from '../engine.ts'
import { tell, type Services } from '../services.ts'
import { overdueText, workText } from '../waiting.ts'
import { createEffects } from './effects.ts'
import { createReception } from './reception.ts'
import { createAnswer } from './requests.ts'
import { createSession, type ServerSession, type ServerSettings } from './session.ts'
import { createLogKeeper } from './log.ts'
import { createServedTicks } from './ticks.ts'
import { counted } from '../../../roles/protocol/words.ts'

export interface ServerService {
  /** Its x-only key in the app it joined, hex. */
  key(): string | null
  /** Digests of the ticks that it follows, newest last. */
  ticks(): string[]
  phase(): Phase
  detail(): string
  title(): string
  /** Takes the job, or takes it up again after it was left. */
  accept(offers?: SeenOffer[]): Promise<void>
  leave(): Promise<void>
  stop(): Promise<void>
}

/**
 * @param offer by which the job is taken; @param offers of its app that were seen before
 * Errors: `transport.port`, `listener.taken`.
 */
export async function startServer(
  services: Services,
  engine: Scope,
  settings: ServerSettings,
  { offer, offers }: { offer: string; offers: SeenOffer[] },
): Promise<Result<ServerService>> {
  const reception = createReception(services)
  const session = createSession(services, settings, reception)
  const member = takePart(session, engine)
  const { state } = member
  const { job } = state()
  const opened = job === null ? null : await reception.open(job.identity)
  if (opened?.ok === false) return opened
  // Its engagement was begun, and the process ended before the offer was accepted.
  if (job === null) tell(services, 'accept the job offer', () => member.dispatch({ type: 'accept', offer, offers }))
  return ok({
    key: () => state().job?.identity ?? null,
    ticks: () => ticksOf(state()).map(({ reference }) => reference.sha256),
    phase: () => phaseOf(state()),
    detail: () => detailOf(session, state()),
    title: () => state().job?.terms.title ?? '',
    accept: (seen = offers) => member.dispatch({ type: 'accept', offer, offers: seen }),
    leave: () => member.dispatch({ type: 'leave' }),
    stop: () => reception.close(),
  })
}

const ticksOf = ({ job }: ServerState) => (job === null ? [] : chainOf(job.following))

function takePart(session: ServerSession, engine: Scope): Dispatching<ServerState, ServerEvent> {
  const {
    services: { crypto, storage },
    keysFor,
  } = session
  const ticks = createServedTicks(session)
  const hold = createLogKeeper(session.services)
  const ctx = { crypto, hashAt: hashAtOf(storage), identityFor: (offer: string) => keysFor(offer).identity.publicKey }
  const member: Dispatching<ServerState, ServerEvent> = engine.add<ServerState, ServerEvent, ServerEffect>({
    name: 'server',
    initial: initialServerState(),
    step: (state, event) => serverStep(ctx, state, event),
    changed(state, before) {
      ticks.refresh(state)
      if (state.job !== null && state.job.following !== before.job?.following) hold(state.job.following)
      session.reception.keep(state.job?.identity ?? null)
    },
    perform: createEffects(session, ticks, {
      state: () => member.state(),
      dispatch: (event) => member.dispatch(event),
    }),
  })
  ticks.refresh(member.state())
  session.reception.answer = createAnswer(session, ticks.ready, () => readinessOf(member.state(), session))
  return member
}

/** What it says of itself, before any tick too; nothing once it is expelled or leaves, nor before it may run what is planned next. */
function readinessOf(state: ServerState, { services: { storage }, keysFor }: ServerSession): Readiness | null {
  const { job } = state
  if (job === null || job.acceptance === null || job.expelled !== null || job.leaving !== null) return null
  const height = tipIn(storage)?.height ?? 0
  if (!mayRun(job, height + 1)) return null
  return {
    app: job.terms.app,
    keys: keysFor(job.offer),
    newest: newestTick(job.following)?.number ?? -1,
    due: () => dueTick(state, height),
  }
}

/** From when on a server that is listed has work, as far as plans say. */
function waitsFor(state: ServerState): string {
  const { job } = state
  if (job === null || phaseOf(state) !== 'listed') return ''
  const first = Math.min(...job.code.map(({ tick }) => tick))
  return Number.isFinite(first) ? `; works from tick ${first} on` : '; no tick is planned with it yet'
}

function detailOf({ work, reception, services: { storage }, counts: { requests, hops } }: ServerSession, state: ServerState): string {
  const { job } = state
  if (work !== null) return workText(work)
  const newest = job === null || stopOf(job.following) !== null ? null : newestTick(job.following)
  const overdue = newest === null ? null : overdueText(newest, job!.terms.tickBlocks, tipIn(storage)?.height ?? 0)
  const port = reception.port()
  return `${port === null ? 'not reached by anybody yet' : `port ${port}`}, ${counted(requests, 'request')} relayed, ${counted(hops, 'block')} run${waitsFor(state)}${overdue === null ? '' : `; ${overdue}`}`
}
