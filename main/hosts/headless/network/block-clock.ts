/** Regular blocks of the local network, which wait for participants that are slow and for people who act. */
import type { LogPort } from '../../../core/ports.ts'

export interface BlockClock {
  /** Milliseconds between blocks at least; 0 stops them. Resolves when no block is under way any more. */
  set(blockMs: number): Promise<void>
  /** No regular block while an action runs, so that its outcome does not depend on how fast this machine is. */
  hold<T>(action: () => Promise<T>): Promise<T>
  /** Whether everybody has taken the last block in; waits for it as long as a block would. */
  settled(): Promise<boolean>
  stop(): Promise<void>
}

/** How long a block waits for participants that have not taken the last one in, and how often it looks. */
const [PATIENCE_MS, LOOK_MS] = [15_000, 50]
const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

export function createBlockClock(mine: (blocks: number) => Promise<void>, isReady: () => Promise<boolean>, log: LogPort): BlockClock {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  let apart = 0
  let held = 0

  async function settled(wanted = (): boolean => true): Promise<boolean> {
    for (const end = performance.now() + PATIENCE_MS; wanted() && performance.now() < end; await pause(LOOK_MS)) {
      if (await isReady()) return true
    }
    return false
  }
  async function next(): Promise<void> {
    const goesOn = (): boolean => apart > 0 && held === 0
    await settled(goesOn)
    if (goesOn()) await mine(1)
  }
  function schedule(): void {
    clearTimeout(timer)
    if (apart === 0) return
    timer = setTimeout(() => {
      running = next()
        .catch((error: unknown) => log.log('warn', `no block this time: ${String(error)}`))
        .finally(schedule)
    }, apart)
  }
  const set = async (blockMs: number): Promise<void> => {
    apart = 0
    clearTimeout(timer)
    await running
    apart = blockMs
    schedule()
  }
  return {
    set,
    async hold(action) {
      held++
      try {
        await running
        return await action()
      } finally {
        held--
      }
    },
    settled: () => settled(),
    stop: () => set(0),
  }
}
