/** Consensus and policy numbers of Bitcoin's regtest network (Bitcoin Core, kernel/chainparams.cpp and policy/policy.h). */
import { Block, maxDataScript, type Transaction } from '../../../../roles/protocol/tx/index.ts'

export const regtest = {
  bits: 0x207fffff,
  subsidyHalving: 150,
  coinbaseMaturity: 100,
  maxBlockWeight: 4_000_000,
  maxMoney: 2_100_000_000_000_000n,
} as const

/** What the node relays; the names in brackets are bitcoind's options. */
export interface Policy {
  /** Sat per vbyte below which nothing is relayed [-minrelaytxfee]. */
  minRelayRate: number
  /** Sat per vbyte by which a replacement has to better what it evicts [-incrementalrelayfee]. */
  incrementalRate: number
  /** Sat per 1,000 vbytes of an output's later spending [-dustrelayfee]. */
  dustRate: number
  /** Bytes of a data output's script; 0: none is relayed [-datacarriersize, -datacarrier]. */
  dataCarrierSize: number
  /** Vbytes that the mempool holds before it evicts what pays least [-maxmempool, in bytes of memory there]. */
  maxMempool: number
  /** No fee is estimated [-blocksonly]. */
  blocksOnly: boolean
  /** Sat per vbyte above which `sendrawtransaction` suspects a mistake (its maxfeerate of 0.10 BTC/kvB). */
  maxRate: number
  /** Unconfirmed transactions in a row [-limitancestorcount, -limitdescendantcount]. */
  maxChain: number
  maxReplacements: number
}

/** Bitcoin Core's defaults up to version 29. */
export const defaultPolicy: Policy = {
  minRelayRate: 1,
  incrementalRate: 1,
  dustRate: 3_000,
  dataCarrierSize: maxDataScript,
  maxMempool: 100_000_000,
  blocksOnly: false,
  maxRate: 10_000,
  maxChain: 25,
  maxReplacements: 100,
}

const initialSubsidy = 5_000_000_000n

/** Sats that the block at `height` may create. */
export const subsidy = (height: number): bigint => initialSubsidy >> BigInt(Math.min(63, Math.floor(height / regtest.subsidyHalving)))

const genesisHash = '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206'
const genesisHex =
  '0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a' +
  'dae5494dffff7f2002000000' +
  '01' +
  '01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d0104455468652054696d65732030332f4a616e2f32303039' +
  '204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548' +
  '271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000'

/** Bitcoin's regtest genesis block. Its output was never spendable. */
export function genesisBlock(): { hash: string; raw: Uint8Array } {
  const block = Block.fromHex(genesisHex)
  if (block.getId() !== genesisHash) throw new Error('the genesis block does not hash to regtest’s genesis')
  return { hash: genesisHash, raw: block.toBuffer() }
}

/** Bytes of a transaction without its witnesses. */
export const strippedSize = (transaction: Transaction): number => transaction.byteLength(false)
