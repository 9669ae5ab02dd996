/**
 * Turns the chain into the roles' events: finds anchors in blocks, says which known outputs they spend, and remembers on disk how far it
 * came, in the same transaction as everything the block led to. A reorg is handed on with its fork point.
 */
import { anchorsIn, scanTransaction, txid as txidOf } from '../../roles/protocol/tx/index.ts'
import { toHex } from '../../roles/protocol/bytes.ts'
import type { AnchoredTransaction, WorldEvent } from '../../roles/protocol/events.ts'
import type { HashAt } from '../../roles/protocol/ticks/index.ts'
import type { BlockRef, ChainBlock, ChainEvent, ChainPort, LogPort, StoragePort, StorageWrite } from './ports.ts'
import { reorgDepth } from './reorg-depth.ts'
import { counted } from '../../roles/protocol/words.ts'

const OUTPUTS = 'anchor-output'
/** By height, the known outputs that its block spent: forgotten once no reorg asks for them any more. */
const SPENT = 'spent-output'
const ANCHORED = 'anchored'
/** Hashes of the best chain from the first block with an anchor on: whoever follows or audits holds the blocks that ticks close against them. */
const HASHES = 'block-hash'
const blockKey = (height: number): string => String(height).padStart(10, '0')

/** Whether this output was made by an anchored transaction: only then everybody who follows the chain can say whose key it takes to spend it. */
export const isKnownOutput = (storage: StoragePort, outpoint: string): boolean => storage.get(OUTPUTS, outpoint) !== undefined

/** Anchored transactions of the best chain in blocks above `from` up to `to`, in chain order: for roles that join later, and for audits. */
export const anchoredBetween = (storage: StoragePort, from: number, to: number): AnchoredTransaction[] =>
  storage
    .list(ANCHORED)
    .filter(({ key }) => key > blockKey(from) && key <= blockKey(to))
    .flatMap(({ value }) => value as unknown as AnchoredTransaction[])

/** The anchored transactions of one block, in order. */
export const anchoredAt = (storage: StoragePort, height: number): AnchoredTransaction[] =>
  (storage.get(ANCHORED, blockKey(height)) ?? []) as unknown as AnchoredTransaction[]

/** The newest blocks that were delivered, newest last. */
export const recentIn = (storage: StoragePort): BlockRef[] => (storage.get('chain', 'recent') ?? []) as unknown as BlockRef[]

/** The newest block that was delivered; null before the first. */
export const tipIn = (storage: StoragePort): BlockRef | null => recentIn(storage).at(-1) ?? null

/** The best chain's hash at a height, as far as blocks were delivered; null above the tip and before the first anchor. */
export const hashAtOf =
  (storage: StoragePort): HashAt =>
  (height) =>
    (storage.get(HASHES, blockKey(height)) as string | undefined) ?? null

/** Heights from `from` on whose blocks have anchors. */
export const anchoredHeights = (storage: StoragePort, from: number): number[] =>
  storage
    .list(ANCHORED)
    .map(({ key }) => Number(key))
    .filter((height) => height >= from)

/** The block of the best chain at a height again, for a role that joins later. */
export const blockAgain = (storage: StoragePort, height: number): WorldEvent & { type: 'block' } => ({
  type: 'block',
  height,
  hash: hashAtOf(storage)(height) ?? '',
  time: 0,
  anchored: (storage.get(ANCHORED, blockKey(height)) ?? []) as unknown as AnchoredTransaction[],
})

export interface ChainWatch {
  tip(): BlockRef | null
  available(): { available: boolean; reason?: string }
  /** Block intervals seen lately, in milliseconds, for honest waiting times; null before two blocks. */
  blockMs(): number | null
  stop(): Promise<void>
}

export interface ChainWatchOptions {
  chain: ChainPort
  storage: StoragePort
  log: LogPort
  now(): number
  /** Called for every block and reorg when its turn comes, before the roles; its writes are committed together with theirs. */
  onBlock(block: ChainBlock): StorageWrite[]
  onReorg(fork: BlockRef): StorageWrite[]
  /** Commits the writes and gives the event to the roles. */
  deliver(event: WorldEvent, writes: () => StorageWrite[]): Promise<void>
  changed(): void
}

