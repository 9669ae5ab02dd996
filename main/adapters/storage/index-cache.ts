import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { fail, failForNow, ok, type Result } from '../../../roles/protocol/result.ts'
import type { IndexPort, IndexRebuild } from '../../core/ports.ts'
import { openIndex } from './index-store.ts'
import type { FromWorker, ToWorker } from './index-worker.ts'

export interface IndexCache extends IndexPort {
  /** Ends the thread; a rebuild under way leaves the old cache. */
  close(): Promise<void>
}

/** A thread is started by a rebuild, holds the process only while it works, and is ended when no rebuild came for a while. */
interface Thread {
  ask(message: ToWorker): Promise<FromWorker>
  tell(message: ToWorker): void
  end(): Promise<unknown>
}

/** After so long without a rebuild; a thread holds a heap of its own. */
const IDLE_MS = 3_000

/** One SQLite file for each name in `folder`, which holds nothing else and may be deleted while the node is stopped. */
export function createIndexCache(folder: string, idleMs: number = IDLE_MS): IndexCache {
  let thread: Thread | null = null
  let jobs = 0
  let closed = false
  const pathOf = (name: string): string => join(folder, `${name}.sqlite`)
  const awake = (): Thread => {
    thread ??= startThread(idleMs, () => {
      thread = null
    })
    return thread
  }

  function rebuild(name: string, collections: Parameters<IndexPort['rebuild']>[1]): IndexRebuild {
    const job = ++jobs
    let mine: Thread | null = null
    let failure: string | null = null
    /** A thread that took over from one that ended would not have the rows before. */
    const ask = async (message: ToWorker): Promise<FromWorker> => {
      if (closed || failure !== null) return { job, failure: failure ?? 'the node stops' }
      mine ??= awake()
      const answer = await mine.ask(message)
      if ('failure' in answer) failure = answer.failure
      return answer
    }
    return {
      add: async (rows) => void (await ask({ type: 'rows', job, rows })),
      async finish() {
        const made = makeFolder(folder)
        if (!made.ok) return made
        const answer = await ask({ type: 'write', job, path: pathOf(name), collections })
        return 'failure' in answer ? cannotWrite(pathOf(name), answer.failure) : ok({ rows: answer.rows })
      },
      abandon: () => mine?.tell({ type: 'abandon', job }),
    }
  }

  return {
    open: (name, collections) =>
      closed ? fail('index.none', 'The node stops, and its indices are closed.') : openIndex(pathOf(name), collections),
    rebuild,
    async close() {
      closed = true
      await thread?.end()
    },
  }
}

const cannotWrite = (path: string, why: string) =>
  failForNow(
    'index.rebuild',
    `The index cache ${path} could not be written (${why}): check the folder's permissions and free space. It is tried again.`,
  )

function makeFolder(folder: string): Result<null> {
  try {
    mkdirSync(folder, { recursive: true })
    return ok(null)
  } catch (error) {
    return cannotWrite(folder, (error as Error).message)
  }
}

/** @param ended called when the thread is gone or about to go, whatever the reason */
function startThread(idleMs: number, ended: () => void): Thread {
  const worker = new Worker(new URL('./index-worker.ts', import.meta.url))
  const waiting: Array<{ job: number; answer(from: FromWorker): void }> = []
  /** Rebuilds that have begun and not ended: their rows are in the thread. */
  const open = new Set<number>()
  let gone = false
  let idle: NodeJS.Timeout | undefined
  const leave = (): void => {
    gone = true
    ended()
    void worker.terminate()
  }
  const settle = (): void => {
    if (waiting.length > 0) return
    worker.unref()
    clearTimeout(idle)
    if (open.size === 0 && !gone) idle = setTimeout(leave, idleMs).unref()
  }
  const note = ({ type, job }: ToWorker): void => {
    clearTimeout(idle)
    if (type === 'rows') open.add(job)
    else open.delete(job)
  }
  worker.unref()
  // Answers come in the order of the questions.
  worker.on('message', (from: FromWorker) => {
    waiting.shift()?.answer(from)
    settle()
  })
  worker.on('error', () => undefined)
  worker.on('exit', () => {
    clearTimeout(idle)
    if (!gone) ended()
    gone = true
    for (const { job, answer } of waiting.splice(0)) answer({ job, failure: 'its thread ended' })
  })
  return {
    ask: (message) =>
      new Promise((resolve) => {
        if (gone) return resolve({ job: message.job, failure: 'its thread ended' })
        note(message)
        waiting.push({ job: message.job, answer: resolve })
        worker.ref()
        worker.postMessage(message)
      }),
    tell(message) {
      note(message)
      worker.postMessage(message)
      settle()
    },
    end: () => worker.terminate(),
  }
}
