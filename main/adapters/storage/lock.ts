import Database from 'better-sqlite3'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { failForNow, ok, type Result } from '../../../roles/protocol/result.ts'

/**
 * Takes a folder for this process alone, with SQLite's own file lock: it goes with the process, however that ends.
 * @param waitMs how long to wait for one that is just ending, blocking
 * @returns the function that gives it back. Error: `storage.locked`.
 */
export function lockFolder(folder: string, waitMs: number): Result<() => void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const db = new Database(join(folder, 'lock'), { timeout: waitMs })
  try {
    db.exec('BEGIN EXCLUSIVE')
    return ok(() => {
      db.close()
    })
  } catch {
    db.close()
    return failForNow('storage.locked', `Another Golem is using ${folder}. End it first, or choose another folder.`)
  }
}
