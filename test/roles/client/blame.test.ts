/** [R5] Whose doing each refusal is: code by code. */
import { describe, expect, it } from 'vitest'
import { blameRefusal, blameReply, causeOf, composeRequest } from '../../../roles/client/request.ts'
import type { Pending } from '../../../roles/client/types.ts'
import { fail, failForNow, must, type Failure } from '../../../roles/protocol/result.ts'
import { makeWorld } from '../request/world.ts'

const pending = {
  top: 'top',
  lanes: [
    [
      { server: 'first', version: 'v1' },
      { server: 'second', version: 'v2' },
    ],
    [
      { server: 'third', version: 'v1' },
      { server: 'fourth', version: 'v2' },
    ],
  ],
  start: { client: 'ann' },
} as unknown as Pending
const tick = new Set(['someone else'])
const refusal = (code: string, retryable = false): Failure => (retryable ? failForNow : fail)(code, 'no').error
const hopFailed = (cause: string, server = 'second', retryable = false): Failure => ({
  ...refusal('request.hop-failed', retryable),
  details: { lane: server === 'fourth' ? 1 : 0, position: 1, server, cause },
})

describe('[R5] a refusal of the top-level server', () => {
  it.each([
    'request.too-large',
    'request.json',
    'request.schema',
    'request.app',
    'request.endpoint',
    'request.hops',
    'request.stage',
    'request.progress',
    'request.tombstoned',
    'continuation.json',
    'continuation.schema',
    'envelope.closed',
    'envelope.recipient',
    'thread.start',
    'thread.link',
    'server.path',
    'transport.status',
    'transport.too-large',
    'transport.method',
    'whatever.invented',
  ])('«%s» is its own, although it calls it final: another server is asked', (code) => {
    expect(blameRefusal(pending, tick, refusal(code), null)).toMatchObject({ servers: ['top'], failure: { code, retryable: true } })
  })

  it.each([
    'request.tick',
    'server.not-serving',
    'server.recipient',
    'transport.rate',
    'transport.timeout',
    'transport.unreachable',
    'transport.internal',
  ])('«%s», which may pass, leaves it out too', (code) => {
    expect(blameRefusal(pending, tick, refusal(code, true), null)).toMatchObject({ servers: ['top'], failure: { code, retryable: true } })
  })

  it.each(['request.tombstoned', 'hop.tombstoned'])('«%s» is told when the tick says so too', (code) => {
    const failure = code.startsWith('hop') ? hopFailed(code) : refusal(code, true)
    expect(blameRefusal(pending, new Set(['ann']), failure, null)).toMatchObject({ servers: [], failure: { retryable: false } })
  })
})

describe('[R5] a block that was not run', () => {
  it.each([
    'hop.app',
    'hop.tick',
    'hop.version',
    'hop.replayed',
    'hop.endpoint',
    'hop.link',
    'hop.commits',
    'hop.edges',
    'hop.tombstoned',
    'hop.receipt',
    'hop.unregistered',
    'hop.key',
    'hop.caller',
    'hop.slot',
    'hop.query',
    'hop.next',
    'hop.reply',
    'index.proof',
    'server.not-serving',
    'server.recipient',
    'transport.timeout',
    'transport.unreachable',
  ])('for «%s» is left to another server, for the client proved to itself what that one says', (cause) => {
    expect(blameRefusal(pending, tick, hopFailed(cause), cause)).toMatchObject({ servers: ['second'], failure: { retryable: true } })
  })

  it.each(['hop.block-failed', 'hop.too-large'])('for «%s» is told when two servers say so, one after the other', (cause) => {
    expect(blameRefusal(pending, tick, hopFailed(cause), null)).toMatchObject({ servers: ['second'], failure: { retryable: true } })
    expect(blameRefusal(pending, tick, hopFailed(cause), 'transport.timeout')).toMatchObject({ failure: { retryable: true } })
    expect(blameRefusal(pending, tick, hopFailed(cause), cause)).toMatchObject({ failure: { retryable: false } })
    expect(causeOf(hopFailed(cause))).toBe(cause)
  })

  it.each(['hop.number', 'edge.closed', 'edge.padding', 'edge.commitment', 'program.value'])(
    'for «%s» may be the doing of the server before it in its lane, which alone can know: both are left out',
    (cause) => {
      expect(blameRefusal(pending, tick, hopFailed(cause), cause)).toMatchObject({
        servers: ['first', 'second'],
        failure: { retryable: true },
      })
      expect(blameRefusal(pending, tick, hopFailed(cause, 'fourth'), null).servers).toEqual(['third', 'fourth'])
      const first = { ...hopFailed(cause), details: { lane: 0, position: 0, server: 'first', cause } }
      expect(blameRefusal(pending, tick, first, null).servers).toEqual(['first'])
    },
  )

  it('by a server that the request did not name is the invention of the top-level one', () => {
    for (const failure of [
      hopFailed('hop.block-failed', 'first'),
      hopFailed('hop.slot', 'nobody'),
      refusal('request.hop-failed'),
      { ...hopFailed('hop.slot'), details: { server: 'second' } },
    ]) {
      expect(blameRefusal(pending, tick, failure, 'hop.block-failed')).toMatchObject({ servers: ['top'], failure: { retryable: true } })
    }
  })
})

describe('[R5] a reply that is not taken', () => {
  it.each([
    ['reply.closed', undefined, 'top'],
    ['reply.schema', undefined, 'top'],
    ['reply.outputs', { position: 1 }, 'top'],
    ['reply.outputs', { position: 1, servers: ['second'] }, 'second'],
    ['reply.writes', { position: 0 }, 'top'],
    ['reply.path', { lane: 1, position: 0 }, 'third'],
    ['thread.link', { lane: 0, position: 1 }, 'second'],
    ['thread.link', { lane: 1, position: 1 }, 'fourth'],
    ['thread.link', { lane: 0, position: 9 }, 'top'],
    ['thread.link', { lane: 2, position: 0 }, 'top'],
    ['request.lanes', { position: 1, servers: ['fourth'] }, 'fourth'],
    ['edge.commitment', undefined, 'top'],
  ])('«%s» with %j leaves out the %s server', (code, details, server) => {
    expect(blameReply(pending, { ...refusal(code), ...(details === undefined ? {} : { details }) })).toMatchObject({
      servers: [server],
      failure: { retryable: true },
    })
  })

  it("for what the client could not read or compose is nobody's fault", () => {
    for (const failure of [refusal('swarm.timeout', true), refusal('client.too-large'), refusal('request.tick', true)])
      expect(blameReply(pending, failure)).toEqual({ failure, servers: [] })
  })
})

it('[R5] servers that failed are left out as long as there are others, the latest longest', async () => {
  const world = await makeWorld({ seed: 'forgiven', servers: 7 })
  const ids = world.tick.servers.map(({ id }) => id)
  for (const order of [ids, ids.toReversed()]) {
    const {
      pending: { top, lanes },
    } = must(await composeRequest(world.ctx, world.clientEnv(), 'post', { topic: 'a', text: 'b' }, new Set(order)))
    expect([top, ...lanes.flat().map(({ server }) => server)]).not.toContain(order.at(-1))
  }
})
