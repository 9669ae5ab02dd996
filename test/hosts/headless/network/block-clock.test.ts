import { describe, expect, it } from 'vitest'
import { createBlockClock } from '../../../../main/hosts/headless/network/block-clock.ts'
import { waitFor } from '../../../../main/hosts/headless/network/patience.ts'

function clockOf(isReady: (height: number) => boolean) {
  const made = { height: 0, looks: 0, warnings: [] as string[] }
  const clock = createBlockClock({
    mine: async (blocks) => void (made.height += blocks),
    behind: async () => (made.looks++, isReady(made.height) ? [] : ['alice']),
    moved: () => moved(),
    log: { log: (_level, message) => made.warnings.push(message) },
    looks: 30,
    lookMs: 1,
  })
  let moved: () => unknown = () => 0
  return { made, clock, moves: (count: () => unknown) => (moved = count) }
}

describe('The block clock', () => {
  it('makes no block while somebody is behind and anything moves, however long that takes', async () => {
    let behind = true
    const { made, clock, moves } = clockOf(() => !behind)
    moves(() => made.looks)
    await clock.set(1)
    await waitFor('ten times the looks that patience has', () => made.looks > 300)
    expect(made.height).toBe(0)
    behind = false
    await waitFor('a block', () => made.height > 0)
    await clock.stop()
  })

  it('goes on without somebody who is stuck once nothing moves', async () => {
    const { made, clock } = clockOf((height) => height < 2)
    await clock.set(1)
    await waitFor('blocks beyond the one that nobody takes in', () => made.height >= 4)
    expect(await clock.settled()).toBe(false)
    await clock.stop()
    const { height } = made
    expect(made.looks).toBeGreaterThanOrEqual(60)
    expect(made.warnings[0]).toBe('the next block no longer waits for alice: nobody does anything')
    await clock.hold(() => Promise.resolve())
    expect(made.height).toBe(height)
  })

  it('makes no regular block while an action runs', async () => {
    const { made, clock } = clockOf(() => true)
    await clock.set(1)
    await waitFor('a first block', () => made.height > 0)
    const heights = await clock.hold(async () => {
      const { height } = made
      await waitFor('some time to pass', () => ++made.looks > 50)
      return [height, made.height]
    })
    expect(heights[0]).toBe(heights[1])
    await waitFor('regular blocks again', () => made.height > heights[1]!)
    await clock.stop()
  })
})
