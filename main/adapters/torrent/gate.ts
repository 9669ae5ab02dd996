/** Lets `limit` holders in at one time; the others wait in the order in which they came. */
export function createGate(limit: number) {
  let inside = 0
  const waiting: Array<() => void> = []
  const advance = () => {
    while (inside < limit && waiting.length > 0) {
      inside += 1
      waiting.shift()!()
    }
  }
  return {
    /** `leave` has to be called in any case: it gives back the place, or the place in the line. */
    enter(): { entered: Promise<undefined>; leave(): void } {
      let holds = false
      let admit = () => undefined as void
      const entered = new Promise<undefined>((resolve) => {
        admit = () => {
          holds = true
          resolve(undefined)
        }
      })
      waiting.push(admit)
      advance()
      return {
        entered,
        leave: () => {
          const at = waiting.indexOf(admit)
          if (at >= 0) waiting.splice(at, 1)
          if (holds) inside -= 1
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
