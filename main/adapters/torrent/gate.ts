/** How many of the holders may be of each lane; a lane that is not named may fill the gate. */
export type LaneLimits<Lane extends string> = ReadonlyMap<Lane, number>

interface Waiting<Lane> {
  lane: Lane
  admit(): void
}

/**
 * Lets `limit` holders in at one time; the others wait, of each lane in the order in which they came. A lane that is full holds up nobody of another one: so
 * what strangers announce never takes the places of what is known to be there.
 */
export function createGate<Lane extends string>(limit: number, limits: LaneLimits<Lane> = new Map()) {
  const inside = new Map<Lane, number>()
  const waiting = new Set<Waiting<Lane>>()
  let all = 0
  const count = (lane: Lane, by: number): void => {
    all += by
    inside.set(lane, (inside.get(lane) ?? 0) + by)
  }
  const isFull = (lane: Lane): boolean => (inside.get(lane) ?? 0) >= (limits.get(lane) ?? limit)
  const advance = (): void => {
    for (const next of waiting) {
      if (all >= limit) return
      if (isFull(next.lane)) continue
      waiting.delete(next)
      count(next.lane, 1)
      next.admit()
    }
  }
  return {
    /** `leave` has to be called in any case: it gives back the place, or the place in the line. */
    enter(lane: Lane): { entered: Promise<undefined>; leave(): void } {
      let holds = false
      let resolve: (value: undefined) => void = () => undefined
      const entered = new Promise<undefined>((done) => {
        resolve = done
      })
      const place: Waiting<Lane> = {
        lane,
        admit() {
          holds = true
          resolve(undefined)
        },
      }
      waiting.add(place)
      advance()
      return {
        entered,
        leave() {
          waiting.delete(place)
          if (holds) count(lane, -1)
          holds = false
          advance()
        },
      }
    },
  }
}

/** Runs work on one key strictly one after the other; different keys do not wait for each other. */
export function createLocks() {
  const last = new Map<string, Promise<unknown>>()
  return {
    run<T>(key: string, work: () => Promise<T>): Promise<T> {
      const mine = (last.get(key) ?? Promise.resolve()).then(work, work)
      const quiet = mine.catch(() => undefined)
      last.set(key, quiet)
      void quiet.then(() => {
        if (last.get(key) === quiet) last.delete(key)
      })
      return mine
    },
  }
}
