/**
 * A process that does the HTTP of a server and none of its work: a leaf answers with so many bytes, a relay first asks its leaves, block after block
 * and those of one block at once.
 */
import process from 'node:process'
import { createHttpTransport } from '../../../main/adapters/transport/http.ts'
import { MESSAGE_LIMIT, pathTo } from '../../../roles/protocol/requests/index.ts'
import { must, ok } from '../../../roles/protocol/result.ts'

export interface EchoConfig {
  reply: number
  /** By block, of each lane. */
  hops: Array<Array<{ port: number; bytes: number }>>
}

async function serve({ reply, hops }: EchoConfig): Promise<void> {
  const transport = createHttpTransport({ privateHosts: true })
  const answer = new Uint8Array(reply)
  const ask = async ({ port, bytes }: { port: number; bytes: number }): Promise<void> =>
    void must(
      await transport.send({ host: '127.0.0.1', port }, pathTo('00'.repeat(32), 'hop'), new Uint8Array(bytes), {
        timeoutMs: 15_000,
        maxBytes: MESSAGE_LIMIT,
      }),
    )
  const listening = must(
    await transport.serve(
      { host: '127.0.0.1', port: 0, maxBytes: MESSAGE_LIMIT, timeoutMs: 15_000, perMinutePerPeer: { requests: 1_000_000, bytes: 1e12 } },
      async () => {
        for (const lanes of hops) await Promise.all(lanes.map(ask))
        return ok(answer)
      },
    ),
  )
  process.send!({ port: listening.port })
}

process.once('message', (config) => void serve(config as EchoConfig))
process.once('disconnect', () => process.exit(0))
