/** Deaths of the simulated network come when a story looks for them, and never else. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { client, createWorld, expectCrashes, type Member, type World } from './world.ts'

/** More writes than the stretch has. */
const NEVER_REACHED = 50

let world: World
let calm: () => void
beforeAll(async () => {
  calm = expectCrashes()
  world = createWorld('danger')
  await world.add(client('alice'))
})
afterAll(async () => {
  await world.close()
  calm()
})

const height = async () => (await world.view('alice')).chain.height

describe('A participant in danger', () => {
  it('is out of danger after its stretch: a death that did not come then comes never', async () => {
    expect(await world.endanger('alice', NEVER_REACHED, () => world.block())).toBe(false)
    for (let blocks = 0; blocks < NEVER_REACHED; blocks++) await world.block()
    expect(world.member('alice').alive).toBe(true)
    expect(await height()).toBe(world.chain.height())
  })

  it('lives again from its disk when it died, with the write that killed it still to do', async () => {
    const before = await height()
    let dead: Member | undefined
    const died = await world.endanger('alice', 1, async (alice) => {
      await world.block()
      dead = alice
    })
    expect([died, dead!.alive, world.member('alice').alive]).toEqual([true, false, true])
    expect(await height()).toBe(before + 1)
  })

  it('answers nobody while it is dead, and a wait in vain says that it is', async () => {
    await world.endanger('alice', 1, async () => {
      await world.block()
      await expect(world.view('alice')).rejects.toThrow('alice is dead')
      await expect(world.until('a miracle', async () => false)).rejects.toThrow('alice is dead')
    })
  })
})
