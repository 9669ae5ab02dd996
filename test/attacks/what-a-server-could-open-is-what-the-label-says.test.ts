/**
 * Exposure: every server of a request, of all lanes, tries whatever came to it with every key that it has or finds. What opens is a subset of what the
 * label and the schema say for its block (PROTOCOL 9.5, 11.2), for all endpoints of the sample apps, with 0, 1 and 2 witnesses; and what the
 * body of a block reads is a subset of what its label says reaches anything (9.5).
 *
 * A server that sees more than that would show here first. A body that reads more than its label says is refused by every server (`code.label`), when
 * the code is fetched, before any request; a Supervisor and all holders of the block together are the stated limit (PROTOCOL 20).
 */
import { describe, expect, it, vi } from 'vitest'
import { composeRequest, takeReply as takeLeg } from '../../roles/client/index.ts'
import type { Pending } from '../../roles/client/types.ts'
import { describe as describeApi, type BlockLabel, type Endpoint, type Label, type Source, type Value } from '../../roles/program/index.ts'
import { toHex } from '../../roles/protocol/bytes.ts'
import { holdingOf, readPath, type HopReply } from '../../roles/protocol/requests/index.ts'
import { must } from '../../roles/protocol/result.ts'
import { executeHop } from '../../roles/server/execute.ts'
import { openCode } from '../../roles/server/prepare.ts'
import { openContinuation, openRequest } from '../../roles/server/relay.ts'
import { nextHops, openHopReply, takeReplies, type Between } from '../roles/request/blocks.ts'
import { codeFiles, sealCode } from '../../roles/supervisor/plan.ts'
import { APP, type World } from '../roles/request/world.ts'
import { CASES, programOf, worldOf, type Args, type Case } from './cases.ts'
import { createSpy, namesIn, type Spy } from './exposure.ts'

/** The inputs that bodies read, by `<endpoint>/<position>`. */
const reads = vi.hoisted(() => new Map<string, Set<number>>())

/** The reference evaluator, which reads an input where the body's result needs it, and once before that, to hold it against its type. */
vi.mock('../../roles/program/index.ts', async (original) => {
  const program = await original<typeof import('../../roles/program/index.ts')>()
  const { runInterpreted } = await import('../../roles/program/evaluate/block.ts')
  const runBlock: typeof program.runBlock = (checked, endpoint, position, values, budget) => {
    const typed = new Set<number>()
    const read = reads.get(`${endpoint}/${position}`) ?? new Set<number>()
    reads.set(`${endpoint}/${position}`, read)
    const watched = new Proxy([...values], {
      get(target, name) {
        if (typeof name === 'string' && /^\d+$/.test(name)) (typed.has(Number(name)) ? read : typed).add(Number(name))
        return Reflect.get(target, name) as Value
      },
    })
    return runInterpreted(checked, endpoint, position, watched, budget)
  }
  return { ...program, runBlock }
})

interface Ran {
  world: World
  endpoint: Endpoint
  label: Label
  pending: Pending
  spies: Map<string, Spy>
  tops: Set<string>
  writes: number
}

/** A request from beginning to end, with a spy at every server of the tick. */
async function run(one: Case, args: Args, lanes: number): Promise<Ran> {
  const { world, env } = await worldOf(one, { servers: 12, lanes })
  let composed = must(await composeRequest(world.ctx, env, one.endpoint, args))
  const { pending } = composed
  const spies = new Map([...world.servers].map(([id, actor]) => [id, createSpy(world.ctx.crypto, actor, pending)]))
  const tops = new Set<string>()
  const ran = { world, endpoint: env.outline.endpoints[one.endpoint]!, label: env.label, pending, spies, tops }
  for (;;) {
    tops.add(composed.top.id)
    const reply = serveWatched(world, spies, composed.top.id, composed.bytes, composed.path)
    const taken = must(await takeLeg(world.ctx, env, composed.pending, reply))
    if (taken.done) return { ...ran, writes: taken.reviewed.writes.length }
    composed = taken.composed
  }
}

function serveWatched(world: World, spies: Map<string, Spy>, top: string, bytes: Uint8Array, path: string): Uint8Array {
  const env = world.relayEnv(top)
  const spy = spies.get(top)!
  spy.saw(bytes)
  let relay: Between = must(
    readPath(path)?.asked === 'continue' ? openContinuation(world.ctx, env, bytes) : openRequest(world.ctx, env, bytes),
  )
  for (;;) {
    const next = must(nextHops(world.ctx, env, relay))
    next.hops.forEach(({ key }) => spy.drew(key))
    const replies: HopReply[] = []
    for (const { lane, server, bytes: hop } of next.hops) {
      spies.get(server)!.saw(hop)
      const answer = must(executeHop(world.ctx, world.hopEnv(server), hop))
      spy.saw(answer)
      replies.push(must(openHopReply(world.ctx, env, next, lane, answer)))
    }
    const step = takeReplies(world.ctx, next, replies)
    if (step.done) return step.reply
    relay = step.relay
  }
}

