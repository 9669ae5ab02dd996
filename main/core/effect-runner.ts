/**
 * Effects on their way: each has a row on disk from the commit that asked for it until the events that report on it are taken. One that fails
 * is tried again with growing waits; one that a crash cut off is begun again from its row.
 */
import { diskFailure } from './disk.ts'
import type { Json, LogPort, StoragePort, StorageWrite } from './ports.ts'

export interface AnyEffect {
  type: string
}

/** An effect with the row that it lies in. */
export interface BegunEffect {
  /** Key of its row: rows are in the order in which effects were asked for. */
  id: string
  role: string
  effect: AnyEffect
}

export interface EffectRunner {
  /** Numbers what a step asks for, and gives the rows to commit with the step's state. Nothing is performed yet. */
  plan(asked: Array<{ role: string; effect: AnyEffect }>): { begun: BegunEffect[]; writes: StorageWrite[] }
  begin(begun: BegunEffect): void
  /** What an earlier life of this role left undone. */
  unfinished(role: string): BegunEffect[]
  /** Those that are being performed now; one that waits to be tried again is not. */
  readonly running: ReadonlySet<Promise<void>>
}

export interface EffectRunnerOptions {
  storage: StoragePort
  log: LogPort
  after(ms: number, run: () => void): () => void
  stopped(): boolean
  /** Whether the role takes part: one that was taken away does nothing until it is back. */
  isThere(role: string): boolean
  perform(begun: BegunEffect): Promise<unknown[]>
  /** Hands the reporting events to the role; `done` deletes the effect's row, and goes with the commit of the last of them. */
  report(begun: BegunEffect, events: unknown[], done: StorageWrite): Promise<void>
}

const EFFECTS = 'effect'
const RETRY_MS = [200, 1000, 5000, 15_000, 60_000]

/** Told, and done with: nothing is lost when a crash swallows it. */
const isLog = (effect: AnyEffect): effect is { type: 'log'; level: 'info'; message: string } => effect.type === 'log'

export function createEffectRunner(options: EffectRunnerOptions): EffectRunner {
  const { storage, log } = options
  const running = new Set<Promise<void>>()
  let sequence = Number(storage.get('engine', 'sequence') ?? 0)

  /** The newest beginning of each effect: one that was begun again, because its role came back, is told of once. */
  const current = new Map<string, number>()
  let beginnings = 0

  function begin(begun: BegunEffect): void {
    if (isLog(begun.effect)) {
      if (!options.stopped()) log.log(begun.effect.level, begun.effect.message, { role: begun.role })
      return
    }
    current.set(begun.id, ++beginnings)
    attempt(begun, beginnings, 0)
  }

  function attempt(begun: BegunEffect, beginning: number, times: number): void {
    const isWanted = (): boolean => !options.stopped() && options.isThere(begun.role) && current.get(begun.id) === beginning
    if (!isWanted()) return
    const work = options
      .perform(begun)
      .then((events) => (isWanted() ? options.report(begun, events, { table: EFFECTS, key: begun.id, delete: true }) : undefined))
      .then(() => {
        if (current.get(begun.id) === beginning) current.delete(begun.id)
      })
      .catch((error: unknown) => {
        if (isWanted()) again(begun, beginning, times, error)
      })
    running.add(work)
    void work.finally(() => running.delete(work))
  }

  function again(begun: BegunEffect, beginning: number, times: number, error: unknown): void {
    // The disk says once what is the matter; when there is room nobody waits for long.
    const refused = diskFailure(error)
    const wait = RETRY_MS[Math.min(times, RETRY_MS.length - (refused === null ? 1 : 2))]!
    const why = refused?.message ?? (error instanceof Error ? (error.stack ?? error.message) : String(error))
    log.log(refused === null ? 'error' : 'debug', `${begun.role}: ${begun.effect.type} failed and is tried again in ${wait} ms: ${why}`)
    options.after(wait, () => attempt(begun, beginning, times + 1))
  }

  return {
    running,
    begin,
    plan(asked) {
      const begun = asked.map((one) => ({ ...one, id: String(++sequence).padStart(12, '0') }))
      const rows = begun
        .filter(({ effect }) => !isLog(effect))
        .map(({ id, role, effect }) => ({ table: EFFECTS, key: id, value: { role, effect: effect as unknown as Json } }))
      return { begun, writes: rows.length === 0 ? [] : [...rows, { table: 'engine', key: 'sequence', value: sequence }] }
    },
    unfinished: (role) =>
      storage.list(EFFECTS).flatMap(({ key, value }) => {
        const { role: owner, effect } = value as unknown as BegunEffect
        return owner === role ? [{ id: key, role, effect }] : []
      }),
  }
}
