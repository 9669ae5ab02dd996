/**
 * Signatures checked beforehand by all cores, for who reads thousands of them: a tick's updates as they arrive, and the ticks of an audit. What was right is
 * remembered, so the same signature is not checked again when a document is opened a second time or its tick closes. Where there are no threads, where
 * they cannot be started, or where they end, the work is done here: the answers are the same.
 */
import { hash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { CryptoPort, SignatureCheck } from '../../../roles/protocol/crypto/index.ts'
import { isWhole, pack, type Batch, type Verdicts } from './checks.ts'
import { fastCrypto } from './fast.ts'

export interface CheckerOptions {
  /** Threads at most; 0: all is done here. Default: as many as there are cores, and 8 at most. */
  threads?: number
  /** Where the worker's code is. Default: checker-worker.ts beside this file. */
  worker?: URL
  /** Threads are ended after so long without work, in milliseconds. Default 10,000. */
  idleMs?: number
}

export interface Checker {
  /** The provider with `schnorr.ahead`. */
  crypto: CryptoPort
  /** Threads that run now. */
  threads(): number
  /** Ends the threads; what is under way is finished here. */
  close(): Promise<void>
}

const MOST_THREADS = 8
const IDLE_MS = 10_000
/** As many are checked here in the time in which a thread is woken, or started. */
const FEW = 64
/** Of one batch: some ten milliseconds of work. */
const BATCH = 256
/** Signatures that are remembered, about 130 bytes each: two ticks of 10,000 updates; the oldest is forgotten. */
const REMEMBERED = 140_000

/** What was right. A digest names signature, message and key, so nobody finds a wrong one that is taken for it. */
function createMemory(most: number) {
  const right = new Set<string>()
  const nameOf = ({ signature, message, publicKey }: SignatureCheck): string =>
    hash('sha256', Buffer.concat([signature, message, publicKey]), 'binary')
  return {
    /** Parts of other lengths could be another's joined otherwise. */
    has: (check: SignatureCheck): boolean => right.size > 0 && isWhole(check) && right.has(nameOf(check)),
    add(check: SignatureCheck): void {
      right.add(nameOf(check))
      if (right.size > most) right.delete(right.values().next().value!)
    },
  }
}

interface Task {
  checks: readonly SignatureCheck[]
  /** Called with the verdicts, or with null where no thread made them. */
  done(right: Uint8Array | null): void
}

interface Thread {
  worker: Worker
  task: Task | null
}

/** Threads that take one task after the other. Each holds the process only while it works. */
function createPool({ threads: most, worker: url, idleMs }: Required<CheckerOptions>) {
  const waiting: Task[] = []
  let threads: Thread[] = []
  /** After a thread could not be started none is tried again: all is done by the caller. */
  let failed = most < 1
  let idle: NodeJS.Timeout | undefined

  function start(): Thread | null {
    try {
      const thread: Thread = { worker: new Worker(url), task: null }
      thread.worker.on('message', ({ right }: Verdicts) => finish(thread, right))
      thread.worker.on('error', () => lose(thread))
      thread.worker.on('exit', () => lose(thread))
      threads.push(thread)
      return thread
    } catch {
      failed = true
      return null
    }
  }
  function finish(thread: Thread, right: Uint8Array): void {
    const { task } = thread
    thread.task = null
    thread.worker.unref()
    task?.done(right)
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
      const batch: Batch = { checks: pack(task.checks) }
      thread.task = task
      thread.worker.ref()
      thread.worker.postMessage(batch, [batch.checks.buffer])
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
    run: (checks: readonly SignatureCheck[]): Promise<Uint8Array | null> =>
      new Promise((done) => {
        waiting.push({ checks, done })
        next()
      }),
    count: () => threads.length,
    end,
  }
}

/** @param provider makes the checks that no thread makes */
export function createChecker(provider: CryptoPort = fastCrypto, options: CheckerOptions = {}): Checker {
  const pool = createPool({
    threads: Math.min(MOST_THREADS, availableParallelism()),
    worker: new URL('./checker-worker.ts', import.meta.url),
    idleMs: IDLE_MS,
    ...options,
  })
  const memory = createMemory(REMEMBERED)
  const { verify } = provider.schnorr
  const isRight = ({ signature, message, publicKey }: SignatureCheck): boolean => verify(signature, message, publicKey)

  async function check(batch: readonly SignatureCheck[], isAlone: boolean): Promise<void> {
    const right = isAlone ? null : await pool.run(batch)
    for (const [i, one] of batch.entries()) if (right === null ? isRight(one) : right[i] === 1) memory.add(one)
  }

  return {
    crypto: {
      ...provider,
      schnorr: {
        ...provider.schnorr,
        verify: (signature, message, publicKey) => memory.has({ signature, message, publicKey }) || verify(signature, message, publicKey),
        async ahead(checks) {
          const unknown = checks.filter((one) => isWhole(one) && !memory.has(one))
          const batches: SignatureCheck[][] = []
          for (let at = 0; at < unknown.length; at += BATCH) batches.push(unknown.slice(at, at + BATCH))
          await Promise.all(batches.map((batch) => check(batch, unknown.length < FEW)))
        },
      },
    },
    threads: pool.count,
    close: pool.end,
  }
}