/** Follows the chain from the last block that was committed. */
export function watchChain(options: ChainWatchOptions): ChainWatch {
  const { storage } = options
  let recent = recentIn(storage)
  let availability: { available: boolean; reason?: string } = { available: true }
  const seen: number[] = []
  let hasAnchors = storage.list(ANCHORED, '', 1).length > 0

  async function block(event: ChainBlock): Promise<void> {
    const { anchored, outputs, spent } = findAnchors(storage, event)
    hasAnchors ||= anchored.length > 0
    // A block that could not be taken is delivered again. The block below those that can be taken back is the fork then.
    const next = [...recent.filter((ref) => ref.height < event.height), { height: event.height, hash: event.hash }].slice(-reorgDepth - 1)
    const writes = (): StorageWrite[] => [
      { table: 'chain', key: 'recent', value: next as never },
      ...outputs.map(({ outpoint, script }) => ({ table: OUTPUTS, key: outpoint, value: script })),
      ...(spent.length === 0 ? [] : [{ table: SPENT, key: blockKey(event.height), value: spent }]),
      ...forgetSpent(storage, event.height - reorgDepth),
      ...(hasAnchors ? [{ table: HASHES, key: blockKey(event.height), value: event.hash }] : []),
      ...(anchored.length === 0 ? [] : [{ table: ANCHORED, key: blockKey(event.height), value: anchored as never }]),
      ...options.onBlock(event),
    ]
    await options.deliver({ type: 'block', height: event.height, hash: event.hash, time: event.time, anchored }, writes)
    recent = next
    seen.push(options.now())
    if (seen.length > 12) seen.shift()
  }

  async function reorg(fork: BlockRef, gone: BlockRef[]): Promise<void> {
    options.log.log('warn', replaced(fork, gone, recent.at(-1)?.height ?? 0))
    // The fork point stays known, however deep it lies: without it the next start would read the chain from its first block.
    const next = [...recent.filter((ref) => ref.height < fork.height), fork]
    const above = (table: string) =>
      storage
        .list(table)
        .filter(({ key }) => key > blockKey(fork.height))
        .map(({ key }) => ({ table, key, delete: true as const }))
    const forgotten = [ANCHORED, HASHES, SPENT].flatMap(above)
    await options.deliver({ type: 'reorg', height: fork.height }, () => [
      { table: 'chain', key: 'recent', value: next as never },
      ...forgotten,
      ...options.onReorg(fork),
    ])
    recent = next
  }

  const handler = async (event: ChainEvent): Promise<void> => {
    if (event.type === 'block') return block(event.block)
    if (event.type === 'reorg') return reorg(event.fork, event.gone)
    const before = availability
    availability = event.reason === undefined ? { available: event.available } : { available: event.available, reason: event.reason }
    if (!availability.available && before.reason !== availability.reason)
      options.log.log('warn', `The chain is not available: ${availability.reason ?? 'no reason is known'}.`)
    if (availability.available && !before.available) options.log.log('info', 'The chain is available again.')
    options.changed()
  }
  const stop = options.chain.follow(recent, handler)

  return {
    tip: () => recent.at(-1) ?? null,
    available: () => availability,
    blockMs: () => (seen.length < 2 ? null : (seen.at(-1)! - seen[0]!) / (seen.length - 1)),
    stop,
  }
}

/** What a reorganisation means to a person. */
function replaced(fork: BlockRef, gone: BlockRef[], height: number): string {
  if (fork.height > 0)
    return `${counted(gone.length, 'block')} above ${fork.height} ${gone.length === 1 ? 'was' : 'were'} replaced by another branch`
  return (
    `The node has another chain: none of the blocks up to ${height} that were read here is on it. What was published there is not on this one. ` +
    'Keys and documents stay on the disk, and nothing is published again by itself: connect to a node with the old chain to go on with it, ' +
    'or start a participant in a new folder to begin on this one.'
  )
}

/** The outputs that the block at this height spent need not be known any more. */
function forgetSpent(storage: StoragePort, height: number): StorageWrite[] {
  const spent = storage.get(SPENT, blockKey(height)) as string[] | undefined
  if (spent === undefined) return []
  return [
    ...spent.map((outpoint) => ({ table: OUTPUTS, key: outpoint, delete: true as const })),
    { table: SPENT, key: blockKey(height), delete: true },
  ]
}

/** Anchored transactions of a block in order, the outputs they make, which later ones may spend, and the known ones that they spend. */
function findAnchors(
  storage: StoragePort,
  block: ChainBlock,
): { anchored: AnchoredTransaction[]; outputs: Array<{ outpoint: string; script: string }>; spent: string[] } {
  const anchored: AnchoredTransaction[] = []
  const outputs: Array<{ outpoint: string; script: string }> = []
  const spent: string[] = []
  const made = new Map<string, string>()
  for (const [position, raw] of block.transactions.entries()) {
    const anchor = anchorsIn(raw)[0]
    if (anchor === undefined) continue
    const scanned = scanTransaction(raw)
    const id = txidOf(raw)
    if (!scanned.ok || !id.ok) continue
    const spends = scanned.value.inputs.map(
      ({ txid, vout }) => made.get(`${txid}:${vout}`) ?? ((storage.get(OUTPUTS, `${txid}:${vout}`) ?? '') as string),
    )
    for (const [at, { txid, vout }] of scanned.value.inputs.entries()) if (spends[at] !== '') spent.push(`${txid}:${vout}`)
    const pays = scanned.value.outputs.map(({ script, value }) => ({ script: toHex(script), value: Number(value) }))
    for (const [vout, { script }] of pays.entries()) {
      if (!script.startsWith('5120')) continue
      made.set(`${id.value}:${vout}`, script)
      outputs.push({ outpoint: `${id.value}:${vout}`, script })
    }
    const { vout: _vout, ...named } = anchor
    const [input] = scanned.value.inputs
    const first = `${input?.txid ?? ''}:${input?.vout ?? 0}`
    anchored.push({ txid: id.value, height: block.height, position, anchor: named, first, spends, pays })
  }
  return { anchored, outputs, spent }
}
