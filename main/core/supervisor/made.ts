/**
 * Ticks that were made, with all that they follow from: what is composed again for the same block by the same key (a reorganisation leads back to it, or a
 * crash came in between) becomes the same bytes, because two documents of one number over one block count against their key (PROTOCOL.md 6.8).
 */
import { REMEMBERED_TICKS, type TickWork } from '../../../roles/supervisor/index.ts'
import type { Json, StoragePort, StorageWrite } from '../ports.ts'
import { SUPERVISOR_ROWS } from './offers.ts'

export interface Made {
  work: TickWork
  seed: string
}

const rowsOf = (number: number): string => `made:${String(number).padStart(10, '0')}:`
const rowOf = ({ number, hash, by }: TickWork): string => `${rowsOf(number)}${hash}:${by}`

/** What a tick for that block, by that key, was made of; null where none was. */
export const madeBefore = (storage: StoragePort, work: TickWork): Made | null =>
  (storage.get(SUPERVISOR_ROWS, rowOf(work)) as unknown as Made | undefined) ?? null

/** To be written before anything of the tick is published. Those that no reorganisation asks for again are forgotten. */
export const madeRows = (storage: StoragePort, made: Made): StorageWrite[] => [
  { table: SUPERVISOR_ROWS, key: rowOf(made.work), value: made as unknown as Json },
  ...storage
    .list(SUPERVISOR_ROWS, rowsOf(made.work.number - REMEMBERED_TICKS))
    .map(({ key }) => ({ table: SUPERVISOR_ROWS, key, delete: true as const })),
]
