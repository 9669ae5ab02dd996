export interface RateLimit {
  /** Counts one request of this peer; false when it has used up its minute. */
  allows(peer: string): boolean
}

const MINUTE_MS = 60_000
const MOST_PEERS = 50_000

/**
 * A token bucket per peer address: `perMinute` requests at once, refilled evenly. Idle peers are forgotten, and so are all when there
 * are too many to remember, so that memory stays bounded.
 * @param now milliseconds
 */
export function createRateLimit(perMinute: number, now: () => number): RateLimit {
  const buckets = new Map<string, { left: number; at: number }>()
  const forgetIdle = (time: number) => {
    for (const [peer, bucket] of buckets) if (time - bucket.at > MINUTE_MS) buckets.delete(peer)
    if (buckets.size > MOST_PEERS) buckets.clear()
  }
  return {
    allows: (peer) => {
      const time = now()
      if (buckets.size > MOST_PEERS) forgetIdle(time)
      const bucket = buckets.get(peer) ?? { left: perMinute, at: time }
      bucket.left = Math.min(perMinute, bucket.left + ((time - bucket.at) / MINUTE_MS) * perMinute)
      bucket.at = time
      buckets.set(peer, bucket)
      if (bucket.left < 1) return false
      bucket.left -= 1
      return true
    },
  }
}
