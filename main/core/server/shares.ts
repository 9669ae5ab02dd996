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

/** Times that a client's hop is looked into, though it fails each time: honest clients send one three times, by as many top-level servers. */
const MOST_TRIES = 4

export interface Tries {
  isOver(hop: string): boolean
  note(hop: string): void
}

/** How often each hop was looked into in its client's name. Whoever moves a hop may spoil it, and repeat it, to use up what this server has for the client. */
export function createTries(): Tries {
  const tried = new Map<string, number>()
  return {
    isOver: (hop) => (tried.get(hop) ?? 0) >= MOST_TRIES,
    note(hop) {
      const count = (tried.get(hop) ?? 0) + 1
      tried.delete(hop)
      tried.set(hop, count)
      if (tried.size > MOST_REMEMBERED) tried.delete(tried.keys().next().value!)
    },
  }
}
