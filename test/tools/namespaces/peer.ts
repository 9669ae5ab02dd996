/** A computer in a namespace: our transport, our swarm and our chain adapter, which a test moves over the channel of its process. */
import { once } from 'node:events'
import type { ChildProcess } from 'node:child_process'
import process from 'node:process'
import { createRpcChain } from '../../../main/adapters/chain/index.ts'
import { createWebTorrentSwarm, type WebTorrentSwarm, type WebTorrentSwarmOptions } from '../../../main/adapters/torrent/swarm.ts'
import { createHttpTransport } from '../../../main/adapters/transport/http.ts'
import type { BlockRef, LogPort } from '../../../main/core/ports.ts'
import { ok, type Result } from '../../../roles/protocol/result.ts'
import type { Namespace } from '../namespaces.ts'

/** What a peer does, by name: arguments and what comes of it, all of it able to cross between processes. */
interface Work {
  /** Answers every request with its own address and the body. */
  serve(host: string): Promise<Result<number>>
  post(host: string, port: number, text: string, timeoutMs: number): Promise<Result<string>>
  swarm(options: Partial<WebTorrentSwarmOptions> & { folder: string }): Promise<Result<{ port: number; dhtPort: number | null }>>
  seed(text: string): Promise<Result<{ infohash: string }>>
  /** That a seed of this text has. */
  infohash(text: string): Promise<Result<string>>
  fetch(infohash: string, timeoutMs: number, peers?: string[]): Promise<Result<string>>
  tip(node: { url: string; user: string; password: string }): Promise<Result<BlockRef>>
}

const log: LogPort = { log: () => undefined }
const limits = { maxBytes: 1 << 20, perMinutePerPeer: { requests: 1_000, bytes: 1 << 24 } }
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const bytes = (from: string): Uint8Array => new TextEncoder().encode(from)

function createWork(): Work {
  const transport = createHttpTransport({ privateHosts: true })
  let swarm: WebTorrentSwarm | undefined
  return {
    async serve(host) {
      const served = await transport.serve({ host, port: 0, timeoutMs: 10_000, ...limits }, async (path, body, peer) =>
        ok(bytes(`${host} got ${text(body)} at ${path} from ${peer}`)),
      )
      return served.ok ? ok(served.value.port) : served
    },
    async post(host, port, body, timeoutMs) {
      const answer = await transport.send({ host, port }, '/hello', bytes(body), { timeoutMs, maxBytes: limits.maxBytes })
      return answer.ok ? ok(text(answer.value)) : answer
    },
    async swarm(options) {
      swarm = await createWebTorrentSwarm({ trackers: [], dht: false, lsd: false, port: 0, log, ...options })
      return ok({ port: swarm.port, dhtPort: swarm.dhtPort() })
    },
    seed: (from) => swarm!.seed('golem-test', [{ name: 'document.json', bytes: bytes(from) }]),
    infohash: async (from) => swarm!.infohash('golem-test', [{ name: 'document.json', bytes: bytes(from) }]),
    async fetch(infohash, timeoutMs, peers) {
      const files = await swarm!.fetch(infohash, { files: ['document.json'], maxBytes: 1 << 20, timeoutMs, ...(peers && { peers }) })
      return files.ok ? ok(text(files.value[0]!.bytes)) : files
    },
    async tip(node) {
      const chain = createRpcChain({ ...node, network: 'regtest', log })
      const found = await chain.tip()
      chain.close()
      return found
    },
  }
}

type Asked = { id: number; name: keyof Work; args: unknown[] }
type Answered = { id: number; result: Result<unknown> } | { id: number; thrown: string }

export interface Peer extends Work {
  process: ChildProcess
  end(): Promise<void>
}

/** Starts one. What it says of a failure is thrown; it ends with its namespace. */
export function startPeer(namespace: Namespace): Peer {
  const child = namespace.fork(import.meta.filename, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>()
  let asked = 0
  child.on('message', (answer: Answered) => {
    const asker = waiting.get(answer.id)
    waiting.delete(answer.id)
    if ('thrown' in answer) asker?.reject(new Error(answer.thrown))
    else asker?.resolve(answer.result as never)
  })
  child.on('close', () => waiting.forEach(({ reject }) => reject(new Error('the peer ended'))))
  const ask =
    (name: keyof Work) =>
    (...args: unknown[]) =>
      new Promise<never>((resolve, reject) => {
        const id = asked++
        waiting.set(id, { resolve, reject })
        child.send({ id, name, args } satisfies Asked)
      })
  return {
    process: child,
    serve: ask('serve'),
    post: ask('post'),
    swarm: ask('swarm'),
    seed: ask('seed'),
    infohash: ask('infohash'),
    fetch: ask('fetch'),
    tip: ask('tip'),
    async end() {
      const ended = once(child, 'close')
      child.kill('SIGKILL')
      await ended
    },
  }
}

if (import.meta.main) {
  const work = createWork()
  process.on('disconnect', () => process.exit())
  process.on('message', ({ id, name, args }: Asked) => {
    const answer = (given: Answered): boolean => process.send!(given)
    ;(work[name] as (...given: unknown[]) => Promise<Result<unknown>>)(...args).then(
      (result) => answer({ id, result }),
      (error: unknown) => answer({ id, thrown: String(error) }),
    )
  })
}
