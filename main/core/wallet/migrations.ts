/** Brings the wallet's stored state from one form to the next (`stored.ts`). */
import type { Json, StoragePort, StorageWrite } from '../ports.ts'
import type { BlockUndo, WalletState } from './state.ts'

/**
 * Form 2: blocks say what they spend and which transactions they have. Of a form 1 that is told as far as it had it; a version of a paid payment counts as
 * mined, because nothing may be taken for impossible that is not.
 */
export function withBlockFacts(storage: StoragePort): StorageWrite[] {
  const state = storage.get('wallet', 'state') as unknown as WalletState | undefined
  if (state === undefined) return []
  const undo = state.undo.map((block): BlockUndo => {
    const made = new Set(block.created.map((outpoint) => outpoint.slice(0, 64)))
    const mined = block.settled.filter((one) => block.paid.includes(one.payment) || made.has(one.txid)).map((one) => one.txid)
    return { ...block, consumed: block.spent.map(({ txid, vout }) => `${txid}:${vout}`), mined }
  })
  return [{ table: 'wallet', key: 'state', value: { ...state, undo } as unknown as Json }]
}

/** Form 3: blocks say which transactions of others pay the wallet. Of those before nothing is known. */
export function withForeign(storage: StoragePort): StorageWrite[] {
  const state = storage.get('wallet', 'state') as unknown as WalletState | undefined
  if (state === undefined) return []
  const undo = state.undo.map((block): BlockUndo => ({ ...block, foreign: [] }))
  return [{ table: 'wallet', key: 'state', value: { ...state, undo } as unknown as Json }]
}
