export interface RateLimit {
  /** Counts what this peer asks for; false when it has used up its minute. */
  allows(peer: string, cost?: number): boolean
}

const MINUTE_MS = 60_000
const MOST_PEERS = 50_000
/** Whoever comes when nobody more can be remembered: they share one bucket, and those who are known keep theirs. */
const OTHERS = ''

/**
 * A token bucket per peer: `perMinute` at once, refilled evenly. Idle peers are forgotten, and memory stays bounded, however many there are.
 * @param now milliseconds
 */
export function createRateLimit(perMinute: number, now: () => number): RateLimit {
  const buckets = new Map<string, { left: number; at: number }>()
  let forgotten = 0
  const forgetIdle = (time: number) => {
    if (time - forgotten < MINUTE_MS) return
    forgotten = time
    for (const [peer, bucket] of buckets) if (time - bucket.at > MINUTE_MS) buckets.delete(peer)
  }
  return {
    allows: (peer, cost = 1) => {
      const time = now()
      if (buckets.size >= MOST_PEERS) forgetIdle(time)
      const name = buckets.has(peer) || buckets.size < MOST_PEERS ? peer : OTHERS
      const bucket = buckets.get(name) ?? { left: perMinute, at: time }
      bucket.left = Math.min(perMinute, bucket.left + ((time - bucket.at) / MINUTE_MS) * perMinute)
      bucket.at = time
      buckets.set(name, bucket)
      if (bucket.left < cost) return false
      bucket.left -= cost
      return true
    },
  }
}

/**
 * Whom an address counts as: an IPv4 address is one peer, in IPv6 a network of 64 bits is, because one subscriber has all its addresses.
 * @param address as Node writes it
 */
export function peerOf(address: string): string {
  if (!address.includes(':')) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped !== null) return mapped[1]!
  const [head = '', tail] = address.split('%')[0]!.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
  return `${[...left, ...zeros, ...right]
    .slice(0, 4)
    .map((part) => part.replace(/^0+(?=.)/, ''))
    .join(':')}/64`
}
