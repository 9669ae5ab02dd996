/** A wallet on a chain of its own: an embedded node, a signer, and the steps a service would take. */
import * as secp256k1 from 'tiny-secp256k1'
import { createEmbeddedNode } from '../../../main/adapters/chain/index.ts'
import type { ChainBlock } from '../../../main/core/ports.ts'
import { addPending, applyBlock, createWallet, rebroadcastList, undoTo, watch } from '../../../main/core/wallet/index.ts'
import type { Composition, Purpose, WalletState } from '../../../main/core/wallet/index.ts'
import { toHex } from '../../../roles/protocol/bytes.ts'
import { must } from '../../../roles/protocol/result.ts'
import { p2trScript, scanBlock, signTransaction, tweakPrivateKey, txid } from '../../../roles/protocol/tx/index.ts'

const secretOf = (key: string) => new Uint8Array(32).fill(Number(key))
export const scriptFor = (key: string): string => toHex(must(p2trScript(secp256k1.xOnlyPointFromScalar(secretOf(key)))))

/** Key 1 receives, 2 takes change, 3 is an identity, 4 a reserved key. 9 is somebody else. */
const purposes: Record<string, Purpose> = { 1: 'receive', 2: 'change', 3: 'identity', 4: 'key' }
export const scripts = {
  receive: scriptFor('1'),
  change: scriptFor('2'),
  identity: scriptFor('3'),
  key: scriptFor('4'),
  other: scriptFor('9'),
}

export function signComposition(composition: Composition): Uint8Array {
  const keys = new Map(composition.inputs.map((input, index) => [index, tweakPrivateKey(secretOf(input.key))]))
  return new Uint8Array(signTransaction(composition.unsigned, keys, secp256k1.signSchnorr).toBuffer())
}

export function createStage() {
  let now = 1_700_000_000_000
  const node = createEmbeddedNode({ now: () => (now += 1_000) })
  let state: WalletState = watch(
    createWallet({ height: 0, hash: node.tip().hash }),
    Object.entries(purposes).map(([key, purpose]) => ({ script: scriptFor(key), purpose, key })),
  )

  const blockAt = (height: number): ChainBlock => ({ ...must(scanBlock(node.at(height)!.raw)), height })
  /** Brings the wallet to the node's tip, back over a fork first. */
  const sync = () => {
    const fork = [...state.undo].reverse().find((one) => node.at(one.height)?.hash === one.hash) ?? { height: 0, hash: node.at(0)!.hash }
    if (state.tip!.height > fork.height) state = must(undoTo(state, { height: fork.height, hash: fork.hash }))
    // Through JSON, as storage keeps it.
    for (let height = state.tip!.height + 1; height <= node.tip().height; height++)
      state = JSON.parse(JSON.stringify(must(applyBlock(state, blockAt(height))))) as WalletState
  }
  const mine = (count = 1, script = scripts.other) => {
    const made = node.mine(count, Buffer.from(script, 'hex'))
    sync()
    return made
  }
  /** Signs, records and gives to the node, which checks everything. */
  const send = (composition: Composition, label = '') => {
    const raw = signComposition(composition)
    state = must(addPending(state, raw, { own: true, change: composition.change?.vout ?? null, label }))
    offer(raw)
    return state.pending.at(-1)!.txid
  }
  const offer = (raw: Uint8Array) => {
    const verdict = node.assess(raw)
    if (!('entry' in verdict)) throw new Error(`the node refuses: ${verdict.reason} ${verdict.detail ?? ''}`)
    node.accept(verdict)
  }
  /** Gives the node again what it forgot. */
  const rebroadcast = () => {
    for (const raw of rebroadcastList(state)) if (!node.mempool.get(must(txid(raw)))) offer(raw)
  }
  const rawTransactions = (height: number) => blockAt(height).transactions
  return { node, mine, sync, send, offer, rebroadcast, rawTransactions, state: () => state, update: (next: WalletState) => (state = next) }
}