/** What label and schema say that the servers of a block may open, from what everybody sees of the program. */
function declared(one: Case, endpoint: Endpoint, label: Label, position: number): Set<string> {
  const api = describeApi(programOf(one.app)).endpoints[one.endpoint]!
  const block = endpoint.blocks[position]!
  const slotsOf = (source: Source): string[] => (source.from === 'slot' ? [`slot.${endpoint.slots[source.slot]!.name}`] : [])
  const opens = [
    ...label.blocks[position]!.opens,
    ...api.encrypt.filter(({ openedBy }) => openedBy.includes(block.name)).map(({ value }) => value),
  ]
  const queries = api.queries.filter(({ name }) => opens.some((value) => value.startsWith(`query.${name}.`)))
  const asked = queries.flatMap((query) => query.asked)
  const slots = [
    ...opens,
    ...asked,
    ...block.sites.map(({ slot }) => `slot.${endpoint.slots[slot]!.name}`),
    ...block.carries.flatMap(slotsOf),
  ]
  const keys = slots.filter((name) => name.startsWith('slot.'))
  const fields = ['$key', 'collection', 'owner', 'version', 'written', '(sort keys)']
  const proofOf = (name: string, shown: string[]): string[] => [name, ...shown.map((field) => `${name}.${field}`)]
  return new Set([
    ...opens,
    ...asked,
    ...keys.flatMap((name) => proofOf(name, fields)),
    ...proofOf('caller', ['$key', 'seats', 'since', '(sort keys)']),
    ...queries.map(({ name }) => `query.${name}.(sort keys)`),
    // Its own messages, and what it made itself.
    'hop',
    `envelope.${position}`,
    `shown.${position}`,
    ...(position === 0 ? [] : [`handoff.${position}`]),
  ])
}

const undeclared = (log: Iterable<string>, allowed: ReadonlySet<string>): string[] => [...log].filter((name) => !allowed.has(name)).sort()

/** Every input that the label of a block says reaches something. */
const reaching = ({ outputs, sites }: BlockLabel): Set<number> =>
  new Set([...outputs.flat(), ...sites.flatMap(({ decided, fields }) => [...decided, ...Object.values(fields).flat()])])

const tried = CASES.flatMap((one) => [0, 1, 2].map((witnesses) => [one.app, one.endpoint, witnesses, one] as const))

describe('what the servers of a request could open', () => {
  it.each(tried)('%s, %s, with %i witnesses: is what the label says', async (_app, _endpoint, witnesses, one) => {
    for (const args of [one.one, one.other].slice(0, witnesses === 0 ? 2 : 1)) {
      reads.clear()
      const { world, endpoint, label, pending, spies, tops } = await run(one, args, 1 + witnesses)
      const seen = new Map([...spies].map(([id, spy]) => [id, namesIn(spy.log(), endpoint)]))
      const places = pending.lanes.flatMap((hops) => hops.map(({ server }, position) => ({ server, position })))
      for (const { server, position } of places) {
        const log = seen.get(server)!
        expect([position, undeclared(log, declared(one, endpoint, label, position))]).toEqual([position, []])
        // It did get what it runs on: the log is no empty one.
        const sealed = label.blocks[position]!.opens.filter((name) => /^(request|block)\./.test(name))
        expect(sealed.filter((name) => !log.has(name))).toEqual([])
        expect(log).toContain(`envelope.${position}`)
      }
      for (const top of tops) expect(undeclared(seen.get(top)!, new Set(['request', 'continuation', 'reply']))).toEqual([])
      const others = [...seen].filter(([id]) => !tops.has(id) && !places.some(({ server }) => server === id))
      expect(others.flatMap(([, log]) => [...log])).toEqual([])
      for (const [position, { label: of }] of world.plan.endpoints[one.endpoint]!.entries())
        expect([...(reads.get(`${one.endpoint}/${position}`) ?? [])].filter((input) => !reaching(of).has(input))).toEqual([])
      const lanes = endpoint.blocks.some(({ sites }) => sites.length > 0) ? 1 + witnesses : 1
      expect(pending.lanes).toHaveLength(lanes)
    }
  })
})

describe('a label that says less than is so', () => {
  const post = CASES.find(({ endpoint }) => endpoint === 'post')!

  it('shows in the log of every server of its block', async () => {
    const { endpoint, label, pending, spies } = await run(post, post.one, 2)
    const blocks = label.blocks.map((block) => ({ ...block, opens: block.opens.filter((name) => name !== 'request.text') }))
    for (const hops of pending.lanes) {
      const log = namesIn(spies.get(hops[0]!.server)!.log(), endpoint)
      const allowed = [...declared(post, endpoint, { ...label, blocks }, 0)].filter((name) => name !== 'request.text')
      expect(undeclared(log, new Set(allowed))).toEqual(['request.text'])
    }
  })

  it('shows in what the body reads, and a server that looks at it refuses the code before any request', async () => {
    reads.clear()
    const { world } = await run(post, post.one, 1)
    const [moderation] = world.plan.endpoints['post']!
    const read = [...reads.get('post/0')!]
    expect(read).toContain(1)
    const without: BlockLabel = {
      ...moderation!.label,
      outputs: moderation!.label.outputs.map((inputs) => inputs.filter((input) => input !== 1)),
    }
    expect(read.filter((input) => !reaching(without).has(input))).toEqual([1])
    const plan = {
      ...world.plan,
      endpoints: { ...world.plan.endpoints, post: [{ ...moderation!, label: without }, world.plan.endpoints['post']![1]!] },
    }
    const [holder] = holdingOf(world.ctx.crypto, world.planned).holders('post', 0)
    const file = codeFiles(world.ctx.crypto, world.program, world.planned, world.secret).find(({ server }) => server === holder)!
    const actor = world.servers.get(holder!)!
    const box = must(sealCode(world.ctx, file, toHex(actor.sealing.publicKey)))
    expect(openCode(world.ctx, box, { ...world.planned, plan }, actor, world.outline, APP)).toMatchObject({
      ok: false,
      error: { code: 'code.label' },
    })
    expect(openCode(world.ctx, box, world.planned, actor, world.outline, APP).ok).toBe(true)
  })
})
