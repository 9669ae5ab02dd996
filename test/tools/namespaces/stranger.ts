/** Somebody with a computer of their own, who types `golem …` and nothing else. */
import { type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { buildNode, buildRenderer } from '../../../main/hosts/launcher/build.ts'
import { nodeIsStale, rendererIsStale, repository } from '../../../main/hosts/launcher/places.ts'
import type { Namespace } from '../namespaces.ts'

const GOLEM = join(repository, 'main', 'hosts', 'cli', 'main.ts')
const PASSPHRASE = 'four words that nobody guesses'

export interface Chain {
  /** `http://user@host:port`. */
  url: string
  password: string
}

export interface Stranger {
  readonly folder: string
  readonly address: string
  /** What its node wrote. */
  readonly output: string[]
  /** `golem <words> --json`; its value. @throws with the words of a refusal */
  golem<T = unknown>(...words: string[]): Promise<T>
  /** `golem node`, in the foreground of another terminal; resolves when it says where it is. */
  start(): Promise<void>
  /** Ctrl+C. */
  stop(): Promise<void>
  kill(): Promise<void>
}

/** Once, before several nodes would build the same at one time. */
export async function buildForStrangers(): Promise<void> {
  if (rendererIsStale()) await buildRenderer()
  if (nodeIsStale()) await buildNode()
}

export function createStranger(namespace: Namespace, folder: string, chain: Chain): Stranger {
  mkdirSync(folder, { recursive: true })
  const passphraseFile = join(folder, '..', `${namespace.name}.passphrase`)
  writeFileSync(passphraseFile, `${PASSPHRASE}\n`, { mode: 0o600 })
  const env = {
    ...process.env,
    GOLEM_FOLDER: folder,
    GOLEM_NETWORK: 'regtest',
    GOLEM_CHAIN_PASSWORD: chain.password,
    GOLEM_PASSPHRASE: PASSPHRASE,
  }
  const output: string[] = []
  let node: ChildProcess | null = null
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (node === null || node.exitCode !== null || node.signalCode !== null) return
    const ended = once(node, 'exit')
    node.kill(signal)
    await ended
  }
  return {
    folder,
    address: namespace.address,
    output,
    golem: (...words) => command(namespace, env, words),
    async start() {
      const child = namespace.spawn(process.execPath, [GOLEM, 'node', '--chain', chain.url], { env, stdio: ['ignore', 'pipe', 'pipe'] })
      node = child
      const said = new Promise<void>((resolve, reject) => {
        for (const stream of [child.stdout!, child.stderr!])
          createInterface({ input: stream }).on('line', (line) => {
            output.push(line)
            if (/regtest node in .* page at http/.test(line)) resolve()
          })
        child.once('exit', (code) => reject(new Error(`golem node ended with ${code}: ${output.slice(-10).join('\n')}`)))
      })
      await said
    },
    stop: () => end('SIGINT'),
    kill: () => end('SIGKILL'),
  }
}

async function command<T>(namespace: Namespace, env: NodeJS.ProcessEnv, words: string[]): Promise<T> {
  const child = namespace.spawn(process.execPath, [GOLEM, ...words, '--json'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const pieces: { out: string; err: string } = { out: '', err: '' }
  child.stdout!.on('data', (piece: Buffer) => void (pieces.out += piece.toString()))
  child.stderr!.on('data', (piece: Buffer) => void (pieces.err += piece.toString()))
  await once(child, 'close')
  const last = pieces.out.trim().split('\n').at(-1) ?? ''
  const answer = (last === '' ? { ok: false, error: { code: 'none', message: pieces.err } } : JSON.parse(last)) as
    { ok: true; value: T } | { ok: false; error: { code: string; message: string } }
  if (!answer.ok) throw new Error(`golem ${words.join(' ')}: ${answer.error.message} (${answer.error.code})`)
  return answer.value
}

/** A file with the words that are asked back, as a person writes them down. */
export async function makeWallet(stranger: Stranger): Promise<string> {
  const { phrase, asked } = await stranger.golem<{ phrase: string; asked: number[] }>('wallet', 'create')
  const words = join(stranger.folder, '..', 'asked-words')
  writeFileSync(words, asked.map((position) => phrase.split(' ')[position - 1]).join('\n'))
  await stranger.golem('wallet', 'confirm', '--words-file', words)
  return phrase
}
