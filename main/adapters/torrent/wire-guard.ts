import { createHash } from 'node:crypto'
import type { Torrent } from 'webtorrent'
import { refuseInfo } from './check-info.ts'

interface Wire {
  amChoking: boolean
  unchoke(): void
  destroy(): void
  on(event: string, run: () => void): void
  ut_metadata?: { setMetadata(bytes: Uint8Array): Promise<boolean> }
  _write(data: Uint8Array, done: (error: Error | null) => void): void
}

const MOST_UNCHOKED = 10

/**
 * What every connection to a peer gets: no waiting for small messages, and no message of a peer that can end the process or fill
 * our memory with a torrent that makes no sense.
 * @param fail ends the torrent for good
 */
export function guardWire(torrent: Torrent, wire: unknown, fail: (why: string) => void): void {
  const guarded = wire as Wire
  quicken(torrent, guarded)
  containErrors(guarded)
  checkMetadata(torrent, guarded, fail)
}

/**
 * Two waits that cost more than a small file: Nagle's algorithm holds back the short messages of the handshake, and a peer that lost
 * interest and regains it would be unchoked by the next round only, which is 10 s away.
 */
function quicken(torrent: Torrent, wire: Wire): void {
  const peer = [...torrent._peers.values()].find((each) => each.wire === wire)
  peer?.conn?.setNoDelay?.(true)
  wire.on('interested', () => {
    const unchoked = (torrent.wires as Wire[]).filter((each) => !each.amChoking).length
    if (wire.amChoking && unchoked < MOST_UNCHOKED) wire.unchoke()
  })
}

/** The protocol's handlers throw at some malformed messages (a metadata piece out of range, for one): that costs the peer its connection. */
function containErrors(wire: Wire): void {
  const write = wire._write
  wire._write = (data, done) => {
    try {
      write.call(wire, data, done)
    } catch (error) {
      wire.destroy()
      done(error as Error)
    }
  }
}

/** Metadata from a peer is checked here, once its hash is right, and before the library parses it. */
function checkMetadata(torrent: Torrent, wire: Wire, fail: (why: string) => void): void {
  const exchange = wire.ut_metadata
  if (!exchange) return
  const accept = exchange.setMetadata.bind(exchange)
  exchange.setMetadata = async (bytes) => {
    if (torrent.metadata || torrent.destroyed) return torrent.destroyed ? true : accept(bytes)
    if (createHash('sha1').update(bytes).digest('hex') !== torrent.infoHash) return false
    const refused = refuseInfo(bytes)
    if (refused === undefined) return accept(bytes)
    fail(refused)
    return true
  }
}
