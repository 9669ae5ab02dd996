/** The Supervisor's ledger on disk: one row for each of the last ticks, to go on from after a restart. */
import { exportLedger, importLedger, type Ledger } from '../../../roles/protocol/ticks/index.ts'
import type { StoragePort, StorageWrite } from '../ports.ts'
import { SUPERVISOR_ROWS } from './offers.ts'

const PREFIX = 'ledger:'
/** Ledgers of so many ticks are kept. */
export const KEEP_LEDGERS = 4

const ledgerKey = (number: number): string => `${PREFIX}${String(number).padStart(10, '0')}`

/** The newest ledger that was written, or null. */
export function storedLedger(storage: StoragePort): Ledger | null {
  const newest = storage.list(SUPERVISOR_ROWS, PREFIX).at(-1)
  return newest === undefined ? null : importLedger(newest.value)
}

/** Writes that keep the ledger of a tick. Those of later numbers belong to a branch that is gone, and would be taken for the newest. */
export function ledgerRows(storage: StoragePort, number: number, ledger: Ledger): StorageWrite[] {
  const old = storage
    .list(SUPERVISOR_ROWS, PREFIX)
    .map(({ key }) => key)
    .filter((key) => key > ledgerKey(number) || key <= ledgerKey(number - KEEP_LEDGERS))
  return [
    { table: SUPERVISOR_ROWS, key: ledgerKey(number), value: exportLedger(ledger) },
    ...old.map((key) => ({ table: SUPERVISOR_ROWS, key, delete: true as const })),
  ]
}
