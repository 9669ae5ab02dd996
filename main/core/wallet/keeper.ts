/** The wallet in service: watches the identity's addresses, pays, signs, and broadcasts again until a block has it. State is written before acting. */
import type { CryptoPort } from '../../../roles/protocol/crypto/index.ts'
import type { KeyPair } from '../../../roles/protocol/keys/index.ts'
import { failForNow, ok, type Result } from '../../../roles/protocol/result.ts'
import type { BalanceView, HistoryView, SendView } from '../../contract/wallet.ts'
import type { Identity } from '../identity.ts'
import type { BlockRef, ChainBlock, ChainPort, LogPort, RandomPort, StoragePort, StorageWrite } from '../ports.ts'
import { createAncestry } from './ancestry.ts'
import { applyBlock, resetTo, undoTo } from './blocks.ts'
import { createCell, type Sent, type WalletCell } from './cell.ts'
import { balance, holdings, type Balance } from './coins.ts'
import { BURIED, waitingPayments } from './ends.ts'
import { historyAbove, historyOf, historyRows, type HistoryWords } from './history.ts'
import { createKeyring, type Keyring } from './keyring.ts'
import { createPayments, rateOf, type Payment } from './payments.ts'
import { CONFIRM_WITHIN, createPerformer, type Performer } from './performer.ts'
import { createReading, type Reading } from './reading.ts'
import { createRescan } from './rescan.ts'
import { createSending, type SendOptions } from './sending.ts'
import type { WalletState } from './state.ts'
import { paymentOf, paymentState, type PaymentState } from './view.ts'

export type { Sent } from './cell.ts'
export type { Payment } from './payments.ts'
export type { SendOptions } from './sending.ts'

export interface WalletKeeper {
  balance(): Balance
  /** The first receive address that never had a coin. */
  receiveAddress(): Result<string>
  /** The balance as a person sees it, with what is reserved for what. */
  holdings(): BalanceView
  /**
   * A person's payment: shown, or paid as it was shown; paid once, however often that is asked for.
   * Errors: `tx.address`, `wallet.dust`, `wallet.funds-short`, `wallet.fee-rate`, `wallet.fee-much`, `wallet.unnamed`, `wallet.key-used`,
   * `wallet.plan-changed` (retryable: look again), `wallet.scan`, `wallet.busy`, and the node's.
   */
  send(options: SendOptions): Promise<Result<SendView>>
  /** Reads blocks again, for coins and history. */
  readonly reading: Reading
  /** What happened to the wallet, newest first. */
  history(page: { limit: number; before: string | null }, titleOf: HistoryWords['titleOf']): HistoryView
  /** Watches the address of a key that this wallet can derive; `purpose` is what `Identity.key` takes. */
  watchKey(purpose: Parameters<Identity['key']>[0], kind: 'identity' | 'key'): KeyPair
  /**
   * Records and sends a payment. What the node would refuse is not recorded, and holds no coin: ask again later.
   * Errors, most of them retryable: those of composing, those of `ChainPort.test`, `wallet.scan`, `wallet.busy`.
   */
  pay(payment: Payment): Promise<Result<Sent>>
  /**
   * Gives a recorded transaction to the node again; a success when it is in a block already.
   * Errors: the node's, retryable; `wallet.dropped` (retryable): nothing will come of it and its coins are free, so that it may be paid anew.
   */
  rebroadcast(txid: string): Promise<Result<void>>
  /**
   * Replaces a waiting transaction, or the newest one that spends from it, by one that pays more (BIP125): the two together then pay that rate. Where
   * the node has lost one of those before it, that one is replaced with all that spends from it.
   * @param feeRate sat per vbyte; null for what the node estimates
   * Errors: `wallet.no-pending`, `wallet.not-own`, those of composing, and the node's, which then goes on with the old one.
   */
  bump(txid: string, feeRate: number | null): Promise<Result<Sent>>
  /** What a transaction that this wallet made has become by replacement, with its fee. */
  latest(sent: Sent): Sent
  /** What is known of a transaction that this wallet made, and what happens next. */
  stateOf(txid: string): PaymentState | null
  /** Why the last payment did not succeed, until one does: for people who wonder what is waited for. */
  hindrance(): string | null
  /** Fee in sats of a transaction of `vsize` vbytes now. */
  estimateFee(vsize: number): Promise<Result<number>>
  onBlock(block: ChainBlock): StorageWrite[]
  onReorg(fork: BlockRef): StorageWrite[]
  /** Looks after what waits, as every block makes it do. Resolves when that is done. */
  tend(): Promise<void>
}

export interface WalletKeeperOptions {
  crypto: CryptoPort
  storage: StoragePort
  chain: ChainPort
  random: RandomPort
  log: LogPort
  identity: Identity
}

