/** One participant of the local network in an operating-system process of its own. */
import { fork, type ChildProcess } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { failForNow, type ParticipantConfig, type Result } from '../../../core/index.ts'
import type { CommandArgs, CommandName, CommandResult } from '../../../contract/index.ts'
import type { FromWorker, ToWorker } from '../../worker/channel.ts'
import { busyOptions, leanEnvironment, leanOptions, roomyOptions, type Memory } from '../../worker/lean.ts'

const ENTRY = fileURLToPath(new URL('../../worker/index.ts', import.meta.url))
const STOP_MS = 5_000

/**
 * A participant that could not start. `code` says whose fault it is: the participant's own, in the words of its failure; `process.start` where the
 * system starts no process; `process.ended` where the process ended before it was ready.
 */
export class StartFailure extends Error {
  readonly code: string

  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause })
    this.code = code
  }
}

export interface ParticipantProcess {
  readonly name: string
  readonly pid: number
  readonly running: boolean
  call<N extends CommandName>(name: N, args: CommandArgs<N>): Promise<Result<CommandResult<N>>>
  subscribe(listener: (event: string, payload: unknown) => void): () => void
  /** Resolves when its process has ended, however that came. */
  readonly ended: Promise<void>
  /** Ends it in order; after five seconds at once. */
  stop(): Promise<void>
  /** Ends it at once, as a crash or a power cut would. */
  kill(): Promise<void>
}

/**
 * Starts a participant and waits until it serves its contract.
 * @param output where its log lines go: a sink for text.
 * @param memory `roomy` where it is alone on its machine.
 * @throws StartFailure with its own words when it cannot start.
 */
export async function startParticipant(
  config: ParticipantConfig,
  output: (text: string) => void,
  memory: Memory,
): Promise<ParticipantProcess> {
  const child = fork(ENTRY, [], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'json',
    execArgv: memory === 'roomy' ? roomyOptions : config.publish === undefined ? leanOptions : busyOptions,
    env: { ...process.env, ...(memory === 'lean' && leanEnvironment) },
  })
  const channel = createChannel(child)
  child.stderr!.setEncoding('utf8').on('data', output)
  const { name } = config.settings
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.send({ kind: 'start', config } satisfies ToWorker)
  try {
    await channel.ready
  } catch (error) {
    child.kill('SIGKILL')
    throw new StartFailure((error as StartFailure).code, `${name} could not start: ${(error as Error).message}`, error)
  }
  return {
    name,
    pid: child.pid!,
    get running() {
      return child.exitCode === null && child.signalCode === null
    },
    call: channel.call,
    subscribe: channel.subscribe,
    ended: exited,
    async stop() {
      if (child.connected) child.send({ kind: 'stop' } satisfies ToWorker)
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
      await exited
      clearTimeout(timer)
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

function createChannel(child: ChildProcess) {
  const waiting = new Map<number, (result: Result<unknown>) => void>()
  const listeners = new Set<(event: string, payload: unknown) => void>()
  let sequence = 0
  let settle: { resolve(): void; reject(error: StartFailure): void }
  const ready = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject }
  })
  child.on('message', (message) => {
    const received = message as FromWorker
    if (received.kind === 'ready') settle.resolve()
    else if (received.kind === 'failed') settle.reject(new StartFailure(received.code, received.message))
    else if (received.kind === 'event') for (const listener of listeners) listener(received.event, received.payload)
    else {
      waiting.get(received.id)?.(received.result)
      waiting.delete(received.id)
    }
  })
  const gone = failForNow('core.gone', "This participant's process has ended. Start it again.")
  child.once('error', (error) =>
    settle.reject(new StartFailure('process.start', `the system starts no process for it (${error.message}).`, error)),
  )
  child.once('exit', (code, signal) => {
    settle.reject(new StartFailure('process.ended', `its process ended (${signal ?? `code ${code}`}) before it was ready.`))
    for (const answer of waiting.values()) answer(gone)
    waiting.clear()
  })
  return {
    ready,
    call: <N extends CommandName>(name: N, args: CommandArgs<N>): Promise<Result<CommandResult<N>>> => {
      if (!child.connected) return Promise.resolve(gone)
      const id = ++sequence
      return new Promise((resolve) => {
        waiting.set(id, resolve as (result: Result<unknown>) => void)
        child.send({ kind: 'call', id, name, args } satisfies ToWorker, (error) => {
          if (error && waiting.delete(id)) resolve(gone)
        })
      })
    },
    subscribe: (listener: (event: string, payload: unknown) => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
