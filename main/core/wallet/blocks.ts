/** Moves a wallet along the chain, block by block, and back in a reorganisation. */
import { toHex } from '../../../roles/protocol/bytes.ts'
import { fail, ok } from '../../../roles/protocol/result.ts'
import type { Result } from '../../../roles/protocol/result.ts'
import { scanTransaction, txid as idOf } from '../../../roles/protocol/tx/index.ts'
import type { BlockRef, ChainBlock } from '../ports.ts'
import { descendantsOf } from './pending.ts'
import type { BlockUndo, PendingTransaction, WalletCoin, WalletState } from './state.ts'

/** Blocks that can be taken back. A deeper reorganisation needs a fresh scan. */
const maxUndo = 300

/**
 * Applies the block after the wallet's tip.
 * Errors: `wallet.gap` (another block is expected; retrying does not help, follow from the wallet's tip), `tx.parse`.
 */
export function applyBlock(state: WalletState, block: ChainBlock): Result<WalletState> {
  if (state.tip && (block.previous !== state.tip.hash || block.height !== state.tip.height + 1)) {
    return fail('wallet.gap', `block ${block.height} does not follow the wallet’s tip ${state.tip.height}: follow the chain from there`)
  }
  const changes = createChanges(state)
  for (const [index, raw] of block.transactions.entries()) {
    const transaction = scanTransaction(raw)
    if (!transaction.ok) return transaction
    const { inputs, outputs } = transaction.value
    for (const input of inputs) changes.spend(`${input.txid}:${input.vout}`)
    const received = outputs.flatMap(({ script, value }, vout) => {
      const owner = state.scripts[toHex(script)]
      return owner ? [{ ...owner, vout, value: Number(value), height: block.height, coinbase: index === 0 }] : []
    })
    const touches = received.length > 0 || inputs.some((input) => changes.isInputOfPending(`${input.txid}:${input.vout}`))
    const id = touches ? idOf(raw) : undefined
    if (id && !id.ok) return id
    if (id)
      changes.confirm(
        id.value,
        inputs.map((input) => `${input.txid}:${input.vout}`),
        received,
      )
  }
  return ok(changes.finish({ height: block.height, hash: block.hash }))
}

/** Collects what a block does to the wallet. */
function createChanges(state: WalletState) {
  const coins = { ...state.coins }
  const spent: WalletCoin[] = []
  const created = new Set<string>()
  const settled = new Set<string>()
  const waiting = new Set(state.pending.flatMap((one) => one.inputs))

  const spend = (outpoint: string) => {
    const coin = coins[outpoint]
    if (!coin) return
    if (!created.delete(outpoint)) spent.push(coin)
    delete coins[outpoint]
  }
  const confirm = (txid: string, inputs: string[], received: Array<Omit<WalletCoin, 'txid'>>) => {
    for (const coin of received) {
      coins[`${txid}:${coin.vout}`] = { ...coin, txid }
      created.add(`${txid}:${coin.vout}`)
    }
    const rivals = state.pending.filter((one) => one.txid !== txid && one.inputs.some((outpoint) => inputs.includes(outpoint)))
    for (const id of descendantsOf(
      state.pending,
      rivals.map((one) => one.txid),
    ))
      settled.add(id)
    settled.add(txid)
  }
  const finish = (tip: BlockRef): WalletState => {
    const isSettled = (one: PendingTransaction) => settled.has(one.txid)
    const undo: BlockUndo = { ...tip, spent, created: [...created], settled: state.pending.filter(isSettled) }
    return { ...state, tip, coins, pending: state.pending.filter((one) => !isSettled(one)), undo: [...state.undo, undo].slice(-maxUndo) }
  }
  return { spend, confirm, finish, isInputOfPending: (outpoint: string) => waiting.has(outpoint) }
}

/**
 * Takes back the newest block; own transactions in it wait for a block again.
 * @param before the block below it, the wallet's tip afterwards
 * Errors: `wallet.reorg-depth` (deeper than what is remembered: scan again).
 */
export function undoBlock(state: WalletState, before: BlockRef): Result<WalletState> {
  const undo = state.undo.at(-1)
  if (!undo || undo.height !== before.height + 1) {
    return fail(
      'wallet.reorg-depth',
      `the reorganisation reaches below the ${maxUndo} blocks that the wallet can take back: scan its addresses again`,
    )
  }
  const coins = { ...state.coins, ...Object.fromEntries(undo.spent.map((coin) => [`${coin.txid}:${coin.vout}`, coin])) }
  for (const outpoint of undo.created) delete coins[outpoint]
  const again = undo.settled.filter((one) => !state.pending.some((other) => other.txid === one.txid))
  return ok({ ...state, tip: before, coins, pending: [...again, ...state.pending], undo: state.undo.slice(0, -1) })
}

/** Takes back all blocks above `fork`, as a `reorg` event asks for. Errors: `wallet.reorg-depth`. */
export function undoTo(state: WalletState, fork: BlockRef): Result<WalletState> {
  let result: Result<WalletState> = ok(state)
  while (result.ok && result.value.tip && result.value.tip.height > fork.height) {
    const below: BlockUndo | undefined = result.value.undo.at(-2)
    const before = below && below.height > fork.height ? { height: below.height, hash: below.hash } : fork
    result = undoBlock(result.value, before)
  }
  return result
}
