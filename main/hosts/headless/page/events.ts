/**
 * `GET /api/events`: a node's events as Server-Sent Events. A reader that does not keep up costs a bounded amount of memory: while its
 * buffer is full only the newest overview is kept for it and log lines are dropped; one that stays stuck is cut and connects again.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { events, type EventName } from '../../../contract/index.ts'
import type { PageCore } from './commands.ts'
import { openStream, refuse } from './headers.ts'

export interface StreamLimits {
  /** Bytes waiting for one reader before events are merged. */
  bufferBytes: number
  readers: number
  heartbeatMs: number
  /** A reader whose buffer stays full for this long is cut. */
  stuckMs: number
}

export const streamLimits: StreamLimits = { bufferBytes: 1024 * 1024, readers: 16, heartbeatMs: 15_000, stuckMs: 30_000 }

export interface EventStreams {
  /** Streams the events of this core. */
  serve(core: PageCore, request: IncomingMessage, response: ServerResponse): void
  count(): number
  close(): void
}

const isEvent = (name: string): name is EventName => (events as readonly string[]).includes(name)
const frame = (event: string, payload: unknown): string => `event: ${event}\ndata: ${JSON.stringify(payload)}\n\n`

/** Sends to one reader; returns the function that offers it an event. */
function createReader(response: ServerResponse, limits: StreamLimits): (event: EventName, payload: unknown) => void {
  let overview: { payload: unknown } | null = null
  let stuck: NodeJS.Timeout | undefined
  const full = (): boolean => response.writableLength > limits.bufferBytes
  const flush = (): void => {
    clearTimeout(stuck)
    stuck = undefined
    const kept = overview
    overview = null
    if (kept !== null) response.write(frame('overview', kept.payload))
  }
  response.on('drain', flush)
  response.once('close', () => clearTimeout(stuck))
  return (event, payload) => {
    if (!full()) {
      response.write(frame(event, payload))
      return
    }
    if (event === 'overview') overview = { payload }
    stuck ??= setTimeout(() => response.destroy(), limits.stuckMs)
  }
}

interface Followed {
  readers: Map<ServerResponse, (event: EventName, payload: unknown) => void>
  stop(): void
}

/** Heard only while somebody reads it: a core need not make views that nobody sees. */
function followCore(core: PageCore): Followed {
  const readers: Followed['readers'] = new Map()
  const stop = core.subscribe((event, payload) => {
    if (isEvent(event)) for (const offer of readers.values()) offer(event, payload)
  })
  return { readers, stop }
}

/** @param limits of all streams together, whichever node they are of */
export function createEventStreams(limits: StreamLimits = streamLimits): EventStreams {
  const followed = new Map<PageCore, Followed>()
  const responses = (): ServerResponse[] => [...followed.values()].flatMap(({ readers }) => [...readers.keys()])
  const count = (): number => responses().length
  const heartbeat = setInterval(() => {
    for (const response of responses()) if (response.writableLength === 0) response.write(': here\n\n')
  }, limits.heartbeatMs)
  heartbeat.unref()

  const leave = (core: PageCore, response: ServerResponse): void => {
    const one = followed.get(core)
    one?.readers.delete(response)
    if (one === undefined || one.readers.size > 0) return
    one.stop()
    followed.delete(core)
  }
  return {
    count,
    serve(core, request, response) {
      if (request.method !== 'GET') return refuse(request, response, 405, 'page.method', 'events: read them with GET.')
      if (count() >= limits.readers)
        return refuse(request, response, 503, 'page.readers', `events: ${limits.readers} pages are open already; close one.`)
      openStream(response)
      response.write('retry: 1000\n\n')
      const one = followed.get(core) ?? followCore(core)
      followed.set(core, one)
      one.readers.set(response, createReader(response, limits))
      response.once('close', () => leave(core, response))
    },
    close() {
      clearInterval(heartbeat)
      for (const response of responses()) response.end()
      for (const { stop } of followed.values()) stop()
      followed.clear()
    },
  }
}
