/** Where a thread is that does not come to an end: the inspector halts it for a look, even in a loop without a pause. */
import { type InspectorNotification, Session } from 'node:inspector'
import type { Worker } from 'node:worker_threads'
import { fileURLToPath } from 'node:url'
import { isOurs } from './sdk.ts'

interface Whereabouts {
  /** The developer's file, absolute. */
  file: string
  line: number
}
interface Frame {
  location: { scriptId: string; lineNumber: number }
}
type Message = { id?: number } & (
  | { method: 'Debugger.scriptParsed'; params: { scriptId: string; url: string } }
  | { method: 'Debugger.paused'; params: { callFrames: Frame[] } }
)

/** The inspector of a thread gets its turn when the machine has time for it; without its answer only the line is missing. */
const PATIENCE_MS = 30_000

let last: Promise<unknown> = Promise.resolve()

/**
 * Stops a thread for good; several of them one after the other, because each inspector session attaches to all threads.
 * @returns what it was executing; null when it only waited
 */
export function stopWorker(worker: Worker): Promise<Whereabouts | null> {
  const stopped = last.then(() => stopNow(worker))
  last = stopped
  return stopped
}

async function stopNow(worker: Worker): Promise<Whereabouts | null> {
  const debug = attach(worker)
  const found = await debug.halt()
  // A halted thread cannot be terminated: it has to be let go before.
  await debug.detach()
  await worker.terminate()
  return found
}

function attach(worker: Worker) {
  const session = new Session()
  session.connect()
  const urls = new Map<string, string>()
  let id = ''
  let [halted, released] = [(_: Whereabouts | null): void => undefined, (): void => undefined]
  const send = (number: number, method: string): void =>
    session.post('NodeWorker.sendMessageToWorker', { sessionId: id, message: JSON.stringify({ id: number, method }) }, () => undefined)
  session.on('NodeWorker.attachedToWorker', ({ params }: InspectorNotification<{ sessionId: string; workerInfo: { title: string } }>) => {
    // Its `workerId` counts within the session; the title has the number of the thread.
    if (!params.workerInfo.title.startsWith(`[worker ${worker.threadId}]`)) return
    id = params.sessionId
    send(1, 'Debugger.enable')
    send(2, 'Debugger.pause')
  })
  session.on('NodeWorker.receivedMessageFromWorker', ({ params }: InspectorNotification<{ message: string }>) => {
    const message = JSON.parse(params.message) as Message
    if (message.id === 4) released()
    else if (message.method === 'Debugger.scriptParsed') urls.set(message.params.scriptId, message.params.url)
    else if (message.method === 'Debugger.paused') halted(developersFrame(message.params.callFrames, urls))
  })
  return {
    halt: () =>
      within<Whereabouts | null>(null, (resolve) => {
        halted = resolve
        session.post('NodeWorker.enable', { waitForDebuggerOnStart: false }, () => undefined)
      }),
    detach: async () => {
      await within<void>(undefined, (resolve) => {
        released = resolve
        send(3, 'Debugger.resume')
        send(4, 'Debugger.disable')
      })
      session.disconnect()
    },
  }
}

/** What `begin` resolves with, or `otherwise` when that takes too long. */
function within<T>(otherwise: T, begin: (resolve: (value: T) => void) => void): Promise<T> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(otherwise), PATIENCE_MS)
    begin((value) => (clearTimeout(timer), resolve(value)))
  })
}

function developersFrame(frames: Frame[], urls: Map<string, string>): Whereabouts | null {
  for (const { location } of frames) {
    const url = urls.get(location.scriptId) ?? ''
    if (url.startsWith('file:') && !isOurs(fileURLToPath(url))) return { file: fileURLToPath(url), line: location.lineNumber + 1 }
  }
  return null
}
