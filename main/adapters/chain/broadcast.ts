/** What bitcoind's refusals of a transaction mean to a caller. */
import type { Failure } from '../../../roles/protocol/result.ts'
import { fail, failForNow } from '../../../roles/protocol/result.ts'

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

const refusals: Array<[pattern: RegExp, code: string, advice: string, passes?: true]> = [
  [
    /bad-txns-inputs-missingorspent|missing inputs/i,
    'chain.inputs-missing',
    'a coin it spends does not exist or is spent already: compose it again from current coins',
  ],
  [/min relay fee not met|mempool min fee not met/, 'chain.fee-low', 'inputs minus outputs pay too little for its size: raise the fee'],
  [
    /insufficient fee|replacement-adds-unconfirmed|too many potential replacements|txn-mempool-conflict|replacement-failed/,
    'chain.replacement',
    'it conflicts with an unconfirmed transaction and does not pay enough more: raise the fee',
  ],
  [
    /non-final|non-BIP68-final|premature-spend-of-coinbase/,
    'chain.too-early',
    'its time lock or a coin’s maturity is not reached: send it again after more blocks',
    true,
  ],
  [/too-long-mempool-chain/, 'chain.long-chain', 'too many of its ancestors are unconfirmed: send it again after the next block', true],
  [/Fee exceeds maximum/i, 'chain.fee-high', 'the fee is implausibly high: check the change output'],
  [/^dust/, 'chain.dust', 'an output is below the dust limit: raise its value'],
  [/script-verify-flag|script-verify/, 'chain.script', 'a signature or script does not hold: sign it again with the key of that coin'],
]

/**
 * Codes: `chain.inputs-missing`, `chain.fee-low`, `chain.replacement`, `chain.too-early` and `chain.long-chain` (retryable), `chain.fee-high`,
 * `chain.dust`, `chain.script`, `chain.rejected` (any other reason). `details` keep the node's `rpcCode` and `rpcMessage`.
 */
export function broadcastFailure(fault: RpcFault): Failure {
  const [, code, advice, passes] = refusals.find(([pattern]) => pattern.test(fault.message)) ?? [
    undefined,
    'chain.rejected',
    'nodes do not relay it: change what the reason names',
  ]
  const make = passes ? failForNow : fail
  return make(code, `the transaction was refused (${fault.message}): ${advice}`, { rpcCode: fault.code, rpcMessage: fault.message }).error
}
