/** What a disk refuses, in words for a person, as the storage port throws it. */

const FULL = /^(SQLITE_FULL|ENOSPC|EDQUOT)$/
const OF_THE_DISK = /^(SQLITE_(IOERR|READONLY|CANTOPEN|BUSY)|EIO$|EROFS$|EACCES$|EPERM$|ENOENT$|ENOTDIR$|EMFILE$|ENFILE$)/

/**
 * @param folder that could not be written
 * @returns an error of code `storage.full` or `storage.disk`; any other error as it is
 */
export function diskError(error: unknown, folder: string): unknown {
  const { code, message } = error instanceof Error ? (error as Error & { code?: unknown }) : { code: undefined, message: '' }
  if (typeof code !== 'string') return error
  if (FULL.test(code))
    return told(
      'storage.full',
      `The disk with ${folder} is full (${message}): what was to be written is not. Make room; it goes on by itself.`,
      error,
    )
  if (OF_THE_DISK.test(code))
    return told(
      'storage.disk',
      `The disk with ${folder} cannot be used (${message}): what was to be written is not. Check that the folder is there, its permissions and the disk; it goes on by itself.`,
      error,
    )
  return error
}

const told = (code: string, message: string, cause: unknown): Error => Object.assign(new Error(message, { cause }), { code })

/** A function of the storage that throws what the disk refuses in words. */
export const inWords =
  <A extends unknown[], R>(folder: string, act: (...args: A) => R) =>
  (...args: A): R => {
    try {
      return act(...args)
    } catch (error) {
      throw diskError(error, folder)
    }
  }
