/** What processes take, from the kernel's own books (Linux): memory, and processor time of all their threads, those that ended included. */
import { readdirSync, readFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'

export interface Taken {
  /** User and system time since the process began, in milliseconds. */
  cpuMs: number
  /** Resident memory in bytes; what several processes share is counted for each of them. */
  rss: number
  /** Proportional share in bytes: shared memory is divided among those who share it. */
  pss: number
  threads: number
}

const KIB = 1024
const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** Fields of `/proc/<pid>/stat` from the state on: what stands before may hold any character. */
const statOf = (pid: number): string[] =>
  readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')

/** Throws when the process has ended. */
export function takenBy(pid: number): Taken {
  const stat = statOf(pid)
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const bytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1]) * KIB
  const cpuMs = ((Number(stat[11]) + Number(stat[12])) * 1000) / TICKS_PER_SECOND
  return { cpuMs, rss: bytes('Rss'), pss: bytes('Pss'), threads: Number(stat[17]) }
}

/** All processes below this one, in the order in which they began. */
export function below(root: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      parents.set(Number(name), Number(statOf(Number(name))[1]))
    } catch {
      // It ended in between.
    }
  }
  const found = [root]
  for (const pid of found) found.push(...[...parents].filter(([, parent]) => parent === pid).map(([child]) => child))
  return found.slice(1)
}
