/**
 * What this node does for or with apps: any number of apps that it supervises, jobs and apps that it uses. Each begins, stands still, goes on and ends by
 * commands while the node runs, and fails alone.
 */
import type { StoragePort, StorageWrite } from '../ports.ts'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'
import { isOfDisk } from '../disk.ts'
import type { Services } from '../services.ts'
import { createTurns } from '../turns.ts'
import { find, type Named } from './find.ts'
import { erased, rowOf, rowsIn, still, write, type EngagementRow } from './rows.ts'
import type { RoleService, Running } from './run.ts'
import { createWork, failed, type EngagementsOptions, type Work } from './work.ts'

export type { Running } from './run.ts'
export { failed } from './work.ts'
export type { Beginning, EngagementRow } from './rows.ts'

type RoleName = RoleService['role']
export type RunningOf<R extends RoleName> = Extract<Running, { role: R }>

export interface Engagement extends Named {
  row: EngagementRow
  /** Null while it stands still. */
  running: Running | null
}

export interface Engagements {
  /** Takes up what was active. One that cannot be is put out, with its reason. */
  start(): Promise<void>
  /** All that have not ended, in the order of their ids. */
  list(): Engagement[]
  /** Those that do not stand still, without a look into their rows. */
  atWork(): Running[]
  /**
   * Begins one, or takes up one that ended; one that is there stays as it is.
   * @param rows written with it. Errors: those of the role's start; then nothing is kept of it.
   */
  begin(id: string, row: EngagementRow, rows?: StorageWrite[]): Promise<Result<Running>>
  /** Safe to repeat. */
  pause(id: string): Promise<Result<null>>
  /** Takes up what stands still, once its roles heard what they missed. Safe to repeat. Errors: those of the role's start, `engagement.failed`. */
  resume(id: string): Promise<Result<null>>
  /** Ends one; its rows stay. Safe to repeat. */
  end(id: string): Promise<Result<null>>
  /** Ends one as a person wants it: no rule of the node begins it again. Safe to repeat. */
  leave(id: string): Promise<Result<null>>
  /** Apps that a person left in this role, and did not begin with again. */
  leftApps(role: 'server' | 'client'): ReadonlySet<string>
  /** Which one is meant. Errors: `engagement.none`, `engagement.several`. */
  find(role: RoleName, text?: string): Result<Engagement>
  /** The same of one that is at work. Error: `engagement.still`. */
  running<R extends RoleName>(role: R, text?: string): Result<RunningOf<R>>
  stop(): Promise<void>
}

const WHAT: Record<RoleName, string> = {
  supervisor: 'app that this node supervises',
  server: 'job of this node',
  client: 'app that this node uses',
}

/** What there is, and which of it a person means. */
function createListing(storage: StoragePort, running: ReadonlyMap<string, Running>) {
  const appOf = (id: string, row: EngagementRow): string | null => (row.role === 'supervisor' ? (running.get(id)?.app() ?? null) : row.app)
  const list = (): Engagement[] =>
    rowsIn(storage)
      .filter(({ row }) => row.state !== 'ended')
      .map(({ id, row }) => {
        const one = row.state === 'active' ? (running.get(id) ?? null) : null
        return { id, row, app: appOf(id, row), title: one?.service.title() || row.title, running: one }
      })
  const found: Engagements['find'] = (role, text) =>
    find(
      list().filter(({ row }) => row.role === role),
      text,
      WHAT[role],
    )
  return { list, found }
}

const beginning =
  ({ storage, changed }: Services, { running, goOn, takeUp }: Work) =>
  async (id: string, row: EngagementRow, rows: StorageWrite[]): Promise<Result<Running>> => {
    const known = rowOf(storage, id)
    const there = running.get(id)
    if (there !== undefined && known?.state === 'active') return ok(there)
    if (known !== undefined) {
      const resumed = await goOn(id, known)
      return resumed.ok ? ok(running.get(id)!) : resumed
    }
    storage.transact([...rows, write(id, row)])
    const started = await takeUp(id, row)
    if (!started.ok) storage.transact([erased(id)])
    changed()
    return started
  }

export function createEngagements(options: EngagementsOptions): Engagements {
  const { services } = options
  const { storage } = services
  const work = createWork(options)
  const { running } = work
  /** One change at a time, so that two commands never begin one engagement twice. */
  const turns = createTurns()

  const { list, found } = createListing(storage, running)
  const begin = beginning(services, work)

  /** What the disk refuses at the start is taken up once it does not, unless a person decided otherwise meanwhile. */
  const again = (id: string): void =>
    void services.persist<unknown>('take up what the disk did not let begin', () =>
      turns.take(async () => {
        const row = rowOf(storage, id)
        if (row?.state !== 'active' || running.has(id)) return ok(null)
        const started = await work.takeUp(id, row)
        if (started.ok || isOfDisk(started.error)) return started
        storage.transact(failed(services, id, started.error.message))
        return ok(null)
      }),
    )

  return {
    list,
    atWork: () => [...running.values()],
    find: found,
    async start() {
      for (const { id, row } of rowsIn(storage)) {
        if (row.state !== 'active') continue
        const started = await work.takeUp(id, row)
        if (started.ok) continue
        if (isOfDisk(started.error)) again(id)
        else storage.transact(failed(services, id, started.error.message))
      }
    },
    begin: (id, row, rows = []) => turns.take(() => begin(id, row, rows)),
    pause: (id) => turns.take(() => work.standStill(id, () => still(storage, id, 'paused'))),
    resume: (id) =>
      turns.take(async () => {
        const row = rowOf(storage, id)
        return row === undefined ? fail('engagement.none', 'There is no such engagement here.') : work.goOn(id, row)
      }),
    end: (id) => turns.take(() => work.standStill(id, () => still(storage, id, 'ended'))),
    leave: (id) => turns.take(() => work.standStill(id, () => still(storage, id, 'ended', { left: true }))),
    leftApps: (role) => new Set(rowsIn(storage).flatMap(({ row }) => (row.role === role && row.left === true ? [row.app] : []))),
    running(role, text) {
      const one = found(role, text)
      if (!one.ok) return one
      const { running: at, row, title } = one.value
      if (at !== null) return ok(at as never)
      return fail(
        'engagement.still',
        `«${title}» ${row.state === 'failed' ? `was put out: ${row.why ?? ''}` : 'is paused'}. Resume it first.`,
      )
    },
    stop: () =>
      turns.take(async () => {
        for (const one of running.values()) await one.close()
      }),
  }
}
