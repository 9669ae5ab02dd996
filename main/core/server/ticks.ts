/** Everything in memory that a request needs: ticks, plans and opened code, made anew when the state says that something else is served. */
import { openDocument, type OpenedDocument, type Reference } from '../../../roles/protocol/documents/index.ts'
import { parseOutline, plannedIn, termsOf, type PlannedTick } from '../../../roles/protocol/requests/index.ts'
import { fail, type Failure, type Result } from '../../../roles/protocol/result.ts'
import type { Graves } from '../../../roles/protocol/ticks/index.ts'
import {
  openCode,
  serving,
  tickView,
  type Generation,
  type PreparedCode,
  type ServerKeys,
  type ServerState,
  type TickProgram,
  type TickView,
} from '../../../roles/server/index.ts'
import { burialsByApp, lookBehind } from '../burials.ts'
import { meetAt } from '../meeting.ts'
import { remembering } from '../remembering.ts'
import type { ServerSession } from './session.ts'

/** Ticks and offers kept opened: those that are served or planned, and one or two more. A digest stands for one content, so opening and checking it once is enough. */
const OPENED = 8

/** What is served at this moment. */
export interface Ready {
  /** Of the state from which it was made. */
  signature: string
  app: string
  keys: ServerKeys
  currentTick: number
  views: ReadonlyMap<number, TickView>
  codes: ReadonlyMap<number, PreparedCode>
}

export interface ServedTicks {
  /** Null while there is nothing to serve. */
  ready(): Ready | null
  /** Loads what the state says is served. Cheap when nothing changed; what is missing is fetched and picked up at the next change. */
  refresh(state: ServerState): void
  /** Which tombstones of a tick hold. Errors: those of fetching; `server.job`. */
  graves(state: ServerState, tick: Reference): Promise<Result<Graves>>
  /** Why a code file that was fetched cannot be used, or null. */
  checkCode(state: ServerState, tick: number, tickSha256: string, box: Uint8Array): Failure | null
}

/** Documents from this node's own storage, opened once. */
function createOpened(services: ServerSession['services']) {
  const { crypto, storage } = services
  const openedTick = remembering(OPENED, (sha256): OpenedDocument<'tick'> | null => {
    const bytes = storage.getBlob(sha256)
    const opened = bytes === undefined ? null : openDocument(crypto, 'tick', bytes, sha256)
    return opened?.ok ? opened.value : null
  })

  const programOf = remembering(OPENED, (offer): TickProgram | null => {
    const bytes = storage.getBlob(offer)
    const opened = bytes === undefined ? null : openDocument(crypto, 'offer', bytes, offer)
    if (!opened?.ok) return null
    meetAt(services, offer, opened.value.body)
    const { outline, budget } = opened.value.body
    const file = storage.getBlob(outline.sha256)
    const parsed = file === undefined ? null : parseOutline(file)
    return parsed?.ok ? { outline: parsed.value, budget, terms: termsOf(opened.value.body) } : null
  })

  /** One object for one plan, because its holders are dealt once for each. */
  const dealt = remembering(OPENED, (name): PlannedTick | null => {
    const [sha256 = '', offer = '', tick = ''] = name.split('/')
    const [document, program] = [openedTick(sha256), programOf(offer)]
    return document === null || program === null ? null : plannedIn(document, Number(tick), program.terms)
  })
  const plannedFor = (sha256: string, offer: string, tick: number): PlannedTick | null => dealt(`${sha256}/${offer}/${tick}`)
  return { openedTick, programOf, plannedFor }
}

