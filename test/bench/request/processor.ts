/**
 * Processor time of other processes from the scheduler's own statistics (Linux): in nanoseconds, over all threads, and beside it how long
 * they were ready and had no core. So a busy machine can be told from a slow program.
 */
import { readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'

/** Milliseconds. */
export interface Spent {
  ran: number
  waited: number
  took: number
}

const PER_MS = 1e6

/** Since the processes began; null where the kernel does not count it. */
export function spentBy(pids: readonly number[]): Spent | null {
  try {
    const threads = pids.flatMap((pid) =>
      readdirSync(`/proc/${pid}/task`).map((thread) =>
        readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ').map(Number),
      ),
    )
    const sum = (field: number): number => threads.reduce((total, thread) => total + thread[field]!, 0) / PER_MS
    return { ran: sum(0), waited: sum(1), took: performance.now() }
  } catch {
    return null
  }
}

/** Runs the work, and adds up what it cost: these processes, and this one. Throws where the kernel does not count it. */
export async function spending(pids: readonly number[], work: () => Promise<void> | void): Promise<Spent> {
  const before = spentBy(pids)
  const here = ownMs()
  await work()
  const own = ownMs() - here
  const after = spentBy(pids)
  if (before === null || after === null) throw new Error('The kernel does not count processor time by thread.')
  return { ran: after.ran - before.ran + own, waited: after.waited - before.waited, took: after.took - before.took }
}

function ownMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
