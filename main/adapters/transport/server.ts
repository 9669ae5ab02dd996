import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fail, failForNow, ok, type Failure, type Result } from '../../../roles/protocol/result.ts'
import type { TransportPort } from '../../core/ports.ts'
import { createBody } from './body.ts'
import { createRateLimit, peerOf, type RateLimit } from './rate.ts'

type ServeOptions = Parameters<TransportPort['serve']>[0]
type Handler = Parameters<TransportPort['serve']>[1]

const MAX_CONNECTIONS = 1_000
/** Of them from one peer: a whole local network has one address. */
const MAX_FROM_ONE = 400
/** Bytes of bodies that are held at one time, in all and of one peer: 1,000 connections could bring 4 GiB. */
const MOST_HELD = 256 << 20
const MOST_HELD_OF_ONE = 64 << 20
const CHECK_SLOW_MS = 250
const KEEP_ALIVE_MS = 30_000

interface Serving {
  options: ServeOptions
  handler: Handler
  requests: RateLimit
  bytes: RateLimit
  held: Held
}

/**
 * Serves POST requests with binary bodies. A request is refused that is larger than `maxBytes`, that has not arrived whole within
 * `timeoutMs`, or that exceeds `perMinutePerPeer` for its peer (`peerOf`), in requests or in bytes; a handler that takes longer than `timeoutMs` is answered for.
 * Errors of `serve` itself: `transport.port`.
 */
export async function serveHttp(options: ServeOptions, handler: Handler): ReturnType<TransportPort['serve']> {
  const { perMinutePerPeer } = options
  const serving: Serving = {
    options,
    handler,
    requests: createRateLimit(perMinutePerPeer.requests, Date.now),
    bytes: createRateLimit(perMinutePerPeer.bytes, Date.now),
    held: createHeld(),
  }
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
      void answer(request, response, serving)
    },
  )
  server.maxConnections = MAX_CONNECTIONS
  limitConnections(server)
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

/** So that one peer does not hold all connections. */
function limitConnections(server: Server): void {
  const open = new Map<string, number>()
  server.on('connection', (socket) => {
    const peer = peerOf(socket.remoteAddress ?? '')
    const count = (open.get(peer) ?? 0) + 1
    open.set(peer, count)
    socket.once('close', () => {
      const left = open.get(peer)! - 1
      if (left > 0) open.set(peer, left)
      else open.delete(peer)
    })
    if (count > MAX_FROM_ONE) socket.destroy()
  })
}

/** Bytes of bodies that are being read or answered. */
interface Held {
  /** False when that is too much: nothing is counted then. */
  take(peer: string, bytes: number): boolean
  give(peer: string, bytes: number): void
}

function createHeld(): Held {
  const of = new Map<string, number>()
  let all = 0
  return {
    take(peer, bytes) {
      const mine = (of.get(peer) ?? 0) + bytes
      if (all + bytes > MOST_HELD || mine > MOST_HELD_OF_ONE) return false
      all += bytes
      of.set(peer, mine)
      return true
    },
    give(peer, bytes) {
      all -= bytes
      const left = of.get(peer)! - bytes
      if (left > 0) of.set(peer, left)
      else of.delete(peer)
    },
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, serving: Serving): Promise<void> {
  const { options, handler, requests, held } = serving
  const peer = peerOf(request.socket.remoteAddress ?? '')
  if (!requests.allows(peer)) return refuse(response, 429, tooMuch(options, 'requests').error, true)
  if (request.method !== 'POST') return refuse(response, 405, fail('transport.method', 'Only POST is answered here.').error, true)
  const body = await readBody(request, peer, serving)
  if (body === undefined) return
  if (!body.ok) return refuse(response, STATUS.get(body.error.code) ?? 503, body.error, true)
  const result = await withinTime(handle(handler, request.url ?? '/', body.value, peer), options.timeoutMs)
  held.give(peer, body.value.length)
  if (!result.ok) return refuse(response, STATUS.get(result.error.code) ?? (result.error.retryable ? 503 : 400), result.error, false)
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': result.value.length })
  response.end(result.value)
}

const STATUS: ReadonlyMap<string, number> = new Map([
  ['transport.too-large', 413],
  ['transport.rate', 429],
])

const tooMuch = ({ perMinutePerPeer }: ServeOptions, what: 'requests' | 'bytes') =>
  failForNow('transport.rate', `More than ${perMinutePerPeer[what]} ${what} a minute came from this address: wait a minute.`)

const full = failForNow('transport.full', 'This server holds as many requests as it can: ask another server.')

/** What was read is held until it is given back. Undefined: the sender went away, so there is nobody to answer. */
function readBody(request: IncomingMessage, peer: string, { options, bytes, held }: Serving): Promise<Result<Uint8Array> | undefined> {
  const { maxBytes } = options
  const tooLarge = fail('transport.too-large', `The body is above the limit of ${maxBytes} bytes: send less.`)
  const tooMany = fail('transport.too-large', 'The body comes in too many small pieces: send larger ones.')
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return Promise.resolve(tooLarge)
  return new Promise((resolve) => {
    const read = createBody()
    let ended = false
    const end = (result: Result<Uint8Array> | undefined): void => {
      if (ended) return
      ended = true
      if (result?.ok !== true) held.give(peer, read.size)
      resolve(result)
    }
    request.on('data', (chunk: Uint8Array) => {
      if (ended) return
      if (read.size + chunk.length > maxBytes) return end(tooLarge)
      if (!bytes.allows(peer, chunk.length)) return end(tooMuch(options, 'bytes'))
      if (!held.take(peer, chunk.length)) return end(full)
      if (read.push(chunk)) return
      held.give(peer, chunk.length)
      end(tooMany)
    })
    request.on('end', () => end(ok(read.bytes())))
    request.on('error', () => end(undefined))
    request.on('close', () => end(undefined))
  })
}

/** A handler that throws has a bug; its peer learns no more than that. */
async function handle(handler: Handler, path: string, body: Uint8Array, peer: string): Promise<Result<Uint8Array>> {
  try {
    return await handler(path, body, peer)
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
