/** Which trackers a node tells and asks: its own, and those that the apps name in which it takes part. */
import { isIP } from 'node:net'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'
import type { Asking, Reach } from './tracker-requests.ts'

export interface TrackerList {
  /** All of them, the node's own first. */
  now(): string[]
  /** Those of one app from now on, instead of earlier ones; an empty list forgets them. */
  of(app: string, urls: readonly string[]): Result<void>
  /** Those of some URLs that may be asked for a torrent, a few of them; the node's own are asked anyway. */
  usable(urls: readonly string[]): string[]
  /** For whoever makes a client of trackers. */
  asking: Asking
}

/** Of one app, and of all apps together: each is told of every torrent here. */
const [MOST_OF_ONE, MOST_OF_ALL] = [3, 9]

/**
 * @param own are the person's choice, and may be anywhere
 * @param reach where those of apps have to be at public addresses
 */
export function createTrackerList(own: readonly string[], reach: Reach | undefined): TrackerList {
  const apps = new Map<string, string[]>()
  const named = (): string[] => [...apps.values()].flat().slice(0, MOST_OF_ALL)
  const usable = (urls: readonly string[]): string[] =>
    [...new Set(urls)].filter((url) => !own.includes(url) && whyNot(url, reach) === null).slice(0, MOST_OF_ONE)
  return {
    usable,
    now: () => [...new Set([...own, ...named()])],
    asking: { golem: { reachOf: (url) => (own.includes(url) ? undefined : reach) } },
    of(app, urls) {
      apps.delete(app)
      const asked = usable(urls)
      if (asked.length > 0) apps.set(app, asked)
      const refused = urls.find((url) => whyNot(url, reach) !== null)
      return refused === undefined ? ok(undefined) : fail('swarm.tracker', `${refused} ${whyNot(refused, reach)}: it is not asked.`)
    },
  }
}

/** Why the tracker of an app is not used; null: it is. */
function whyNot(url: string, reach: Reach | undefined): string | null {
  const parsed = url.length > 300 ? null : URL.parse(url)
  if (parsed === null || !/^(https?|udp):$/.test(parsed.protocol) || parsed.hostname === '' || parsed.username !== '')
    return 'is no announce URL of http, https or udp'
  const host = parsed.hostname.replace(/^\[|\]$/g, '')
  if (reach === undefined) return null
  // UDP trackers are looked up where no check is, so they are named by their address.
  if (parsed.protocol === 'udp:' && isIP(host) === 0) return 'is of udp and has a name instead of an address'
  return isIP(host) !== 0 && !reach.isPublic(host) ? 'is not at a public address' : null
}
