/**
 * Processor time of other processes from the scheduler's own statistics (Linux): in nanoseconds, over all threads, and beside it how long
 * they were ready and had no core. So a busy machine can be told from a slow program.
 */
import { readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Milliseconds. */
export interface Spent {
  ran: number
  waited: number
  took: number
}

const PER_MS = 1e6

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

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

/** Until the helper threads have put away what was collected. */
const SETTLE_MS = 60

/**
 * Runs the work, and adds up what it cost: these processes, and the thread of this one, whose garbage is collected before: it holds all that was recorded, and
 * going through that once costs as much as many requests. Throws where the kernel does not count it.
 */
export async function spending(pids: readonly number[], work: () => Promise<void> | void): Promise<Spent> {
  collectGarbage()
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  const before = spentBy(pids)
  const here = ownMs()
  await work()
  const own = ownMs() - here
  const after = spentBy(pids)
  if (before === null || after === null) throw new Error('The kernel does not count processor time by thread.')
  return { ran: after.ran - before.ran + own, waited: after.waited - before.waited, took: after.took - before.took }
}

/** Of the thread that does the work, without V8's helpers, which collect garbage of earlier. */
function ownMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
