/** A wallet in service on an embedded chain, with its engine and storage: what comes to its ears it takes from real blocks. */
import { createEmbeddedNode } from '../../../main/adapters/chain/index.ts'
import { watchChain } from '../../../main/core/chain-watch.ts'
import { createEngine } from '../../../main/core/engine.ts'
import { openIdentity } from '../../../main/core/identity.ts'
import type { ChainBlock, ChainEvent, ChainPort, LogPort } from '../../../main/core/ports.ts'
import { createWalletKeeper } from '../../../main/core/wallet/keeper.ts'
import { fromHex } from '../../../roles/protocol/bytes.ts'
import { fail, must, ok, type Failure } from '../../../roles/protocol/result.ts'
import { p2trScript, scanBlock } from '../../../roles/protocol/tx/index.ts'
import { createMemoryStorage } from '../../simulation/ports/storage.ts'
import { crypto } from '../../roles/supervisor/actors.ts'
import { keyPair, seeded } from '../../tools/seeded.ts'

const log: LogPort = { log: () => undefined }

export async function makeWallet(seed: string) {
  const random = { bytes: seeded(seed), prime: () => Promise.reject(new Error('no primes here')) }
  const storage = createMemoryStorage()
  let now = 1_700_000_000_000
  const node = createEmbeddedNode({ now: () => (now += 1_000) })
  let handler: (event: ChainEvent) => Promise<void> = () => Promise.resolve()
  const sent: Uint8Array[] = []
  /** Sat per vbyte that the node names. */
  const estimate = { rate: 2 }
  /** What the node says instead of trying a transaction, while there is a failure here. */
  const untested: { failure: Failure | null } = { failure: null }
  /** What the node says instead of its fees, likewise. */
  const unpriced: typeof untested = { failure: null }
  const blocks = new Map<number, ChainBlock>()
  const chain = {
    network: 'regtest',
    blockAt: (height: number) => {
      const block = blocks.get(height)
      return Promise.resolve(block === undefined ? fail('chain.height', `there is no block ${height}`) : ok(block))
    },
    fees: () =>
      Promise.resolve(
        unpriced.failure === null ? ok({ rate: estimate.rate, floor: 1, increment: 1 }) : { ok: false, error: unpriced.failure },
      ),
    test: (raw: Uint8Array) => {
      if (untested.failure !== null) return Promise.resolve({ ok: false, error: untested.failure })
      const verdict = node.assess(raw)
      const refused = fail('chain.rejected', 'reason' in verdict ? verdict.reason : '')
      return Promise.resolve('entry' in verdict ? ok({ vsize: verdict.entry.vsize }) : refused)
    },
    broadcast: (raw: Uint8Array) => {
      sent.push(raw)
      const verdict = node.assess(raw)
      if ('entry' in verdict) node.accept(verdict)
      return Promise.resolve(ok({ txid: '' }))
    },
    follow: (_recent: unknown, take: typeof handler) => {
      handler = take
      return () => Promise.resolve()
    },
  } as unknown as ChainPort
  const identity = must(await openIdentity({ crypto, storage, random }, 'test', 'pass', 10))
  const open = () => createWalletKeeper({ crypto, storage, chain, random: random, log, identity })
  const wallet = open()
  const engine = createEngine({ storage, log, after: () => () => undefined })
  watchChain({
    chain,
    storage,
    log,
    now: () => now,
    changed: () => undefined,
    onBlock: (block) => wallet.onBlock(block),
    onReorg: (fork) => wallet.onReorg(fork),
    deliver: (event, writes) => engine.broadcast(event, writes),
  })
  const mine = (script: Uint8Array, leastRate = 0): Promise<void> => {
    const [made] = node.mine(1, script, leastRate)
    const block: ChainBlock = { ...must(scanBlock(made!.raw)), height: made!.height }
    blocks.set(block.height, block)
    return handler({ type: 'block', block })
  }
  const own = must(p2trScript(fromHex(identity.key({ purpose: 'coins', account: 0, change: 0, index: 0 }).publicKey)))
  const other = must(p2trScript(fromHex(keyPair(random.bytes).publicKey)))
  await mine(own)
  for (let i = 0; i < 101; i++) await mine(other)
  return { wallet, storage, chain, blocks, mine, own, other, open, node, identity, sent, random, estimate, untested, unpriced }
}
