/** What the roles of an engagement did not hear of while it stood still: the blocks since, and first that blocks are gone, where they are. */
import type { WorldEvent } from '../../../roles/protocol/events.ts'
import { blockAgain, hashAtOf, recentIn, tipIn } from '../chain-watch.ts'
import type { BlockRef, StoragePort, StorageWrite } from '../ports.ts'
import { rowOf, write } from './rows.ts'

/** @returns the events in order, each with the row that says that it was heard of */
export function* missed(storage: StoragePort, id: string): Generator<{ event: WorldEvent; writes: StorageWrite[] }> {
  const row = rowOf(storage, id)
  if (row?.heard === undefined) return
  const heardUpTo = (heard: BlockRef[]): StorageWrite[] => [write(id, { ...row, heard })]
  const hashAt = hashAtOf(storage)
  const recent = new Map(recentIn(storage).map(({ height, hash }) => [height, hash]))
  const isThere = ({ height, hash }: BlockRef): boolean => (recent.get(height) ?? hashAt(height)) === hash
  const fork = row.heard.findLast(isThere)
  const height = fork?.height ?? Math.max(0, (row.heard[0]?.height ?? 1) - 1)
  let heard = row.heard.filter((ref) => ref.height <= height && isThere(ref))
  if ((row.heard.at(-1)?.height ?? height) > height) yield { event: { type: 'reorg', height }, writes: heardUpTo(heard) }
  for (let at = height + 1; at <= (tipIn(storage)?.height ?? 0); at++) {
    const event = blockAgain(storage, at)
    heard = [...heard.slice(-HEARD), { height: at, hash: recent.get(at) ?? event.hash }]
    yield { event, writes: heardUpTo(heard) }
  }
}

/** Blocks that are remembered while it catches up, so that a reorganisation in the middle finds the fork. */
const HEARD = 300
