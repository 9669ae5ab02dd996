/** Work that is done one piece after the other, in the order in which it was asked for. */
export interface Turns {
  /** Resolves or rejects as the work does; a failure is the caller's, and the next in line has its turn all the same. */
  take<T>(work: () => T | Promise<T>): Promise<T>
  /** Resolves when everything asked for so far is done. */
  drained(): Promise<void>
}

export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve()
  return {
    take(work) {
      const done = last.then(work)
      last = done.catch(() => undefined)
      return done
    },
    drained: async () => void (await last),
  }
}
