/** The wallet in service: watches the identity's addresses, pays, signs, and broadcasts again until a block has it. State is written before acting. */
import { fromHex, toHex } from '../../../roles/protocol/bytes.ts'
import type { CryptoPort } from '../../../roles/protocol/crypto/index.ts'
import type { KeyPair } from '../../../roles/protocol/keys/index.ts'
import { fail, failForNow, must, ok, type Result } from '../../../roles/protocol/result.ts'
import { dustThreshold, p2trAddress, p2trScript, signTransaction, tweakPrivateKey } from '../../../roles/protocol/tx/index.ts'
import { isKnownOutput } from '../chain-watch.ts'
import type { Identity } from '../identity.ts'
import type { BlockRef, ChainBlock, ChainPort, Json, LogPort, RandomPort, StoragePort, StorageWrite } from '../ports.ts'
import {
  addPending,
  applyBlock,
  availableCoins,
  balance,
  bumpFee,
  bumpTarget,
  composePayment,
  createWallet,
  overdue,
  rateWithAncestors,
  rebroadcastList,
  undoTo,
  watch,
  type Balance,
  type Composition,
  type PaymentOutput,
  type Purpose,
  type WalletState,
} from './index.ts'

export interface Payment {
  /** Scripts with their value in sats, or x-only keys that get dust at their P2TR address. */
  outputs: Array<{ script: Uint8Array; value: number } | { key: Uint8Array }>
  /** X-only keys of this wallet whose coin is spent. */
  spendFromKeys: string[]
  /** Rows to commit in the same transaction as the signed payment. */
  record(txid: string, fee: number): StorageWrite[]
}

export interface WalletKeeper {
  balance(): Balance
  /** The first receive address without a coin. */
  receiveAddress(): Result<string>
  /** Watches the address of a key that this wallet can derive; `purpose` is what `Identity.key` takes. */
  watchKey(purpose: Parameters<Identity['key']>[0], kind: 'identity' | 'key'): KeyPair
  pay(payment: Payment): Promise<Result<Sent>>
  /** Sends a recorded transaction again; a success when it is in a block already. */
  rebroadcast(txid: string): Promise<Result<void>>
  /**
   * Replaces a waiting transaction, or the newest one that spends from it, by one that pays more (BIP125): the two together then pay that rate.
   * @param feeRate sat per vbyte; null for what the node estimates
   * Errors: `wallet.no-pending`, `wallet.not-own`, those of composing; retryable: those of the node.
   */
  bump(txid: string, feeRate: number | null): Promise<Result<Sent>>
  /** What a transaction that this wallet made has become by replacement, with its fee. */
  newest(sent: Sent): Sent
  /** Fee in sats of a transaction of `vsize` vbytes now. */
  estimateFee(vsize: number): Promise<Result<number>>
  onBlock(block: ChainBlock): StorageWrite[]
  onReorg(fork: BlockRef): StorageWrite[]
}

/** A transaction and its fee in sats. */
export interface Sent {
  txid: string
  fee: number
}

export interface WalletKeeperOptions {
  crypto: CryptoPort
  storage: StoragePort
  chain: ChainPort
  random: RandomPort
  log: LogPort
  identity: Identity
}

/** Receive and change addresses watched ahead (BIP44's gap limit). */
const GAP = 20
const CONFIRM_WITHIN = 3
/** Blocks after which a transaction that pays less than the estimate is replaced without asking. */
const PATIENCE_BLOCKS = 6
/** Sat per vbyte; beyond it a person decides. */
const MOST_BY_ITSELF = 100
/** A replaced transaction → what replaced it. */
const REPLACED = 'wallet-replaced'

