import Database from 'better-sqlite3'
import { join } from 'node:path'
import { fail, failForNow, ok, type Result } from '../../../roles/protocol/result.ts'
import { makeFolder } from './make-folder.ts'

/**
 * Takes a folder for this process alone, with SQLite's own file lock: it goes with the process, however that ends.
 * @param waitMs how long to wait for one that is just ending, blocking
 * @returns the function that gives it back. Errors: `storage.locked` (another process has it, retryable), `storage.lock` (what stands at
 *   the lock's name is no lock), `storage.open` (the folder or the lock cannot be made, with what the system said).
 */
export function lockFolder(folder: string, waitMs: number): Result<() => void> {
  let db: Database.Database | undefined
  try {
    makeFolder(folder, 0o700)
    db = new Database(join(folder, 'lock'), { timeout: waitMs })
    const held = db
    held.exec('BEGIN EXCLUSIVE')
    return ok(() => {
      held.close()
    })
  } catch (error) {
    db?.close()
    return refusal(folder, error as Error & { code?: string })
  }
}

function refusal(folder: string, { code = '', message }: Error & { code?: string }) {
  if (/^SQLITE_(BUSY|LOCKED)/.test(code))
    return failForNow('storage.locked', `Another Golem is using ${folder}. End it first, or choose another folder.`)
  const lock = join(folder, 'lock')
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(code))
    return fail(
      'storage.lock',
      `${lock} is not Golem's lock (SQLite says: ${message}). It holds no data of Golem's: move it away and start again.`,
    )
  if (code === 'EEXIST' || code === 'ENOTDIR')
    return fail('storage.open', `${folder} cannot be used as a folder (${message}). Choose another one.`)
  return fail(
    'storage.open',
    `${lock} cannot be opened (${code.startsWith('SQLITE') ? 'SQLite says: ' : ''}${message}). It has to be a file in a folder that may be written: check what stands there, its permissions and the free space, or choose another folder.`,
  )
}
