/** The parts of WebTorrent 3 and bittorrent-tracker that the adapter uses; neither ships types. */
declare module 'webtorrent' {
  import type { EventEmitter } from 'node:events'
  import type { Server, Socket } from 'node:net'
  export interface TorrentFile {
    name: string
    path: string
    length: number
    /** Where in the torrent's content. */
    offset: number
    done: boolean
    select(priority?: number): void
    deselect(): void
    arrayBuffer(): Promise<ArrayBuffer>
  }
  export interface Torrent extends EventEmitter {
    infoHash: string
    name: string
    ready: boolean
    destroyed: boolean
    metadata: Uint8Array | null
    torrentFile: Uint8Array
    files: TorrentFile[]
    pieceLength: number
    length: number
    downloaded: number
    wires: unknown[]
    /** Bytes of pieces that came from peers. */
    received: number
    bitfield: { buffer: Uint8Array }
    discovery?: { tracker: { update(): void; stop(): void } | null; complete(): void; destroy(done: () => void): void } | null
    _peers: Map<string, { wire: unknown; conn?: Socket }>
    _hasStartupBitfield?: boolean
    _startDiscovery(): void
    _verifyPieces(done: (error: Error | null) => void): void
    addPeer(address: string): boolean
    destroy(options?: { destroyStore?: boolean }, done?: (error?: Error) => void): void
  }
  export default class WebTorrent extends EventEmitter {
    constructor(options: Record<string, unknown>)
    listening: boolean
    destroyed: boolean
    torrentPort: number
    dhtPort: number
    peerId: string
    userAgent: string
    torrents: Torrent[]
    blocked: { contains(host: string): boolean } | null
    tracker: { announce: string[]; wrtc: false; proxyOpts: unknown } | false
    dht:
      | {
          ready: boolean
          nodeId: Buffer
          nodes: { count(): number }
          _tables: { remove(infohash: string): void }
          once(event: 'ready', run: () => void): void
          on(event: 'node', run: () => void): void
          announce(infohash: string, port: number, done: () => void): void
          lookup(infohash: string): void
        }
      | false
    _connPool: {
      tcpServer: Server
      _onTCPConnectionBound: (socket: Socket) => void
      _onConnection(socket: Socket, type: 'tcp'): void
    } | null
    add(id: string | Uint8Array, options: Record<string, unknown>): Torrent
    destroy(done?: (error?: Error) => void): void
  }
}

declare module 'bittorrent-tracker' {
  import type { EventEmitter } from 'node:events'
  import type { Server as HttpServer } from 'node:http'
  export default class Client extends EventEmitter {
    constructor(options: Record<string, unknown>)
    start(options: Record<string, unknown>): void
    update(options: Record<string, unknown>): void
    stop(options: Record<string, unknown>): void
    scrape(): void
    destroy(done: () => void): void
  }
  export class Server extends EventEmitter {
    constructor(options: Record<string, unknown>)
    http: HttpServer
    udp4: { address(): { port: number } } | null
    torrents: Record<string, { complete: number; incomplete: number }>
    listen(port: number, host: string | Record<string, string>, done?: () => void): void
    close(done?: () => void): void
  }
}
