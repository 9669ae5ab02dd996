/** Putting engagements to work and to rest; each of these is one step, and callers take turns. */
import { fail, ok, type Failure, type Result } from '../../../roles/protocol/result.ts'
import { diskFailure } from '../disk.ts'
import type { Engine } from '../engine.ts'
import type { StorageWrite } from '../ports.ts'
import type { Services } from '../services.ts'
import type { NodeSettings } from '../settings.ts'
import { missed } from './missed.ts'
import { moving, rowOf, still, type EngagementRow } from './rows.ts'
import { run, type Running } from './run.ts'

export interface EngagementsOptions {
  services: Services
  engine: Engine
  settings(): NodeSettings
}

export interface Work {
  readonly running: Map<string, Running>
  /** Puts one to work. Errors: those of the role's start. */
  takeUp(id: string, row: EngagementRow): Promise<Result<Running>>
  /** @param rows that say so, written in the turn in which its roles hear of nothing any more */
  standStill(id: string, rows: () => StorageWrite[]): Promise<Result<null>>
  /** Puts one to work that stands still, once its roles heard what they missed. Errors: those of the role's start, `engagement.failed`. */
  goOn(id: string, row: EngagementRow): Promise<Result<null>>
}

/** Of an engagement that could not be put to work or does not go on: its own failure, or what the disk refuses for now. */
const notAtWork = (error: unknown, words: string): { ok: false; error: Failure } => {
  const refused = diskFailure(error)
  return refused === null ? fail('engagement.failed', words) : { ok: false, error: refused }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Rows that say that an engagement was put out by a failure. */
export function failed({ storage, log }: Pick<Services, 'storage' | 'log'>, id: string, error: unknown): StorageWrite[] {
  log.log('error', `«${rowOf(storage, id)?.title ?? id}» is put out, and the others go on: ${wordsOf(error)}`)
  return still(storage, id, 'failed', { why: wordsOf(error) })
}

export function createWork({ services, engine, settings }: EngagementsOptions): Work {
  const { storage } = services
  const running = new Map<string, Running>()

  const put = (id: string, row: EngagementRow, asleep: boolean): Promise<Result<Running>> =>
    run(services, engine.scope(id, asleep), id, row, settings()).catch((error: unknown) => notAtWork(error, wordsOf(error)))

  async function takeUp(id: string, row: EngagementRow, asleep = false): Promise<Result<Running>> {
    const started = await put(id, row, asleep)
    if (started.ok) running.set(id, started.value)
    else await engine.remove(id, () => [])
    return started
  }

  async function standStill(id: string, rows: () => StorageWrite[]): Promise<Result<null>> {
    const one = running.get(id)
    running.delete(id)
    await one?.close()
    await engine.remove(id, rows)
    services.changed()
    return ok(null)
  }

  async function goOn(id: string, row: EngagementRow): Promise<Result<null>> {
    if (row.state === 'active' && running.has(id)) return ok(null)
    // A step that failed took its roles away, and left what they do by themselves.
    await standStill(id, () => [])
    const started = await takeUp(id, row, true)
    if (!started.ok) return started
    const failure = await engine.wake(
      id,
      () => missed(storage, id),
      () => moving(storage, id),
    )
    services.changed()
    if (failure === undefined) return ok(null)
    await standStill(id, () => [])
    return notAtWork(failure, `It does not go on: ${wordsOf(failure)}`)
  }

  return { running, takeUp: (id, row) => takeUp(id, row), standStill, goOn }
}
