/**
 * Servers of several blocks each answer just before their time is over. None of them fails, and together they keep a top-level server longer than its client waits.
 *
 * Detected by the top-level server, whose time for the whole request is over before its client's: it names the slowest of them (`request.hop-failed`, `transport.timeout`). Punishment: that one is left out of the next attempt.
 * Lost: at most 25 s for each attempt. Before, the client took the top-level server to be silent, and left out an innocent one, attempt after attempt.
 */
import { expect, it } from 'vitest'
import { createListener, RELAY_TIMEOUT_MS } from '../../main/core/listener.ts'
import { createAnswer } from '../../main/core/server/requests.ts'
import type { ServerSession } from '../../main/core/server/session.ts'
import type { Ready } from '../../main/core/server/ticks.ts'
import type { TransportPort } from '../../main/core/ports.ts'
import { blameRefusal, composeRequest } from '../../roles/client/request.ts'
import { app, collection, compile, endpoint, int, see } from '../../roles/program/index.ts'
import { failForNow, must } from '../../roles/protocol/result.ts'
import { executeHop } from '../../roles/server/execute.ts'
import { APP, makeWorld, TICK } from '../roles/request/world.ts'
import { createMemoryStorage } from '../simulation/ports/storage.ts'
import { createVirtualClock } from '../simulation/ports/clock.ts'

const [BLOCKS, SLOW_MS, HONEST_MS] = [6, 7_900, 50]

/** Six observation points, one after the other. */
const chain = app({
  name: 'chain',
  doc: 'Counts.',
  collections: { sums: collection({ doc: 'Sums.', fields: { sum: int() }, indices: {} }) },
  endpoints: () => ({
    count: endpoint({
      doc: 'Counts on.',
      request: { number: int() },
      run: ({ number }) => {
        let sum = number
        for (let i = 0; i < BLOCKS; i++) sum = see(`block${i}`, sum, (before) => before.plus(1))
        return sum
      },
    }),
  }),
})

/** @param slow positions of blocks whose servers take their time; @returns the refusal, and how long it took */
async function ask(slow: number[]) {
  const world = await makeWorld({
    seed: `slow ${slow.join()}`,
    servers: 20,
    spare: 1,
    app: { program: must(compile(chain)), keys: ['sums', 'sums', 'sums', 'sums'], endpoint: 'count', rows: [] },
  })
  const composed = must(await composeRequest(world.ctx, world.clientEnv(), 'count', { number: '1' }))
  const clock = createVirtualClock()
  const servers = composed.pending.lanes[0]!.map(({ server }) => server)
  const hostOf = new Map(world.tick.servers.map(({ host, id }) => [host, id]))
  const send: TransportPort['send'] = ({ host }, _path, bytes, { timeoutMs }) =>
    new Promise((resolve) => {
      const server = hostOf.get(host)!
      const takes = slow.includes(servers.indexOf(server)) ? SLOW_MS : HONEST_MS
      if (takes > timeoutMs) clock.after(timeoutMs, () => resolve(failForNow('transport.timeout', 'late')))
      else clock.after(takes, () => resolve(executeHop(world.ctx, world.hopEnv(server), bytes)))
    })
  const env = world.hopEnv(composed.top.id)
  const ready: Ready = {
    signature: '',
    app: APP,
    keys: world.servers.get(composed.top.id)!,
    currentTick: TICK,
    views: new Map([[TICK, env.tick(TICK)!]]),
    codes: new Map(),
  }
  const ports = { storage: createMemoryStorage(), clock, transport: { send } as TransportPort }
  const session = {
    services: { ...ports, listener: createListener(ports, () => ({ host: '127.0.0.1', port: 0 })) },
    ctx: world.ctx,
    counts: { requests: 0, hops: 0 },
  }
  const answer = createAnswer(
    session as unknown as ServerSession,
    () => ready,
    () => null,
  )
  const began = clock.now()
  const answered = await clock.until(answer('request', composed.bytes, 'client'))
  return { answered, took: clock.now() - began, servers, pending: composed.pending }
}

it('two slow servers are waited for', async () => {
  expect(await ask([1, 3])).toMatchObject({ answered: { ok: true } })
})

it.each([[[0, 1, 2, 3]], [[0, 1, 2, 3, 4, 5]], [[1, 2, 4, 5]]])(
  'the slow servers of the blocks %j do not make the top-level server silent: one of them is named and left out',
  async (slow) => {
    const { answered, took, servers, pending } = await ask(slow)
    expect(took).toBeLessThan(RELAY_TIMEOUT_MS)
    expect(answered).toMatchObject({
      ok: false,
      error: { code: 'request.hop-failed', retryable: true, details: { cause: 'transport.timeout' } },
    })
    const failure = (answered as { error: Parameters<typeof blameRefusal>[2] }).error
    const { servers: left } = blameRefusal(pending, new Set(), failure, null)
    expect(left).toHaveLength(1)
    expect(slow).toContain(servers.indexOf(left[0]!))
  },
)
