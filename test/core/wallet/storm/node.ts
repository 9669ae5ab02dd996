/** What a storm does to a node, the same for the embedded one and for a real bitcoind. Everything goes over bitcoind's RPC methods. */
import { createScanner } from '../../../../main/adapters/chain/rpc-scanner.ts'
import { createTransactions } from '../../../../main/adapters/chain/rpc-transactions.ts'
import { createEmbeddedNode, type Policy } from '../../../../main/adapters/chain/index.ts'
import { createMethods, RpcFault } from '../../../../main/adapters/chain/embedded/methods.ts'
import type { RpcClient } from '../../../../main/adapters/chain/rpc-client.ts'
import type { ChainPort } from '../../../../main/core/ports.ts'
import { fail, failForNow, must, ok } from '../../../../roles/protocol/result.ts'
import { scanBlock } from '../../../../roles/protocol/tx/index.ts'

export interface StormPolicy {
  /** Sat per vbyte. */
  minRelayRate: number
  dataCarrierSize: number
  blocksOnly: boolean
  /** Whether the mempool holds only a few transactions. */
  small: boolean
}
export const calm: StormPolicy = { minRelayRate: 1, dataCarrierSize: 83, blocksOnly: false, small: false }

export interface StormNode {
  call(method: string, ...params: unknown[]): Promise<unknown>
  /** Of the wallet; every call is counted. */
  chain(): ChainPort
  calls(): number
  /** Starts anew with other options; the mempool is lost. */
  restart(policy: StormPolicy): Promise<void>
  /** Mines a block without what is in the mempool, which stays there. */
  mineEmpty(script: string): Promise<void>
  /** Raises what the mempool asks for by filling it, where that is not too slow here. */
  fill?(): Promise<void>
  stop(): Promise<void>
}

/** What a storm does to the way between wallet and node. */
export interface Weather {
  /** No call gets through. */
  away: boolean
  /** Calls after which the wallet's process ends without hearing the answer; null: none. */
  killAfter: number | null
}

/** The chain port of a wallet whose process may end at any call. */
export function throughWeather(chain: ChainPort, weather: Weather): ChainPort {
  const through =
    <A extends unknown[], R>(use: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (weather.away) return failForNow('chain.unreachable', 'no node answers: it is away in this test') as R
      if (weather.killAfter === null) return use(...args)
      const isLast = --weather.killAfter < 0
      const result = await use(...args)
      return isLast ? new Promise<R>(() => undefined) : result
    }
  return {
    ...chain,
    blockAt: through(chain.blockAt),
    test: through(chain.test),
    broadcast: through(chain.broadcast),
    broadcastPackage: through(chain.broadcastPackage),
    fees: through(chain.fees),
  }
}

/** An RPC client that calls the embedded node’s methods without a socket. */
function directClient(methods: () => ReturnType<typeof createMethods>, count: () => void): RpcClient {
  const call: RpcClient['call'] = async (method, params, schema) => {
    count()
    try {
      const result = JSON.parse(JSON.stringify(methods()[method]!(...params) ?? null)) as unknown
      const value = schema.safeParse(result)
      return value.success ? ok(value.data) : fail('chain.answer', `${method}: ${value.error.message}`)
    } catch (error) {
      if (!(error instanceof RpcFault)) throw error
      return fail('chain.rpc', `${method}: the node refused: ${error.message}`, { rpcCode: error.code, rpcMessage: error.message })
    }
  }
  return { call, batch: () => Promise.reject(new Error('no batches here')), close: () => undefined }
}

/** The embedded node; blocks outlive a restart, the mempool does not. */
export function embeddedStormNode(now: () => number): StormNode {
  const policyOf = ({ small, ...others }: StormPolicy): Partial<Policy> => ({ ...others, ...(small ? { maxMempool: 700 } : {}) })
  let node = createEmbeddedNode({ now })
  let methods = createMethods(node)
  let calls = 0
  const rpc = directClient(
    () => methods,
    () => void calls++,
  )
  const port = {
    network: 'regtest',
    ...createTransactions(rpc, { log: () => undefined }),
    unspent: createScanner(rpc),
    blockAt: async (height: number) => ok({ ...must(scanBlock(node.at(height)!.raw)), height }),
  } as unknown as ChainPort
  return {
    call: async (method, ...params) => methods[method]!(...params),
    chain: () => port,
    calls: () => calls,
    async restart(policy) {
      const blocks = Array.from({ length: node.tip().height }, (_, at) => node.at(at + 1)!.raw)
      node = createEmbeddedNode({ now, policy: policyOf(policy), blocks })
      methods = createMethods(node)
    },
    async mineEmpty(script) {
      node.mine(1, Buffer.from(script, 'hex'), 1e9)
    },
    stop: async () => undefined,
  }
}
