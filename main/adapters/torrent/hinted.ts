/**
 * Trackers that a link names for one torrent, and peers: strangers' words, asked while that torrent is fetched and for nothing else. So whoever writes a link learns
 * that somebody looks for this torrent, and not what else is here.
 */
import TrackerClient from 'bittorrent-tracker'
import type WebTorrent from 'webtorrent'
import type { Torrent } from 'webtorrent'
import type { TrackerList } from './tracker-list.ts'

/** Peers that these trackers may name. */
const MOST_PEERS = 50

/**
 * Asks trackers for peers of one torrent, which are connected to as any others are (`refuseStrange`). Those that may not be asked, and more than a few, are passed over.
 * @returns ends it
 */
export function askHinted(
  { client, trackers }: { client: WebTorrent; trackers: TrackerList },
  torrent: Torrent,
  infohash: string,
  urls: readonly string[],
): () => void {
  const announce = trackers.usable(urls)
  if (announce.length === 0) return () => undefined
  const { peerId, torrentPort: port, userAgent } = client
  const tracker = new TrackerClient({ infoHash: infohash, peerId, announce, port, userAgent, wrtc: false, proxyOpts: trackers.asking })
  let named = 0
  tracker.on('peer', (peer: string) => {
    if (++named <= MOST_PEERS && !torrent.destroyed && torrent.infoHash) torrent.addPeer(peer)
  })
  // One that does not answer is no fault of the fetch.
  tracker.on('error', () => undefined)
  tracker.on('warning', () => undefined)
  tracker.start({ uploaded: 0, downloaded: 0, left: 1, numwant: MOST_PEERS })
  return () => tracker.destroy(() => undefined)
}
