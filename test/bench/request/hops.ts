/** The HTTP of a request measured alone: the same hops between as many processes, the same sizes, no work in them. */
import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createHttpTransport } from '../../../main/adapters/transport/http.ts'
import { roomyOptions } from '../../../main/hosts/worker/lean.ts'
import { MESSAGE_LIMIT, pathTo } from '../../../roles/protocol/requests/index.ts'
import { must } from '../../../roles/protocol/result.ts'
import type { EchoConfig } from './echo.ts'

/** Bytes of one HTTP exchange. */
export interface Exchange {
  sent: number
  received: number
}

const ENTRY = fileURLToPath(new URL('./echo.ts', import.meta.url))

function startEcho(config: EchoConfig): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(ENTRY, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: roomyOptions })
  child.send(config)
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve({ child, port: (message as { port: number }).port }))
    child.once('exit', (code) => reject(new Error(`the echo process ended with code ${code}`)))
  })
}

export interface Hops {
  pids: number[]
  once(): Promise<void>
  close(): void
}

/** @param outer between the client and the top-level server; @param inner between that one and the servers of each block, one for each lane */
export async function startHops(outer: Exchange, inner: ReadonlyArray<readonly Exchange[]>): Promise<Hops> {
  const blocks = await Promise.all(
    inner.map((lanes) =>
      Promise.all(lanes.map(async ({ sent, received }) => ({ ...(await startEcho({ reply: received, hops: [] })), bytes: sent }))),
    ),
  )
  const hops = blocks.map((lanes) => lanes.map(({ port, bytes }) => ({ port, bytes })))
  const top = await startEcho({ reply: outer.received, hops })
  const leaves = blocks.flat()
  const transport = createHttpTransport({ privateHosts: true })
  const body = new Uint8Array(outer.sent)
  return {
    pids: [top, ...leaves].map(({ child }) => child.pid!),
    once: async () =>
      void must(
        await transport.send({ host: '127.0.0.1', port: top.port }, pathTo('00'.repeat(32), 'request'), body, {
          timeoutMs: 15_000,
          maxBytes: MESSAGE_LIMIT,
        }),
      ),
    close() {
      transport.close()
      for (const { child } of [top, ...leaves]) child.disconnect()
    },
  }
}
