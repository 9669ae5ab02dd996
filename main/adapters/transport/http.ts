import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http'
import { isIP, type LookupFunction } from 'node:net'
import { nestingOf } from '../../../roles/protocol/canonical.ts'
import { fail, failForNow, ok, type Failure, type Result } from '../../../roles/protocol/result.ts'
import type { TransportPort } from '../../core/ports.ts'
import { createBody } from './body.ts'
import { isPublic, NOT_PUBLIC, publicLookup } from './reach.ts'
import { serveHttp } from './server.ts'

export interface HttpTransportOptions {
  /** Open connections to one peer; further requests to it wait for one of them. Default 32. */
  maxConnectionsPerPeer?: number
  /** Whether peers may be on this machine or in a private network: where the chain is one's own, or all participants share one house. Default false. */
  privateHosts?: boolean
}

export interface HttpTransport extends TransportPort {
  /** Closes kept connections to peers; servers are closed by what `serve` returned. */
  close(): void
}

type SendOptions = Parameters<TransportPort['send']>[3]
type Address = Parameters<TransportPort['send']>[0]
interface Dial {
  agent: Agent
  /** Where host names are looked up; undefined: as the system does. */
  lookup: LookupFunction | undefined
}

const MAX_ERROR_BYTES = 16 * 1024
const MAX_ERROR_DEPTH = 8
/** Characters. */
const [MAX_CODE, MAX_MESSAGE] = [100, 2_000]

/** The transport port over plain HTTP/1.1: every payload is end-to-end encrypted already, so there is no TLS. */
export function createHttpTransport(options: HttpTransportOptions = {}): HttpTransport {
  // The agent switches Nagle's algorithm off by itself.
  const agent = new Agent({ keepAlive: true, maxSockets: options.maxConnectionsPerPeer ?? 32, maxFreeSockets: 8, scheduling: 'lifo' })
  const dial: Dial = { agent, lookup: options.privateHosts === true ? undefined : publicLookup() }
  return {
    send: async (to, path, body, limits) => {
      if (dial.lookup !== undefined && isIP(to.host) !== 0 && !isPublic(to.host)) return notPublic(to)
      const first = await post(dial, to, path, body, limits)
      // A kept connection may be closed by the peer just as we write on it: nothing was answered, so one fresh try is safe to make.
      return first === 'stale' ? finished(await post(dial, to, path, body, limits), to) : first
    },
    serve: serveHttp,
    close: () => agent.destroy(),
  }
}

const finished = (result: Result<Uint8Array> | 'stale', to: Address): Result<Uint8Array> =>
  result === 'stale' ? unreachable(to, 'the connection was closed') : result

function post(
  { agent, lookup }: Dial,
  to: Address,
  path: string,
  body: Uint8Array,
  limits: SendOptions,
): Promise<Result<Uint8Array> | 'stale'> {
  return new Promise((resolve) => {
    if (limits.signal?.aborted) return resolve(fail('transport.stopped', 'The request was cancelled before it was sent.'))
    const message = request({
      agent,
      ...(lookup && { lookup }),
      host: to.host,
      port: to.port,
      path,
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream', 'content-length': body.length },
    })
    const end = (result: Result<Uint8Array> | 'stale', cut: boolean) => {
      clearTimeout(timer)
      limits.signal?.removeEventListener('abort', onAbort)
      resolve(result)
      if (cut) message.destroy()
    }
    const onAbort = () => end(fail('transport.stopped', 'The request was cancelled.'), true)
    const timer = setTimeout(
      () =>
        end(
          failForNow('transport.timeout', `${nameOf(to)} did not answer within ${limits.timeoutMs} ms: ask another server, or try again.`),
          true,
        ),
      limits.timeoutMs,
    )
    limits.signal?.addEventListener('abort', onAbort)
    message.on('error', (error: NodeJS.ErrnoException) =>
      end(message.reusedSocket && error.code === 'ECONNRESET' ? 'stale' : failed(to, error.code ?? error.message), false),
    )
    message.on('response', (response) => collect(response, to, limits.maxBytes, end))
    limitBytes(message, limits.maxBytes, () => end(tooLarge(to, limits.maxBytes), true))
    message.end(body)
  })
}

