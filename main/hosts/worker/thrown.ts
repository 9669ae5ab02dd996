/** What keeps a participant from starting without being one of its failures: told in words, and by a code that tells its data from the computer. */
import { fail, failForNow, type Result } from '../../core/index.ts'

/** SQLite's words for a database whose contents are the matter; its others are about the disk, as are the system's. */
const DAMAGED = /^SQLITE_(NOTADB|CORRUPT)/
const OF_THE_SYSTEM = /^(E[A-Z0-9]+|SQLITE_[A-Z_]+|ERR_(WORKER_OUT_OF_MEMORY|WORKER_INIT_FAILED|DLOPEN_FAILED|MODULE_NOT_FOUND))$/

/**
 * @param folder of the participant's data
 * Errors: `storage.corrupt`, `storage.full` and `storage.disk` (retryable), `stored.sealed` (a row does not open), `participant.system` (retryable: a port, the disk, memory, a program that is
 * missing), `participant.start` (anything else: what stands in the folder cannot be read).
 */
export function thrown(error: unknown, folder: string): Result<never> {
  const { code, message } = error instanceof Error ? (error as Error & { code?: unknown }) : { code: undefined, message: String(error) }
  if (typeof code === 'string') {
    if (code === 'stored.sealed') return fail(code, message)
    if (code === 'storage.full' || code === 'storage.disk') return failForNow(code, message)
    if (DAMAGED.test(code)) return fail('storage.corrupt', `The database in ${folder} is damaged (${message}).`)
    if (OF_THE_SYSTEM.test(code))
      return failForNow('participant.system', `The computer does not let it: ${message.includes(code) ? message : `${code}: ${message}`}.`)
  }
  return fail('participant.start', `Its folder ${folder} cannot be used: ${message}`)
}
