/** A real bitcoind in the storm: its own policy, restarted with other options. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRpcChain } from '../../../../main/adapters/chain/index.ts'
import type { ChainPort } from '../../../../main/core/ports.ts'
import { toHex } from '../../../../roles/protocol/bytes.ts'
import { startBitcoind } from '../../../tools/bitcoind.ts'
import { fillerScript, largeTransaction, largeVsize } from './large.ts'
import { calm, type StormNode, type StormPolicy } from './node.ts'

const argsOf = ({ minRelayRate, dataCarrierSize, blocksOnly, small }: StormPolicy): string[] => [
  '-persistmempool=0',
  `-minrelaytxfee=${(minRelayRate / 1e5).toFixed(8)}`,
  ...(dataCarrierSize === 0 ? ['-datacarrier=0'] : [`-datacarriersize=${dataCarrierSize}`]),
  ...(blocksOnly ? ['-blocksonly=1'] : []),
  ...(small ? ['-maxmempool=5'] : []),
]

/** Large transactions at 20 sat/vB and more, until the mempool is full. */
async function fillMempool(call: StormNode['call']): Promise<void> {
  const script = toHex(fillerScript)
  const { unspents, height } = (await call('scantxoutset', 'start', [`raw(${script})`])) as {
    height: number
    unspents: Array<{ txid: string; vout: number; amount: number; height: number; coinbase: boolean }>
  }
  const coins = unspents.filter((one) => one.amount > 0.1 && (!one.coinbase || height - one.height >= 100))
  for (const [at, { txid, vout, amount }] of coins.slice(0, 56).entries()) {
    const raw = largeTransaction({ txid, vout, value: Math.round(amount * 1e8) }, largeVsize * (20 + Math.floor(at / 8)))
    try {
      await call('sendrawtransaction', raw)
    } catch (error) {
      if (/mempool (full|min fee)/.test(String(error))) return
      throw error
    }
  }
}

/** @param odd further options, until the first restart */
export async function bitcoindStormNode(odd: string[] = []): Promise<StormNode> {
  const datadir = mkdtempSync(join(tmpdir(), 'golem-storm-'))
  let node = await startBitcoind({ datadir, args: [...argsOf(calm), ...odd] })
  const { url, user, password } = node
  const rpc = createRpcChain({ url, user, password, network: 'regtest', log: { log: () => undefined } })
  let policy = calm
  let calls = 0
  const counted =
    <A extends unknown[], R>(use: (...args: A) => Promise<R>, cost = 1) =>
    (...args: A): Promise<R> => {
      calls += cost
      return use(...args)
    }
  const chain: ChainPort = {
    ...rpc,
    test: counted(rpc.test),
    broadcast: counted(rpc.broadcast),
    broadcastPackage: counted(rpc.broadcastPackage),
    fees: counted(rpc.fees, 2),
  }
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  const call: StormNode['call'] = async (method, ...params) => {
    const body = JSON.stringify({ jsonrpc: '1.0', id: 1, method, params })
    const answer = (await (await fetch(url, { method: 'POST', headers: { authorization }, body })).json()) as {
      result: unknown
      error: { message: string } | null
    }
    if (answer.error) throw new Error(`${method}: ${answer.error.message}`)
    return answer.result
  }
  const mineEmpty = async (script: string) => void (await call('generateblock', `raw(${script})`, []))
  await call('generatetodescriptor', 60, `raw(${toHex(fillerScript)})`)
  return {
    call,
    chain: () => chain,
    calls: () => calls,
    mineEmpty,
    async restart(next) {
      policy = next
      await node.stop()
      node = await startBitcoind({ datadir, args: argsOf(next), port: Number(new URL(url).port) })
    },
    fill: () => (policy.small ? fillMempool(call) : Promise.resolve()),
    async stop() {
      rpc.close()
      await node.stop()
      rmSync(datadir, { recursive: true, force: true })
    },
  }
}
