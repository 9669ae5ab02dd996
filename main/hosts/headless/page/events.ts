/**
 * `GET /api/events`: a node's events as Server-Sent Events; `?of=log` names those that are wanted. A reader that does not keep up costs a bounded amount of
 * memory: while its buffer is full nothing is kept for it; once it reads again it is told that changes were left out, and asks for what there is. One that
 * stays stuck is cut and connects again.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { GAP } from '../../../contract/changes.ts'
import { events, isEvent, type EventName } from '../../../contract/index.ts'
import { fail, ok, type Result } from '../../../core/index.ts'
import type { PageCore } from './commands.ts'
import { openStream, refuse } from './headers.ts'

export interface StreamLimits {
  /** Bytes waiting for one reader before events are left out. */
  bufferBytes: number
  readers: number
  heartbeatMs: number
  /** A reader whose buffer stays full for this long is cut. */
  stuckMs: number
}

export const streamLimits: StreamLimits = { bufferBytes: 1024 * 1024, readers: 16, heartbeatMs: 15_000, stuckMs: 30_000 }

export interface EventStreams {
  /** Streams the events of this core. @param of names that are wanted, with commas between them; null: changes and log lines */
  serve(core: PageCore, of: string | null, request: IncomingMessage, response: ServerResponse): void
  count(): number
  close(): void
}

const USUAL: readonly EventName[] = ['changed', 'log']
const frame = (event: string, payload: unknown): string => `event: ${event}\ndata: ${JSON.stringify(payload)}\n\n`

/** Code `page.events`. */
function wantedOf(of: string | null): Result<readonly EventName[]> {
  const names = of?.split(',') ?? USUAL
  const unknown = names.find((name) => !isEvent(name))
  return unknown === undefined
    ? ok(names as readonly EventName[])
    : fail('page.events', `of: there is no event «${unknown.slice(0, 64)}»; there are ${events.join(', ')}.`)
}

/** Sends to one reader; returns the function that offers it an event. */
function createReader(response: ServerResponse, limits: StreamLimits): (event: string, payload: unknown) => void {
  const leftOut = new Set<EventName>()
  let stuck: NodeJS.Timeout | undefined
  const full = (): boolean => response.writableLength > limits.bufferBytes
  const flush = (): void => {
    clearTimeout(stuck)
    stuck = undefined
    if (leftOut.has('changed')) response.write(frame('changed', GAP))
    leftOut.clear()
  }
  response.on('drain', flush)
  response.once('close', () => clearTimeout(stuck))
  return (event, payload) => {
    if (!isEvent(event)) return
    if (!full()) {
      response.write(frame(event, payload))
      return
    }
    leftOut.add(event)
    stuck ??= setTimeout(() => response.destroy(), limits.stuckMs)
  }
}

/** @param limits of all streams together, whichever node they are of */
export function createEventStreams(limits: StreamLimits = streamLimits): EventStreams {
  const readers = new Map<ServerResponse, () => void>()
  const heartbeat = setInterval(() => {
    for (const response of readers.keys()) if (response.writableLength === 0) response.write(': here\n\n')
  }, limits.heartbeatMs)
  heartbeat.unref()

  const leave = (response: ServerResponse): void => {
    readers.get(response)?.()
    readers.delete(response)
  }
  return {
    count: () => readers.size,
    serve(core, of, request, response) {
      if (request.method !== 'GET') return refuse(request, response, 405, 'page.method', 'events: read them with GET.')
      const wanted = wantedOf(of)
      if (!wanted.ok) return refuse(request, response, 400, wanted.error.code, wanted.error.message)
      if (readers.size >= limits.readers)
        return refuse(request, response, 503, 'page.readers', `events: ${limits.readers} pages are open already; close one.`)
      openStream(response)
      response.write('retry: 1000\n\n')
      // Heard only while somebody reads it: a core need not make views that nobody sees.
      readers.set(response, core.subscribe(wanted.value, createReader(response, limits)))
      response.once('close', () => leave(response))
    },
    close() {
      clearInterval(heartbeat)
      for (const response of [...readers.keys()]) {
        response.end()
        leave(response)
      }
    },
  }
}
