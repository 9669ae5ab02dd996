/** Following a node that has nothing to tell, with the clock held. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { followChain, type ChainView } from '../../../main/adapters/chain/follow.ts'
import type { ChainBlock, ChainEvent } from '../../../main/core/ports.ts'
import { ok } from '../../../roles/protocol/result.ts'
import { createMemoryLog } from '../../simulation/ports/log.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const hashAt = (height: number): string => String(height).padStart(64, '0')
function chainOf() {
  const chain = { height: 0, asked: 0 }
  const refAt = (height: number) => ({ height, hash: hashAt(height) })
  const view: ChainView = {
    tip: async () => {
      chain.asked++
      return ok(refAt(chain.height))
    },
    refAt: async (height) => ok(refAt(height)),
    blockAt: async (height) => ok({ ...refAt(height), previous: hashAt(height - 1) } as ChainBlock),
    lookup: async (hash) => ok({ active: true, height: Number(hash), previous: hashAt(Number(hash) - 1) }),
    syncing: async () => ok(false),
  }
  return { chain, view }
}

describe('a chain at rest', () => {
  it('is asked often after a block and seldom later, and the next block comes within a second', async () => {
    const { chain, view } = chainOf()
    const heights: number[] = []
    const stop = followChain(
      view,
      [{ height: 0, hash: hashAt(0) }],
      async (event: ChainEvent) => void (event.type === 'block' && heights.push(event.block.height)),
      { pollMs: 250, log: createMemoryLog() },
    )
    const askedIn = async (ms: number): Promise<number> => {
      const before = chain.asked
      await vi.advanceTimersByTimeAsync(ms)
      return chain.asked - before
    }
    expect(await askedIn(60_000)).toBeGreaterThan(230)
    expect(await askedIn(60_000)).toBeLessThan(65)
    chain.height = 1
    await vi.advanceTimersByTimeAsync(1_000)
    expect(heights).toEqual([1])
    expect(await askedIn(10_000)).toBeGreaterThan(35)
    await stop()
  })

  it('is never asked more often than was chosen', async () => {
    const { chain, view } = chainOf()
    const stop = followChain(view, [{ height: 0, hash: hashAt(0) }], async () => undefined, { pollMs: 5_000, log: createMemoryLog() })
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(chain.asked).toBeGreaterThan(700)
    expect(chain.asked).toBeLessThan(730)
    await stop()
  })
})
