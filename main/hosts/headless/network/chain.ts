/** The embedded chain of a local network, in a process of its own or in this one. */
import { fork, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import type { ParticipantConfig } from '../../../core/index.ts'
import { serveEmbedded } from '../../worker/embedded.ts'
import { leanEnvironment, leanOptions } from '../../worker/lean.ts'

export type ChainAccess = Pick<ParticipantConfig['chain'], 'url' | 'user' | 'password' | 'backend'>

export interface ChainProcess {
  access: ChainAccess
  stop(): Promise<void>
}

const ENTRY = fileURLToPath(new URL('../../worker/chain.ts', import.meta.url))

/**
 * Starts the embedded chain, going on with the blocks in `folder`.
 * @param port asked for first, so that a restarted chain is found again; 0: the system picks one
 * @throws when it ends before it is ready
 */
export async function startEmbeddedChain(folder: string, port: number): Promise<ChainProcess> {
  const [user, password] = ['golem', randomBytes(16).toString('hex')]
  const child = fork(ENTRY, [folder, user, password, String(port)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: leanOptions,
    env: { ...process.env, ...leanEnvironment },
  })
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

/** The same in this process, behind the same interface. @throws in one sentence when its folder is in use or damaged */
export async function serveEmbeddedChain(folder: string, port: number): Promise<ChainProcess> {
  const [user, password] = ['golem', randomBytes(16).toString('hex')]
  const { url, stop } = await serveEmbedded(folder, port, { user, password })
  return { access: { url, user, password, backend: 'embedded' }, stop }
}

function firstMessage(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => {
      const told = message as { url: string } | { failed: string }
      if ('url' in told) resolve(told.url)
      else reject(new Error(`The chain could not start: ${told.failed}`))
    })
    child.once('error', reject)
    child.once('exit', (code, signal) => reject(new Error(`The chain's process ended (${signal ?? `code ${code}`}) before it was ready.`)))
  })
}
