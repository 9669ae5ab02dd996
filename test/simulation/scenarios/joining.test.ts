/** Death at one write after the other while somebody joins: what was promised or paid once is not promised or paid again. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fromHex } from '../../../roles/protocol/bytes.ts'
import { taprootScript } from '../../../roles/protocol/tx/index.ts'
import { client, createWorld, expectCrashes, server, supervisor, type World } from '../network/world.ts'

const NOBODY = taprootScript(fromHex('50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0'))
const SERVERS = [1, 2, 3]
const MATURITY = 100

let calm: () => void
beforeAll(() => {
  calm = expectCrashes()
})
afterAll(() => calm())

const stateOf = async (world: World, name: string) => (await world.view(name)).engagements[0]?.state

/** Writes at each of which a death is told; after them at every third, because most of those only note a block. */
const EACH = 24

/** Tells the story of joining again and again, with a death some writes later each time, until none comes. @returns deaths */
async function dieAgainAndAgain(
  label: string,
  name: string,
  joined: (world: World) => Promise<boolean>,
  check: (world: World) => Promise<void>,
): Promise<number> {
  let deaths = 0
  for (let at = 1; ; at += at < EACH ? 1 : 3) {
    const world = createWorld(`${label} ${at}`)
    try {
      await world.add(supervisor(SERVERS.length))
      for (const number of SERVERS) await world.add(server(number))
      if (name === 'alice') await world.add(client(name))
      // The block before the Supervisor's first coin may be spent: nothing has happened yet.
      world.chain.mine(MATURITY - 1 - world.chain.height(), NOBODY)
      await world.run(3_000)
      const died = await world.endanger(name, at, (member) =>
        world.until('a death or the end', async () => !member.alive || (await joined(world))),
      )
      await world.until(`${name} to have joined`, () => joined(world))
      await check(world)
      const anchors = world.chain.anchors()
      expect(
        anchors.filter(({ sha256 }, place) => anchors.findIndex((other) => other.sha256 === sha256) !== place),
        `death ${at}`,
      ).toEqual([])
      if (!died) return deaths
      deaths++
    } finally {
      await world.close()
    }
  }
}

const count = (world: World, type: string): number => world.chain.anchors().filter((one) => one.type === type).length

describe('Death while', () => {
  it('[J3][J4][D4] a server joins: it has one identity, anchors one acceptance, and serves', async () => {
    const deaths = await dieAgainAndAgain(
      'server',
      'server-1',
      async (world) => ['listed', 'serving'].includes((await stateOf(world, 'server-1')) ?? ''),
      async (world) => {
        expect(count(world, 'acceptance')).toBe(SERVERS.length)
      },
    )
    expect(deaths).toBeGreaterThan(20)
  })

  it('[K1][K2][D4] a client registers and reserves keys: once each', async () => {
    const ready = async (world: World): Promise<boolean> => {
      const [actor] = (await world.view('alice')).actors
      return actor?.state === 'ready' && Object.values(actor.freeKeys).every((count) => count > 0)
    }
    const deaths = await dieAgainAndAgain('client', 'alice', ready, async (world) => {
      const [actor] = (await world.view('alice')).actors
      expect([count(world, 'registration'), count(world, 'reservation'), actor!.freeKeys]).toEqual([1, 1, { posts: 2, likes: 2 }])
    })
    expect(deaths).toBeGreaterThan(20)
  })
})
