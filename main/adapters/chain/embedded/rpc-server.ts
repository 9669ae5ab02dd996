/** bitcoind's JSON-RPC over HTTP on loopback: basic authentication, single calls and batches, bitcoind's HTTP statuses. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createMethods, rpcCode, RpcFault } from './methods.ts'
import type { Methods } from './methods.ts'
import type { EmbeddedNode } from './node.ts'
import { createTipWaits } from './waits.ts'
import type { TipWaits } from './waits.ts'

export interface RpcServerOptions {
  /** 0: the system picks one. */
  port: number
  user: string
  password: string
}

const maxBody = 16 * 1024 * 1024
const maxBatch = 1000

/**
 * Serves the node's RPC on 127.0.0.1.
 * @returns its address, and `close`, which ends open connections
 */
export async function createRpcServer(
  node: EmbeddedNode,
  options: RpcServerOptions,
): Promise<{ url: string; port: number; close(): Promise<void> }> {
  const methods = createMethods(node)
  const expected = digest(`Basic ${Buffer.from(`${options.user}:${options.password}`).toString('base64')}`)
  const waits = createTipWaits(node)
  const server = createServer((request, response) => {
    handle(request, response, { methods, waits }, expected)
      .catch(() => response.destroy())
      .finally(waits.look)
  })
  server.requestTimeout = 30_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { url: `http://127.0.0.1:${port}`, port, close }
}

const digest = (value: string) => createHash('sha256').update(value).digest()

interface Served {
  methods: Methods
  waits: TipWaits
}

async function handle(request: IncomingMessage, response: ServerResponse, { methods, waits }: Served, expected: Buffer): Promise<void> {
  if (!timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) return end(response, 401)
  if (request.method !== 'POST') return end(response, 405)
  const body = await readBody(request)
  if (body === undefined) return end(response, 413)
  const parsed = parse(body)
  if (parsed === undefined) return end(response, 500, failure(null, rpcCode.parse, 'Parse error'))
  if (Array.isArray(parsed)) {
    return parsed.length > maxBatch
      ? end(response, 413)
      : end(
          response,
          200,
          parsed.map((call) => answer(call, methods)),
        )
  }
  const reply = (await waited(parsed, response, waits)) ?? answer(parsed, methods)
  const status = reply.error === null ? 200 : reply.error.code === rpcCode.method ? 404 : reply.error.code === rpcCode.request ? 400 : 500
  return end(response, status, reply)
}

function end(response: ServerResponse, status: number, body?: unknown): void {
  if (status === 401) response.setHeader('WWW-Authenticate', 'Basic realm="jsonrpc"')
  response.writeHead(status, { 'Content-Type': 'application/json', Connection: status === 413 ? 'close' : 'keep-alive' })
  response.end(body === undefined ? '' : `${JSON.stringify(body)}\n`)
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBody) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body) as unknown
  } catch {
    return undefined
  }
}

type Reply = { result: unknown; error: { code: number; message: string } | null; id: unknown }

const failure = (id: unknown, code: number, message: string): Reply => ({ result: null, error: { code, message }, id })

/**
 * `waitfornewblock timeout current_tip`, as of Bitcoin Core 30: the one method that answers later than it is asked. Not in a batch.
 * @returns null for everything else
 */
async function waited(call: unknown, response: ServerResponse, waits: TipWaits): Promise<Reply | null> {
  const { id = null, method, params = [] } = (call ?? {}) as { id?: unknown; method?: unknown; params?: unknown }
  if (method !== 'waitfornewblock') return null
  const [timeout = 0, current] = Array.isArray(params) ? (params as unknown[]) : [null]
  const isTime = typeof timeout === 'number' && Number.isInteger(timeout) && timeout >= 0
  if (!isTime || !(current === undefined || (typeof current === 'string' && /^[0-9a-f]{64}$/.test(current))))
    return failure(id, rpcCode.params, 'waitfornewblock: timeout has to be milliseconds, 0 or more; current_tip a block hash')
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  return { result: await waits.wait(timeout, current, gone.signal), error: null, id }
}

function answer(call: unknown, methods: Methods): Reply {
  if (typeof call !== 'object' || call === null) return failure(null, rpcCode.request, 'Invalid Request object')
  const { id = null, method, params = [] } = call as { id?: unknown; method?: unknown; params?: unknown }
  if (typeof method !== 'string') return failure(id, rpcCode.request, 'Missing method')
  if (!Array.isArray(params)) return failure(id, rpcCode.params, 'Params must be an array')
  const run = Object.hasOwn(methods, method) ? methods[method]! : undefined
  if (!run) return failure(id, rpcCode.method, 'Method not found')
  try {
    return { result: run(...params), error: null, id }
  } catch (error) {
    if (error instanceof RpcFault) return failure(id, error.code, error.message)
    throw error
  }
}
