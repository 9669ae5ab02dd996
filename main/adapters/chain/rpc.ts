/** The chain port over bitcoind's JSON-RPC: Bitcoin Core, Knots, or the embedded regtest node. */
import type { BlockRef, ChainBlock, ChainControl, ChainPort, LogPort, MempoolTransaction } from '../../core/ports.ts'
import { fromHex, toHex } from '../../../roles/protocol/bytes.ts'
import { fail, failForNow, ok } from '../../../roles/protocol/result.ts'
import type { Failure, Result } from '../../../roles/protocol/result.ts'
import { scanBlock, scriptOfAddress, taprootScript } from '../../../roles/protocol/tx/index.ts'
import { rpcFault } from './broadcast.ts'
import { followChain } from './follow.ts'
import type { ChainView } from './follow.ts'
import { createRpcClient } from './rpc-client.ts'
import type { RpcClient } from './rpc-client.ts'
import { schemas } from './rpc-schemas.ts'
import { createScanner } from './rpc-scanner.ts'
import { createStatusReader } from './rpc-status.ts'
import type { ChainStatus, StatusReader } from './rpc-status.ts'
import { createTransactions } from './rpc-transactions.ts'

export interface RpcChainOptions {
  /** `http://host:port` of the node's RPC. */
  url: string
  user: string
  password: string
  /** See `RpcClientOptions`. */
  cookie?: string
  network: ChainPort['network']
  /** Between two looks at the tip. Default 250 on regtest, a second after a minute without a block, 5,000 elsewhere. */
  pollMs?: number
  /**
   * Whether a call of `waitfornewblock` may stay open, so that a block is known at once and nothing is polled. Only the embedded node: of
   * bitcoind's few RPC threads every waiting call holds one, and its `current_tip` is new (Bitcoin Core 30).
   */
  waits?: boolean
  /** Limit of one call. Default 30,000. */
  timeoutMs?: number
  log: LogPort
}

export type RpcChain = ChainPort & {
  control: ChainControl
  /** What the node says of itself. Errors: those of `createStatusReader`. */
  status(): Promise<Result<ChainStatus>>
  close(): void
}

/** How long one call waits for a block; the time for its answer comes on top. */
const [blockWait, answerTime] = [60_000, 10_000]
const mempoolBatch = 16
const mempoolLimit = 50_000
/** The point of BIP341 whose secret nobody can know. */
const nobody = taprootScript(fromHex('50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0'))
const [notFound, outOfRange] = [-5, -8]

/**
 * Connects lazily: no call is made before the first method is used.
 * Errors: those of `createStatusReader`, `chain.height`, `chain.mempool-large`, and on
 * broadcast those of `broadcastFailure`.
 */
export function createRpcChain(options: RpcChainOptions): RpcChain {
  const rpc = createRpcClient(options)
  const status = createStatusReader(rpc, options.network)
  const view = together({ ...createView(rpc, status), ...(options.waits === true ? { changed: untilChanged(rpc) } : {}) })
  const pollMs = options.pollMs ?? (options.network === 'regtest' ? 250 : 5_000)
  return {
    network: options.network,
    tip: view.tip,
    status,
    blockAt: async (height) => {
      const block = await view.blockAt(height)
      if (!block.ok) return block
      return block.value ? ok(block.value) : failForNow('chain.height', `height ${height} is above the tip: wait for more blocks`)
    },
    follow: (recent, handler) => followChain(view, recent, handler, { pollMs, log: options.log }),
    ...createTransactions(rpc, options.log),
    ...createMempoolReader(rpc),
    unspent: createScanner(rpc),
    control: createControl(rpc),
    close: rpc.close,
  }
}

/** Several who follow one chain ask the same at the same time, at every block: the node is asked once, and a block is read once. */
function together(view: ChainView): ChainView {
  const { changed } = view
  return {
    ...view,
    tip: asOne(view.tip),
    blockAt: asOne(view.blockAt),
    ...(changed === undefined ? {} : { changed: asOne(changed) }),
  }
}

/** A call that is under way answers whoever asks the same meanwhile. */
function asOne<A extends [] | [string | number], T>(ask: (...args: A) => Promise<T>): (...args: A) => Promise<T> {
  const open = new Map<string | number | undefined, Promise<T>>()
  return (...args) => {
    const [key] = args
    const asked = open.get(key) ?? ask(...args).finally(() => open.delete(key))
    open.set(key, asked)
    return asked
  }
}

/** Turns the failures that mean «no such thing» into undefined. */
function absent<T>(result: Result<T>, ...codes: number[]): Result<T | undefined> {
  return !result.ok && codes.includes(rpcFault(result.error)?.code ?? 0) ? ok(undefined) : result
}

