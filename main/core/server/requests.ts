/** Answering over the network: a client's request is relayed from block to block in all of its lanes, a block's hop is run. */
import { seatMemory } from '../../../roles/protocol/requests/index.ts'
import { failForNow, type Result } from '../../../roles/protocol/result.ts'
import {
  answerReady,
  executeHop,
  openContinuation,
  openRequest,
  type HopEnv,
  type Readiness,
  type Served,
} from '../../../roles/server/index.ts'
import { RELAY_TIMEOUT_MS, type Answer } from '../listener.ts'
import type { Json, StoragePort } from '../ports.ts'
import { createRelaying, type Pace } from './relaying.ts'
import type { ServerSession } from './session.ts'
import { createShares, createTries } from './shares.ts'
import type { Ready } from './ticks.ts'

const ANSWER_MS = 1_000
/** Rows of requests that were run: a request id is used once. */
const SERVED = 'served'

/** Clients whose seats are remembered. */
const CLIENTS = 20_000

/** What a block's server says of somebody who is no client of the app, whatever they signed: it costs the address from which they asked. */
const NO_CLIENT = /^(hop\.(unregistered|receipt)|index\..+|envelope\..+)$/

/** Of a minute, in milliseconds of processor time: what one client of the app may cost. */
const CLIENT_MS = 12_000

/** @param ready what is served at this moment; @param readiness who this server is to a Supervisor that plans */
export function createAnswer(
  { services, ctx, counts }: ServerSession,
  ready: () => Ready | null,
  readiness: () => Readiness | null,
): Answer {
  const { storage, clock } = services
  const { unsigned } = services.listener
  const clients = createShares(CLIENT_MS, () => clock.now())
  const tries = createTries()
  const envOf = createEnvironments(storage, counts)
  const run = createRelaying(services, ctx)

  /**
   * Runs a hop, and charges what it took: to the client who registered and signed it, or to the address that sent what no client signed. What an honest
   * top-level server cannot foresee is not charged to it.
   */
  function runHop(serving: Ready, body: Uint8Array, peer: string): Result<Uint8Array> {
    const began = clock.now()
    let signed = false
    let client: string | null = null
    const base = envOf(serving)
    const env: HopEnv = {
      ...base,
      used: (request, version) => tries.isOver(`${request}:${version}`) || base.used(request, version),
      signedBy: () => {
        signed = true
      },
      mayServe(registered, request, version) {
        client = registered
        tries.note(`${request}:${version}`)
        return clients.has(registered)
      },
    }
    const result = executeHop(ctx, env, body)
    const took = clock.now() - began
    if (client !== null) clients.use(client, took)
    else if (!signed) unsigned.use(peer, took)
    return result
  }

  /** @param open of a request, or of its continuation after a pause */
  async function relay(env: () => HopEnv, open: typeof openRequest, body: Uint8Array, peer: string): Promise<Result<Uint8Array>> {
    const began = clock.now()
    const opened = open(ctx, env(), body)
    const signed = opened.ok ? opened.value.signed() : opened
    if (!signed.ok) unsigned.use(peer, clock.now() - began)
    if (!opened.ok) return opened
    if (!signed.ok) return signed
    counts.requests++
    const pace: Pace = { until: began + RELAY_TIMEOUT_MS - ANSWER_MS, spent: clock.now() - began, slowest: { ms: 0, hop: null } }
    const reply = await run(opened.value, env, pace)
    if (!reply.ok && NO_CLIENT.test(String(reply.error.details?.['cause']))) unsigned.use(peer, pace.spent)
    return reply
  }

  return async (asked, body, peer) => {
    if (asked === 'ready') return answerReady(ctx, readiness(), body)
    const serving = ready()
    if (serving === null) return failForNow('server.not-serving', 'This server has no tick to serve yet. Try another server.')
    if (!unsigned.has(peer))
      return failForNow('transport.rate', 'Too much came from this address that nobody signed: wait a minute, or ask another server.')
    if (asked === 'hop') return runHop(serving, body, peer)
    return relay(() => envOf(ready() ?? serving), asked === 'request' ? openRequest : openContinuation, body, peer)
  }
}

/** What is served, as a hop needs it. */
function createEnvironments(storage: StoragePort, counts: ServerSession['counts']): (ready: Ready) => HopEnv {
  const seats = seatMemory(CLIENTS, true)
  return ({ app, keys, currentTick, views, codes }: Ready): HopEnv => {
    // A hop is run in one go, so what was free when it began is free when it is recorded.
    let free: string | null = null
    const isUsed = (key: string): boolean => key !== free && storage.get(SERVED, key) !== undefined
    return {
      app,
      keys,
      currentTick,
      tick: (number) => views.get(number) ?? null,
      code: (number) => codes.get(number) ?? null,
      seats,
      used(request, version) {
        const key = `${request}:${version}`
        const used = isUsed(key)
        if (!used) free = key
        return used
      },
      record(served: Served) {
        const key = `${served.request}:${served.version}`
        if (isUsed(key)) return false
        free = null
        // Whoever cuts the power gains nothing: an index takes a request id once. The next block's commit brings the receipts to the disk.
        storage.transact([{ table: SERVED, key, value: served as unknown as Json }], 'crash')
        counts.hops++
        return true
      },
    }
  }
}
