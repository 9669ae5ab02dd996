/** Where a thread is that does not come to an end: the inspector stops it for a look, even in a loop without a pause. */
import { type InspectorNotification, Session } from 'node:inspector'
import type { Worker } from 'node:worker_threads'
import { fileURLToPath } from 'node:url'
import { isOurs } from './sdk.ts'

interface Frame {
  location: { scriptId: string; lineNumber: number }
}
type Message = { method: 'Debugger.scriptParsed'; params: { scriptId: string; url: string } } | { method: 'Debugger.paused'; params: { callFrames: Frame[] } }

const PATIENCE_MS = 1_000

/** The developer's file (absolute) and line that the thread is executing; null when it only waits. */
export function whereabouts(worker: Worker): Promise<{ file: string; line: number } | null> {
  const session = new Session()
  session.connect()
  const urls = new Map<string, string>()
  return new Promise<{ file: string; line: number } | null>((resolve) => {
    const timer = setTimeout(() => resolve(null), PATIENCE_MS)
    const end = (found: { file: string; line: number } | null): void => (clearTimeout(timer), resolve(found))
    session.on('NodeWorker.attachedToWorker', ({ params }: InspectorNotification<{ sessionId: string; workerInfo: { workerId: string } }>) => {
      if (params.workerInfo.workerId !== String(worker.threadId)) return
      for (const [id, method] of ['Debugger.enable', 'Debugger.pause'].entries()) {
        session.post('NodeWorker.sendMessageToWorker', { sessionId: params.sessionId, message: JSON.stringify({ id, method }) })
      }
    })
    session.on('NodeWorker.receivedMessageFromWorker', ({ params }: InspectorNotification<{ message: string }>) => {
      const message = JSON.parse(params.message) as Message
      if (message.method === 'Debugger.scriptParsed') urls.set(message.params.scriptId, message.params.url)
      if (message.method === 'Debugger.paused') end(developersFrame(message.params.callFrames, urls))
    })
    session.post('NodeWorker.enable', { waitForDebuggerOnStart: false })
  }).finally(() => session.disconnect())
}

function developersFrame(frames: Frame[], urls: Map<string, string>): { file: string; line: number } | null {
  for (const { location } of frames) {
    const url = urls.get(location.scriptId) ?? ''
    if (url.startsWith('file:') && !isOurs(fileURLToPath(url))) return { file: fileURLToPath(url), line: location.lineNumber + 1 }
  }
  return null
}
