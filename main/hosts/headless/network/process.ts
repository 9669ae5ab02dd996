/** Participants of the local network in operating-system processes: each in one of its own, or several in one. */
import { fork, type ChildProcess } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { failForNow, type ParticipantConfig, type Result } from '../../../core/index.ts'
import type { CommandArgs, CommandName, CommandResult, EventName, Subscribe } from '../../../contract/index.ts'
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
  subscribe: Subscribe
  /** Resolves when its process has ended, however that came. */
  readonly ended: Promise<void>
  /** Ends its process in order; after five seconds at once. */
  stop(): Promise<void>
  /** Ends it at once, as a crash or a power cut would. */
  kill(): Promise<void>
}

/** Starts a participant and waits until it serves its contract. @throws StartFailure with its own words when it cannot start */
export type Starter = (config: ParticipantConfig) => Promise<ParticipantProcess>

/** A process in which nodes are begun one after the other. */
export interface NodesProcess {
  readonly running: boolean
  begin: Starter
  kill(): void
}

/**
 * Starts a participant in a process of its own.
 * @param output where its log lines go: a sink for text.
 * @param memory `roomy` where it is alone on its machine.
 * @throws StartFailure with its own words when it cannot start.
 */
export async function startParticipant(
  config: ParticipantConfig,
  output: (text: string) => void,
  memory: Memory,
): Promise<ParticipantProcess> {
  const options = memory === 'roomy' ? roomyOptions : config.publish === undefined ? leanOptions : busyOptions
  const own = startProcess({ options, environment: memory === 'lean' ? leanEnvironment : {}, output, several: false })
  try {
    return await own.begin(config)
  } catch (error) {
    own.kill()
    throw error
  }
}

interface ProcessOptions {
  /** Of Node. */
  options: string[]
  environment: Record<string, string>
  output(text: string): void
  /** Its log lines begin with the name of their node. */
  several: boolean
}

export function startProcess({ options, environment, output, several }: ProcessOptions): NodesProcess {
  const child = fork(ENTRY, several ? ['several'] : [], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'json',
    execArgv: options,
    env: { ...process.env, ...environment },
  })
  const channel = createChannel(child)
  child.stderr!.setEncoding('utf8').on('data', output)
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null
  const stop = async (): Promise<void> => {
    if (child.connected) child.send({ kind: 'stop' } satisfies ToWorker)
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    await ended
    clearTimeout(timer)
  }
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  return {
    get running() {
      return isRunning()
    },
    kill: () => void child.kill('SIGKILL'),
    async begin(config) {
      const { name } = config.settings
      try {
        await channel.start(name, config)
      } catch (error) {
        throw new StartFailure((error as StartFailure).code, `${name} could not start: ${(error as Error).message}`, error)
      }
      return {
        name,
        pid: child.pid!,
        get running() {
          return isRunning()
        },
        call: (command, args) => channel.call(name, command, args),
        subscribe: (wanted, listener) => channel.subscribe(name, wanted, listener),
        ended,
        stop,
        kill,
      }
    },
  }
}

interface Waiting {
  resolve(): void
  reject(error: StartFailure): void
}

function createChannel(child: ChildProcess) {
  const waiting = new Map<number, (result: Result<unknown>) => void>()
  const starting = new Map<string, Waiting>()
  const heard = createHeard((node, events) => {
    if (child.connected) child.send({ kind: 'hear', node, events } satisfies ToWorker, () => undefined)
  })
  let sequence = 0
  const started = (node: string): Waiting | undefined => {
    const one = starting.get(node)
    starting.delete(node)
    return one
  }
  const failAll = (error: StartFailure): void => {
    for (const node of [...starting.keys()]) started(node)?.reject(error)
  }
  child.on('message', (message) => {
    const received = message as FromWorker
    if (received.kind === 'ready') started(received.node)?.resolve()
    else if (received.kind === 'failed') started(received.node)?.reject(new StartFailure(received.code, received.message))
    else if (received.kind === 'event') heard.tell(received.node, received.event, received.payload)
    else {
      waiting.get(received.id)?.(received.result)
      waiting.delete(received.id)
    }
  })
  const gone = failForNow('core.gone', "This participant's process has ended. Start it again.")
  child.once('error', (error) =>
    failAll(new StartFailure('process.start', `the system starts no process for it (${error.message}).`, error)),
  )
  child.once('exit', (code, signal) => {
    failAll(new StartFailure('process.ended', `its process ended (${signal ?? `code ${code}`}) before it was ready.`))
    for (const answer of waiting.values()) answer(gone)
    waiting.clear()
  })
  return {
    start: (node: string, config: ParticipantConfig): Promise<void> =>
      new Promise((resolve, reject) => {
        starting.set(node, { resolve, reject })
        child.send({ kind: 'start', node, config } satisfies ToWorker, (error) => {
          if (error)
            started(node)?.reject(new StartFailure('process.ended', `its process ended before it was ready (${error.message}).`, error))
        })
      }),
    call: <N extends CommandName>(node: string, name: N, args: CommandArgs<N>): Promise<Result<CommandResult<N>>> => {
      if (!child.connected) return Promise.resolve(gone)
      const id = ++sequence
      return new Promise((resolve) => {
        waiting.set(id, resolve as (result: Result<unknown>) => void)
        child.send({ kind: 'call', id, node, name, args } satisfies ToWorker, (error) => {
          if (error && waiting.delete(id)) resolve(gone)
        })
      })
    },
    subscribe: heard.subscribe,
  }
}

/** Who listens to which node, and for what. @param ask says which events of a node are wanted by anybody */
function createHeard(ask: (node: string, events: EventName[]) => void) {
  const nodes = new Map<string, Set<{ wanted: readonly EventName[]; listener: (event: string, payload: unknown) => void }>>()
  const askFor = (node: string): void => ask(node, [...new Set([...(nodes.get(node) ?? [])].flatMap(({ wanted }) => wanted))])
  return {
    tell(node: string, event: string, payload: unknown): void {
      for (const { wanted, listener } of nodes.get(node) ?? []) if ((wanted as readonly string[]).includes(event)) listener(event, payload)
    },
    subscribe(node: string, wanted: readonly EventName[], listener: (event: string, payload: unknown) => void): () => void {
      const heard = nodes.get(node) ?? new Set()
      nodes.set(node, heard)
      const one = { wanted, listener }
      heard.add(one)
      askFor(node)
      return () => {
        if (heard.delete(one)) askFor(node)
      }
    },
  }
}
