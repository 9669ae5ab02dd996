import { open, rename, rm, writeFile } from 'node:fs/promises'
import type { Survival } from '../../core/ports.ts'

/** How files come to the disk. */
export interface Disk {
  /** Writes a file, which survives what is asked for once its folder is synchronised, too. */
  write(path: string, bytes: Uint8Array): Promise<void>
  /** So that a rename does. */
  syncFolder(path: string): Promise<void>
}

/** @param survives `crash`: the disk is not waited for */
export const diskThat = (survives: Survival): Disk =>
  survives === 'power' ? { write, syncFolder } : { write: (path, bytes) => writeFile(path, bytes), syncFolder: () => Promise.resolve() }

async function write(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'w')
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Whether an error is about the disk: it is full, cannot be read or written now, or a folder of it is gone. */
export const isOfDisk = (error: unknown): boolean =>
  /^(ENOSPC|EDQUOT|EIO|EROFS|EACCES|EPERM|ENOENT|ENOTDIR|EMFILE|ENFILE)$/.test(String((error as NodeJS.ErrnoException | null)?.code))

/** Has a file written under another name and then renamed; where that fails, on a full disk, nothing of it stays. */
export async function writeWhole(path: string, fresh: string, write: (fresh: string) => Promise<void>): Promise<void> {
  try {
    await write(fresh)
    await rename(fresh, path)
  } catch (error) {
    await rm(fresh, { force: true }).catch(() => undefined)
    throw error
  }
}

/** Windows cannot open folders, and needs no such thing. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
