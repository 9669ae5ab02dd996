/** The channel to whoever started this process: Electron's main process or a host that forked it. The same words over both. */
import process from 'node:process'
import { fail, type Result } from '../../core/index.ts'
import { validatedCall, type Callable, type FromWorker, type ToWorker } from './channel.ts'

export interface Served extends Callable {
  stop(): Promise<void>
}

interface Parent {
  on(event: 'message', listener: (message: { data: ToWorker }) => void): void
  postMessage(message: FromWorker): void
}

/** A process that does not end in order by then is ended. */
const STOP_MS = 8_000

/**
 * Waits for `start`, once for each node, opens what is served with its configuration, answers calls, and ends on `stop` or when the parent is gone.
 * @param open its failure is told to the parent in its own words.
 */
export function serveParent(open: (config: unknown, node: string) => Promise<Result<Served>>): void {
  const parentPort = (process as unknown as { parentPort?: Parent }).parentPort
  const served = new Map<string, Served>()
  const post = (message: FromWorker): void => {
    if (parentPort) parentPort.postMessage(message)
    else if (process.connected) process.send!(message)
  }
  const start = async (node: string, config: unknown): Promise<void> => {
    const opened = await open(config, node)
    if (!opened.ok) return post({ kind: 'failed', node, code: opened.error.code, message: opened.error.message })
    served.set(node, opened.value)
    opened.value.subscribe((event, payload) => post({ kind: 'event', node, event, payload }))
    post({ kind: 'ready', node })
  }
  let stopping = false
  const stop = async (): Promise<void> => {
    if (stopping) return
    stopping = true
    setTimeout(() => process.exit(1), STOP_MS).unref()
    await Promise.all([...served.values()].map((one) => one.stop()))
    process.exit(0)
  }
  const receive = async (message: ToWorker): Promise<void> => {
    if (message.kind === 'start') return start(message.node, message.config)
    if (message.kind === 'stop') return stop()
    const one = served.get(message.node)
    const result = one
      ? await validatedCall(one, message.name, message.args)
      : fail('core.starting', 'The participant is still starting. Try again in a moment.')
    post({ kind: 'result', id: message.id, result })
  }
  const listen = (message: ToWorker): void => {
    receive(message).catch((error: unknown) =>
      post({
        kind: 'failed',
        node: message.kind === 'stop' ? '' : message.node,
        code: 'core.failed',
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
    )
  }
  // Ctrl+C on a terminal reaches every process: the host ends its children in order.
  process.on('SIGINT', () => undefined)
  if (parentPort) return parentPort.on('message', ({ data }) => listen(data))
  process.on('message', (message) => listen(message as ToWorker))
  // A participant without its host has nobody to serve: end in order, so that nothing is left running.
  process.on('disconnect', () => void stop())
}
