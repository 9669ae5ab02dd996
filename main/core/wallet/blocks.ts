/** Moves a wallet along the chain, block by block, and back in a reorganisation. */
import { toHex } from '../../../roles/protocol/bytes.ts'
import { fail, ok } from '../../../roles/protocol/result.ts'
import type { Result } from '../../../roles/protocol/result.ts'
import { scanTransaction, txid as idOf } from '../../../roles/protocol/tx/index.ts'
import type { BlockRef, ChainBlock } from '../ports.ts'
import { reorgDepth } from '../reorg-depth.ts'
import { endHopeless } from './ends.ts'
import { bounded, foreignIn, ownIds, type Paying } from './foreign.ts'
import { descendantsOf, parentsFirst } from './lines.ts'
import { setAside, unblocked } from './pending.ts'
import type { BlockUndo, PendingTransaction, WalletCoin, WalletState } from './state.ts'
import { impossible, judged } from './rivals.ts'
import { revived, withoutOrphans } from './versions.ts'
import { own } from '../../../roles/program/index.ts'

/**
 * Applies the block after the wallet's tip.
 * Errors: `wallet.gap` (another block is expected; retrying does not help, follow from the wallet's tip), `tx.parse`.
 */
export function applyBlock(state: WalletState, block: ChainBlock): Result<WalletState> {
  if (state.tip && (block.previous !== state.tip.hash || block.height !== state.tip.height + 1)) {
    return fail('wallet.gap', `block ${block.height} does not follow the wallet’s tip ${state.tip.height}: follow the chain from there`)
  }
  const changes = createChanges(state)
  const paying: Paying[] = []
  for (const [index, raw] of block.transactions.entries()) {
    const transaction = scanTransaction(raw)
    if (!transaction.ok) return transaction
    const { inputs, outputs } = transaction.value
    const outpoints = inputs.map((input) => `${input.txid}:${input.vout}`)
    const spent = outpoints.flatMap((outpoint) => changes.spend(outpoint) ?? [])
    const received = outputs.flatMap(({ script, value }, vout) => {
      const owner = own(state.scripts, toHex(script))
      return owner ? [{ ...owner, vout, value: Number(value), height: block.height, coinbase: index === 0 }] : []
    })
    if (received.length === 0 && !outpoints.some(changes.isAwaited)) continue
    const id = idOf(raw)
    if (!id.ok) return id
    changes.confirm(id.value, outpoints, received)
    if (received.length > 0 && !changes.isOwn(id.value)) paying.push({ index, txid: id.value, spent })
  }
  return ok(changes.finish({ height: block.height, hash: block.hash }, foreignIn(block, paying, changes.isOwn)))
}

/** Collects what a block does to the wallet. */
function createChanges(state: WalletState) {
  const coins = { ...state.coins }
  const spent: WalletCoin[] = []
  const created = new Set<string>()
  const consumed = new Set<string>()
  const settled = new Set<string>()
  const paid = new Set<string>()
  const mined = new Set<string>()
  const awaited = new Set([...state.pending, ...state.versions].flatMap((one) => one.inputs))
  const ours = ownIds(state)

  const spend = (outpoint: string): WalletCoin | undefined => {
    const coin = own(coins, outpoint)
    if (coin || awaited.has(outpoint)) consumed.add(outpoint)
    if (!coin) return undefined
    if (!created.delete(outpoint)) spent.push(coin)
    delete coins[outpoint]
    return coin
  }
  const confirm = (txid: string, inputs: string[], received: Array<Omit<WalletCoin, 'txid'>>) => {
    for (const coin of received) {
      coins[`${txid}:${coin.vout}`] = { ...coin, txid }
      created.add(`${txid}:${coin.vout}`)
    }
    const version = [...state.pending, ...state.versions].find((one) => one.txid === txid)
    if (version?.own) paid.add(version.payment)
    const rivals = state.pending.filter((one) => one.txid !== txid && one.inputs.some((outpoint) => inputs.includes(outpoint)))
    for (const id of descendantsOf(
      state.pending,
      rivals.map((one) => one.txid),
    ))
      settled.add(id)
    settled.add(txid)
    mined.add(txid)
  }
  const finish = (tip: BlockRef, foreign: PendingTransaction[]): WalletState => {
    const gone = state.pending.filter((one) => settled.has(one.txid))
    const undo: BlockUndo = {
      ...tip,
      spent,
      created: [...created],
      consumed: [...consumed],
      mined: [...mined],
      settled: gone,
      paid: [...paid],
      foreign,
    }
    const killed = gone.filter((one) => !mined.has(one.txid))
    const waiting = state.versions.filter((one) => one.own || !mined.has(one.txid))
    const versions = [...waiting.map((one) => (mined.has(one.txid) ? { ...one, known: true } : one)), ...killed]
    const pending = unblocked(
      state.pending.filter((one) => !settled.has(one.txid)),
      mined,
    )
    return endHopeless(revived(judged(forgetOld({ ...state, tip, coins, pending, versions, undo: [...state.undo, undo] }))))
  }
  return { spend, confirm, finish, isOwn: (txid: string) => ours.has(txid), isAwaited: (outpoint: string) => awaited.has(outpoint) }
}