function createView(rpc: RpcClient, readStatus: StatusReader): ChainView {
  const tip = async (): Promise<Result<BlockRef>> => {
    const status = await readStatus()
    return status.ok ? ok(status.value.tip) : status
  }
  const syncing = async (): Promise<Result<boolean>> => {
    const told = await rpc.call('getblockchaininfo', [], schemas.chainInfo)
    return told.ok ? ok(told.value.initialblockdownload) : told
  }
  const refAt = async (height: number): Promise<Result<BlockRef | undefined>> => {
    const hash = absent(await rpc.call('getblockhash', [height], schemas.hash), outOfRange)
    return hash.ok ? ok(hash.value === undefined ? undefined : { height, hash: hash.value }) : hash
  }
  const blockAt = async (height: number): Promise<Result<ChainBlock | undefined>> => {
    const ref = await refAt(height)
    if (!ref.ok || !ref.value) return ref as Result<undefined>
    const hex = await rpc.call('getblock', [ref.value.hash, 0], schemas.hex)
    if (!hex.ok) return /pruned/i.test(rpcFault(hex.error)?.message ?? '') ? pruned(height) : hex
    const block = scanBlock(fromHex(hex.value))
    if (!block.ok || block.value.hash !== ref.value.hash)
      return fail('chain.answer', `getblock: the bytes do not hash to ${ref.value.hash}: check the node’s data folder`)
    return ok({ ...block.value, height })
  }
  const lookup: ChainView['lookup'] = async (hash) => {
    const header = absent(await rpc.call('getblockheader', [hash], schemas.header), notFound)
    if (!header.ok || !header.value) return header as Result<undefined>
    const { confirmations, height, previousblockhash } = header.value
    return ok({ active: confirmations > 0, height, previous: previousblockhash ?? '0'.repeat(64) })
  }
  return { tip, refAt, blockAt, lookup, syncing }
}

const pruned = (height: number) =>
  fail(
    'chain.pruned',
    `the node has pruned block ${height}, which is not read here yet: connect to a node that keeps it (-prune=0), or let this one load the chain again`,
  )

const untilChanged =
  (rpc: RpcClient): NonNullable<ChainView['changed']> =>
  (hash) =>
    rpc.call('waitfornewblock', [blockWait, hash], schemas.nothing, { timeoutMs: blockWait + answerTime })

/** Raw transactions are remembered while they stay in the mempool, so that polling fetches only the new ones. */
function createMempoolReader(rpc: RpcClient): Pick<ChainPort, 'mempool' | 'mempoolTransaction'> {
  let seen = new Map<string, Uint8Array>()
  const fetchSome = async (ids: string[]): Promise<Failure | undefined> => {
    const answers = await rpc.batch(
      'getrawtransaction',
      ids.map((id) => [id]),
      schemas.hex,
    )
    if (!answers.ok) return answers.error
    for (const [index, answer] of answers.value.entries()) {
      const hex = absent(answer, notFound)
      if (!hex.ok) return hex.error
      if (hex.value !== undefined) seen.set(ids[index] ?? '', fromHex(hex.value))
    }
    return undefined
  }
  const mempool = async (): Promise<Result<MempoolTransaction[]>> => {
    const ids = await rpc.call('getrawmempool', [], schemas.hashes)
    if (!ids.ok) return ids
    if (ids.value.length > mempoolLimit)
      return failForNow(
        'chain.mempool-large',
        `the mempool holds ${ids.value.length} transactions, more than ${mempoolLimit}: wait for blocks`,
      )
    seen = new Map(ids.value.flatMap((id) => (seen.has(id) ? [[id, seen.get(id)!]] : [])))
    const missing = ids.value.filter((id) => !seen.has(id))
    for (let at = 0; at < missing.length; at += mempoolBatch) {
      const failure = await fetchSome(missing.slice(at, at + mempoolBatch))
      if (failure) return { ok: false, error: failure }
    }
    return ok(ids.value.flatMap((txid) => (seen.has(txid) ? [{ txid, raw: seen.get(txid)! }] : [])))
  }
  const mempoolTransaction = async (txid: string): Promise<Result<MempoolTransaction | null>> => {
    const entry = absent(await rpc.call('getmempoolentry', [txid], schemas.mempoolEntry), notFound)
    const isHeld = entry.ok && entry.value !== undefined
    if (!isHeld) return entry.ok ? ok(null) : entry
    const hex = absent(await rpc.call('getrawtransaction', [txid], schemas.hex), notFound)
    return hex.ok ? ok(hex.value === undefined ? null : { txid, raw: fromHex(hex.value) }) : hex
  }
  return { mempool, mempoolTransaction }
}

/** Mining for regtest. Blocks that rival others with equal contents should pay to another script, or they are the same block to bitcoind. */
function createControl(rpc: RpcClient): ChainControl {
  const mine: ChainControl['mine'] = async (count, script) => {
    const hashes = await rpc.call('generatetodescriptor', [count, `raw(${toHex(script)})`], schemas.hashes, { timeoutMs: 120_000 })
    if (!hashes.ok) return hashes
    if (hashes.value.length === 0) return ok([])
    const first = await rpc.call('getblockheader', [hashes.value[0]], schemas.header)
    if (!first.ok) return first
    return ok(hashes.value.map((hash, index) => ({ hash, height: first.value.height + index })))
  }
  const invalidate: ChainControl['invalidate'] = (hash) => rpc.call('invalidateblock', [hash], schemas.nothing)
  const mineTo: ChainControl['mineTo'] = async (count, address) => {
    const script = address === null ? ok(nobody) : scriptOfAddress(address, 'regtest')
    return script.ok ? mine(count, script.value) : script
  }
  return { mine, mineTo, invalidate }
}
