import { createRateLimit, type RateLimit } from '../../../main/adapters/transport/rate.ts'
import type { TransportPort } from '../../../main/core/ports.ts'
import { fail, failForNow, ok, type Failure, type Result } from '../../../roles/protocol/result.ts'
import { alarm, whenAborted, type Network } from './network.ts'

type ServeOptions = Parameters<TransportPort['serve']>[0]
type Handler = Parameters<TransportPort['serve']>[1]
interface Served {
  owner: string
  options: ServeOptions
  handler: Handler
  rate: RateLimit
}

/** Transports of one simulated network. `peer(name)` is the transport of one participant; addresses are host and port as given to `serve`. */
export function createTransportNetwork(network: Network): { peer(name: string): TransportPort } {
  const servers = new Map<string, Served>()
  let nextPort = 20_000
  return {
    peer: (name) => ({
      send: (to, path, body, limits) => send(network, servers, name, to, path, body, limits),
      serve: async (options, handler) => {
        const port = options.port === 0 ? nextPort++ : options.port
        const address = `${options.host}:${port}`
        if (servers.has(address))
          return fail('transport.port', `Port ${port} on ${options.host} cannot be used (EADDRINUSE): choose another port in the settings.`)
        servers.set(address, { owner: name, options, handler, rate: createRateLimit(options.perMinutePerPeer.requests, network.clock.now) })
        return ok({
          port,
          close: async () => {
            servers.delete(address)
          },
        })
      },
    }),
  }
}

type Send = Parameters<TransportPort['send']>

async function send(
  network: Network,
  servers: Map<string, Served>,
  from: string,
  to: Send[0],
  path: string,
  body: Uint8Array,
  limits: Send[3],
): Promise<Result<Uint8Array>> {
  const address = `${to.host}:${to.port}`
  const timeout = alarm(
    network.clock,
    limits.timeoutMs,
    failForNow('transport.timeout', `${address} did not answer within ${limits.timeoutMs} ms: ask another server, or try again.`),
  )
  const aborted = whenAborted(limits.signal, fail('transport.stopped', 'The request was cancelled.'))
  const result = await Promise.race([
    timeout.rings,
    aborted,
    exchange(network, servers, from, address, path, Uint8Array.from(body), limits.maxBytes),
  ])
  timeout.clear()
  return result
}

async function exchange(
  network: Network,
  servers: Map<string, Served>,
  from: string,
  address: string,
  path: string,
  body: Uint8Array,
  maxBytes: number,
): Promise<Result<Uint8Array>> {
  const target = servers.get(address)
  const arrived = await network.carry(from, target?.owner ?? address)
  const server = servers.get(address)
  if (!server || !network.connected(from, server.owner))
    return failForNow('transport.unreachable', `${address} could not be reached: ask another server, or try again later.`)
  if (!arrived) return lost()
  const result = await serveOne(network, server, from, path, body)
  if (!(await network.carry(server.owner, from))) return lost()
  if (!result.ok) return refused(address, result.error)
  if (result.value.length > maxBytes)
    return failForNow('transport.too-large', `The answer of ${address} is above the limit of ${maxBytes} bytes: ask another server.`)
  return ok(Uint8Array.from(result.value))
}

/** A lost message is noticed by time alone. */
const lost = (): Promise<never> => new Promise(() => undefined)

const refused = (address: string, peer: Failure): Result<Uint8Array> =>
  (peer.retryable ? failForNow : fail)('transport.status', `${address} refused the request (${peer.code}: ${peer.message}).`, { peer })

async function serveOne(
  network: Network,
  { options, handler, rate }: Served,
  from: string,
  path: string,
  body: Uint8Array,
): Promise<Result<Uint8Array>> {
  if (!rate.allows(from))
    return failForNow(
      'transport.rate',
      `More than ${options.perMinutePerPeer.requests} requests a minute came from this address: wait a minute.`,
    )
  if (body.length > options.maxBytes)
    return fail('transport.too-large', `The body is above the limit of ${options.maxBytes} bytes: send less.`)
  const late = alarm(
    network.clock,
    options.timeoutMs,
    failForNow('transport.timeout', `The server did not finish within ${options.timeoutMs} ms: ask another server.`),
  )
  const failed = failForNow('transport.internal', 'The server failed at this request: ask another server.')
  const result = await Promise.race([
    late.rings,
    Promise.resolve()
      .then(() => handler(path, body, from))
      .catch(() => failed),
  ])
  late.clear()
  return result
}