const outpointOf = (coin: { txid: string; vout: number }) => `${coin.txid}:${coin.vout}`

/** What can no longer be taken back needs no other versions, and what it made impossible stays so. */
function forgetOld(state: WalletState): WalletState {
  const old = state.undo.slice(0, -reorgDepth)
  const height = old.at(-1)?.height
  const undo = bounded(state.undo.slice(-reorgDepth))
  if (height === undefined) return { ...state, undo }
  const done = new Set([
    ...old.flatMap(({ paid }) => paid),
    ...state.ended.filter((one) => one.height <= height).map(({ payment }) => payment),
  ])
  const lost = impossible(state.versions, old)
  const versions = state.versions.filter((one) => !done.has(one.payment) && !lost.has(one.txid))
  return { ...state, undo, versions }
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
      `the reorganisation reaches below the ${reorgDepth} blocks that the wallet can take back: its coins are looked up again`,
    )
  }
  const coins = { ...state.coins, ...Object.fromEntries(undo.spent.map((coin) => [outpointOf(coin), coin])) }
  for (const outpoint of undo.created) delete coins[outpoint]
  // What took the place of those that the block killed gives way to them again.
  const payments = new Set(undo.settled.map((one) => one.payment))
  const rest = setAside(
    state,
    state.pending.filter((one) => payments.has(one.payment)).map((one) => one.txid),
  )
  const again = undo.settled
    .filter((one) => one.own && !rest.pending.some((other) => other.txid === one.txid))
    .map((one): PendingTransaction => (undo.paid.includes(one.payment) ? { ...one, phase: 'offered', known: true, refusal: null } : one))
  const known = new Set([...again, ...rest.pending].map((one) => one.txid))
  const kept = rest.versions.filter((one) => !known.has(one.txid))
  const here = new Set([...known, ...kept.map((one) => one.txid), ...undo.foreign.map((one) => one.txid)])
  const killed = undo.settled.filter((one) => !one.own && !here.has(one.txid))
  const others = [...killed, ...undo.foreign].map((one) => ({ ...one, since: before.height }))
  const versions = [...kept, ...others]
  // What spends a coin that was freed meanwhile goes on: the other one waits for what becomes of it.
  const taken = new Set(rest.pending.flatMap((one) => one.inputs))
  const clashing = again.filter((one) => one.inputs.some((outpoint) => taken.has(outpoint))).map((one) => one.txid)
  const next = {
    ...rest,
    tip: before,
    coins,
    // What a block killed may stand on what it left.
    pending: parentsFirst([...again, ...rest.pending]),
    versions,
    ended: rest.ended.filter((one) => one.phase !== 'conflicted' || one.height <= before.height),
    undo: state.undo.slice(0, -1),
  }
  return ok(setAside(next, clashing))
}

/** Takes back all blocks above `fork`, as a `reorg` event asks for. Errors: `wallet.reorg-depth`. */
export function undoTo(state: WalletState, fork: BlockRef): Result<WalletState> {
  let result: Result<WalletState> = ok(state)
  while (result.ok && result.value.tip && result.value.tip.height > fork.height) {
    const below: BlockUndo | undefined = result.value.undo.at(-2)
    const before = below && below.height > fork.height ? { height: below.height, hash: below.hash } : fork
    result = undoBlock(result.value, before)
  }
  return result.ok ? ok(settledAt(result.value)) : result
}

/** What becomes of everything after blocks were taken back. What waits has not waited longer than since the fork. */
function settledAt(state: WalletState): WalletState {
  const next = revived(judged(withoutOrphans(state)))
  const height = state.tip?.height ?? 0
  const young = (one: PendingTransaction) => ((one.since ?? height) > height ? { ...one, since: height } : one)
  return { ...next, pending: next.pending.map(young), versions: next.versions.map(young) }
}

/**
 * Goes on from `tip` with what is surely known, where blocks cannot be taken back one by one: coins of blocks above it are gone, and those that were
 * spent there are back where that is remembered. Nothing is known to be missing from genesis on; above it, the coins have to be scanned.
 */
export function resetTo(state: WalletState, tip: BlockRef): WalletState {
  let back = state
  for (
    let undone = undoBlock(back, belowOf(back));
    undone.ok && back.undo.at(-1)!.height > tip.height;
    undone = undoBlock(back, belowOf(back))
  )
    back = undone.value
  const coins = Object.fromEntries(Object.entries(back.coins).filter(([, coin]) => coin.height <= tip.height))
  return settledAt({ ...back, tip, coins: tip.height === 0 ? {} : coins, undo: [], scan: tip.height > 0 })
}

const belowOf = ({ undo }: WalletState): BlockRef => ({ height: (undo.at(-1)?.height ?? 1) - 1, hash: undo.at(-2)?.hash ?? '' })
