/** Looks the wallet's coins up among the node's unspent outputs, where the blocks it saw do not tell them any more. Works on pruned nodes too. */
import { fromHex } from '../../../roles/protocol/bytes.ts'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'
import type { BlockRef, ChainPort, LogPort, UnspentCoin } from '../ports.ts'
import { applyBlock } from './blocks.ts'
import type { WalletCell } from './cell.ts'
import { judged } from './rivals.ts'
import { createWallet, importCoins, type BlockUndo, type WalletState } from './state.ts'
import { revived, withoutOrphans } from './versions.ts'

export interface Rescan {
  /** Starts a lookup where one is wanted and none is going on. Resolves when it is over. */
  tend(): Promise<void>
}

type Found = { tip: BlockRef; coins: UnspentCoin[] }

export function createRescan(ports: { chain: ChainPort; log: LogPort; cell: WalletCell }): Rescan {
  let found: Found | null = null
  let running: Promise<void> | null = null
  let said: string | undefined

  async function look(): Promise<void> {
    const done = await lookUp(ports, found)
    found = done.found
    if (done.failure !== undefined && done.failure !== said)
      ports.log.log('warn', `The wallet's coins cannot be looked up yet: ${done.failure}`)
    said = done.failure
  }
  return {
    tend() {
      if (!ports.cell.state().scan) return Promise.resolve()
      running ??= look().finally(() => {
        running = null
      })
      return running
    },
  }
}

/** @param before what an earlier scan found, which was ahead of the blocks that the wallet had seen */
async function lookUp(
  { chain, log, cell }: { chain: ChainPort; log: LogPort; cell: WalletCell },
  before: Found | null,
): Promise<{ found: Found | null; failure?: string }> {
  const scripts = Object.keys(cell.state().scripts).map(fromHex)
  const scanned = before === null ? await chain.unspent(scripts) : ok(before)
  if (!scanned.ok) return { found: null, failure: scanned.error.message }
  let scratch = importCoins({ ...createWallet(), scripts: cell.state().scripts }, scanned.value.tip, scanned.value.coins)
  for (;;) {
    const { tip } = cell.state()
    if (tip === null || tip.height < scanned.value.tip.height) return { found: scanned.value }
    const caught = await catchUp(chain, scratch, tip)
    if (!caught.ok) return { found: null, failure: caught.error.message }
    scratch = caught.value
    if (cell.state().tip?.hash !== scratch.tip?.hash) continue
    cell.commit(taken(cell.state(), scratch))
    log.log('info', `The wallet looked its coins up at block ${tip.height}: it has ${Object.keys(scratch.coins).length}.`)
    return { found: null }
  }
}

/** From the block of the scan to the wallet's tip. */
async function catchUp(chain: ChainPort, from: WalletState, tip: BlockRef): Promise<Result<WalletState>> {
  let state = from
  while (state.tip!.height < tip.height) {
    const block = await chain.blockAt(state.tip!.height + 1)
    if (!block.ok) return block
    const next = applyBlock(state, block.value)
    if (!next.ok) return next
    state = next.value
  }
  return state.tip!.hash === tip.hash
    ? ok(state)
    : fail('wallet.gap', 'the chain moved to another branch meanwhile: the coins are looked up again')
}

/** Coins as the scan has them, everything else as the wallet has it. */
function taken(state: WalletState, { coins, undo }: WalletState): WalletState {
  const known = new Map(state.undo.map((one) => [one.height, one]))
  const own = new Set([...state.pending, ...state.versions].flatMap((one) => (one.own ? [one.txid] : [])))
  const merged = undo.map((one): BlockUndo => {
    const { consumed, mined, settled, paid } = known.get(one.height) ?? { consumed: [], mined: [], settled: [], paid: [] }
    const foreign = known.get(one.height)?.foreign ?? one.foreign.filter(({ txid }) => !own.has(txid))
    const union = (a: string[], b: string[]) => [...new Set([...a, ...b])]
    return { ...one, consumed: union(one.consumed, consumed), mined: union(one.mined, mined), settled, paid, foreign }
  })
  return revived(judged(withoutOrphans({ ...state, coins, undo: merged, scan: false })))
}
