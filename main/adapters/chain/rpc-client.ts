/** JSON-RPC over HTTP to a bitcoind: every answer is bounded in size and time and checked against a schema before use. */
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import type { z } from 'zod'
import { fail, failForNow, ok } from '../../../roles/protocol/result.ts'
import type { Result } from '../../../roles/protocol/result.ts'
import { envelopes } from './rpc-schemas.ts'

export interface RpcClientOptions {
  url: string
  user: string
  password: string
  /** Path of bitcoind's cookie file, which stands for user and password: read anew for each call, because each start of bitcoind writes another. */
  cookie?: string
  timeoutMs?: number
}

export interface CallOptions {
  timeoutMs?: number
}

const maxAnswer = 32 * 1024 * 1024
const warmingUp = -28

/** What a participant asks of a node: an `-rpcwhitelist` has to name all of them. */
export const rpcMethods = [
  'getblockchaininfo',
  'getblockhash',
  'getblockheader',
  'getblock',
  'getrawmempool',
  'getmempoolentry',
  'getmempoolinfo',
  'getrawtransaction',
  'estimatesmartfee',
  'testmempoolaccept',
  'sendrawtransaction',
  'submitpackage',
  'scantxoutset',
] as const

/** What only a local network asks, of its own regtest node. */
type RegtestMethod = 'generatetodescriptor' | 'invalidateblock' | 'waitfornewblock'
export type RpcMethod = (typeof rpcMethods)[number] | RegtestMethod

/** An address of a node's RPC as it has to be. Error: `chain.address`; it repeats no password, because messages end in logs. */
export function checkRpcAddress(address: string): Result<string> {
  const form = `The node's address has to be http://host:port, as in http://127.0.0.1:8332, not «${address.replace(/\/\/[^/@]*@/, '//…@')}»`
  if (/^https:/i.test(address))
    return fail('chain.address', `${form}: bitcoind's RPC speaks no TLS. For a node elsewhere, use a tunnel (ssh -L, a VPN).`)
  const url = /^http:\/\/[^\s/?#]\S*$/i.test(address) ? URL.parse(address) : null
  if (url === null || url.port === '0') return fail('chain.address', `${form}.`)
  return url.username === '' && url.password === ''
    ? ok(address)
    : fail('chain.address', `${form}: user and password are given apart from it.`)
}

const MOST_COOKIE = 1_000

/** Without its cookie file a node does not answer yet, or refuses: either is said as it is. */
function credentials({ user, password, cookie }: RpcClientOptions): string {
  if (cookie === undefined) return `${user}:${password}`
  try {
    return readFileSync(cookie, 'utf8').trim().slice(0, MOST_COOKIE)
  } catch {
    return ':'
  }
}

/**
 * Errors: `chain.address` (not an address of an RPC), `chain.unreachable`, `chain.timeout`, `chain.busy` (all retryable), `chain.auth`,
 * `chain.forbidden` (the node knows the user and does not let it), `chain.too-large`, `chain.answer` (not what
 * the schema says; names the field), `chain.rpc` (the node refused; `details` hold its `rpcCode` and `rpcMessage`), `chain.stopped`.
 */
export function createRpcClient(options: RpcClientOptions) {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  const authorization = (): string => `Basic ${Buffer.from(credentials(options)).toString('base64')}`
  const stopping = new AbortController()
  const address = checkRpcAddress(options.url)

  const post = (method: RpcMethod, body: unknown, timeoutMs: number): Promise<Result<unknown>> =>
    new Promise((resolve) => {
      if (!address.ok) return resolve(address)
      let late = false
      const end = (result: Result<unknown>) => {
        clearTimeout(timer)
        resolve(result)
      }
      const broken = (error: unknown) =>
        end(stopping.signal.aborted ? stopped : late ? timedOut(timeoutMs) : unreachable(options.url, error))
      const headers = { Authorization: authorization(), 'Content-Type': 'application/json' }
      const call = request(options.url, { method: 'POST', agent, headers, signal: stopping.signal }, (response) => {
        const chunks: Buffer[] = []
        let size = 0
        response.on('error', broken)
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk)
          size += chunk.length
          if (size <= maxAnswer) return
          end(fail('chain.too-large', `the node’s answer exceeds ${maxAnswer} bytes: is ${options.url} a bitcoind?`))
          response.destroy()
        })
        response.on('end', () => end(readAnswer(method, options.user, response.statusCode ?? 0, Buffer.concat(chunks))))
      })
      const timer = setTimeout(() => {
        late = true
        call.destroy(new Error('too late'))
      }, timeoutMs)
      call.on('error', broken)
      call.end(JSON.stringify(body))
    })

  const call = async <T>(
    method: RpcMethod,
    params: unknown[],
    schema: z.ZodType<T>,
    { timeoutMs = options.timeoutMs ?? 30_000 }: CallOptions = {},
  ): Promise<Result<T>> => {
    const answer = await post(method, { jsonrpc: '1.0', id: 1, method, params }, timeoutMs)
    return answer.ok ? unwrap(method, answer.value, schema) : answer
  }

  /** Several calls of one method in one request; answers in the order of the calls. */
  const batch = async <T>(method: RpcMethod, calls: unknown[][], schema: z.ZodType<T>): Promise<Result<Array<Result<T>>>> => {
    const answer = await post(
      method,
      calls.map((params, id) => ({ jsonrpc: '1.0', id, method, params })),
      options.timeoutMs ?? 30_000,
    )
    if (!answer.ok) return answer
    const replies = envelopes.batch.safeParse(answer.value)
    if (!replies.success) return malformed(method, replies.error)
    const byId = new Map(replies.data.map((reply) => [reply.id, reply]))
    return ok(calls.map((_, id) => unwrap(method, byId.get(id), schema)))
  }

  const close = () => {
    stopping.abort()
    agent.destroy()
  }

  return { call, batch, close }
}

