/** The channel to whoever started this process: Electron's main process or a host that forked it. The same words over both. */
import process from 'node:process'
import { isEvent, type EventName } from '../../contract/index.ts'
import type { Result } from '../../core/index.ts'
import type { FromWorker, ToWorker } from './channel.ts'

/** What a process serves: nodes that are told apart by their names. */
export interface House {
  /** Opens what is asked for; a failure is told to the parent in its own words. */
  start(node: string, config: unknown): Promise<Result<unknown>>
  call(node: string, name: string, args: unknown): Promise<Result<unknown>>
  /** Which events of a node are told from now on, whether it has started or will. */
  hear(node: string, wanted: readonly EventName[]): void
  stop(): Promise<unknown>
}

interface Parent {
  on(event: 'message', listener: (message: { data: ToWorker }) => void): void
  postMessage(message: FromWorker): void
}

/** A process that does not end in order by then is ended. */
const STOP_MS = 8_000

/**
 * Starts what the parent asks for, answers its calls, tells it of events, and ends on `stop` or when the parent is gone.
 * @param build given what tells the parent of an event
 */
export function serveParent(build: (tell: (node: string, event: string, payload: unknown) => void) => House): void {
  const parentPort = (process as unknown as { parentPort?: Parent }).parentPort
  const post = (message: FromWorker): void => {
    if (parentPort) parentPort.postMessage(message)
    else if (process.connected) process.send!(message)
  }
  const house = build((node, event, payload) => post({ kind: 'event', node, event, payload }))
  const start = async (node: string, config: unknown): Promise<void> => {
    const opened = await house.start(node, config)
    if (opened.ok) post({ kind: 'ready', node })
    else post({ kind: 'failed', node, code: opened.error.code, message: opened.error.message })
  }
  let stopping = false
  const stop = async (): Promise<void> => {
    if (stopping) return
    stopping = true
    setTimeout(() => process.exit(1), STOP_MS).unref()
    await house.stop()
    process.exit(0)
  }
  const receive = async (message: ToWorker): Promise<void> => {
    if (message.kind === 'start') return start(message.node, message.config)
    if (message.kind === 'stop') return stop()
    if (message.kind === 'hear') return house.hear(message.node, message.events.filter(isEvent))
    post({ kind: 'result', id: message.id, result: await house.call(message.node, message.name, message.args) })
  }
  const listen = (message: ToWorker): void => {
    receive(message).catch((error: unknown) => {
      const failure = {
        code: 'core.failed',
        retryable: false,
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }
      // Whoever called waits for an answer.
      if (message.kind === 'call') post({ kind: 'result', id: message.id, result: { ok: false, error: failure } })
      else post({ kind: 'failed', node: message.kind === 'stop' ? '' : message.node, ...failure })
    })
  }
  // Ctrl+C on a terminal reaches every process: the host ends its children in order.
  process.on('SIGINT', () => undefined)
  if (parentPort) return parentPort.on('message', ({ data }) => listen(data))
  process.on('message', (message) => listen(message as ToWorker))
  // A participant without its host has nobody to serve: end in order, so that nothing is left running.
  process.on('disconnect', () => void stop())
}
