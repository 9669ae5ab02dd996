/** What bitcoind's refusals of a transaction mean to a caller. */
import type { Failure } from '../../../roles/protocol/result.ts'
import { fail, failForNow } from '../../../roles/protocol/result.ts'
import { scanTransaction } from '../../../roles/protocol/tx/index.ts'

export interface RpcFault {
  code: number
  message: string
}

/** The node's own error inside a `chain.rpc` failure. */
export function rpcFault(failure: Failure): RpcFault | undefined {
  const { rpcCode, rpcMessage } = failure.details ?? {}
  return typeof rpcCode === 'number' && typeof rpcMessage === 'string' ? { code: rpcCode, message: rpcMessage } : undefined
}

const alreadyInChain = -27

/** In the mempool, or in a block with outputs still unspent. */
export const isKnownAlready = ({ code, message }: RpcFault): boolean =>
  code === alreadyInChain || /txn-already-(in-mempool|known)|txn-same-nonwitness-data-in-mempool/.test(message)

interface Refusal {
  pattern: RegExp
  code: string
  /** The next step, given what the transaction carries. */
  advice: string | ((raw: Uint8Array) => string)
  /** Time, a block, or another setting of the node lets the same transaction through. */
  passes?: true
}

const carries = (raw: Uint8Array): number => {
  const scanned = scanTransaction(raw)
  return scanned.ok ? Math.max(0, ...scanned.value.outputs.map(({ script }) => (script[0] === 0x6a ? script.length : 0))) : 0
}
const option = (name: string, what: string): string =>
  `the node runs with ${name}, which keeps out ${what}: change that option, or use another node`

/** Relay policy: nothing is wrong with the transaction, so it goes through as soon as the node runs with other options. First match counts. */
const policies: Array<Pick<Refusal, 'pattern' | 'advice'>> = [
  { pattern: /bare-?multisig/, advice: option('-permitbaremultisig=0', 'bare multisignature outputs') },
  {
    pattern: /bare-?(pubkey|anchor|datacarrier)/,
    advice: option('-permitbarepubkey=0, -permitbareanchor=0 or -permitbaredatacarrier=0', 'such outputs'),
  },
  { pattern: /tokens-|parasite/, advice: option('-rejecttokens=1 or -rejectparasites=1', 'what it takes for tokens') },
  { pattern: /txn-spk-reused/, advice: option('-spkreuse=conflict', 'a second payment to one address') },
  { pattern: /^multi-op-return/, advice: 'the node relays one data output in a transaction: leave one' },
  {
    pattern: /^scriptpubkey-size/,
    advice: option('-maxscriptsize', 'scripts of that size (at least 83 is enough)'),
  },
  {
    pattern: /^(scriptpubkey|datacarrier)/,
    advice(raw) {
      const size = carries(raw)
      return size === 0
        ? 'the node does not relay one of its output scripts: pay to another kind of address, or use another node'
        : `the node does not relay a data output of ${size} bytes: restart it with -datacarrier=1 and with -datacarriersize=83 (at least ${size}), or use another node`
    },
  },
  {
    pattern: /^(tx-size|version|scriptsig|bad-txns-nonstandard|bad-witness-nonstandard|truc|TRUC)/,
    advice: 'the node holds it for nonstandard: use a node with the default relay policy',
  },
]

