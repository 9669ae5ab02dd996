/**
 * What a node keeps of old ticks (PROTOCOL.md 6.7). A tick's torrent holds the whole snapshot, and code for four ticks. Once nobody proves anything
 * against it any more, its index and code files go; the log stays: the document, the decided documents, the schema, the reveal, and
 * who signed that they are ready.
 */
import { openDocument, type FileEntry, type Reference, type Tick } from '../../roles/protocol/documents/index.ts'
import type { CryptoPort } from '../../roles/protocol/crypto/index.ts'
import { tipIn } from './chain-watch.ts'
import type { Json, LogPort, StoragePort, SwarmPort } from './ports.ts'

/** A tick is whole for so many blocks from when it came here: as deep as a reorg may go. */
export const WHOLE_BLOCKS = 144
/** Rows of ticks that are whole, by digest. */
const WHOLE = 'whole-tick'
/** Ticks that are looked at after one block, so that an audit's thousands are no burst. */
const AT_ONCE = 16
/** Of the ticks that are needed, the newest: whatever they share with an old one is kept in this node's own copies. */
const SHARED_WITH = 2

interface WholeTick {
  infohash: string
  /** Height of the chain when it came. */
  seen: number
}

export interface Retention {
  /**
   * A tick that is here.
   * @param anew counts from now again: it is being published, which may be tried for long, and must not be forgotten before that is done
   */
  note(tick: Reference, anew: boolean): void
  /**
   * Lets go of what no proof needs. Never rejects; what cannot be let go now is tried again at the next call.
   * @param needed digests of ticks that a role still may need, the newest last
   */
  sweep(needed: readonly string[]): Promise<void>
}

export interface RetentionOptions {
  crypto: CryptoPort
  storage: StoragePort
  swarm: SwarmPort
  log: LogPort
}

export function createRetention({ crypto, storage, swarm, log }: RetentionOptions): Retention {
  let sweeping = false
  const height = (): number => tipIn(storage)?.height ?? 0
  const tickAt = (sha256: string): Tick | null => {
    const bytes = storage.getBlob(sha256)
    const opened = bytes === undefined ? null : openDocument(crypto, 'tick', bytes, sha256)
    return opened?.ok ? opened.value.body : null
  }

  async function letGo(sha256: string, { infohash }: WholeTick, shared: ReadonlySet<string>): Promise<void> {
    const tick = tickAt(sha256)
    // Without its document this was done before, up to the row.
    if (tick !== null) {
      const thinned = await swarm.keepOnly(infohash, ['document.json', ...logOf(tick).map(({ name }) => name)])
      if (!thinned.ok) return log.log('debug', `The tick ${sha256} stays whole for now: ${thinned.error.message}`)
      for (const file of [...logOf(tick), ...restOf(tick)]) if (!shared.has(file.sha256)) storage.dropBlob(file.sha256)
      storage.dropBlob(sha256)
    }
    storage.transact(
      [
        { table: WHOLE, key: sha256, delete: true },
        { table: 'publication', key: sha256, delete: true },
      ],
      'crash',
    )
  }

  async function sweep(needed: readonly string[]): Promise<void> {
    const before = height() - WHOLE_BLOCKS
    const old = storage
      .list(WHOLE)
      .map(({ key, value }) => ({ key, tick: value as unknown as WholeTick }))
      .filter(({ key, tick }) => tick.seen <= before && !needed.includes(key))
      .slice(0, AT_ONCE)
    if (old.length === 0) return
    const newest = needed.slice(-SHARED_WITH).flatMap((sha256) => tickAt(sha256) ?? [])
    const shared = new Set(newest.flatMap((tick) => [...logOf(tick), ...restOf(tick)]).map((file) => file.sha256))
    for (const { key, tick } of old) await letGo(key, tick, shared)
  }

  return {
    note({ sha256, infohash }, anew) {
      if (!anew && storage.get(WHOLE, sha256) !== undefined) return
      const value: WholeTick = { infohash, seen: height() }
      storage.transact([{ table: WHOLE, key: sha256, value: value as unknown as Json }], 'crash')
    },
    async sweep(needed) {
      if (sweeping) return
      sweeping = true
      try {
        await sweep(needed)
      } catch (error) {
        log.log('warn', `Old ticks were not cleared away: ${(error as Error).message}`)
      } finally {
        sweeping = false
      }
    },
  }
}

/** The files from which anybody decides a tick anew; they stay as long as the app. */
export const logOf = ({ summary, schema, reveal, evidence, plans }: Tick): FileEntry[] => [
  ...summary.documents,
  schema,
  ...(reveal === null ? [] : [reveal.file]),
  ...(evidence === null ? [] : [evidence]),
  ...plans.map(({ readyFile }) => readyFile),
]

export const indexFilesOf = ({ indices }: Pick<Tick, 'indices'>): FileEntry[] =>
  indices.flatMap(({ directory, chunks }) => [directory, ...chunks])

const restOf = ({ indices, plans }: Tick): FileEntry[] => [
  ...indexFilesOf({ indices }),
  ...plans.flatMap(({ code }) => code.map(({ file }) => file)),
]