export function createWalletKeeper(options: WalletKeeperOptions): WalletKeeper {
  const { crypto, storage, chain, random, identity, log } = options
  const cell = createCell(storage)
  const keyring = createKeyring({ crypto, random, identity, network: chain.network }, cell)
  const payments = createPayments({ chain, storage, cell, keyring, log }, () => performer)
  const performer: Performer = createPerformer({ chain, cell, keyring, log, bump: payments.bump })
  const rescan = createRescan({ chain, log, cell })
  const ancestry = createAncestry({ chain, log, cell })
  const sending = {
    chain,
    storage,
    crypto,
    cell,
    keyring,
    log,
    latest: cell.latest,
    rebroadcast: (txid: string) => rebroadcast(cell, performer, txid),
  }
  const send = createSending(sending, () => performer)
  const reading = createReading({ chain, storage, cell, keyring, log })
  const tend = async (): Promise<void> => {
    void reading.tend()
    await rescan.tend()
    await performer.tend()
    await ancestry.tend()
  }
  return {
    balance: () => balance(cell.state()),
    receiveAddress: keyring.receiveAddress,
    holdings: () => holdings(cell.state()),
    send,
    reading,
    history: (page, titleOf) => historyOf(storage, cell.state(), page, { network: chain.network, titleOf }),
    watchKey: keyring.add,
    pay: payments.pay,
    bump: payments.bump,
    latest: cell.latest,
    stateOf: (txid) => paymentState(cell.state(), cell.latest({ txid, fee: 0 }).txid),
    hindrance: payments.hindrance,
    rebroadcast: (txid) => rebroadcast(cell, performer, txid),
    async estimateFee(vsize) {
      const fees = await chain.fees(CONFIRM_WITHIN)
      const rate = fees.ok ? rateOf(fees.value) : fees
      return rate.ok ? ok(Math.ceil(rate.value * vsize)) : rate
    },
    onBlock(block) {
      const writes = takeBlock(cell, keyring, log, block)
      tend().catch((error: unknown) => log.log('error', `Waiting transactions were not looked after: ${String(error)}`))
      return writes
    },
    onReorg: (fork) => [...takeReorg(cell, log, fork), ...historyAbove(storage, fork.height)],
    tend,
  }
}

async function rebroadcast(cell: WalletCell, performer: Performer, txid: string): Promise<Result<void>> {
  const newest = cell.latest({ txid, fee: 0 }).txid
  const payment = paymentOf(cell.state(), newest)
  const pending = cell.state().pending.find((one) => one.payment === payment)
  if (pending !== undefined) {
    const offered = await performer.offer(pending.txid)
    return offered.ok ? ok(undefined) : offered
  }
  const known = paymentState(cell.state(), newest) ?? paymentState(cell.state(), txid)
  if (known === null || known.phase === 'confirmed') return ok(undefined)
  // A reorganisation may undo what decided against it: paid anew before that is unlikely, it might be paid twice.
  const ended = cell.state().ended.find((one) => [newest, txid].some((id) => id === one.txid || id === one.payment))
  const isYoung = known.phase === 'conflicted' && (cell.state().tip?.height ?? 0) - (ended?.height ?? 0) < BURIED
  return !isYoung && (known.phase === 'refused' || known.phase === 'conflicted')
    ? failForNow('wallet.dropped', `Transaction ${newest} came to nothing: ${known.reason}.`)
    : failForNow('wallet.waits', `Transaction ${newest} waits: ${known.reason}.`)
}

function takeBlock(cell: WalletCell, keyring: Keyring, log: LogPort, block: ChainBlock): StorageWrite[] {
  const before = cell.state()
  // Delivered again, because the roles or the disk failed after the wallet had taken it.
  if (before.tip?.hash === block.hash) return [...cell.adopt(before), ...rowsOf(before, block)]
  let next = applyBlock(before, block)
  if (!next.ok) {
    log.log('warn', `${next.error.message}. It goes on from block ${block.height} and looks its coins up again.`)
    next = applyBlock(resetTo(before, { height: block.height - 1, hash: block.previous }), block)
  }
  if (!next.ok) {
    log.log('error', `Block ${block.height} cannot be read: ${next.error.message}`)
    return cell.adopt({ ...before, tip: { height: block.height, hash: block.hash }, undo: [], scan: true })
  }
  tellEnds(log, before, next.value)
  const created = next.value.undo.at(-1)!.created.map((outpoint) => next.value.coins[outpoint]!.script)
  return [...cell.adopt(keyring.extended(next.value, created)), ...rowsOf(next.value, block)]
}

/** History of the block that a state took last. */
function rowsOf(state: WalletState, block: ChainBlock): StorageWrite[] {
  const undo = state.undo.at(-1)
  if (undo?.hash !== block.hash || undo.mined.length === 0) return []
  const spent = undo.spent.map((coin) => [`${coin.txid}:${coin.vout}`, coin] as const)
  const labels = new Map([...state.versions, ...undo.settled].map((one) => [one.txid, one.label]))
  return historyRows(block, { ...state.coins, ...Object.fromEntries(spent) }, state.scripts, (txid) => labels.get(txid) ?? '')
}

function takeReorg(cell: WalletCell, log: LogPort, fork: BlockRef): StorageWrite[] {
  const before = cell.state()
  const back = undoTo(before, fork)
  const next = back.ok ? back.value : resetTo(before, fork)
  if (!back.ok) {
    const waits = waitingPayments(next).size
    const kept = waits === 0 ? '' : ` ${waits} payments wait until their coins are on the chain again; nothing is paid twice.`
    log.log(
      'warn',
      fork.height === 0
        ? `The node’s chain has no block in common with the one that the wallet knows up to ${before.tip?.height}: its coins are read from the new one.${kept}`
        : `The reorganisation to block ${fork.height} is deeper than the wallet remembers: its coins are looked up again.${kept}`,
    )
  }
  return cell.adopt(next)
}

function tellEnds(log: LogPort, before: WalletState, next: WalletState): void {
  for (const { txid, reason } of next.ended.filter((one) => !before.ended.includes(one)))
    log.log('error', `Transaction ${txid} came to nothing: ${reason}.`)
}
