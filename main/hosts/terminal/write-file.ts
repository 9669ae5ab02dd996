/** Writing a file that somebody named: a regular one is the old or the new one whatever happens in between, anything else is written in place. */
import { randomBytes } from 'node:crypto'
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
  type Stats,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'

/** What a name leads to once its links are followed: a path that may not exist yet, or a stream that this process holds open. */
type Target = { path: string } | { descriptor: number }

const MOST_LINKS = 40
const WAIT_MS = 10

/**
 * Writes `text` to what `file` names. Symbolic links are followed. A regular file is replaced as a whole (written beside, flushed, renamed)
 * and keeps owner and mode; where that cannot be (another owner, a folder that takes no new file, a second hard link) it is written in
 * place, and a disk that is full leaves the old text. Devices, pipes and this process's own streams are written to as they are.
 * @param mode of a file that is new, before the umask
 * Error: `cli.write`.
 */
export function replaceFile(file: string, text: string, mode = 0o666): Result<null> {
  try {
    const target = targetOf(file)
    const bytes = Buffer.from(text)
    if ('descriptor' in target) writeAll(target.descriptor, bytes)
    else writePath(target.path, bytes, mode)
    return ok(null)
  } catch (error) {
    return fail('cli.write', `${file} could not be written: ${reasonOf(error, file)}.`)
  }
}

function reasonOf(error: unknown, file: string): string {
  const { code, message } = error as NodeJS.ErrnoException
  const folder = dirname(resolve(file))
  return code === 'ENOENT' && !existsSync(folder) ? `there is no folder ${folder}` : (message ?? String(error))
}

/** Whether a name leads to this process's own standard output, as /dev/stdout does. */
export function isStandardOutput(file: string): boolean {
  try {
    const target = targetOf(file)
    return 'descriptor' in target && target.descriptor === 1
  } catch {
    return false
  }
}

/** Follows links one by one, because one may lead to a file that is not there yet, or to an open stream, whose name is not its path. */
function targetOf(file: string): Target {
  let path = resolve(file)
  for (let links = 0; links < MOST_LINKS; links++) {
    path = join(realpathSync(dirname(path)), basename(path))
    const own = /^\/(?:dev|proc\/(\d+)(?:\/task\/\d+)?)\/fd\/(\d+)$/.exec(path)
    if (own !== null && (own[1] === undefined || Number(own[1]) === process.pid)) return { descriptor: Number(own[2]) }
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return { path }
    path = resolve(dirname(path), readlinkSync(path))
  }
  throw new Error(`it is a link that leads through more than ${MOST_LINKS} others`)
}

function writePath(path: string, bytes: Buffer, mode: number): void {
  const old = statSync(path, { throwIfNoEntry: false })
  if (old === undefined) return replaceWhole(path, bytes, mode, undefined)
  if (old.isDirectory()) throw new Error('it is a folder')
  accessSync(path, constants.W_OK)
  if (!old.isFile()) return withFile(path, 'w', (handle) => writeAll(handle, bytes))
  if (old.nlink > 1) return overwrite(path, bytes)
  try {
    replaceWhole(path, bytes, mode, old)
  } catch (error) {
    if (!/^(EACCES|EPERM|EROFS)$/.test((error as NodeJS.ErrnoException).code ?? '')) throw error
    overwrite(path, bytes)
  }
}

/** Writes beside the file, flushes to the disk and renames. */
function replaceWhole(path: string, bytes: Buffer, mode: number, old: Stats | undefined): void {
  const temporary = join(dirname(path), `.golem-${randomBytes(8).toString('hex')}.tmp`)
  const handle = openSync(temporary, 'wx', old === undefined ? mode : 0o600)
  try {
    try {
      writeAll(handle, bytes)
      if (old !== undefined) keepOwner(handle, old)
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
  flushFolder(dirname(path))
}

function keepOwner(handle: number, old: Stats): void {
  const now = fstatSync(handle)
  if (now.uid !== old.uid || now.gid !== old.gid) fchownSync(handle, old.uid, old.gid)
  fchmodSync(handle, old.mode & 0o7777)
}

/** In place. What lies beyond the old end goes first, because only that needs room on the disk: without room the old text is still whole. */
function overwrite(path: string, bytes: Buffer): void {
  const old = readFileSync(path)
  withFile(path, 'r+', (handle) => {
    try {
      writeAll(handle, bytes.subarray(old.length), old.length)
      writeAll(handle, bytes.subarray(0, old.length), 0)
      ftruncateSync(handle, bytes.length)
    } catch (error) {
      ftruncateSync(handle, old.length)
      writeAll(handle, old, 0)
      throw error
    }
    fsyncSync(handle)
  })
}

function withFile(path: string, flags: string, work: (handle: number) => void): void {
  const handle = openSync(path, flags)
  try {
    work(handle)
  } finally {
    closeSync(handle)
  }
}

/** @param position of the first byte in the file; left out for streams, which have none */
function writeAll(handle: number, bytes: Buffer, position?: number): void {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(handle, bytes, at, bytes.length - at, position === undefined ? null : position + at)
    } catch (error) {
      // A pipe whose reader is slow.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MS)
    }
  }
}

/** The rename itself lies in the folder, which Windows cannot flush. */
function flushFolder(folder: string): void {
  if (process.platform !== 'win32') withFile(folder, 'r', fsyncSync)
}