const refusals: Refusal[] = [
  {
    pattern: /bad-txns-inputs-missingorspent|missing.inputs/i,
    code: 'chain.inputs-missing',
    advice:
      'a coin it spends does not exist, is spent already, or comes from a transaction that the node does not hold: send that one first, or compose it again from current coins',
    passes: true,
  },
  {
    pattern: /min relay fee not met/,
    code: 'chain.fee-low',
    advice: 'it pays less for its size than the node relays (-minrelaytxfee): raise the fee',
    passes: true,
  },
  {
    pattern: /mempool min fee not met|package-fee-too-low/,
    code: 'chain.fee-low',
    advice: 'the mempool is full (-maxmempool) and asks for more than it pays: raise the fee, or wait for blocks',
    passes: true,
  },
  {
    pattern: /mempool full/,
    code: 'chain.mempool-full',
    advice:
      'the mempool is full (-maxmempool) of what pays more, or what it stands on has just expired there (-mempoolexpiry): raise the fee, or wait for blocks',
    passes: true,
  },
  {
    pattern: /txn-mempool-conflict/,
    code: 'chain.replacement',
    advice: 'it conflicts with an unconfirmed transaction, and the node replaces none (-mempoolreplacement=0): wait for a block',
    passes: true,
  },
  {
    pattern:
      /insufficient fee|replacement-adds-unconfirmed|too many potential replacements|replacement-failed|bad-txns-spends-conflicting-tx|package RBF/,
    code: 'chain.replacement',
    advice:
      'it conflicts with an unconfirmed transaction (with -spkreuse=conflict also by a second payment to one address) and does not pay enough more (-incrementalrelayfee): raise the fee, or wait for a block',
    passes: true,
  },
  {
    pattern: /non-final|non-BIP68-final|premature-spend-of-coinbase/,
    code: 'chain.too-early',
    advice: 'its time lock or a coin’s maturity is not reached: send it again after more blocks',
    passes: true,
  },
  {
    pattern: /immature-(depth|coinblocks)/,
    code: 'chain.too-early',
    advice: 'its coins are too young for the node (-minrelaymaturity, -minrelaycoinblocks): change these options, or wait for blocks',
    passes: true,
  },
  {
    pattern: /too-long-mempool-chain|package-mempool-limits/,
    code: 'chain.long-chain',
    advice:
      'too many of the transactions before or after it are unconfirmed (-limitancestorcount, -limitancestorsize, -limitdescendantcount, -limitdescendantsize): send it again after the next block',
    passes: true,
  },
  {
    pattern: /Fee exceeds maximum|max-fee-exceeded|absurdly-high-fee/i,
    code: 'chain.fee-high',
    advice: 'the fee is implausibly high: check the change output',
  },
  {
    pattern: /^dust/,
    code: 'chain.dust',
    advice:
      'an output is below the node’s dust limit: if it is 330 sats or more, restart the node with -dustrelayfee=0.00003, or use another',
    passes: true,
  },
  {
    pattern: /script-verify-flag|script-verify/,
    code: 'chain.script',
    advice: 'a signature or script does not hold: sign it again with the key of that coin',
  },
  ...policies.map((policy): Refusal => ({ ...policy, code: 'chain.policy', passes: true })),
]

/** Broken for every node: no option and no block helps. */
const isBroken = (message: string): boolean => /^(bad-|mandatory-|coinbase|block-)|TX decode failed/.test(message)

const inSats = (bitcoins: string | undefined): number => Math.round(Number(bitcoins) * 1e8)

/**
 * «…, 300 < 2338»: what it pays and would have to pay by the node's count of its size, in sats. Of a replacement, in bitcoins, what it pays more than
 * what it replaces (or in all) and would have to: the difference is what it lacks.
 */
function moneyIn(code: string | undefined, message: string): { needed: number } | { lacks: number } | object {
  if (code === 'chain.fee-low') {
    const needed = /\d+ < (\d+)/.exec(message)?.[1]
    return needed === undefined ? {} : { needed: Number(needed) }
  }
  const [, has, wants] = /; (-?\d+\.\d+) < (\d+\.\d+)$/.exec(message) ?? []
  return code === 'chain.replacement' && wants !== undefined ? { lacks: inSats(wants) - inSats(has) } : {}
}

/**
 * Codes: `chain.inputs-missing`, `chain.fee-low` (with `details.needed` sats where the node names them), `chain.mempool-full`, `chain.too-early`,
 * `chain.long-chain`, `chain.replacement` (with `details.lacks` sats likewise), `chain.dust`, `chain.policy` (all retryable: blocks, time or another option
 * of the node let it through), `chain.fee-high`, `chain.script`, `chain.rejected` (any other reason; retryable unless it breaks a rule of all nodes). `details` keep the node's `rpcCode` and `rpcMessage`.
 */
export function broadcastFailure(fault: RpcFault, raw: Uint8Array): Failure {
  const found = refusals.find(({ pattern }) => pattern.test(fault.message))
  const broken = isBroken(fault.message)
  const other = broken ? 'no node takes it: change what the reason names' : option('a rule', 'it for this reason')
  const advice = found === undefined ? other : found.advice
  const make = (found === undefined ? !broken : found.passes) ? failForNow : fail
  return make(
    found?.code ?? 'chain.rejected',
    `the transaction was refused (${fault.message}): ${typeof advice === 'string' ? advice : advice(raw)}`,
    { rpcCode: fault.code, rpcMessage: fault.message, ...moneyIn(found?.code, fault.message) },
  ).error
}
