/** Threads that take one file of documents after the other. Each holds the process only while it works. */
import { Worker } from 'node:worker_threads'
import type { FileCheck, Revealed } from '../../../roles/protocol/crypto/index.ts'
import { SECRETS_KEPT, type Answer, type Ask } from './asks.ts'

interface Task {
  file: Uint8Array
  revealed: readonly Revealed[]
  /** Called with the answer, or with null where no thread gave one. */
  done(check: FileCheck | null): void
}

interface Thread {
  worker: Worker
  task: Task | null
  /** Ids of the reveals that it keeps, oldest first. */
  secrets: string[]
}

export interface PoolOptions {
  /** Threads at most; 0: there are none. */
  threads: number
  /** Where the worker's code is. */
  worker: URL
  /** Threads are ended after so long without work, in milliseconds. */
  idleMs: number
}

export interface Pool {
  /** Null where no thread answers. */
  run(file: Uint8Array, revealed: readonly Revealed[]): Promise<FileCheck | null>
  /** Threads that run now. */
  count(): number
  /** Ends the threads; what is under way is answered with null. */
  end(): Promise<void>
}

/** The message for a thread, which has the bytes to itself, and reveals only once. */
function askOf({ file, revealed }: Task, thread: Thread): Ask {
  const fresh = revealed.filter(({ id }) => !thread.secrets.includes(id))
  thread.secrets = [...thread.secrets, ...fresh.map(({ id }) => id)].slice(-SECRETS_KEPT)
  return { file: new Uint8Array(file), fresh, revealed: revealed.map(({ id }) => id) }
}

export function createPool({ threads: most, worker: url, idleMs }: PoolOptions): Pool {
  const waiting: Task[] = []
  let threads: Thread[] = []
  /** After a thread could not be started none is tried again: all is done by the caller. */
  let failed = most < 1
  let idle: NodeJS.Timeout | undefined

  function start(): Thread | null {
    try {
      const thread: Thread = { worker: new Worker(url), task: null, secrets: [] }
      thread.worker.on('message', ({ check }: Answer) => finish(thread, check))
      thread.worker.on('error', () => lose(thread))
      thread.worker.on('exit', () => lose(thread))
      threads.push(thread)
      return thread
    } catch {
      failed = true
      return null
    }
  }
  function finish(thread: Thread, check: FileCheck | null): void {
    const { task } = thread
    thread.task = null
    thread.worker.unref()
    task?.done(check)
    next()
  }
  /** Its task goes back to who asked; so does what waits, when no thread is left that could be trusted to start. */
  function lose(thread: Thread): void {
    if (!threads.includes(thread)) return
    threads = threads.filter((other) => other !== thread)
    failed = true
    thread.task?.done(null)
    if (threads.length === 0) for (const task of waiting.splice(0)) task.done(null)
  }
  function next(): void {
    while (waiting.length > 0) {
      const thread = threads.find(({ task }) => task === null) ?? (threads.length < most && !failed ? start() : null)
      if (thread === null) break
      const task = waiting.shift()!
      const ask = askOf(task, thread)
      thread.task = task
      thread.worker.ref()
      thread.worker.postMessage(ask, [ask.file.buffer])
    }
    if (threads.length === 0) for (const task of waiting.splice(0)) task.done(null)
    clearTimeout(idle)
    if (threads.every(({ task }) => task === null)) idle = setTimeout(() => void end(), idleMs).unref()
  }
  async function end(): Promise<void> {
    clearTimeout(idle)
    const ending = threads
    threads = []
    for (const task of waiting.splice(0)) task.done(null)
    for (const { task } of ending) task?.done(null)
    await Promise.all(ending.map(({ worker }) => worker.terminate()))
  }
  return {
    run: (file, revealed) =>
      new Promise((done) => {
        waiting.push({ file, revealed, done })
        next()
      }),
    count: () => threads.length,
    end,
  }
}
