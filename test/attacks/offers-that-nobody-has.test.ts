/**
 * A stranger anchors offers by the hundred whose torrents nobody has, so that servers and clients wait for them before they hear of the app's next offer.
 * What spends from the master key's address only the app's Supervisor can have anchored: it is asked for at once, and a client with an app asks for nothing
 * that does not even pay that key. Lost: what the fakes cost.
 */
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../roles/protocol/bytes.ts'
import { must } from '../../roles/protocol/result.ts'
import { anchorScript, p2trScript } from '../../roles/protocol/tx/index.ts'
import { client, GUESTBOOK, ready, server, startWorld, type World } from '../simulation/network/world.ts'
import { seeded } from '../tools/seeded.ts'
import { script, spend, splitCoin } from './stranger.ts'

const random = seeded('whoever anchors fakes')
const [FEE, DUST, MATURITY] = [2_000n, 330n, 100]
/** Each takes one of four places for two seconds at a time: together, the time of 25 blocks. */
const FAKES = 150

/** One fake for each of the stranger's coins. @param pays a key that each of them pays, so that it looks like something of its app */
function flood(world: World, pays: string | null): void {
  for (const coin of splitCoin(world, FAKES)) {
    const anchor = { type: 'offer' as const, sha256: toHex(random(32)), infohash: toHex(random(20)) }
    const dust = pays === null ? [] : [{ script: must(p2trScript(fromHex(pays))), value: DUST }]
    spend(world, coin, [{ script: must(anchorScript(anchor)), value: 0n }, ...dust, { script, value: coin.value - FEE - DUST }])
  }
}

const overview = (world: World, name: string) => world.view(name)

describe('Offers that nobody has', () => {
  it.each([
    ['of nobody', false],
    ['that pay the master key', true],
  ])('%s do not keep servers and clients from the next offer of their app', async (_, paying) => {
    const world = await startWorld(`offers that nobody has ${paying}`, 3, ['alice'], { coins: [script] })
    const { master } = (await world.call('server-1', 'host.offers', {}))[0]!
    flood(world, paying ? master : null)
    await world.block()
    const before = world.chain.height()
    const number = (await overview(world, 'alice')).tick!.number
    await world.call('supervisor', 'publish.update', { program: { ...(GUESTBOOK as object), doc: 'The second.' } })
    await world.until('the second program', async () => (await overview(world, 'alice')).app!.doc === 'The second.')
    // In a block after the next, decided by the tick that closes two periods later, whose code runs three ticks on: nobody waited for anything else.
    expect(world.chain.height() - before).toBeLessThan(22)
    await world.until('servers under it', async () => (await overview(world, 'alice')).tick!.number > number + 8)
    for (const name of ['server-1', 'server-2', 'server-3']) expect((await overview(world, name)).engagements[0]?.state).toBe('serving')
    await world.close()
  })

  it('do not keep a client from the app that it was told, nor a newcomer from the offers after the first', async () => {
    const world = await startWorld('offers before a newcomer', 3, ['alice'], { coins: [script] })
    const app = (await overview(world, 'alice')).app!.id
    await world.add(client('late'))
    await world.add(client('told', 2, { auto: false }))
    await world.add(server(4))
    for (const name of ['late', 'told', 'server-4']) await world.stop(name)
    flood(world, null)
    await world.block()
    await world.call('supervisor', 'publish.update', { program: { ...(GUESTBOOK as object), doc: 'The second.' } })
    await world.call('supervisor', 'publish.replaceKey', { reason: 'lost' }).catch(() => null)
    await world.until('the second program', async () => (await overview(world, 'alice')).app!.doc === 'The second.')
    while (world.chain.height() < 3 * MATURITY) await world.block()
    for (const name of ['told', 'late']) {
      await world.restart(name)
      if (name === 'told') await world.until('the offer', () => world.call(name, 'use', { app }).then(Boolean, () => false))
      await ready(world, name)
      const shown = (await overview(world, name)).app!
      expect([shown.id, shown.doc]).toEqual([app, 'The second.'])
    }
    await world.close()
  })
})
