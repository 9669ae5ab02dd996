/** The distributed hash table (BEP 5): the socket of its node, and joining it. */
import { createSocket, type Socket } from 'node:dgram'
import type WebTorrent from 'webtorrent'
import type { LogPort } from '../../core/ports.ts'

/** `true`: the public table. A list: the one that these nodes, `host:port`, belong to; an empty one begins a table of its own. */
export type TableOptions = boolean | { bootstrap: readonly string[] }

/** While nobody of the table is known, it is asked for at growing intervals. */
const [FIRST_JOIN_MS, LAST_JOIN_MS] = [2_000, 60_000]

/**
 * What WebTorrent's table is made with; false: there is none. The library's handlers believe that a packet has the types that it should have and throw where it
 * has not, which would end the process: anybody may send one.
 * @param host to listen on; without it, all addresses
 */
export function tableOptions(dht: TableOptions, host: string | undefined, log: LogPort): Record<string, unknown> | false {
  if (dht === false) return false
  const socket = guarded(createSocket('udp4'), log)
  const bind = socket.bind.bind(socket) as (port: number, host?: string) => Socket
  socket.bind = ((port: number) => bind(port, host)) as typeof socket.bind
  return { socket, ...(dht === true ? {} : { bootstrap: [...dht.bootstrap] }) }
}

function guarded(socket: Socket, log: LogPort): Socket {
  const emit = socket.emit.bind(socket) as (event: string, ...args: unknown[]) => boolean
  socket.emit = ((event: string, ...args: unknown[]) => {
    try {
      return emit(event, ...args)
    } catch (error) {
      if (event !== 'message') throw error
      log.log('debug', 'A packet of the hash table was malformed', { reason: (error as Error).message })
      return true
    }
  }) as typeof socket.emit
  return socket
}

/**
 * A node that starts before its network does, or before the nodes that it begins with, knows nobody: the library then waits for 15 minutes.
 * @param joined called when somebody is known, and again each time after nobody was
 * @returns ends it
 */
export function joinTable(client: WebTorrent, joined: () => void): () => void {
  const { dht } = client
  if (!dht) return () => undefined
  let [alone, wait] = [true, FIRST_JOIN_MS]
  let timer: NodeJS.Timeout | undefined
  const look = (): void => {
    alone = dht.nodes.count() === 0
    wait = alone ? Math.min(wait * 2, LAST_JOIN_MS) : FIRST_JOIN_MS
    // Nobody can be asked where nobody is named, and then somebody has to come.
    if (alone && !client.destroyed) dht.lookup(dht.nodeId.toString('hex'))
    timer = setTimeout(look, alone ? wait : LAST_JOIN_MS).unref()
  }
  dht.on('node', () => {
    if (!alone) return
    alone = false
    joined()
  })
  timer = setTimeout(look, FIRST_JOIN_MS).unref()
  return () => clearTimeout(timer)
}