export type RpcClient = ReturnType<typeof createRpcClient>

const stopped = fail('chain.stopped', 'the connection to the node was closed')
const timedOut = (timeoutMs: number) =>
  failForNow('chain.timeout', `the node did not answer within ${timeoutMs / 1000} s: is it overloaded?`)
const unreachable = (url: string, error: unknown) => {
  const { code, message } = error as NodeJS.ErrnoException
  // Without a port an address means another one than bitcoind's.
  const where = URL.parse(url)?.port === '' && !/:80(?:[/?#]|$)/.test(url) ? `${url}, port 80` : url
  return failForNow(
    'chain.unreachable',
    code?.startsWith('HPE_INVALID') === true
      ? `what answers at ${where} speaks no HTTP: the address has to be that of the node's RPC, not of its P2P port or of one with TLS`
      : `no node answers at ${where} (${code ?? message}): start it, or correct the address in the settings`,
  )
}

/** bitcoind answers 403 to a computer that -rpcallowip leaves out, and to a method that the user's -rpcwhitelist leaves out. */
const forbidden = (method: string) =>
  fail(
    'chain.forbidden',
    `the node forbids ${method} (HTTP 403): if it has an -rpcwhitelist for this user, let that name ${rpcMethods.join(',')}; if not, let -rpcallowip name this computer`,
  )

/** What bitcoind calls the user of the cookie file that it writes anew with every start (src/rpc/request.cpp). */
const COOKIE_USER = '__cookie__'

function readAnswer(method: RpcMethod, user: string, status: number, body: Buffer): Result<unknown> {
  if (status === 401)
    return fail(
      'chain.auth',
      user === COOKIE_USER
        ? 'the node refuses user and password (HTTP 401): its cookie is another one after every start. Give the node a lasting user (-rpcauth, or -rpcuser and -rpcpassword), and name that one (--chain-user, GOLEM_CHAIN_PASSWORD)'
        : 'the node refuses user and password (HTTP 401): correct rpcuser and rpcpassword in the settings (--chain-user, GOLEM_CHAIN_PASSWORD)',
    )
  if (status === 403) return forbidden(method)
  if (status === 503) return failForNow('chain.busy', 'the node’s work queue is full: it is asked again shortly')
  if (proxyAnswers.has(status)) return proxied(status)
  try {
    return ok(JSON.parse(body.toString('utf8')) as unknown)
  } catch {
    return fail('chain.answer', `HTTP ${status} without JSON: check that the address in the settings is a bitcoind RPC port`)
  }
}

/** Of a server before the node (too many requests, a bad gateway, a gateway's timeout): nothing about the node, which may only be starting again. */
const proxyAnswers = new Set([429, 502, 504])
const proxied = (status: number): Result<never> =>
  failForNow('chain.busy', `what stands before the node answers HTTP ${status}: is the node running behind it? It is asked again shortly`)

function malformed(method: string, error: z.ZodError) {
  const issue = error.issues[0]
  return fail(
    'chain.answer',
    `${method}: field ${issue?.path.join('.') || '(whole answer)'}: ${issue?.message ?? 'unexpected'}: check that the node is a current Bitcoin Core or Knots`,
  )
}

function unwrap<T>(method: string, answer: unknown, schema: z.ZodType<T>): Result<T> {
  const envelope = envelopes.single.safeParse(answer)
  if (!envelope.success) return malformed(method, envelope.error)
  const { error, result } = envelope.data
  if (error) return error.code === warmingUp ? failForNow('chain.busy', `the node is starting: ${error.message}`) : refused(method, error)
  const value = schema.safeParse(result)
  return value.success ? ok(value.data) : malformed(method, value.error)
}

const refused = (method: string, error: { code: number; message: string }) =>
  fail('chain.rpc', `${method}: the node refused: ${error.message} (${error.code})`, { rpcCode: error.code, rpcMessage: error.message })
