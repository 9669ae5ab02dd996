import { createHash } from 'node:crypto'
import type { Torrent } from 'webtorrent'
import { refuseInfo } from './check-info.ts'

interface Handshake {
  metadata_size?: unknown
}

interface Wire {
  /** Bytes that the message under way has. */
  _parserSize: number
  amChoking: boolean
  unchoke(): void
  destroy(): void
  on(event: string, run: () => void): void
  destroyed: boolean
  ut_metadata?: { setMetadata(bytes: Uint8Array): Promise<boolean>; onExtendedHandshake(handshake: Handshake): void }
  _write(data: Uint8Array, done: (error: Error | null) => void): void
}

const MOST_UNCHOKED = 10
/**
 * The longest message that is waited for, which the library would keep in memory however long it is: a block has 16 KiB, a bitfield of the greatest
 * torrent 26 KiB. Others ask and answer with 128 KiB at most.
 */
const MESSAGE_LIMIT = 256 << 10

export interface Guard {
  /** Bytes of metadata that are taken from a peer, as of now. */
  maxMetadata(): number
  /** Ends the torrent for good. */
  fail(why: string): void
}

/**
 * What every connection to a peer gets: no waiting for small messages, and no message of a peer that can end the process or fill
 * our memory with a torrent that makes no sense.
 */
export function guardWire(torrent: Torrent, wire: unknown, { maxMetadata, fail }: Guard): void {
  const guarded = wire as Wire
  quicken(torrent, guarded)
  contain(guarded)
  checkMetadata(torrent, guarded, maxMetadata, fail)
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

/**
 * The protocol's handlers throw at some malformed messages (a metadata piece out of range, for one), and wait for messages of any length: either costs the
 * peer its connection.
 */
function contain(wire: Wire): void {
  const write = wire._write
  wire._write = (data, done) => {
    try {
      write.call(wire, data, done)
      if (!wire.destroyed && wire._parserSize > MESSAGE_LIMIT) wire.destroy()
    } catch (error) {
      wire.destroy()
      done(error as Error)
    }
  }
}

/** Metadata from a peer is checked here, once its hash is right, and before the library parses it. */
function checkMetadata(torrent: Torrent, wire: Wire, maxMetadata: Guard['maxMetadata'], fail: Guard['fail']): void {
  const exchange = wire.ut_metadata
  if (!exchange) return
  const greet = exchange.onExtendedHandshake.bind(exchange)
  // Room for all of it is made at once, for every peer that says so.
  exchange.onExtendedHandshake = (handshake) => {
    if (!torrent.metadata && Number(handshake.metadata_size) > maxMetadata()) wire.destroy()
    else greet(handshake)
  }
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
