/** A client in service: joins an app, keeps keys reserved, sends requests, publishes what a person approved, reads and audits. */
import type { AuditView, CommandArgs, KeyView, RequestView, ReservedView, RowsView, TickView, UsedView } from '../../contract/index.ts'
import { chainOf, followed } from '../../../roles/protocol/ticks/index.ts'
import { isHalted, stopText } from '../history.ts'
import type { Result } from '../../../roles/protocol/result.ts'
import { isRefused, isRegistered, keyCounts, outcomeText, type ClientState, type RequestEntry } from '../../../roles/client/index.ts'
import type { Scope } from '../engine.ts'
import type { ReadArgs } from '../read-index.ts'
import type { Services } from '../services.ts'
import type { Sent } from '../wallet/keeper.ts'
import { workText, type Wait } from '../waiting.ts'
import { auditApp } from './audit.ts'
import { again, approve, bump, read, refuse, request, reserve } from './commands.ts'
import { takePart } from './discovery.ts'
import { dispute } from './disputes.ts'
import { counted } from '../../../roles/protocol/words.ts'
import { createEffects } from './effects.ts'
import { valueOfKey } from './key-value.ts'
import { createSession, noApp, type ClientSession, type ClientSettings, type JoinedRow } from './session.ts'
import { createUpkeep } from './upkeep.ts'
import { actorView, appView, requestView, tickViewOf, type SentView } from './views.ts'

export interface ClientView {
  used: UsedView | null
  requests: RequestView[]
}

export interface ClientService {
  key(): string | null
  title(): string
  /** Digests of the ticks that it follows, newest last. */
  ticks(): string[]
  phase(): string
  detail(): string
  view(wait: Wait): ClientView
  /** The newest tick that it opened. */
  tick(wait: Wait): TickView | null
  /** Whether a request is its own. */
  has(request: string): boolean
  read(args: ReadArgs): Promise<Result<RowsView>>
  valueOf(key: string): Promise<Result<KeyView>>
  request(args: Omit<CommandArgs<'use.request'>, 'app'>): Promise<Result<{ id: string }>>
  approve(id: string): Promise<Result<{ txid: string }>>
  bump(id: string, feeRate: number | null): Promise<Result<Sent>>
  refuse(id: string): Promise<Result<null>>
  again(id: string): Promise<Result<{ id: string }>>
  dispute(id: string): Promise<Result<{ txid: string }>>
  reserve(args: Omit<CommandArgs<'use.reserve'>, 'app'>): Promise<Result<ReservedView>>
  audit(): Promise<Result<AuditView>>
  stop(): void
}

/** @param row the app, as it was found; @param id of the engagement */
export function startClient(services: Services, engine: Scope, settings: ClientSettings, row: JoinedRow, id: string): ClientService {
  const session = createSession(services, settings, id)
  takePart(session, engine, row, { perform: createEffects(session), tend: createUpkeep(session, (id) => again(session, id)) })
  return {
    key: () => session.joined?.client.publicKey ?? null,
    title: () => (session.newest?.offer ?? session.joined?.offer.document)?.body.title ?? '',
    ticks: () => ticksOf(session).map(({ reference }) => reference.sha256),
    phase: () => phaseOf(session),
    detail: () => detailOf(session),
    view: (wait) => viewOf(session, wait),
    tick: (wait) => tickOf(session, wait),
    has: (request) => session.joined?.member.state().requests.some(({ id }) => id === request) ?? false,
    read: (args) => read(session, args),
    valueOf: (key) => valueOfKey(session, key),
    request: (args) => request(session, args),
    approve: (id) => approve(session, id),
    bump: (id, feeRate) => bump(session, id, feeRate),
    refuse: (id) => refuse(session, id),
    again: (id) => again(session, id),
    dispute: (id) => dispute(session, id),
    reserve: (args) => reserve(session, args),
    stop: () => session.local.close(),
    async audit() {
      const { joined, app, offerOf } = session
      if (joined === null) return noApp()
      return auditApp(services, {
        following: joined.member.state().following,
        offerOf,
        open: (reference) => app.offer(reference),
      })
    },
  }
}

const ticksOf = ({ joined }: ClientSession) => (joined === null ? [] : chainOf(joined.member.state().following))

