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

/** A thread is started at the first rebuild, and holds the process only while it works. */
interface Thread {
  ask(message: ToWorker): Promise<FromWorker>
  tell(message: ToWorker): void
  end(): Promise<unknown>
}

/** One SQLite file for each name in `folder`, which holds nothing else and may be deleted while the node is stopped. */
export function createIndexCache(folder: string): IndexCache {
  let thread: Thread | null = null
  let jobs = 0
  let closed = false
  const pathOf = (name: string): string => join(folder, `${name}.sqlite`)
  const awake = (): Thread => {
    thread ??= startThread(() => {
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

/** @param ended called when the thread is gone, whatever the reason */
function startThread(ended: () => void): Thread {
  const worker = new Worker(new URL('./index-worker.ts', import.meta.url))
  const waiting: Array<{ job: number; answer(from: FromWorker): void }> = []
  let gone = false
  const settle = (): void => {
    if (waiting.length === 0) worker.unref()
  }
  worker.unref()
  // Answers come in the order of the questions.
  worker.on('message', (from: FromWorker) => {
    waiting.shift()?.answer(from)
    settle()
  })
  worker.on('error', () => undefined)
  worker.on('exit', () => {
    gone = true
    ended()
    for (const { job, answer } of waiting.splice(0)) answer({ job, failure: 'its thread ended' })
  })
  return {
    ask: (message) =>
      new Promise((resolve) => {
        if (gone) return resolve({ job: message.job, failure: 'its thread ended' })
        waiting.push({ job: message.job, answer: resolve })
        worker.ref()
        worker.postMessage(message)
      }),
    tell: (message) => worker.postMessage(message),
    end: () => worker.terminate(),
  }
}
