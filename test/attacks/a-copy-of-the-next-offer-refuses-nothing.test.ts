/**
 * The transaction that anchors an app's next offer is read in the mempool, and its digest is mined before it, with a torrent that holds something else. Whoever takes what
 * that torrent holds for the offer refuses it, and for good: ticks under it are faulty for them. Lost: what the copy cost, and nothing else.
 */
import { expect, it } from 'vitest'
import { fromHex } from '../../roles/protocol/bytes.ts'
import { must } from '../../roles/protocol/result.ts'
import { anchorsIn, anchorScript, p2trScript } from '../../roles/protocol/tx/index.ts'
import { GUESTBOOK, NOBODY, startWorld } from '../simulation/network/world.ts'
import { firstCoin, script, spend } from './stranger.ts'

const [FEE, DUST] = [2_000n, 330n]

it('servers and clients go on under the offer, as if nobody had copied its digest', async () => {
  const world = await startWorld('a copied next offer', 3, ['alice'], { coins: [script] })
  const overview = (name: string) => world.view(name)
  const { master } = (await world.call('server-1', 'host.offers', {}))[0]!
  const inMempool = async (type: string) =>
    must(await world.chain.port().mempool()).flatMap(({ raw }) => anchorsIn(raw).filter((anchor) => anchor.type === type))[0] ?? null
  const tick = world.chain.transactions().flatMap((raw) => anchorsIn(raw).filter(({ type }) => type === 'tick'))[0]!
  void world.call('supervisor', 'publish.update', { program: { ...(GUESTBOOK as object), doc: 'The second.' } })
  await world.run(2_000)
  const offer = (await inMempool('offer'))!
  // Everybody has the torrent of tick 0, so what it holds is found out before the offer is fetched.
  const copy = { type: 'offer' as const, sha256: offer.sha256, infohash: tick.infohash }
  world.chain.forget()
  const coin = firstCoin(world)
  spend(world, coin, [
    { script: must(anchorScript(copy)), value: 0n },
    { script: must(p2trScript(fromHex(master))), value: DUST },
    { script, value: coin.value - FEE - DUST },
  ])
  world.chain.mine(1, NOBODY)
  await world.run(5_000)
  await world.until('the second program', async () => (await overview('alice')).app!.doc === 'The second.')
  const number = (await overview('alice')).tick!.number
  await world.until('ticks under it', async () => (await overview('alice')).tick!.number > number + 5)
  for (const name of ['server-1', 'server-2', 'server-3']) expect((await overview(name)).engagements[0]?.state).toBe('serving')
  expect((await overview('alice')).tick!.stopped).toBeUndefined()
  await world.close()
})
