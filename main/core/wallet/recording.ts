/** Recording a payment: prepared, shown to the node, and written down where it would take it. What it would refuse is never recorded and holds no coin. */
import { failForNow, ok, type Failure, type Result } from '../../../roles/protocol/result.ts'
import type { ChainPort, LogPort, StoragePort, StorageWrite } from '../ports.ts'
import type { Sent, WalletCell } from './cell.ts'
import type { Composition } from './compose.ts'
import type { Keyring } from './keyring.ts'
import { eventOf } from './lifecycle.ts'
import { addPending } from './pending.ts'
import type { WalletState } from './state.ts'

export interface PaymentPorts {
  chain: ChainPort
  storage: StoragePort
  cell: WalletCell
  keyring: Keyring
  log: LogPort
}

/** Sat per vbyte that is paid for a new payment whatever the node estimates. */
export const MOST_AT_FIRST = 1_000
/** Compositions tried while other payments take coins, or the node counts a size otherwise. */
const ATTEMPTS = 12

/** What is about to be recorded: the state with it, and the rows that belong to it. */
export interface Prepared {
  state: WalletState
  /** What the node is asked about. */
  raw: Uint8Array
  /** To be given to the node, in order. */
  sent: Sent[]
  writes: StorageWrite[]
}

/**
 * Prepares, asks the node, records. @param prepare makes it from a state; `least`: sats that the node counts for its size
 * @param dry nothing is written
 * Errors: those of `prepare`; the node's; `wallet.busy` (retryable).
 */
export async function record(
  { chain, cell }: PaymentPorts,
  prepare: (state: WalletState, least: number) => Result<Prepared>,
  dry = false,
): Promise<Result<Prepared>> {
  let least = 0
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = cell.state()
    const prepared = prepare(before, least)
    if (!prepared.ok) return prepared
    const tested = await chain.test(prepared.value.raw)
    if (!tested.ok && eventOf(tested.error) === 'silence' && !isWithoutTest(tested.error)) return tested
    if (!tested.ok && eventOf(tested.error) !== 'silence') {
      const needed = neededFor(tested.error, prepared.value.sent[0]!.fee)
      if (needed === null || needed <= least || needed > MOST_AT_FIRST * 100_000) return tested
      least = needed
      continue
    }
    // The node was asked meanwhile: what another payment took is not taken again.
    if (cell.state() !== before) continue
    if (!dry) cell.commit(prepared.value.state, prepared.value.writes)
    return prepared
  }
  return failForNow('wallet.busy', 'Other payments took the coins that this one chose. Try again in a moment.')
}

/** Sats that it would have to pay by the node's own words, which may count another size than BIP141. */
function neededFor({ details }: Failure, fee: number): number | null {
  const [needed, lacks] = [details?.['needed'], details?.['lacks']]
  return typeof needed === 'number' ? needed : typeof lacks === 'number' ? fee + lacks : null
}

/** A node or a user without `testmempoolaccept`: its answer to the broadcast has to do. */
const isWithoutTest = ({ code }: { code: string }): boolean => code === 'chain.rpc' || code === 'chain.forbidden'

/** Signed, and in the state as a version of its payment or as a payment of its own. @param rows to commit with it */
export function prepared(
  state: WalletState,
  composition: Composition,
  keyring: Keyring,
  rows: (sent: Sent) => StorageWrite[],
  details: { payment: string } | { seal: boolean; label: string },
): Result<Prepared> {
  const raw = keyring.sign(composition)
  const change = composition.change?.vout ?? null
  const next = addPending(state, raw, { own: true, change, ...details })
  if (!next.ok) return next
  const sent = { txid: next.value.pending.at(-1)!.txid, fee: composition.fee }
  return ok({ state: next.value, raw, sent: [sent], writes: rows(sent) })
}
