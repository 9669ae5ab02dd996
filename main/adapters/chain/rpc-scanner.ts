/** Coins by script from the node's set of unspent outputs. */
import type { ChainPort } from '../../core/ports.ts'
import { toHex } from '../../../roles/protocol/bytes.ts'
import { ok } from '../../../roles/protocol/result.ts'
import type { RpcClient } from './rpc-client.ts'
import { schemas } from './rpc-schemas.ts'

const scanTimeout = 600_000

/** bitcoind allows one scan at a time, so scans queue up here. */
export function createScanner(rpc: RpcClient): ChainPort['unspent'] {
  let queue: Promise<unknown> = Promise.resolve()
  const scan: ChainPort['unspent'] = async (scripts) => {
    const wanted = scripts.map((script) => `raw(${toHex(script)})`)
    const found = await rpc.call('scantxoutset', ['start', wanted], schemas.unspent, { timeoutMs: scanTimeout })
    if (!found.ok) return found
    const { height, bestblock: hash, unspents } = found.value
    const coins = unspents.map(({ scriptPubKey: script, amount: value, coinbase = false, ...coin }) => ({
      ...coin,
      script,
      value,
      coinbase,
    }))
    return ok({ tip: { height, hash }, coins })
  }
  return (scripts) => {
    const result = queue.then(() => scan(scripts))
    queue = result
    return result
  }
}