/** Looks into the tombstones of ticks behind what is served. @param found is told when there is something new */
function createGraves(services: ServerSession['services'], programOf: (offer: string) => TickProgram | null, found: () => void) {
  const desks = burialsByApp(services, (offer) => Promise.resolve(programOf(offer)))
  const looking = new Set<string>()

  async function look(app: string, tick: Reference): Promise<void> {
    looking.add(tick.sha256)
    const isFound = await lookBehind(services, desks(app), tick)
    looking.delete(tick.sha256)
    if (isFound) found()
  }

  function of(app: string, tick: Reference): ReadonlySet<string> | null {
    const known = desks(app).known(tick.sha256)
    if (known === null && !looking.has(tick.sha256)) void look(app, tick)
    return known === null ? null : new Set(known.held)
  }

  return {
    desk: desks,
    /** By tick, whose tombstones hold as far as is known; what is not is looked for. */
    ofAll(app: string, generations: Generation[]): Map<string, ReadonlySet<string> | null> {
      const ticks = generations.flatMap(({ document }) => (document === null ? [] : [document]))
      return new Map(ticks.map((tick) => [tick.sha256, of(app, tick)]))
    },
  }
}

export function createServedTicks({ services, ctx, keysFor }: ServerSession): ServedTicks {
  const { crypto, storage } = services
  const { openedTick, programOf, plannedFor } = createOpened(services)
  let ready: Ready | null = null
  let latest: ServerState | null = null
  const graves = createGraves(services, programOf, () => {
    if (latest !== null) served.refresh(latest)
  })
  /** Opened code by the digest of its file: a reorganisation may bring another plan, and with it other code, for the same tick. */
  let held = new Map<string, PreparedCode>()

  function prepared(
    code: Generation['code'],
    planned: PlannedTick,
    keys: ServerKeys,
    program: TickProgram,
    app: string,
  ): PreparedCode | null {
    if (code === null) return null
    const { sha256 } = code.file
    const box = held.has(sha256) ? undefined : storage.getBlob(sha256)
    const opened = box === undefined ? null : openCode(ctx, box, planned, keys, program.outline, app)
    return held.get(sha256) ?? (opened?.ok ? opened.value : null)
  }

  const served: ServedTicks = {
    ready: () => ready,
    refresh(state) {
      latest = state
      const wants = serving(state)
      const { job } = state
      if (wants === null || job === null) {
        ready = null
        return
      }
      const { app } = job.terms
      const expelled = graves.ofAll(app, wants.generations)
      const signature = JSON.stringify([wants, [...expelled.values()].map((ids) => ids && [...ids])])
      if (ready?.signature === signature) return
      const keys = keysFor(job.offer)
      const views = new Map<number, TickView>()
      const codes = new Map<number, PreparedCode>()
      const kept = new Map<string, PreparedCode>()
      for (const generation of wants.generations) {
        const { tick } = generation
        const program = programOf(generation.offer)
        const planned = plannedFor(generation.plan.sha256, generation.offer, tick)
        if (program === null || planned === null) continue
        const document = generation.document === null ? null : openedTick(generation.document.sha256)
        // Whose seats count follows from whose tombstones hold: a tick is served once that is known.
        const ended = document === null ? null : expelled.get(document.sha256)
        if (document !== null && ended) views.set(tick, tickView(crypto, document, planned, program, ended))
        const code = prepared(generation.code, planned, keys, program, app)
        if (code === null) continue
        codes.set(tick, code)
        kept.set(generation.code!.file.sha256, code)
      }
      held = kept
      // Without the newest tick the one before is served on, as those do that have not seen it yet.
      if (views.has(wants.currentTick)) ready = { signature, app, keys, currentTick: wants.currentTick, views, codes }
    },
    graves: ({ job }, tick) =>
      job === null ? Promise.resolve(fail('server.job', 'This server has no job any more.')) : graves.desk(job.terms.app).look(tick),
    checkCode({ job }, tick, tickSha256, box) {
      const document = openedTick(tickSha256)
      const program = document === null ? null : programOf(document.body.offer)
      const planned = document === null ? null : plannedFor(tickSha256, document.body.offer, tick)
      if (job === null || planned === null || program === null)
        return fail('server.code', 'The tick or the outline of this code is not here.').error
      const code = openCode(ctx, box, planned, keysFor(job.offer), program.outline, job.terms.app)
      return code.ok ? null : code.error
    },
  }
  return served
}