function phaseOf({ joined, settings }: ClientSession): string {
  if (joined === null) return 'looking for an app'
  const state = joined.member.state()
  if (isRegistered(state)) return 'registered'
  if (state.registration === null && !settings.register) return 'reading'
  return state.registration === null ? 'preparing' : isRefused(state.registration) ? 'refused' : 'registering'
}

function detailOf(session: ClientSession): string {
  const { joined, newest, work } = session
  if (joined === null) return ''
  if (work !== null) return workText(work)
  const state = joined.member.state()
  const overdue = session.overdue(joined)
  const { outline } = newest ?? joined.offer
  if (isRefused(state.registration) && !isRegistered(state)) return outcomeText(state.registration!.verdict!)
  const reserved = state.reservations.at(-1)?.verdict ?? null
  const refused = reserved === null || reserved.outcome === 'accepted' ? '' : `${outcomeText(reserved, outline)} `
  return `${refused}${keysText(state, Object.keys(outline.collections))}; ${counted(state.requests.length, 'request')}${overdue === null ? '' : `; ${overdue}`}`
}

/** Fresh keys by collection that a request may use, and the other keys in sum: in requests under way, on their way, or of rows that are written. */
function keysText(state: ClientState, collections: string[]): string {
  const all = collections.map((name) => ({ name, ...keyCounts(state, name) }))
  const sum = (what: 'coming' | 'busy' | 'written'): number => all.reduce((total, one) => total + one[what], 0)
  const free = `free keys: ${all.map((one) => `${one.free} for ${one.name}`).join(', ')}`
  const others = [
    [sum('coming'), 'on the way'],
    [sum('busy'), 'in use'],
    [sum('written'), 'written'],
  ] as const
  return [free, ...others.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`)].join('; ')
}

/** The transaction of a request as it is now, or what publishing it would cost. */
function sentOf({ id, publication }: RequestEntry, { wallet }: Services, fees: ReadonlyMap<string, number>): SentView {
  if (publication?.txid) {
    const sent = wallet.latest({ txid: publication.txid, fee: publication.fee ?? 0 })
    const known = wallet.stateOf(publication.txid)
    if (known === null) return sent
    const { phase: state, ...more } = known
    return { ...sent, transaction: { state, ...more } }
  }
  const fee = publication?.fee ?? fees.get(id)
  return fee === undefined ? {} : { fee }
}

const IGNORED =
  'The master key took ticks back, and this node does not obey: it would take back more than three ticks that were followed here, and shows nothing that is wrong with them. What was counted stays here; others may read another history. Ask the app’s Supervisor.'

/** A document usually comes within the time of a block: until then nothing is wrong. */
function stoppedView({ following }: ClientState, { height }: Wait): Pick<TickView, 'stopped'> {
  const { stop, ignored } = followed(following)
  if (stop === null && ignored.length > 0) return { stopped: { halts: false, message: IGNORED } }
  if (stop === null || (stop.kind === 'unfetched' && height <= stop.height + 1)) return {}
  return { stopped: { halts: isHalted(stop), message: stopText(stop) } }
}

function tickOf({ joined, newest }: ClientSession, wait: Wait): TickView | null {
  if (joined === null || newest === null) return null
  const { offer, tick, graves } = newest
  return { ...tickViewOf(offer.body, tick, wait, graves()?.problems), ...stoppedView(joined.member.state(), wait) }
}

function viewOf(session: ClientSession, wait: Wait): ClientView {
  const { joined, newest, services, fees, work } = session
  if (joined === null) return { used: null, requests: [] }
  const state = joined.member.state()
  const { body } = newest?.offer ?? joined.offer.document
  const key = joined.client.publicKey
  const outline = newest?.planned ?? joined.offer.outline
  return {
    used: {
      id: key,
      app: appView(joined.reference.sha256, body, outline, newest?.tick.servers.length ?? 0),
      tick: tickOf(session, wait),
      actor: { ...actorView(state, outline, key, services, newest !== null), ...(work === null ? {} : { work: workText(work) }) },
    },
    requests: state.requests.map((entry) =>
      requestView(entry, key, outline, newest?.tick ?? null, body, wait, sentOf(entry, services, fees), services.wallet.hindrance()),
    ),
  }
}
