/** The part of bitcoind's JSON-RPC that Golem uses, answered by the embedded node with bitcoind's shapes and error codes. */
import { fromHex, isHex, toHex } from '../../../../roles/protocol/bytes.ts'
import { outpointsOf, parseTransaction, scriptOfAddress, toDisplay, Transaction } from '../../../../roles/protocol/tx/index.ts'
import type { KnownBlock } from './blocks.ts'
import type { Refusal } from './acceptance.ts'
import type { EmbeddedNode } from './node.ts'

/** bitcoind's error numbers (Bitcoin Core rpc/protocol.h). */
export const rpcCode = {
  type: -3,
  notFound: -5,
  parameter: -8,
  decode: -22,
  transaction: -25,
  rejected: -26,
  alreadyInChain: -27,
  method: -32601,
  params: -32602,
  request: -32600,
  internal: -32603,
  parse: -32700,
} as const

/** Thrown by a method and turned into the answer's `error`; never leaves the server. */
export class RpcFault extends Error {
  readonly code: number
  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

export type Methods = Record<string, (...params: unknown[]) => unknown>

const bitcoins = (sats: bigint): number => Number(sats) / 1e8
const perKvB = (satPerVbyte: number): number => (satPerVbyte * 1000) / 1e8

function text(value: unknown, name: string): string {
  if (typeof value !== 'string') throw new RpcFault(rpcCode.type, `${name} must be a string`)
  return value
}

function hash(value: unknown, name: string): string {
  if (!isHex(value, 32)) throw new RpcFault(rpcCode.parameter, `${name} must be of length 64 and hexadecimal`)
  return value
}

function whole(value: unknown, name: string, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) throw new RpcFault(rpcCode.type, `${name} must be an integer`)
  if (value < 0 || value > most) throw new RpcFault(rpcCode.parameter, `${name} out of range`)
  return value
}

function rawTransaction(value: unknown): { transaction: Transaction; raw: Uint8Array } {
  const hex = text(value, 'hexstring')
  const raw = /^([0-9a-f]{2})+$/i.test(hex) ? fromHex(hex.toLowerCase()) : new Uint8Array()
  const parsed = parseTransaction(raw)
  if (!parsed.ok) throw new RpcFault(rpcCode.decode, 'TX decode failed. Make sure the tx has at least one input.')
  return { transaction: parsed.value, raw }
}

const explain = (refusal: Refusal) => (refusal.detail === undefined ? refusal.reason : `${refusal.reason}, ${refusal.detail}`)
const isMissing = (refusal: Refusal) => refusal.reason === 'bad-txns-inputs-missingorspent'

/** The last one spends from every other, and none of those from another. */
function isChildWithParents(transactions: Transaction[]): boolean {
  const parents = new Set(transactions.slice(0, -1).map((transaction) => transaction.getId()))
  const spends = (transaction: Transaction | undefined) =>
    new Set(outpointsOf(transaction ?? new Transaction()).map((outpoint) => outpoint.slice(0, 64)))
  const child = spends(transactions.at(-1))
  const areApart = transactions.slice(0, -1).every((transaction) => [...spends(transaction)].every((id) => !parents.has(id)))
  return areApart && [...parents].every((id) => child.has(id))
}

