/**
 * Servers that work together, against an honest client: two in one lane, a top-level server with a server of a block, most lanes of a block, all lanes of a block.
 *
 * Reading: together they open what each of them opens, and nothing beside it. Writing: as long as one lane of a block is honest, what the others make alike is not taken: the
 * client sees at once that they disagree (`request.lanes`) and asks elsewhere; a dispute, if its person consents, buries the liars, also where they are the majority. Lost: round trips; where most lanes lie
 * alike, the request in that tick, because the client passes over the one that stands alone.
 * All lanes of a block: nobody sees it, neither client nor tick nor audit, and nobody is punished. They write what they like into the client's own row, as far as the outline allows and the person
 * who reviews the writes does not mind; a field that no flow of the label explains is flagged there. This is the stated limit (PROTOCOL 20.1 says how often).
 */
import { describe, expect, it } from 'vitest'
import { composeRequest, disputeOf, openReply } from '../../roles/client/index.ts'
import { MAX_ATTEMPTS } from '../../roles/client/state.ts'
import type { Difference } from '../../roles/client/dispute.ts'
import { must, type Failure } from '../../roles/protocol/result.ts'
import { executeHop } from '../../roles/server/execute.ts'
import { compose, exchange, makeWorld, serve, type World } from '../roles/request/world.ts'
import { createSpy, namesIn, type Exposed } from './exposure.ts'
import { deliverWith, FORGED_AUTHOR, type Lie } from './liar.ts'

const SPAM = 'Free money, cheap viagra'
const ARGS = { topic: 'weather', text: 'A lovely, sunny day' }
/** Puts what the block opens for moderation into a field that it has no business with. */
const SAYS_SOMETHING_ELSE: Lie = { endpoint: 'post', position: 0, change: (body) => (body.outputs = [12]) }
const scene = (seed: string, lanes = 3, spare = 0): Promise<World> => makeWorld({ seed, servers: 28, lanes, spare })

/** What two servers open together that neither opens alone: nothing. */
async function together(
  seed: string,
  pick: (lanes: string[][], top: string) => [string, string],
): Promise<{ alone: string[]; both: string[] }> {
  const world = await scene(seed)
  const composed = await compose(world, 'post', ARGS)
  const { pending } = composed
  const [one, other] = pick(
    pending.lanes.map((hops) => hops.map(({ server }) => server)),
    composed.top.id,
  )
  const spies = [one, other].map((id) => createSpy(world.ctx.crypto, world.servers.get(id)!, pending))
  const shared = [one, other].map((id) => createSpy(world.ctx.crypto, world.servers.get(id)!, pending))
  must(
    serve(world, composed, (server, bytes) => {
      const at = [one, other].indexOf(server)
      if (at >= 0) spies[at]!.saw(bytes)
      if (at >= 0) shared.forEach((spy) => spy.saw(bytes))
      return executeHop(world.ctx, world.hopEnv(server), bytes)
    }),
  )
  for (const id of [one, other])
    if (id === composed.top.id)
      for (const spy of [...spies.slice([one, other].indexOf(id), [one, other].indexOf(id) + 1), ...shared]) spy.saw(composed.bytes)
  const endpoint = world.outline.endpoints['post']!
  const names = (logs: Exposed[]): string[] => [...new Set(logs.flatMap((log) => [...namesIn(log, endpoint)]))].sort()
  // They tell each other every key and every plaintext until nothing new opens.
  for (let before = -1, now = 0; before !== now;) {
    before = now
    const texts = shared.flatMap((spy) => [...spy.log().values()])
    for (const spy of shared) for (const text of texts) spy.heard(text)
    now = shared.reduce((sum, spy) => sum + spy.log().size, 0)
  }
  return { alone: names(spies.map((spy) => spy.log())), both: names(shared.map((spy) => spy.log())) }
}

describe('two servers that tell each other everything', () => {
  it.each([
    ['of both blocks of one lane', (lanes: string[][]): [string, string] => [lanes[0]![0]!, lanes[0]![1]!]],
    ['of one block in two lanes', (lanes: string[][]): [string, string] => [lanes[0]![1]!, lanes[1]![1]!]],
    ['the top-level one and one of the first block', (lanes: string[][], top: string): [string, string] => [top, lanes[0]![0]!]],
    ['the top-level one and one of the second block', (lanes: string[][], top: string): [string, string] => [top, lanes[1]![1]!]],
  ])('%s: open what each of them opens, and nothing else', async (name, pick) => {
    const { alone, both } = await together(`together ${name}`, pick)
    expect(alone.length).toBeGreaterThan(5)
    expect(both).toEqual(alone)
  })
})

