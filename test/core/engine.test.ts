/** What the engine owes to roles: nothing follows from a state that the disk did not take. */
import { describe, expect, it } from 'vitest'
import { createEngine, type AnyEffect } from '../../main/core/engine.ts'
import { createMemoryLog } from '../simulation/ports/log.ts'
import { createMemoryDisk, createMemoryStorage } from '../simulation/ports/storage.ts'

/** A role that counts what it hears, and notes every state that it is told of. */
function counting(write?: () => void) {
  const disk = createMemoryDisk()
  const engine = createEngine({ storage: createMemoryStorage(disk, write), log: createMemoryLog(), after: () => () => undefined })
  const told: Array<[number, number]> = []
  const member = engine.add<number, number, AnyEffect>({
    name: 'counter',
    initial: 0,
    step: (state, by) => ({ state: by === 0 ? state : state + by, effects: [] }),
    perform: () => Promise.resolve([]),
    changed: (state, before) => void told.push([before, state]),
  })
  return { engine, member, told }
}

describe('A role', () => {
  it('is told of another state once it is on disk, and of the same state never', async () => {
    const { engine, member, told } = counting()
    await member.dispatch(2)
    await member.dispatch(0)
    await member.dispatch(3)
    await engine.idle()
    expect(told).toEqual([
      [0, 2],
      [2, 5],
    ])
  })

  it('is told nothing of a state that the disk refused: who acts upon its state would otherwise ask for it for ever', async () => {
    let full = false
    const { engine, member, told } = counting(() => {
      if (full) throw new Error('disk full')
    })
    full = true
    await expect(member.dispatch(2)).rejects.toThrow('disk full')
    await engine.idle()
    expect([told, member.state()]).toEqual([[], 0])
    full = false
    await member.dispatch(2)
    await engine.idle()
    expect(told).toEqual([[0, 2]])
  })
})
