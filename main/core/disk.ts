/**
 * What the disk refuses. A full disk, or one that cannot be written for a while, is nobody's fault in the node: what was not written did not happen, it is asked for again, and
 * nothing ends by it. `StoragePort` throws what `diskFailure` knows.
 */
import { failForNow, type Failure, type Result } from '../../roles/protocol/result.ts'
import type { LogPort, StoragePort } from './ports.ts'

const CODES: ReadonlySet<unknown> = new Set(['storage.full', 'storage.disk'])

/** Of an error that was thrown: `storage.full` or `storage.disk`, both retryable; null for every other one. */
export function diskFailure(error: unknown): Failure | null {
  if (!(error instanceof Error)) return null
  const { code, message } = error as Error & { code?: unknown }
  return CODES.has(code) ? failForNow(code as string, message).error : null
}

export const isOfDisk = ({ code }: Failure): boolean => CODES.has(code)

/** Work with what the disk refuses as its result. Errors, retryable: `storage.full`, `storage.disk`; those of the work. */
export async function refusable<T>(work: () => Promise<Result<T>> | Result<T>): Promise<Result<T>> {
  try {
    return await work()
  } catch (error) {
    const refused = diskFailure(error)
    if (refused === null) throw error
    return { ok: false, error: refused }
  }
}

/** The same storage, which remembers that the disk refuses to be written, and forgets it once it was written. */
export interface WatchedStorage extends StoragePort {
  /** What the disk says, and what a person does, in words; null while it is written. */
  problem(): string | null
}

type Kind = 'rows' | 'content'

/** @param changed told when the problem comes, changes, or is over */
export function watchedStorage(storage: StoragePort, log: LogPort, changed: () => void): WatchedStorage {
  /** Where there is no room for content there may be for rows, which say nothing about it. */
  const refused = new Map<Kind, string>()
  const problem = (): string | null => refused.get('rows') ?? refused.get('content') ?? null
  const note = (kind: Kind, why: string | null): void => {
    const before = problem()
    if (why !== null) refused.set(kind, why)
    else if (kind === 'content') refused.clear()
    else refused.delete(kind)
    const now = problem()
    if (now === before) return
    log.log(now === null ? 'info' : 'error', now ?? 'The disk is written again.')
    changed()
  }
  const watched =
    <A extends unknown[]>(kind: Kind, write: (...args: A) => void) =>
    (...args: A): void => {
      try {
        write(...args)
      } catch (error) {
        const failure = diskFailure(error)
        if (failure !== null) note(kind, failure.message)
        throw error
      }
      if (refused.size > 0) note(kind, null)
    }
  return {
    ...storage,
    transact: watched('rows', storage.transact),
    putBlob: watched('content', storage.putBlob),
    problem,
  }
}
