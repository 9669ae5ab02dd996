/**
 * Who comes in. WebTorrent's pool refuses a handshake (BEP 3) that names a torrent which is not open. So the first 48 bytes of every connection,
 * up to the infohash, are read here; the torrent is woken when it rests; then the bytes are put back, and the pool gets the connection as if
 * nothing had happened. This is the only seam: the `connection` listener of the pool's server.
 */
import type { Server, Socket } from 'node:net'
import type WebTorrent from 'webtorrent'

const PROTOCOL = Buffer.from('\x13BitTorrent protocol', 'latin1')
/** Protocol name, 8 reserved bytes, infohash. */
const HEAD_BYTES = PROTOCOL.length + 8 + 20
/** A client speaks at once; whoever does not is let go. */
const HEAD_WAIT_MS = 10_000
/** Connections at one time in all, and of those that are not let in yet: in all, and from one address. */
const MOST_CONNECTIONS = 1_000
const MOST_WAITING = 200
const MOST_FROM_ONE = 100

/**
 * @param wake opens the torrent if it is stored; false: it is not, or too many are in use
 * @returns lets everybody go who is not in yet: the client's own end waits for their connections
 */
export function openDoor(client: WebTorrent, wake: (infohash: string) => Promise<boolean>): () => void {
  const pool = client._connPool
  if (pool === null) return () => undefined
  const server: Server = pool.tcpServer
  const waiting = new Set<Socket>()
  const leave = (socket: Socket): void => {
    waiting.delete(socket)
    socket.destroy()
  }
  const enter = async (socket: Socket): Promise<void> => {
    socket.on('error', () => socket.destroy())
    socket.setNoDelay(true)
    const neighbours = [...waiting].filter((other) => other.remoteAddress === socket.remoteAddress)
    if (waiting.size >= MOST_WAITING || neighbours.length >= MOST_FROM_ONE) return leave(socket)
    waiting.add(socket)
    const head = await headOf(socket)
    const known = head !== null && (await wake(head.subarray(HEAD_BYTES - 20).toString('hex')))
    if (!known || socket.destroyed || client.destroyed) return leave(socket)
    waiting.delete(socket)
    socket.unshift(head)
    pool._onConnection(socket, 'tcp')
  }
  server.maxConnections = MOST_CONNECTIONS
  server.removeListener('connection', pool._onTCPConnectionBound)
  pool._onTCPConnectionBound = (socket) => void enter(socket).catch(() => leave(socket))
  server.on('connection', pool._onTCPConnectionBound)
  return () => waiting.forEach(leave)
}

/** The first bytes of a handshake; null when the connection ends before, is silent, or speaks something else. */
function headOf(socket: Socket): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const done = (head: Buffer | null): void => {
      clearTimeout(timer)
      socket.off('readable', look).off('end', ended).off('close', ended)
      resolve(head)
    }
    const look = (): void => {
      const head = socket.read(HEAD_BYTES) as Buffer | null
      // At the end of the stream it gives what is left.
      if (head !== null) done(head.length === HEAD_BYTES && head.subarray(0, PROTOCOL.length).equals(PROTOCOL) ? head : null)
    }
    const ended = (): void => done(null)
    const timer = setTimeout(ended, HEAD_WAIT_MS)
    socket.on('readable', look).on('end', ended).on('close', ended)
    look()
  })
}
