/**
 * The master key may end ticks, and a Supervisor could rewrite history with that, too: so it takes back three ticks that a reader holds, and more only when
 * it shows the first faulty one, which every reader looks at itself.
 */
import { afterAll, describe, expect, it } from 'vitest'
import type { World } from '../simulation/network/world.ts'
import { startStory, type Mined, type Story, type Thief } from './thief.ts'

const worlds: World[] = []
afterAll(async () => {
  for (const world of worlds) await world.close()
})

async function begin(label: string): Promise<{ world: World; thief: Thief; story: Story }> {
  const begun = await startStory(label)
  worlds.push(begun.world)
  await begun.story.post('ann', 'before')
  return begun
}
const byNumber = (thief: Thief, number: number): Mined => thief.mined().findLast((tick) => tick.number === number)!

describe('a resumption that takes back more than three ticks', () => {
  it('[D4] is not published without what shows the first faulty one; and showing an innocent one convinces nobody', async () => {
    const { world, thief, story } = await begin('greedy')
    for (let tick = 0; tick < 5; tick++) await world.until('another tick', async () => (await story.tick('bob')) > tick + 4)
    const newest = thief.mined().at(-1)!.number
    const good = newest - 4
    await expect(world.call('supervisor', 'publish.takeBack', { reason: 'greed', tick: good })).rejects.toThrow('resume.shows')
    await world.call('supervisor', 'publish.takeBack', { reason: 'greed', tick: good, shows: byNumber(thief, good + 1).reference })
    for (let block = 0; block < 8; block++) await world.block()
    expect(await story.texts('bob')).toEqual(['before'])
    const { tick } = await world.view('bob')
    expect(tick).toMatchObject({ number: newest, stopped: { halts: false, message: expect.stringContaining('does not obey') } })
  })

  it('[D4] is obeyed by everybody who finds that the tick which it shows is faulty', async () => {
    const { world, thief, story } = await begin('reasoned')
    const last = thief.mined().at(-1)!
    world.trouble('supervisor', { held: true })
    world.chain.forget()
    const { blocks, servers } = await thief.documentOf(last)
    await world.until('many blocks to be there', async () => world.chain.height() >= blocks.to + 3 * 5)
    // The thief buries an innocent server, and goes on for four more ticks.
    const bury = { tombstones: [servers[0]!.id] }
    let previous = last
    for (let tick = 0; tick < 5; tick++) {
      const forged = await thief.forge(last, { ...(await thief.nextTo(previous)), ...bury })
      previous = thief.anchor(forged, { of: previous })
      await world.block()
    }
    world.trouble('supervisor', {})
    await world.block()
    expect([await story.supervisor(), await story.tick('bob')]).toEqual(['usurped', last.number + 5])
    await world.call('supervisor', 'publish.takeBack', { reason: 'the key was stolen', shows: byNumber(thief, last.number + 1).reference })
    await world.until('ticks by the new key', async () => (await story.tick('bob')) > last.number + 5)
    await story.goesOn('after')
    expect(await story.texts('bob')).toContain('before')
    const stateOf = async (n: number) => (await world.view(`server-${n}`)).engagements[0]?.state
    await world.until('all servers to serve, the one with an invented tombstone too', async () =>
      (await Promise.all([1, 2, 3, 4].map(stateOf))).every((state) => state === 'serving'),
    )
  })
})
