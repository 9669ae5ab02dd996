/** The time of a local network: its blocks, made now or regularly, and how fast they come. */
import type { RpcChain } from '../../../adapters/chain/index.ts'
import { must } from '../../../core/index.ts'
import type { LogPort } from '../../../core/ports.ts'
import { createBlockClock, type BlockClock } from './block-clock.ts'
import { writeNote, type NetworkNote } from './note.ts'
import type { Pace } from './pace.ts'

/** Between blocks, where nobody says. */
export const BLOCK_MS = 2_000

export interface Time {
  /** Mines so many blocks now. */
  mine(blocks: number): Promise<void>
  /** The regular blocks. */
  readonly clock: BlockClock
  /** Milliseconds between them, as they begin, or as `setPace` was told last. */
  readonly blockMs: number
  /** Resolves once it counts, and is kept for the next start. */
  setPace(blockMs: number): Promise<void>
}

export interface TimeOptions {
  folder: string
  /** Kept up to date on disk. */
  note: NetworkNote
  chain: RpcChain
  pace: Pace
  log: LogPort
  /** Milliseconds between blocks to begin with; left out: as the note says. */
  blockMs?: number | undefined
  /** See block-clock.ts. */
  looks?: number | undefined
}

/** Regular blocks begin with `clock.set`. */
export function createTime({ folder, note, chain, pace, log, blockMs = note.blockMs ?? BLOCK_MS, looks }: TimeOptions): Time {
  const mine = async (blocks: number): Promise<void> => {
    pace.beforeBlock()
    must(await chain.control.mineTo(blocks, null))
  }
  const behind = async (): Promise<string[]> => {
    const tip = await chain.tip()
    return tip.ok ? pace.behind(tip.value.height) : ['the chain']
  }
  const clock = createBlockClock({ mine, behind, moved: pace.moved, log, ...(looks === undefined ? {} : { looks }) })
  let apart = blockMs
  return {
    mine,
    clock,
    get blockMs() {
      return apart
    },
    async setPace(wanted) {
      await clock.set(wanted)
      note.blockMs = apart = wanted
      writeNote(folder, note)
    },
  }
}
