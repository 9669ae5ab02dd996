/** Files that are either the old or the new one, whatever happens in between. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'

/** Writes beside the file, flushes to the disk and renames. Error: `cli.write`. */
export function replaceFile(file: string, text: string): Result<null> {
  const temporary = `${file}.${process.pid}.tmp`
  try {
    writeThrough(temporary, text)
    renameSync(temporary, file)
    flushFolder(dirname(file))
    return ok(null)
  } catch (error) {
    rmSync(temporary, { force: true })
    return fail('cli.write', `${file} could not be written: ${error instanceof Error ? error.message : String(error)}.`)
  }
}

function writeThrough(path: string, text: string): void {
  const handle = openSync(path, 'wx')
  try {
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length;) at += writeSync(handle, bytes, at)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** The rename itself lies in the folder, which Windows cannot flush. */
function flushFolder(folder: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