/** `raw(hex)` with or without a checksum, as `scantxoutset` and `generatetodescriptor` take it. */
function rawDescriptor(value: unknown): Uint8Array {
  const source = typeof value === 'object' && value !== null && 'desc' in value ? value.desc : value
  const match = /^raw\(((?:[0-9a-f]{2})+)\)(?:#\w{8})?$/i.exec(text(source, 'descriptor'))
  if (!match?.[1]) throw new RpcFault(rpcCode.notFound, 'only raw(hex) descriptors are known to the embedded node')
  return fromHex(match[1].toLowerCase())
}

/** The methods over `node`. */
export const createMethods = (node: EmbeddedNode): Methods => ({
  ...chainMethods(node),
  ...transactionMethods(node),
  ...mempoolMethods(node),
  ...regtestMethods(node),
})

function chainMethods(node: EmbeddedNode): Methods {
  const known = (value: unknown): KnownBlock => {
    const block = node.block(hash(value, 'blockhash'))
    if (!block) throw new RpcFault(rpcCode.notFound, 'Block not found')
    return block
  }
  const header = (block: KnownBlock) => {
    const isActive = node.isActive(block)
    const next = isActive ? node.at(block.height + 1)?.hash : undefined
    return {
      hash: block.hash,
      confirmations: isActive ? node.tip().height - block.height + 1 : -1,
      height: block.height,
      time: block.time,
      mediantime: node.medianTime(block),
      nTx: block.txids.length,
      ...(block.height > 0 ? { previousblockhash: block.previous } : {}),
      ...(next === undefined ? {} : { nextblockhash: next }),
    }
  }
  return {
    getblockchaininfo: () => ({
      chain: 'regtest',
      blocks: node.tip().height,
      headers: node.tip().height,
      bestblockhash: node.tip().hash,
      time: node.tip().time,
      mediantime: node.medianTime(node.tip()),
      verificationprogress: 1,
      initialblockdownload: false,
      pruned: false,
      warnings: [],
    }),
    getbestblockhash: () => node.tip().hash,
    getblockcount: () => node.tip().height,
    getblockhash: (height) => {
      const block = node.at(whole(height, 'height', Number.MAX_SAFE_INTEGER))
      if (!block) throw new RpcFault(rpcCode.parameter, 'Block height out of range')
      return block.hash
    },
    getblockheader: (blockhash, verbose = true) =>
      verbose === false ? toHex(known(blockhash).raw.subarray(0, 80)) : header(known(blockhash)),
    getblock: (blockhash, verbosity = 1) => {
      const block = known(blockhash)
      if (verbosity === 0 || verbosity === false) return toHex(block.raw)
      return { ...header(block), size: block.raw.length, tx: block.txids }
    },
    getnetworkinfo: () => ({
      version: 290000,
      subversion: '/golem-embedded:1/',
      networkactive: false,
      connections: 0,
      relayfee: perKvB(node.policy.minRelayRate),
      incrementalfee: perKvB(node.policy.incrementalRate),
      warnings: [],
    }),
    scantxoutset: (action, descriptors) => {
      if (action !== 'start' || !Array.isArray(descriptors))
        throw new RpcFault(rpcCode.parameter, 'give "start" and an array of descriptors')
      return scan(node, descriptors.map(rawDescriptor))
    },
  }
}

function scan(node: EmbeddedNode, scripts: Uint8Array[]) {
  const wanted = new Set(scripts.map(toHex))
  const unspents = [...node.coins()].flatMap(([outpoint, coin]) => {
    const script = toHex(coin.script)
    const [txid, vout] = outpoint.split(':')
    return wanted.has(script)
      ? [
          {
            txid,
            vout: Number(vout),
            scriptPubKey: script,
            desc: `raw(${script})`,
            amount: bitcoins(coin.value),
            coinbase: coin.coinbase,
            height: coin.height,
          },
        ]
      : []
  })
  const total = unspents.reduce((sum, one) => sum + Math.round(one.amount * 1e8), 0)
  return {
    success: true,
    txouts: node.coinCount(),
    height: node.tip().height,
    bestblock: node.tip().hash,
    unspents,
    total_amount: total / 1e8,
  }
}

function transactionMethods(node: EmbeddedNode): Methods {
  return {
    sendrawtransaction: (hex) => {
      const { transaction, raw } = rawTransaction(hex)
      const id = transaction.getId()
      if (transaction.outs.some((_, vout) => node.coin(`${id}:${vout}`)))
        throw new RpcFault(rpcCode.alreadyInChain, 'Transaction outputs already in utxo set')
      if (node.mempool.get(id)) return id
      const verdict = node.assess(raw)
      if (!('entry' in verdict)) throw new RpcFault(isMissing(verdict) ? rpcCode.transaction : rpcCode.rejected, explain(verdict))
      if (Number(verdict.entry.fee) > verdict.entry.vsize * node.policy.maxRate) {
        throw new RpcFault(rpcCode.transaction, 'Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)')
      }
      const full = node.accept(verdict)
      if (full) throw new RpcFault(rpcCode.rejected, explain(full))
      return id
    },
    testmempoolaccept: (hexes) => {
      if (!Array.isArray(hexes) || hexes.length !== 1)
        throw new RpcFault(rpcCode.parameter, 'the embedded node tests one transaction at a time')
      const { transaction, raw } = rawTransaction(hexes[0])
      const ids = { txid: transaction.getId(), wtxid: toDisplay(transaction.getHash(true)) }
      const verdict = node.assess(raw)
      if (!('entry' in verdict))
        return [
          {
            ...ids,
            allowed: false,
            'reject-reason': isMissing(verdict) ? 'missing-inputs' : verdict.reason,
            'reject-details': isMissing(verdict) ? 'missing-inputs' : explain(verdict),
          },
        ]
      if (Number(verdict.entry.fee) > verdict.entry.vsize * node.policy.maxRate)
        return [{ ...ids, allowed: false, 'reject-reason': 'max-fee-exceeded' }]
      return [{ ...ids, allowed: true, vsize: verdict.entry.vsize, fees: { base: bitcoins(verdict.entry.fee) } }]
    },
    submitpackage(hexes) {
      if (!Array.isArray(hexes) || hexes.length === 0 || hexes.length > node.policy.maxChain)
        throw new RpcFault(rpcCode.parameter, `Array must contain between 1 and ${node.policy.maxChain} transactions.`)
      const transactions = hexes.map((hex) => rawTransaction(hex).transaction)
      if (!isChildWithParents(transactions))
        throw new RpcFault(rpcCode.transaction, 'package topology disallowed. not child-with-parents or parents depend on each other.')
      const refusals = node.acceptPackage(transactions)
      const results = transactions.map((transaction): [string, object] => {
        const refusal = refusals.get(transaction.getId())
        return [
          toDisplay(transaction.getHash(true)),
          { txid: transaction.getId(), ...(refusal === undefined ? {} : { error: explain(refusal) }) },
        ]
      })
      return {
        package_msg: refusals.size === 0 ? 'success' : 'transaction failed',
        'tx-results': Object.fromEntries(results),
        'replaced-transactions': [],
      }
    },
  }
}

function mempoolMethods(node: EmbeddedNode): Methods {
  return {
    getrawmempool: () => node.mempool.list().map((entry) => entry.txid),
    getmempoolentry: (txid) => {
      const entry = node.mempool.get(hash(txid, 'txid'))
      if (!entry) throw new RpcFault(rpcCode.notFound, 'Transaction not in mempool')
      return {
        vsize: entry.vsize,
        weight: entry.transaction.weight(),
        fees: { base: bitcoins(entry.fee) },
        depends: [...entry.parents],
        'bip125-replaceable': true,
      }
    },
    getrawtransaction: (txid, verbosity = 0, blockhash) => {
      if (verbosity !== 0 && verbosity !== false) throw new RpcFault(rpcCode.parameter, 'the embedded node answers with hex only')
      const id = hash(txid, 'txid')
      const raw =
        node.mempool.get(id)?.transaction.toBuffer() ??
        (blockhash === undefined ? undefined : fromBlock(node, id, hash(blockhash, 'blockhash')))
      if (!raw)
        throw new RpcFault(
          rpcCode.notFound,
          'No such mempool transaction. Use -txindex or provide a block hash to enable blockchain transaction queries.',
        )
      return toHex(raw)
    },
    getmempoolinfo: () => {
      const entries = node.mempool.list()
      const { minRelayRate, incrementalRate, maxMempool } = node.policy
      const rates = {
        mempoolminfee: perKvB(Math.max(node.mempool.floor(), minRelayRate)),
        minrelaytxfee: perKvB(minRelayRate),
        incrementalrelayfee: perKvB(incrementalRate),
      }
      const bytes = entries.reduce((sum, entry) => sum + entry.vsize, 0)
      return { loaded: true, size: entries.length, bytes, maxmempool: maxMempool, ...rates, fullrbf: true }
    },
    estimatesmartfee(target) {
      const blocks = whole(target, 'conf_target', 1008)
      if (node.policy.blocksOnly) throw new RpcFault(rpcCode.internal, 'Fee estimation disabled')
      return { errors: ['Insufficient data or no feerate found'], blocks }
    },
  }
}

function fromBlock(node: EmbeddedNode, txid: string, blockhash: string): Uint8Array | undefined {
  const block = node.block(blockhash)
  if (!block) throw new RpcFault(rpcCode.notFound, 'Block hash not found')
  return node.transactionIn(block, txid)
}

const mostBlocksAtOnce = 10_000

function regtestMethods(node: EmbeddedNode): Methods {
  const mine = (count: unknown, script: Uint8Array) =>
    node.mine(whole(count, 'nblocks', mostBlocksAtOnce), script).map((block) => block.hash)
  const judge = (verdict: (hash: string) => boolean) => (blockhash: unknown) => {
    if (!verdict(hash(blockhash, 'blockhash'))) throw new RpcFault(rpcCode.notFound, 'Block not found')
    return null
  }
  return {
    generatetoaddress: (count, address) => {
      const script = scriptOfAddress(text(address, 'address'), 'regtest')
      if (!script.ok) throw new RpcFault(rpcCode.notFound, 'Error: Invalid address')
      return mine(count, script.value)
    },
    generatetodescriptor: (count, descriptor) => mine(count, rawDescriptor(descriptor)),
    invalidateblock: judge(node.invalidate),
    reconsiderblock: judge(node.reconsider),
  }
}