export function createWalletKeeper(options: WalletKeeperOptions): WalletKeeper {
  const { crypto, storage, chain, random, identity, log } = options
  let state: WalletState = (storage.get('wallet', 'state') as unknown as WalletState | undefined) ?? createWallet()

  const scriptOf = (key: KeyPair): string => toHex(must(p2trScript(fromHex(key.publicKey))))
  const coinKey = (change: 0 | 1, index: number) => ({ purpose: 'coins' as const, account: 0, change, index })
  const stored = (next: WalletState): StorageWrite => ({ table: 'wallet', key: 'state', value: next as unknown as Json })
  const add = (purpose: Parameters<Identity['key']>[0], kind: Purpose): KeyPair => {
    const key = identity.key(purpose)
    const script = scriptOf(key)
    if (state.scripts[script] === undefined) {
      state = watch(state, [{ script, purpose: kind, key: JSON.stringify(purpose) }])
      storage.transact([stored(state)])
    }
    return key
  }
  if (Object.keys(state.scripts).length === 0) {
    for (let index = 0; index < GAP; index++) {
      add(coinKey(0, index), 'receive')
      add(coinKey(1, index), 'change')
    }
  }
  const firstUnused = (change: 0 | 1): KeyPair => {
    const used = new Set(Object.values(state.coins).map((coin) => coin.script))
    const keys = Array.from({ length: GAP }, (_, index) => identity.key(coinKey(change, index)))
    return keys.find((key) => !used.has(scriptOf(key))) ?? keys[0]!
  }
  const sign = (composition: Composition) => {
    const secrets = new Map(
      composition.inputs.map((input, index) => [index, tweakPrivateKey(identity.key(JSON.parse(input.key) as never).privateKey)]),
    )
    return signTransaction(composition.unsigned, secrets, (hash, secret) => crypto.schnorr.sign(hash, secret, random.bytes(32)))
  }

  const feeNow = async (): Promise<Result<number>> => {
    const fees = await chain.fees(CONFIRM_WITHIN)
    return fees.ok ? ok(fees.value.rate) : fees
  }
  const newest = (sent: Sent): Sent => {
    const next = storage.get(REPLACED, sent.txid) as unknown as Sent | undefined
    return next === undefined ? sent : newest(next)
  }
  /** Signs, writes, then sends. @param record rows to commit together with it */
  async function issue(composition: Composition, record: (sent: Sent) => StorageWrite[]): Promise<Result<Sent>> {
    const raw = sign(composition).toBuffer()
    const next = addPending(state, raw, { own: true, change: composition.change?.vout ?? null })
    if (!next.ok) return next
    const sent = { txid: next.value.pending.at(-1)!.txid, fee: composition.fee }
    storage.transact([stored(next.value), ...record(sent)])
    state = next.value
    const broadcast = await chain.broadcast(raw)
    // The payment is recorded: whoever repeats it finds it, and it is broadcast again with every block.
    return broadcast.ok ? ok(sent) : failForNow(broadcast.error.code, broadcast.error.message)
  }

  async function bump(txid: string, feeRate: number | null): Promise<Result<Sent>> {
    const rate = feeRate === null ? await feeNow() : ok(feeRate)
    if (!rate.ok) return rate
    const old = bumpTarget(state, newest({ txid, fee: 0 }).txid)
    if (old === undefined) return fail('wallet.no-pending', `transaction ${txid} is not pending: it is in a block already, or was dropped`)
    const composed = bumpFee(state, old.txid, rateWithAncestors(state, old, rate.value), scriptOf(firstUnused(1)))
    if (!composed.ok) return composed
    return issue(composed.value, (sent) => [{ table: REPLACED, key: old.txid, value: sent as unknown as Json }])
  }

  /** A publication that waits is worth less from tick to tick: what pays too little is replaced. */
  async function tend(): Promise<void> {
    for (const raw of rebroadcastList(state)) await chain.broadcast(raw)
    if (overdue(state, MOST_BY_ITSELF, PATIENCE_BLOCKS).length === 0) return
    const rate = await feeNow()
    if (!rate.ok) return
    for (const { txid } of overdue(state, Math.min(rate.value, MOST_BY_ITSELF), PATIENCE_BLOCKS)) {
      const bumped = await bump(txid, Math.min(rate.value, MOST_BY_ITSELF))
      log.log(
        bumped.ok ? 'info' : 'warn',
        bumped.ok
          ? `Transaction ${txid} waited too long; ${bumped.value.txid} replaces it and pays ${bumped.value.fee} sats.`
          : `The fee of ${txid} cannot be raised: ${bumped.error.message}`,
      )
    }
  }

  async function pay(payment: Payment): Promise<Result<{ txid: string; fee: number }>> {
    const feeRate = await feeNow()
    if (!feeRate.ok) return feeRate
    // From here to the commit nothing waits, so that two payments never choose the same coin.
    const required = keyCoins(state, storage, payment.spendFromKeys)
    if (!required.ok) return required
    const outputs = payment.outputs.map(outputOf)
    const changeScript = scriptOf(firstUnused(1))
    const composed = composePayment(state, { outputs, requiredInputs: required.value, feeRate: feeRate.value, changeScript })
    if (!composed.ok) return composed
    return issue(composed.value, ({ txid, fee }) => payment.record(txid, fee))
  }

  return {
    balance: () => balance(state),
    receiveAddress: () => p2trAddress(fromHex(firstUnused(0).publicKey), chain.network),
    watchKey: add,
    pay,
    bump,
    newest,
    async rebroadcast(txid) {
      const pending = state.pending.find((one) => one.txid === newest({ txid, fee: 0 }).txid)
      if (pending === undefined) return ok(undefined)
      const sent = await chain.broadcast(fromHex(pending.raw))
      return sent.ok ? ok(undefined) : sent
    },
    async estimateFee(vsize) {
      const rate = await feeNow()
      return rate.ok ? ok(Math.ceil(rate.value * vsize)) : rate
    },
    onBlock(block) {
      // Delivered again, because the roles or the disk failed after the wallet had taken it.
      if (state.tip?.hash === block.hash) return [stored(state)]
      const next = applyBlock(state, block)
      if (!next.ok) {
        log.log('error', next.error.message)
        return []
      }
      state = next.value
      tend().catch((error: unknown) => log.log('error', `Waiting transactions were not looked after: ${String(error)}`))
      return [stored(state)]
    },
    onReorg(fork) {
      const next = undoTo(state, fork)
      if (!next.ok) {
        log.log('error', next.error.message)
        return []
      }
      state = next.value
      return [stored(state)]
    },
  }
}

