/** A disk of a few megabytes, which tests fill and empty: a tmpfs of its own, which takes root on Linux. */
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, rmdirSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

export interface SmallDisk {
  readonly folder: string
  /** Until not one byte more fits. */
  fill(): void
  /** Room again. */
  empty(): void
  /** A few megabytes more, where what filled it was not the filler. */
  room(): void
  /** Nothing can be written, and everything read; while nobody has a file of it open. */
  lock(): void
  unlock(): void
  close(): void
}

const run = (command: string, ...args: string[]): void => {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
}

/** Whether one can be had here; says why not. */
export function smallDiskAvailable(): boolean {
  try {
    openSmallDisk(1).close()
    return true
  } catch (error) {
    console.warn(`\n*** SKIPPED: tests on a disk that is full, which is mounted for them: ${String(error)} ***\n`)
    return false
  }
}

/** @param megabytes of it */
export function openSmallDisk(megabytes: number): SmallDisk {
  if (process.platform !== 'linux') throw new Error('a disk is mounted on Linux only')
  const folder = mkdtempSync(join(tmpdir(), 'golem-disk-'))
  const options = `size=${megabytes}m,mode=0700`
  try {
    run('mount', '-t', 'tmpfs', '-o', options, 'golem-test', folder)
  } catch (error) {
    rmdirSync(folder)
    throw error
  }
  const filler = join(folder, 'filler')
  return {
    folder,
    fill() {
      const file = openSync(filler, 'a')
      try {
        for (let size = 1 << 20; size >= 1;)
          try {
            if (writeSync(file, Buffer.alloc(size)) < size) size >>= 1
          } catch {
            size >>= 1
          }
      } finally {
        closeSync(file)
      }
    },
    empty: () => rmSync(filler, { force: true }),
    room: () => run('mount', '-o', `remount,size=${megabytes * 2}m,mode=0700`, folder),
    lock: () => run('mount', '-o', `remount,ro,${options}`, folder),
    unlock: () => run('mount', '-o', `remount,rw,${options}`, folder),
    close() {
      // A process that was killed may still be closing its files.
      run('umount', '-l', folder)
      rmdirSync(folder)
    },
  }
}
