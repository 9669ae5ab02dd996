/** A domain name and a region are free. Three of 30 servers that each invent one of their own are not to be asked more often than their share. */
import { describe, expect, it } from 'vitest'
import { composeRequest } from '../../roles/client/index.ts'
import { chooseTop, relaysOf } from '../../roles/protocol/requests/index.ts'
import { must } from '../../roles/protocol/result.ts'
import { makeWorld, type World } from '../roles/request/world.ts'
import { seeded } from '../tools/seeded.ts'

const [SERVERS, INVENTED] = [30, 3]
const SHARE = INVENTED / SERVERS

/** How far the part of so many draws may lie from a share: five standard deviations, which honest chance leaves once in two million runs. */
const tolerance = (share: number, draws: number): number => 5 * Math.sqrt((share * (1 - share)) / draws)

/** Honest servers stand in two data centres and say so; the others say something else each. @returns the ids of those */
function invent(world: World): Set<string> {
  const { servers } = world.tick
  for (const [at, server] of servers.entries()) Object.assign(server, { host: `10.${at % 2}.0.${at + 1}`, region: 'eu' })
  const inventors = servers.slice(0, INVENTED)
  for (const [at, server] of inventors.entries()) Object.assign(server, { host: `www.invented-${at}.example`, region: `island ${at}` })
  return new Set(inventors.map(({ id }) => id))
}

describe('servers with invented places', () => {
  it('are the top-level server of no more requests than their share', async () => {
    const DRAWS = 1_000
    const world = await makeWorld({ seed: process.env['GOLEM_SEED'] ?? 'invented', servers: SERVERS })
    const inventors = invent(world)
    let drawn = 0
    for (let request = 0; request < DRAWS; request++) {
      const composed = must(await composeRequest(world.ctx, world.clientEnv(), 'post', { topic: 'x', text: 'y' }))
      if (inventors.has(composed.top.id)) drawn++
    }
    expect(Math.abs(drawn / DRAWS - SHARE)).toBeLessThan(tolerance(SHARE, DRAWS))
  })

  it('are no likelier to take a request over from one that failed', async () => {
    const DRAWS = 20_000
    const world = await makeWorld({ seed: 'invented', servers: SERVERS })
    const inventors = invent(world)
    const ctx = { random: seeded(process.env['GOLEM_SEED'] ?? 'taken over') }
    const servers = relaysOf(world.tick, world.planned.plan)
    const hops = [...servers].filter((id) => !inventors.has(id)).slice(0, 2)
    const share = INVENTED / (SERVERS - hops.length)
    let drawn = 0
    for (let draw = 0; draw < DRAWS; draw++) if (inventors.has(chooseTop(ctx, servers, hops, new Set())!)) drawn++
    expect(Math.abs(drawn / DRAWS - share)).toBeLessThan(tolerance(share, DRAWS))
  })
})
