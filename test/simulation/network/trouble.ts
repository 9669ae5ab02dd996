/** What a participant's node, wires and disk do to it. */
import type { StorageWrite } from '../../../main/core/ports.ts'
import type { Asked } from '../../../roles/protocol/requests/index.ts'
import { failForNow } from '../../../roles/protocol/result.ts'

/**
 * `noFees`: the node cannot say what a transaction costs; `held`: it takes transactions, and no block holds them before that ends; `unheard`: what it asks of that host
 * in this way gets no answer; `disk`: which writes find the disk full, and are not carried out; `readsTo`: it is slow at reading
 * the chain, and has come to that block.
 */
export interface Trouble {
  noFees?: boolean
  readsTo?: number
  held?: boolean
  unheard?: { host: string; asked: Asked }
  disk?: (write: DiskWrite) => boolean
}

/** What is to be written: rows in one commit, a blob, or a torrent that is seeded or fetched. */
export type DiskWrite = { rows: StorageWrite[] } | { blob: number } | { torrent: string }

export const fullDisk = (name: string): Error =>
  Object.assign(new Error(`The disk with ${name} is full: what was to be written is not. Make room; it goes on by itself.`), {
    code: 'storage.full',
  })
export const noRoom = failForNow('swarm.disk', 'The torrent could not be written: make room on the disk, then try again.')
