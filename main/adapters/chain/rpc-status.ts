/** What a node says of itself before it is relied on: its chain, how far it is, and which blocks it still has. */
import type { BlockRef, ChainPort } from '../../core/ports.ts'
import { fail, failForNow, ok } from '../../../roles/protocol/result.ts'
import type { Result } from '../../../roles/protocol/result.ts'
import type { RpcClient } from './rpc-client.ts'
import { schemas } from './rpc-schemas.ts'

export interface ChainStatus {
  tip: BlockRef
  /** The lowest block whose contents the node keeps; 0 unless it is pruned. */
  firstBlock: number
}

const chainNames = { regtest: 'regtest', signet: 'signet', testnet4: 'testnet4', mainnet: 'main' } as const

/** The first block of each network (Bitcoin Core, kernel/chainparams.cpp). */
const genesisOf = {
  regtest: '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206',
  signet: '00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6',
  testnet4: '00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043',
  mainnet: '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f',
} as const

export type StatusReader = () => Promise<Result<ChainStatus>>

/**
 * Errors of the reader: those of `createRpcClient`, `chain.network` (the node is on another chain), `chain.syncing` (it does not have all
 * blocks yet; retryable). A regtest node takes itself for catching up whenever its newest block is a day old, so there only missing blocks count.
 */
export function createStatusReader(rpc: RpcClient, network: ChainPort['network']): StatusReader {
  let isRight = false
  /** A name is not enough: anybody can begin a chain and call it main. */
  const wrongStart = async (chain: string) => {
    const first = isRight ? ok(genesisOf[network] as string) : await rpc.call('getblockhash', [0], schemas.hash)
    if (!first.ok) return first
    isRight = first.value === genesisOf[network]
    return isRight
      ? undefined
      : otherNetwork(`calls its chain «${chain}», but that begins with block ${first.value}, not with ${genesisOf[network]}`)
  }
  return async () => {
    const info = await rpc.call('getblockchaininfo', [], schemas.chainInfo)
    if (!info.ok) return info
    const { chain, blocks, headers, bestblockhash, initialblockdownload, pruned, pruneheight } = info.value
    if (chain !== chainNames[network]) return otherNetwork(`is on «${chain}», not on ${network}`)
    if (initialblockdownload && (headers > blocks || network !== 'regtest')) return catchingUp(blocks, headers)
    const wrong = await wrongStart(chain)
    if (wrong !== undefined) return wrong
    return ok({ tip: { height: blocks, hash: bestblockhash }, firstBlock: pruned === true ? (pruneheight ?? 0) : 0 })
  }
}

const catchingUp = (blocks: number, headers: number) =>
  failForNow(
    'chain.syncing',
    `the node is catching up, block ${blocks} of ${headers > blocks ? headers : 'so many that it does not know yet'}: wait until it has them all`,
  )

const otherNetwork = (what: string) =>
  fail('chain.network', `the node ${what}: connect to another node or name its network in the settings (--network)`)
