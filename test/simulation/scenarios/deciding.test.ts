/** [J2] Servers whose people decide: one declines, the others accept, and the app runs with those who did. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fromHex } from '../../../roles/protocol/bytes.ts'
import { taprootScript } from '../../../roles/protocol/tx/index.ts'
import { createWorld, server, supervisor, type World } from '../network/world.ts'

const NOBODY = taprootScript(fromHex('50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0'))
const NAMES = [1, 2, 3, 4].map((number) => `server-${number}`)
let world: World
beforeAll(async () => {
  world = createWorld('deciding')
  await world.add(supervisor(3))
  for (let number = 1; number <= NAMES.length; number++) await world.add(server(number, { auto: false }))
  world.chain.mine(100, NOBODY)
  await world.run(3_000)
})
afterAll(() => world?.close())

const offers = (name: string) => world.call(name, 'host.offers', {})
const stateOf = async (name: string) => (await world.view(name)).engagements[0]?.state
const acceptances = () => world.chain.anchors().filter(({ type }) => type === 'acceptance').length

describe('[J2] servers that ask a person', () => {
  it('[J2][J3][J4] wait, join when the person accepts, and stay away when the person declines, also after a restart', async () => {
    const [one] = await world.until('the offer', async () => {
      const seen = await offers('server-1')
      return seen.length > 0 && seen
    })
    expect(one).toMatchObject({ title: 'Guestbook', perRequest: 10, state: 'open', supersedes: false })
    for (let blocks = 0; blocks < 4; blocks++) await world.block()
    expect([await Promise.all(NAMES.map(stateOf)), acceptances()]).toEqual([[undefined, undefined, undefined, undefined], 0])

    await world.call('server-4', 'host.decline', { offer: one!.id })
    for (const name of NAMES.slice(0, 3)) await world.call(name, 'host.join', { offer: one!.id })
    await world.call('server-1', 'host.join', { offer: one!.id })
    await world.restart('server-4')
    await world.until('three servers serving', async () =>
      (await Promise.all(NAMES.slice(0, 3).map(stateOf))).every((state) => state === 'serving'),
    )
    expect([acceptances(), await stateOf('server-4'), (await offers('server-4'))[0]!.state, (await offers('server-1'))[0]!.state]).toEqual([
      3,
      undefined,
      'declined',
      'accepted',
    ])

    await world.call('server-4', 'host.join', { offer: one!.id })
    await world.until('the fourth serving', async () => (await stateOf('server-4')) === 'serving')
    expect(acceptances()).toBe(4)
    await expect(world.call('server-1', 'host.decline', { offer: one!.id })).rejects.toThrow('server.job')
  })
})
