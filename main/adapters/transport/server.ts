import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fail, failForNow, ok, type Failure, type Result } from '../../../roles/protocol/result.ts'
import type { TransportPort } from '../../core/ports.ts'
import { joinChunks } from './body.ts'
import { createRateLimit, type RateLimit } from './rate.ts'

type ServeOptions = Parameters<TransportPort['serve']>[0]
type Handler = Parameters<TransportPort['serve']>[1]

const MAX_CONNECTIONS = 1_000
const CHECK_SLOW_MS = 250
const KEEP_ALIVE_MS = 30_000

/**
 * Serves POST requests with binary bodies. A request is refused that is larger than `maxBytes`, that has not arrived whole within
 * `timeoutMs`, or that exceeds `perMinutePerPeer` for its address; a handler that takes longer than `timeoutMs` is answered for.
 * Errors of `serve` itself: `transport.port`.
 */
export async function serveHttp(options: ServeOptions, handler: Handler): ReturnType<TransportPort['serve']> {
  const rate = createRateLimit(options.perMinutePerPeer, Date.now)
  const server = createServer(
    {
      noDelay: true,
      keepAliveTimeout: KEEP_ALIVE_MS,
      // Node checks these two every `connectionsCheckingInterval`: a sender that trickles its bytes is cut off by them.
      headersTimeout: options.timeoutMs,
      requestTimeout: options.timeoutMs,
      connectionsCheckingInterval: Math.min(CHECK_SLOW_MS, options.timeoutMs),
      maxHeaderSize: 8 * 1024,
    },
    (request, response) => {
      void answer(request, response, options, rate, handler)
    },
  )
  server.maxConnections = MAX_CONNECTIONS
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n')
  })
  return listen(server, options)
}

function listen(server: Server, { host, port }: ServeOptions): ReturnType<TransportPort['serve']> {
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve(fail('transport.port', `Port ${port} on ${host} cannot be used (${error.code}): choose another port in the settings.`)),
    )
    server.listen(port, host, () => {
      server.removeAllListeners('error')
      server.on('error', () => undefined)
      resolve(ok({ port: (server.address() as AddressInfo).port, close: () => close(server) }))
    })
  })
}

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: ServeOptions,
  rate: RateLimit,
  handler: Handler,
): Promise<void> {
  if (!rate.allows(request.socket.remoteAddress ?? '')) {
    return refuse(
      response,
      429,
      failForNow('transport.rate', `More than ${options.perMinutePerPeer} requests a minute came from this address: wait a minute.`).error,
      true,
    )
  }
  if (request.method !== 'POST') return refuse(response, 405, fail('transport.method', 'Only POST is answered here.').error, true)
  const body = await readBody(request, options.maxBytes)
  if (body === undefined) return
  if (!body.ok) return refuse(response, 413, body.error, true)
  const result = await withinTime(handle(handler, request.url ?? '/', body.value), options.timeoutMs)
  if (!result.ok) return refuse(response, result.error.retryable ? 503 : 400, result.error, false)
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': result.value.length })
  response.end(result.value)
}

/** Undefined: the sender went away, so there is nobody to answer. */
function readBody(request: IncomingMessage, maxBytes: number): Promise<Result<Uint8Array> | undefined> {
  const refused = fail('transport.too-large', `The body is above the limit of ${maxBytes} bytes: send less.`)
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return Promise.resolve(refused)
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = []
    let size = 0
    request.on('data', (chunk: Uint8Array) => {
      size += chunk.length
      if (size > maxBytes) resolve(refused)
      else chunks.push(chunk)
    })
    request.on('end', () => resolve(ok(joinChunks(chunks, size))))
    request.on('error', () => resolve(undefined))
    request.on('close', () => resolve(undefined))
  })
}

/** A handler that throws has a bug; its peer learns no more than that. */
async function handle(handler: Handler, path: string, body: Uint8Array): Promise<Result<Uint8Array>> {
  try {
    return await handler(path, body)
  } catch {
    return failForNow('transport.internal', 'The server failed at this request: ask another server.')
  }
}

function withinTime(result: Promise<Result<Uint8Array>>, ms: number): Promise<Result<Uint8Array>> {
  let timer: NodeJS.Timeout
  const late = new Promise<Result<Uint8Array>>((resolve) => {
    timer = setTimeout(() => resolve(failForNow('transport.timeout', `The server did not finish within ${ms} ms: ask another server.`)), ms)
  })
  return Promise.race([result, late]).finally(() => clearTimeout(timer))
}

/** @param cut whether the rest of the request is not worth reading */
function refuse(response: ServerResponse, status: number, error: Failure, cut: boolean): void {
  const body = Buffer.from(JSON.stringify(error))
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length, ...(cut ? { connection: 'close' } : {}) })
  response.end(body)
}
