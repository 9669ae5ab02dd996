/**
 * Peers in the local network (BEP 14): whoever looks for a torrent says so to everybody near by multicast, and those who have it connect. WebTorrent's own has a
 * socket for every open torrent, so nobody would hear for those that rest, and a malformed packet ends its process.
 */
import { createSocket, type Socket } from 'node:dgram'
import { networkInterfaces } from 'node:os'
import type { LogPort } from '../../core/ports.ts'

export interface LocalPeers {
  /** Says that this node looks for a torrent, or has a new one. */
  say(infohash: string): void
  close(): void
}

export interface LocalPeersOptions {
  /** Of this node, hex: it does not listen to itself. */
  peerId: string
  /** TCP port for peers. */
  torrentPort: number
  /** Somebody near, `address:port`, looks for a torrent or has it. */
  heard(infohash: string, peer: string): void
  log: LogPort
}

const [GROUP, PORT] = ['239.192.152.143', 6771]
/** A packet names few torrents, and all neighbours together are heard so often a second. */
const [MOST_NAMED, MOST_A_SECOND] = [16, 50]

/** On every network of this machine, as it is now. Where multicast is not to be had, it is quiet and says so once in the log. */
export function openLocalPeers(options: LocalPeersOptions): LocalPeers {
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? [])
  const near = addresses.filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address)
  const ear = open(options, (socket) => {
    socket.on('message', hearing(options))
    socket.bind(PORT, () => near.forEach((address) => quietly(options, () => socket.addMembership(GROUP, address))))
  })
  const mouths = near.map((address) =>
    open(options, (socket) => socket.bind(0, address, () => quietly(options, () => socket.setMulticastInterface(address)))),
  )
  return {
    say(infohash) {
      const text = saying(infohash, options)
      for (const mouth of mouths) quietly(options, () => mouth.send(text, PORT, GROUP, () => undefined))
    },
    close: () => [ear, ...mouths].forEach((socket) => quietly(options, () => socket.close())),
  }
}

function open({ log }: LocalPeersOptions, begin: (socket: Socket) => void): Socket {
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  socket.on('error', (error) => log.log('warn', 'Peers in the local network are not looked for', { reason: error.message }))
  begin(socket)
  socket.unref()
  return socket
}

/** A network may go while it is used: then this one is not heard there. */
function quietly({ log }: LocalPeersOptions, act: () => unknown): void {
  try {
    act()
  } catch (error) {
    log.log('debug', 'The local network was not reached', { reason: (error as Error).message })
  }
}

const saying = (infohash: string, { torrentPort, peerId }: LocalPeersOptions): string =>
  ['BT-SEARCH * HTTP/1.1', `Host: ${GROUP}:${PORT}`, `Port: ${torrentPort}`, `Infohash: ${infohash}`, `cookie: ${peerId}`, '', '', ''].join(
    '\r\n',
  )

function hearing({ peerId, heard }: LocalPeersOptions): (packet: Buffer, from: { address: string }) => void {
  let [second, count] = [0, 0]
  return (packet, from) => {
    const now = Math.floor(Date.now() / 1000)
    count = now === second ? count + 1 : 1
    second = now
    if (count > MOST_A_SECOND) return
    const said = understand(packet)
    if (said === null || said.cookie === peerId) return
    for (const infohash of said.infohashes) heard(infohash, `${from.address}:${said.port}`)
  }
}

/** @returns what a packet says, or null where it is none */
export function understand(packet: Buffer): { port: number; infohashes: string[]; cookie: string | undefined } | null {
  const [first, ...lines] = packet.toString('latin1').split('\r\n', 64)
  if (first !== 'BT-SEARCH * HTTP/1.1') return null
  const fields = lines.map((line) => /^([\w-]+):[ \t]*(\S*)[ \t]*$/.exec(line)).filter((field) => field !== null)
  const all = (name: string): string[] => fields.filter(([, key]) => key!.toLowerCase() === name).map(([, , value]) => value!)
  const port = Number(all('port')[0])
  const infohashes = all('infohash').map((text) => text.toLowerCase())
  const named = infohashes.filter((text) => /^[0-9a-f]{40}$/.test(text)).slice(0, MOST_NAMED)
  return Number.isInteger(port) && port > 0 && port < 65_536 && named.length > 0
    ? { port, infohashes: named, cookie: all('cookie')[0] }
    : null
}