const errorOf = (result: { ok: boolean; error?: Failure }): Failure => result.error!

describe('servers that lie alike', () => {
  /** The client's attempts, each without those whom the one before left out. */
  async function attempts(world: World, liars: ReadonlySet<string>): Promise<unknown[]> {
    const left: string[] = []
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const composed = must(await composeRequest(world.ctx, world.clientEnv(), 'post', ARGS, new Set(left)))
      const done = await exchange(world, composed, deliverWith(world, liars, FORGED_AUTHOR))
      if (done.ok) return done.value.writes
      expect(done.error).toMatchObject({ code: 'request.lanes', details: { position: 1 } })
      left.push(...(done.error.details!['servers'] as string[]))
    }
    return []
  }
  const truth = (world: World) => ({ fields: { ...ARGS, author: world.client.publicKey } })

  it('in one of three lanes: the client takes nothing from it, and asks elsewhere with success', async () => {
    const world = await scene('one liar', 3, 2)
    const [lane] = (await compose(world, 'post', ARGS)).pending.lanes
    expect(await attempts(world, new Set([lane![1]!.server]))).toMatchObject([truth(world)])
  })

  it('in two of three lanes: they get nothing taken either, but the client passes over the innocent one, and the request fails in this tick', async () => {
    const world = await scene('two liars', 3, 2)
    const { lanes } = (await compose(world, 'post', ARGS)).pending
    const liars = new Set(lanes.slice(0, 2).map((hops) => hops[1]!.server))
    expect(await attempts(world, liars)).toEqual([])
    // Once they are known, by a dispute, the spare servers are enough.
    const without = must(await composeRequest(world.ctx, world.clientEnv(), 'post', ARGS, liars))
    expect(without.pending.lanes).toHaveLength(5)
    const done = must(await exchange(world, without, deliverWith(world, liars, FORGED_AUTHOR)))
    expect(done.writes).toMatchObject([truth(world)])
  })

  it('in two of three lanes show by their own signatures that one side lies: the dispute names the links of both sides', async () => {
    const world = await scene('majority')
    const composed = await compose(world, 'post', ARGS)
    const liars = new Set(composed.pending.lanes.slice(0, 2).map((hops) => hops[1]!.server))
    const done = await exchange(world, composed, deliverWith(world, liars, FORGED_AUTHOR))
    const { details } = errorOf(done)
    const dispute = must(await disputeOf(world.ctx, world.clientEnv(), composed.pending, details as unknown as Difference))
    expect(dispute.links.map(({ server }) => server).sort()).toEqual(composed.pending.lanes.map((hops) => hops[1]!.server).sort())
  })

  it('in all lanes of the block that writes: nobody sees it but whoever reviews the writes; in all lanes of another block: what it gave is taken', async () => {
    const world = await scene('all')
    const composed = await compose(world, 'post', ARGS)
    const writers = new Set(composed.pending.lanes.map((hops) => hops[1]!.server))
    const reply = must(serve(world, composed, deliverWith(world, writers, FORGED_AUTHOR)))
    const reviewed = must(openReply(world.ctx, world.clientEnv(), composed.pending, reply))
    expect(reviewed.writes).toMatchObject([{ fields: { ...ARGS, author: 'ee'.repeat(32) } }])
    const spam = await compose(world, 'post', { topic: 'weather', text: SPAM })
    const lookers = new Set(spam.pending.lanes.map((hops) => hops[0]!.server))
    const passed = must(serve(world, spam, deliverWith(world, lookers, SAYS_SOMETHING_ELSE)))
    expect(must(openReply(world.ctx, world.clientEnv(), spam.pending, passed)).writes).toHaveLength(1)
    // The same with an honest lane among them.
    for (const [position, lie, text] of [
      [1, FORGED_AUTHOR, ARGS.text],
      [0, SAYS_SOMETHING_ELSE, SPAM],
    ] as const) {
      const again = await compose(world, 'post', { topic: 'weather', text })
      const most = new Set(again.pending.lanes.slice(1).map((hops) => hops[position]!.server))
      const done = await exchange(world, again, deliverWith(world, most, lie))
      expect(errorOf(done as never)).toMatchObject({ code: 'request.lanes', details: { position } })
    }
  })
})
