/**
 * Keeps twice as many processes busy as there are cores: `npm run program -- test/tools/load.ts [--seconds 600] [--processes 4]`, or beside stages with
 * `npm test -- --beside-load scenario`. It ends by itself after its time, and its processes end with their parent, however that ends.
 */
import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import process from 'node:process'
import { parseArgs } from 'node:util'

export interface Load {
  readonly pids: number[]
  /** Resolves when every process of it has ended. */
  readonly ended: Promise<void>
  stop(): Promise<void>
}

const LONGEST_S = 4 * 3_600
/** Between two looks whether the parent is still there. */
const BURST_MS = 20

export const busyProcesses = (): number => 2 * availableParallelism()

/** @param seconds after which each process ends by itself, whoever forgot it */
export function startLoad({ processes = busyProcesses(), seconds = LONGEST_S } = {}): Load {
  const children = Array.from({ length: processes }, () =>
    fork(import.meta.filename, ['busy', String(seconds)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] }),
  )
  const ended = Promise.all(children.map((child) => once(child, 'exit'))).then(() => undefined)
  return {
    pids: children.map(({ pid }) => pid!),
    ended,
    async stop() {
      for (const child of children) child.kill('SIGKILL')
      await ended
    },
  }
}

/** Hashes through a megabyte, so that it takes cores and caches from others. */
function keepBusy(seconds: number): void {
  const until = performance.now() + seconds * 1000
  const bytes = Buffer.alloc(1 << 20)
  process.on('disconnect', () => process.exit(0))
  const burst = (): void => {
    for (const end = performance.now() + BURST_MS; performance.now() < end;) createHash('sha256').update(bytes).digest().copy(bytes)
    if (performance.now() < until) setImmediate(burst)
    else process.exit(0)
  }
  burst()
}

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { seconds: { type: 'string', default: '600' }, processes: { type: 'string' } } })
  const load = startLoad({
    seconds: Number(values.seconds),
    ...(values.processes === undefined ? {} : { processes: Number(values.processes) }),
  })
  process.stdout.write(`golem: ${load.pids.length} processes are busy for ${values.seconds} s; Ctrl+C ends them\n`)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void load.stop())
  await load.ended
}

if (import.meta.main) {
  const [word, ...rest] = process.argv.slice(2)
  if (word === 'busy') keepBusy(Number(rest[0]))
  else await main(process.argv.slice(2))
}
