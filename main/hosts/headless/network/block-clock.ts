/** Regular blocks of the local network, which wait for participants that are slow and for people who act. */
import type { LogPort } from '../../../core/ports.ts'
import { OutOfPatience, waitFor } from './patience.ts'

export interface BlockClock {
  /** Milliseconds between blocks at least; 0 stops them. Resolves when no block is under way any more. */
  set(blockMs: number): Promise<void>
  /** No regular block while an action runs, so that its outcome does not depend on how fast this machine is. */
  hold<T>(action: () => Promise<T>): Promise<T>
  /** Whether everybody has taken the last block in; waits for it as long as a block would. */
  settled(): Promise<boolean>
  stop(): Promise<void>
}

export interface BlockClockOptions {
  mine(blocks: number): Promise<void>
  /** Who has not taken the last block in yet, by name. */
  behind(): Promise<string[]>
  /** Grows whenever a participant does something. */
  moved(): unknown
  log: LogPort
  /** Looks in a row without any movement after which a block no longer waits: somebody is stuck, and the chain goes on as the real one would. */
  looks?: number
  lookMs?: number
}

const [LOOKS, LOOK_MS] = [300, 50]

export function createBlockClock({ mine, behind, moved, log, looks = LOOKS, lookMs = LOOK_MS }: BlockClockOptions): BlockClock {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  let apart = 0
  let held = 0

  async function settled(wanted = (): boolean => true): Promise<boolean> {
    let names: string[] = []
    const look = async (): Promise<'ready' | 'unwanted' | null> => {
      if (!wanted()) return 'unwanted'
      names = await behind()
      return names.length === 0 ? 'ready' : null
    }
    try {
      return (await waitFor('everybody to take the last block in', look, { moved, looks, lookMs })) === 'ready'
    } catch (error) {
      if (!(error instanceof OutOfPatience)) throw error
      log.log('warn', `the next block no longer waits for ${names.join(', ')}: nobody does anything`)
      return false
    }
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
