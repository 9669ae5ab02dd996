/** What is kept of each engagement: enough to take it up again at the next start, or after a pause. */
import type { Reference } from '../../../roles/protocol/documents/index.ts'
import type { SeenOffer } from '../../../roles/server/index.ts'
import { recentIn } from '../chain-watch.ts'
import type { BlockRef, Json, StoragePort, StorageWrite } from '../ports.ts'

const ROWS = 'engagement'

/** What each role begins with. */
export type Beginning =
  /** Which of the wallet's apps it is: the number of its master key. */
  | { role: 'supervisor'; index: number }
  /** By which offer, and those of its app that were seen before. */
  | { role: 'server'; app: string; offer: string; offers: SeenOffer[] }
  /** The app's first offer and its block; `register` false: it is only read and audited. */
  | { role: 'client'; app: string; reference: Reference; height: number; master: string; by: string; register: boolean }

export type EngagementRow = Beginning & {
  title: string
  /** `failed`: put out, with the reason in `why`. `ended`: a person left it; its rows stay, and it may be begun again. */
  state: 'active' | 'paused' | 'failed' | 'ended'
  why?: string
  /** While it is ended: a person left it, and what the node does by itself (`use.auto`, `host.auto`) leaves its app alone. */
  left?: true
  /** While it is not active: the newest blocks that its roles heard of, newest last. */
  heard?: BlockRef[]
}

export const rowOf = (storage: StoragePort, id: string): EngagementRow | undefined =>
  storage.get(ROWS, id) as unknown as EngagementRow | undefined

export const rowsIn = (storage: StoragePort): Array<{ id: string; row: EngagementRow }> =>
  storage.list(ROWS).map(({ key, value }) => ({ id: key, row: value as unknown as EngagementRow }))

export const write = (id: string, row: EngagementRow): StorageWrite => ({ table: ROWS, key: id, value: row as unknown as Json })

export const erased = (id: string): StorageWrite => ({ table: ROWS, key: id, delete: true })

/** Its row once it hears of nothing any more: what it heard is what the node heard so far. @param more why it was put out, or that a person left it */
export const still = (
  storage: StoragePort,
  id: string,
  state: 'paused' | 'failed' | 'ended',
  more: Pick<EngagementRow, 'why' | 'left'> = {},
): StorageWrite[] => {
  const row = rowOf(storage, id)
  if (row === undefined) return []
  const { why: _why, ...others } = row
  return [write(id, { ...others, state, heard: row.heard ?? recentIn(storage), ...more })]
}

/** Its row once it hears of everything again. */
export function moving(storage: StoragePort, id: string): StorageWrite[] {
  const row = rowOf(storage, id)
  if (row === undefined) return []
  const { why: _why, heard: _heard, left: _left, ...others } = row
  return [write(id, { ...others, state: 'active' })]
}
