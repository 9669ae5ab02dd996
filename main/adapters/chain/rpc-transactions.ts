/** Transactions over JSON-RPC: what the node would say, giving it one or a package, and what fees it asks. */
import type { ChainPort, FeeQuote, LogPort } from '../../core/ports.ts'
import { toHex } from '../../../roles/protocol/bytes.ts'
import { fail, ok } from '../../../roles/protocol/result.ts'
import type { Result } from '../../../roles/protocol/result.ts'
import { parseTransaction, txid as idOf } from '../../../roles/protocol/tx/index.ts'
import { broadcastFailure, isKnownAlready, rpcFault } from './broadcast.ts'
import type { RpcFault } from './broadcast.ts'
import type { RpcClient } from './rpc-client.ts'
import { schemas } from './rpc-schemas.ts'

/** Sat per vbyte that is paid even where a node takes everything (`-minrelaytxfee=0`): others would not take it. */
const leastRate = 0.1
const [rejected, missing, noMethod] = [-26, -25, -32601]

const refusal = (fault: RpcFault, raw: Uint8Array) => ({ ok: false as const, error: broadcastFailure(fault, raw) })

export function createTransactions(rpc: RpcClient, log: LogPort): Pick<ChainPort, 'test' | 'broadcast' | 'broadcastPackage' | 'fees'> {
  const fees = createFees(rpc, log)
  return { test: (raw) => test(rpc, raw), broadcast: (raw) => broadcast(rpc, raw), broadcastPackage: (raws) => submit(rpc, raws), fees }
}

async function broadcast(rpc: RpcClient, raw: Uint8Array): Promise<Result<{ txid: string }>> {
  const id = idOf(raw)
  if (!id.ok) return id
  const sent = await rpc.call('sendrawtransaction', [toHex(raw)], schemas.hash)
  if (sent.ok) return ok({ txid: sent.value })
  const fault = rpcFault(sent.error)
  if (!fault) return sent
  return isKnownAlready(fault) ? ok({ txid: id.value }) : refusal(fault, raw)
}

async function test(rpc: RpcClient, raw: Uint8Array): Promise<Result<{ vsize: number }>> {
  const id = idOf(raw)
  if (!id.ok) return id
  const answer = await rpc.call('testmempoolaccept', [[toHex(raw)]], schemas.acceptance)
  if (!answer.ok) return answer
  const { allowed, vsize, 'reject-reason': reason, 'reject-details': details } = answer.value[0]!
  if (allowed === true && vsize !== undefined) return ok({ vsize })
  const fault = { code: reason === 'missing-inputs' ? missing : rejected, message: details ?? reason ?? 'no reason given' }
  const parsed = isKnownAlready(fault) ? parseTransaction(raw) : undefined
  return parsed?.ok ? ok({ vsize: parsed.value.virtualSize() }) : refusal(fault, raw)
}

/** Error: a reason that is not the fee, where there is one; then a fee that is too low, the child’s first because it counts for all; then missing coins. */
async function submit(rpc: RpcClient, raws: Uint8Array[]): Promise<Result<null>> {
  const answer = await rpc.call('submitpackage', [raws.map(toHex)], schemas.packageAnswer)
  if (!answer.ok) {
    const fault = rpcFault(answer.error)
    if (fault?.code === noMethod) return fail('chain.no-packages', 'the node takes no packages: each transaction has to pay by itself')
    return fault === undefined ? answer : refusal(fault, raws.at(-1)!)
  }
  if (answer.value.package_msg === 'success') return ok(null)
  const faults = Object.values(answer.value['tx-results']).flatMap(({ txid, error }) => {
    const fault = { code: rejected, message: error ?? '' }
    return error === undefined || isKnownAlready(fault) ? [] : [{ txid, fault }]
  })
  const worst =
    faults.find(({ fault }) => !/fee not met|missing/.test(fault.message)) ??
    faults.findLast(({ fault }) => /fee not met/.test(fault.message)) ??
    faults[0]
  const raw = raws.find((one) => idOf(one).ok && (idOf(one) as { value: string }).value === worst?.txid) ?? raws.at(-1)!
  return refusal(worst?.fault ?? { code: rejected, message: answer.value.package_msg }, raw)
}

/** The estimate, but never below what the node takes now; without an estimate (young or quiet chains, `-blocksonly`) just that, said once. */
function createFees(rpc: RpcClient, log: LogPort): ChainPort['fees'] {
  let said: string | undefined
  return async (blocks) => {
    const target = Math.min(1008, Math.max(1, Math.round(blocks)))
    const [estimate, info] = await Promise.all([
      rpc.call('estimatesmartfee', [target], schemas.feeEstimate),
      rpc.call('getmempoolinfo', [], schemas.mempoolInfo),
    ])
    if (!info.ok) return info
    // A node that will not estimate (`-blocksonly`, an unknown or forbidden method, an odd answer) is no reason to pay nothing; one that is away is.
    if (!estimate.ok && estimate.error.retryable) return estimate
    const { mempoolminfee, minrelaytxfee, incrementalrelayfee } = info.value
    const floor = Math.max(mempoolminfee, minrelaytxfee, leastRate)
    const quote: FeeQuote = { rate: floor, floor, increment: Math.max(incrementalrelayfee ?? 1, leastRate) }
    const estimated = estimate.ok ? estimate.value.feerate : undefined
    if (estimated !== undefined) return ok({ ...quote, rate: Math.max(estimated, floor) })
    const without =
      (estimate.ok ? estimate.value.errors?.[0] : (rpcFault(estimate.error)?.message ?? estimate.error.message)) ?? 'no estimate'
    if (without !== said)
      log.log('info', `The node estimates no fees (${without}): what it asks for at least is paid, ${floor} sat/vB now.`)
    said = without
    return ok({ ...quote, without })
  }
}
