/** The chain of a local network: the embedded one in a process of its own, or a bitcoind that the caller runs; and its regular blocks. */
import { fork, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { LogPort } from '../../../core/ports.ts'
import type { ParticipantConfig } from '../../../core/index.ts'

export type ChainAccess = Pick<ParticipantConfig['chain'], 'url' | 'user' | 'password' | 'backend'>

export interface ChainProcess { access: ChainAccess; stop(): Promise<void> }

const ENTRY = fileURLToPath(new URL('../../worker/chain.ts', import.meta.url))

/**
 * Starts the embedded chain, going on with the blocks in `folder`.
 * @param port asked for first, so that a restarted chain is found again; 0: the system picks one
 * @throws when it ends before it is ready
 */
export async function startEmbeddedChain(folder: string, port: number): Promise<ChainProcess> {
  const [user, password] = ['golem', randomBytes(16).toString('hex')]
  const child = fork(ENTRY, [folder, user, password, String(port)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = await firstMessage(child)
  return {
    access: { url, user, password, backend: 'embedded' },
    async stop() {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}

function firstMessage(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve((message as { url: string }).url))
    child.once('error', reject)
    child.once('exit', (code, signal) => reject(new Error(`The chain's process ended (${signal ?? `code ${code}`}) before it was ready.`)))
  })
}

export interface BlockClock {
  /** Milliseconds between blocks from now on; 0 stops them. */
  set(blockMs: number): void
  stop(): Promise<void>
}

/** Times that a block is put off for participants that have not seen the last one. */
const PATIENCE = 30

/** Regular blocks; one that is late is not made up for. */
export function createBlockClock(mine: (blocks: number) => Promise<void>, isReady: () => Promise<boolean>, log: LogPort): BlockClock {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | null = null
  let waited = 0
  const next = async (): Promise<void> => {
    if (++waited <= PATIENCE && !(await isReady())) return
    waited = 0
    await mine(1)
  }
  const tick = (): void => {
    running ??= next().catch((error: unknown) => log.log('warn', `no block this time: ${String(error)}`)).finally(() => { running = null })
  }
  return {
    set(blockMs) {
      clearInterval(timer)
      if (blockMs > 0) timer = setInterval(tick, blockMs)
    },
    async stop() {
      clearInterval(timer)
      await running
    },
  }
}
