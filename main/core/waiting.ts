/** Honest waiting times: what is due when, in blocks and in the block intervals seen lately. */
export interface Wait { height: number; blockMs: number | null }

/** Blocks and time until tick `number` + 1 is due. */
export function untilNext(genesis: number, tickBlocks: number, confirmations: number, number: number, wait: Wait): { blocksLeft: number; estimatedMs: number } {
  const due = genesis + (number + 1) * tickBlocks + confirmations
  const blocksLeft = Math.max(0, due - wait.height)
  return { blocksLeft, estimatedMs: Math.round(blocksLeft * (wait.blockMs ?? 600_000)) }
}