/** A pending transaction of ours counts by its data output. */
function isAnchored(state: WalletState, storage: StoragePort, { txid, vout }: { txid: string; vout: number }): boolean {
  const pending = state.pending.find((one) => one.txid === txid)
  return pending === undefined ? isKnownOutput(storage, `${txid}:${vout}`) : pending.outputs.some(({ script }) => script.startsWith('6a'))
}

const outputOf = (output: Payment['outputs'][number]): PaymentOutput => {
  if ('value' in output) return { script: toHex(output.script), value: output.value }
  const script = must(p2trScript(output.key))
  return { script: toHex(script), value: Number(dustThreshold(script)) }
}

/**
 * A coin at each key's address, made by an anchored transaction where there is one: dust that a stranger sent there does not show others
 * whose coin was spent. Error: `wallet.no-key-coin` (retryable: its transaction may still be on the way).
 */
function keyCoins(state: WalletState, storage: StoragePort, keys: string[]): Result<Array<{ txid: string; vout: number }>> {
  const available = availableCoins(state)
  const found: Array<{ txid: string; vout: number }> = []
  for (const key of keys) {
    const script = toHex(must(p2trScript(fromHex(key))))
    const coins = available.filter((one) => one.script === script)
    const coin = coins.find((one) => isAnchored(state, storage, one)) ?? coins[0]
    if (coin === undefined)
      return failForNow(
        'wallet.no-key-coin',
        `There is no coin at the address of key ${key.slice(0, 16)}… to sign with. Wait for its last transaction to confirm.`,
      )
    found.push({ txid: coin.txid, vout: coin.vout })
  }
  return ok(found)
}
