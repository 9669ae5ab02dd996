/**
 * How much of this server's processor anybody takes: each address for what it sends that nobody signed, each client for what is done in its name.
 * What is used is known afterwards, so a share may be overdrawn by one request; until it is refilled, there is nothing more.
 */
const MINUTE_MS = 60_000
const MOST_REMEMBERED = 20_000

export interface Shares {
  /** Whether anything is left. */
  has(name: string): boolean
  /** @param ms processor time that was used */
  use(name: string, ms: number): void
}

/**
 * @param perMinute milliseconds of a minute, refilled evenly
 * @param now milliseconds
 */
export function createShares(perMinute: number, now: () => number): Shares {
  /** What was used and is not refilled yet. Oldest first: who is forgotten for want of room has used nothing for the longest time. */
  const used = new Map<string, { ms: number; at: number }>()
  const debtOf = (name: string): number => {
    const entry = used.get(name)
    return entry === undefined ? 0 : Math.max(0, entry.ms - ((now() - entry.at) / MINUTE_MS) * perMinute)
  }
  return {
    has: (name) => debtOf(name) < perMinute,
    use(name, ms) {
      const debt = debtOf(name) + ms
      used.delete(name)
      if (debt <= 0) return
      used.set(name, { ms: debt, at: now() })
      if (used.size > MOST_REMEMBERED) used.delete(used.keys().next().value!)
    },
  }
}
