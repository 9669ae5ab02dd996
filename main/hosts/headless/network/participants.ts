/** The participants' processes: started together, started again when one ends by itself, and left out with a word of what to do where one cannot start. */
import type { LogPort } from '../../../core/ports.ts'
import type { ParticipantConfig } from '../../../core/index.ts'
import type { Pace } from './pace.ts'
import { adviceFor } from './advice.ts'
import type { ParticipantProcess, Starter } from './process.ts'

export interface Participants {
  readonly running: Map<string, ParticipantProcess>
  /** Who cannot start, and why. */
  readonly out: ReadonlyMap<string, string>
  restart(name: string): Promise<ParticipantProcess>
  /** Starts all of them; those that cannot are left out. @throws when nobody can */
  startAll(): Promise<void>
  stopAll(): Promise<void>
}

/** Somebody who takes no part at the moment. */
export interface Absent {
  name: string
  role: 'supervisor' | 'server' | 'client'
  why: string
}

export interface ParticipantsOptions {
  configs: ReadonlyMap<string, ParticipantConfig>
  pace: Pace
  /** Start a participant again that ended by itself, or could not start. */
  keepUp: boolean
  log: LogPort
  start: Starter
  /** Told before one is started. */
  starting(name: string): void
  /** Told of each that serves. */
  started(participant: ParticipantProcess): void
  absent(one: Absent): void
}

const RESTART_MS = 1_000
/** What keeps one from starting does not mend itself; a person may have mended it. */
const LOOK_AGAIN_MS = 15_000

const roleOf = ({ publish, settings }: ParticipantConfig): Absent['role'] =>
  publish !== undefined ? 'supervisor' : settings.host.auto ? 'server' : 'client'

export function createParticipants(options: ParticipantsOptions): Participants {
  const { configs, log } = options
  const running = new Map<string, ParticipantProcess>()
  const out = new Map<string, string>()
  const launching = new Set<Promise<ParticipantProcess>>()
  let stopping = false

  function launch(name: string): Promise<ParticipantProcess> {
    const launched = launchNow(name).finally(() => launching.delete(launched))
    launching.add(launched)
    return launched
  }
  async function launchNow(name: string): Promise<ParticipantProcess> {
    options.starting(name)
    const started = await options.start(configs.get(name)!)
    if (stopping) {
      await started.stop()
      throw new Error(`${name} was ended before it took part.`)
    }
    running.set(name, started)
    out.delete(name)
    options.pace.watch(started)
    options.started(started)
    if (options.keepUp) void started.ended.then(() => restarted(name))
    return started
  }
  function restarted(name: string): void {
    if (stopping) return
    log.log('error', `${name} ended by itself and is started again`)
    later(name, RESTART_MS)
  }
  function later(name: string, ms: number): void {
    setTimeout(() => {
      if (!stopping) launch(name).catch((error: unknown) => leaveOut(name, error))
    }, ms)
  }
  function leaveOut(name: string, error: unknown): void {
    if (stopping) return
    const config = configs.get(name)!
    const cause = error instanceof Error ? error.message : String(error)
    const again = options.keepUp ? ` It is tried again every ${LOOK_AGAIN_MS / 1_000} s.` : ''
    const why = `${cause} The others go on. ${adviceFor(error, name, config.folder)}${again}`
    // Tried again and again, told once.
    if (out.get(name) !== why) log.log('error', why)
    out.set(name, why)
    options.absent({ name, role: roleOf(config), why })
    if (options.keepUp) later(name, LOOK_AGAIN_MS)
  }

  return {
    running,
    out,
    restart: launch,
    async startAll() {
      const names = [...configs.keys()]
      const ended = await Promise.allSettled(names.map(launch))
      const failed = ended.flatMap((one, at) => (one.status === 'rejected' ? [{ name: names[at]!, error: one.reason as unknown }] : []))
      if (failed.length === names.length) throw failed[0]!.error
      for (const { name, error } of failed) leaveOut(name, error)
    },
    async stopAll() {
      stopping = true
      await Promise.allSettled([...launching, ...[...running.values()].map((participant) => participant.stop())])
    },
  }
}
