import { Worker } from 'node:worker_threads'
import { expectedTries } from '../../../roles/protocol/crypto/index.ts'
import { fail, failForNow, ok, type Result } from '../../../roles/protocol/result.ts'
import type { WorkPort } from '../../core/ports.ts'
import { BATCH } from './kernel.ts'
import type { Found, Share } from './worker.ts'

export interface WorkersOptions {
  /** Worker threads that grind, at least 1. */
  threads: number
  /** Where the worker's code is, when the app is bundled. Default: worker.ts beside this file. */
  worker?: URL
  /** Threads are ended after so long without a job, in milliseconds. Default 5,000. */
  idleMs?: number
}

export interface Workers extends WorkPort {
  /** Ends the threads; work under way is stopped. */
  close(): Promise<void>
}

type GrindOptions = Parameters<WorkPort['grind']>[2]
interface Pool {
  threads: number
  url: URL
  workers: Worker[]
  jobs: number
  /** Jobs under way or waiting. */
  open: number
  idle: NodeJS.Timeout | undefined
  idleMs: number
  closed: boolean
}

const PROGRESS_MS = 200
/** Threads without a job are ended after so long: work is rare, and each of them holds a heap. */
const IDLE_MS = 5_000
const STOPPED = fail('work.stopped', 'The proof of work was stopped before a nonce was found: start it again.')

/**
 * A pool of worker threads that grinds one job at a time, each thread a different part of the nonces; further jobs wait.
 * Errors of `grind`: `work.stopped` (signal or close), `work.bits` (difficulty out of range), `work.failed` (a thread died).
 */
export function createWorkers(options: WorkersOptions): Workers {
  const pool: Pool = {
    threads: Math.max(1, Math.floor(options.threads)),
    url: options.worker ?? new URL('./worker.ts', import.meta.url),
    workers: [],
    jobs: 0,
    open: 0,
    idle: undefined,
    idleMs: options.idleMs ?? IDLE_MS,
    closed: false,
  }
  const closing = new AbortController()
  let last: Promise<unknown> = Promise.resolve()
  return {
    grind: (challenge, bits, grindOptions) => {
      if (!Number.isInteger(bits) || bits < 0 || bits > 64)
        return Promise.resolve(fail('work.bits', `A difficulty of ${bits} bits cannot be ground: ask for a whole number from 0 to 64.`))
      const signal = grindOptions.signal ? AbortSignal.any([grindOptions.signal, closing.signal]) : closing.signal
      clearTimeout(pool.idle)
      pool.open++
      const mine = last.then(() => grindOne(pool, Uint8Array.from(challenge), bits, { ...grindOptions, signal }))
      last = mine.catch(() => undefined).then(() => rest(pool))
      return Promise.race([mine, aborted(signal)])
    },
    close: async () => {
      pool.closed = true
      closing.abort()
      await last
      clearTimeout(pool.idle)
      await endThreads(pool)
    },
  }
}

const endThreads = (pool: Pool): Promise<unknown> => Promise.all(pool.workers.splice(0).map((worker) => worker.terminate()))

/** A job has ended. */
function rest(pool: Pool): void {
  pool.open--
  if (pool.open === 0 && !pool.closed) pool.idle = setTimeout(() => void endThreads(pool), pool.idleMs).unref()
}

/** Also answers for a job that still waits in line. */
const aborted = (signal: AbortSignal): Promise<Result<bigint>> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(STOPPED)
    else signal.addEventListener('abort', () => resolve(STOPPED), { once: true })
  })

async function grindOne(
  pool: Pool,
  challenge: Uint8Array,
  bits: number,
  options: GrindOptions & { signal: AbortSignal },
): Promise<Result<bigint>> {
  if (options.signal.aborted || pool.closed) return STOPPED
  const shared = new Int32Array(new SharedArrayBuffer(4 * (1 + pool.threads)))
  const job = ++pool.jobs
  const quiet = reportProgress(shared, bits, options.progress)
  const stop = () => {
    Atomics.store(shared, 0, 1)
  }
  options.signal.addEventListener('abort', stop)
  try {
    const workers = awake(pool)
    const shares = workers.map((worker, index) =>
      run(worker, { job, challenge, bits, high: index, step: pool.threads, shared, index }, stop),
    )
    const answers = await Promise.all(shares)
    const nonce = answers.find((answer) => answer.ok && answer.value !== null)
    if (nonce?.ok) return ok(nonce.value!)
    return (answers.find((answer) => !answer.ok) as Result<never> | undefined) ?? STOPPED
  } finally {
    quiet()
    options.signal.removeEventListener('abort', stop)
    pool.workers = pool.workers.filter((worker) => worker.threadId > 0)
    pool.workers.forEach((worker) => worker.unref())
  }
}

/** Threads are started at the first job, and hold the process only while they work. */
function awake(pool: Pool): Worker[] {
  while (pool.workers.length < pool.threads) {
    const worker = new Worker(pool.url)
    worker.setMaxListeners(0)
    worker.on('error', () => undefined)
    pool.workers.push(worker)
  }
  pool.workers.forEach((worker) => worker.ref())
  return pool.workers
}

/** The first thread that finds a nonce, or dies, stops the others. */
function run(worker: Worker, share: Share, stop: () => void): Promise<Result<bigint | null>> {
  return new Promise((resolve) => {
    const end = (result: Result<bigint | null>) => {
      worker.removeListener('message', onMessage)
      worker.removeListener('exit', onExit)
      stop()
      resolve(result)
    }
    const onMessage = (found: Found) => {
      if (found.job === share.job) end(ok(found.nonce))
    }
    const onExit = () => end(failForNow('work.failed', 'A worker thread ended while it was grinding: try again.'))
    worker.on('message', onMessage)
    worker.on('exit', onExit)
    worker.postMessage(share)
  })
}

function reportProgress(shared: Int32Array, bits: number, progress: GrindOptions['progress']): () => void {
  if (!progress) return () => undefined
  const began = performance.now()
  const report = () => {
    const tried = shared.subarray(1).reduce((sum, batches) => sum + (batches >>> 0), 0) * BATCH
    progress({ tried, expected: expectedTries(bits), perSecond: Math.round(tried / Math.max(0.001, (performance.now() - began) / 1_000)) })
  }
  const timer = setInterval(report, PROGRESS_MS)
  return () => clearInterval(timer)
}