/** What an answer may have besides its body: its head, and the marks of its pieces. */
const MOST_BESIDES = 64 << 10

/** Ends a request whose peer sends more than an answer, or something else: heads, trailers or words without end, which no event tells of. */
function limitBytes(message: ClientRequest, maxBytes: number, cut: () => void): void {
  message.once('socket', (socket) => {
    const before = socket.bytesRead
    const count = (): void => {
      if (socket.bytesRead - before > maxBytes + MOST_BESIDES) cut()
    }
    socket.on('data', count)
    message.once('close', () => socket.off('data', count))
  })
  message.once('upgrade', cut)
}

/** Reads an answer. */
function collect(response: IncomingMessage, to: Address, maxBytes: number, end: (result: Result<Uint8Array>, cut: boolean) => void): void {
  const success = response.statusCode === 200
  const limit = success ? maxBytes : MAX_ERROR_BYTES
  const announced = Number(response.headers['content-length'] ?? 0)
  if (announced > limit) return end(tooLarge(to, limit), true)
  const body = createBody()
  response.on('data', (piece: Uint8Array) => {
    if (body.size + piece.length > limit || !body.push(piece)) end(tooLarge(to, limit), true)
  })
  response.on('error', (error: NodeJS.ErrnoException) => end(unreachable(to, error.code ?? error.message), true))
  response.on('end', () => end(success ? ok(body.bytes()) : peerError(to, response.statusCode ?? 0, body.bytes()), false))
}

const tooLarge = (to: Address, limit: number): Result<Uint8Array> =>
  failForNow(
    'transport.too-large',
    `The answer of ${nameOf(to)} is above the limit of ${limit} bytes, or in too many pieces: ask another server.`,
  )

/** What a peer answered instead of a result: its Failure is kept in `details.peer` where it sent one. */
function peerError(to: Address, status: number, body: Uint8Array): Result<Uint8Array> {
  const peer = parseFailure(body)
  const why = peer ? `${peer.code}: ${peer.message}` : `status ${status}`
  const make = peer?.retryable === true || status === 429 || status === 503 ? failForNow : fail
  return make('transport.status', `${nameOf(to)} refused the request (${why}).`, { status, ...(peer ? { peer } : {}) })
}

/** A stranger wrote it, and it goes on into stored state: it must be short, flat, and of the right types. */
function parseFailure(body: Uint8Array): Failure | undefined {
  const text = Buffer.from(body).toString('utf8')
  if (nestingOf(text) > MAX_ERROR_DEPTH) return undefined
  try {
    const { code, message, retryable, details } = (JSON.parse(text) ?? {}) as Record<keyof Failure, unknown>
    if (typeof code !== 'string' || typeof message !== 'string' || code.length > MAX_CODE || message.length > MAX_MESSAGE) return undefined
    const isRecord = typeof details === 'object' && details !== null && !Array.isArray(details)
    return { code, message, retryable: retryable === true, ...(isRecord ? { details: details as Record<string, unknown> } : {}) }
  } catch {
    return undefined
  }
}

const nameOf = (to: Address): string => `${to.host}:${to.port}`

const unreachable = (to: Address, why: string): Result<Uint8Array> =>
  failForNow('transport.unreachable', `${nameOf(to)} could not be reached (${why}): ask another server, or try again later.`)

const notPublic = (to: Address): Result<Uint8Array> =>
  failForNow(
    'transport.private',
    `${nameOf(to)} is not an address of the public internet, and nothing is sent to it on a public chain: ask another server.`,
  )

const failed = (to: Address, why: string): Result<Uint8Array> => (why === NOT_PUBLIC ? notPublic(to) : unreachable(to, why))
