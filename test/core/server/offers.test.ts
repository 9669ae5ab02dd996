/** [J2] What a person sees of job offers, and what comes of a decision, over the engine and the server's real step. */
import { describe, expect, it } from 'vitest'
import { fastCrypto } from '../../../main/adapters/crypto/fast.ts'
import { createEngine } from '../../../main/core/engine.ts'
import { decideOffer, offersOf } from '../../../main/core/server/offers.ts'
import type { Offer, OpenedDocument } from '../../../roles/protocol/documents/index.ts'
import {
  initialServerState,
  phaseOf,
  serverStep,
  type Rule,
  type ServerEffect,
  type ServerEvent,
  type ServerState,
} from '../../../roles/server/index.ts'
import { createMemoryLog } from '../../simulation/ports/log.ts'
import { createMemoryStorage } from '../../simulation/ports/storage.ts'

const id = (n: number): string => String(n).repeat(64)
const reference = (n: number) => ({ sha256: id(n), infohash: String(n).repeat(40) })
const block = (n: number): ServerEvent => ({
  type: 'block',
  height: n,
  hash: id(n),
  time: 0,
  anchored: [{ txid: id(n), height: n, position: 1, anchor: { type: 'offer', ...reference(n) }, first: '', spends: [], pays: [] }],
})
const offer = (n: number, perRequest: number): ServerEvent => {
  const body = {
    type: 'offer',
    by: id(7),
    master: id(8),
    title: `App ${n}`,
    app: null,
    pay: { perRequest, perMillionSteps: 0, perMegabyte: 0 },
    work: { client: 1, server: 4 },
    outline: { name: 'outline', size: 1, sha256: id(9) },
    backup: null,
  }
  return {
    type: 'document',
    reference: reference(n),
    document: { sha256: id(n), body: body as unknown as Offer, bytes: new Uint8Array() } as OpenedDocument,
  }
}

/** A server that has seen three offers, of which the third one's document never came. */
async function start(rule: Partial<Rule> = {}) {
  const storage = createMemoryStorage()
  const effects: ServerEffect[] = []
  const engine = createEngine({ storage, log: createMemoryLog(), after: () => () => undefined })
  const member = engine.add<ServerState, ServerEvent, ServerEffect>({
    name: 'server',
    initial: initialServerState({ auto: false, minPayPerRequest: 5, maxTicks: null, ...rule }),
    step: (state, event) => serverStep({ crypto: fastCrypto, hashAt: () => null, identityFor: () => id(6) }, state, event),
    perform: async (effect) => {
      effects.push(effect)
      return []
    },
  })
  for (const event of [block(1), block(2), block(3), offer(1, 3), offer(2, 9)]) await member.dispatch(event)
  const grinds = () => effects.filter(({ type }) => type === 'grind').length
  return {
    member,
    grinds,
    stored: () => storage.get('role-state', 'server') as unknown as ServerState,
    offers: () => offersOf(member.state()).map(({ title, state }) => [title, state]),
  }
}

describe('[J2] a person decides', () => {
  it('[J2] sees what is offered, best paid first, and nothing happens by itself', async () => {
    const { member, offers, grinds } = await start()
    expect(offers()).toEqual([
      ['App 2', 'open'],
      ['App 1', 'open'],
    ])
    expect(offersOf(member.state())[0]).toEqual({
      id: id(2),
      app: id(2),
      master: id(8),
      title: 'App 2',
      perRequest: 9,
      workBits: 4,
      height: 2,
      supersedes: false,
      state: 'open',
    })
    expect([phaseOf(member.state()), grinds()]).toEqual(['deciding', 0])
  })

  it("[J2] accepts one, also below the rule's pay: it is on disk, the identity is ground once, and no other can be accepted", async () => {
    const { member, offers, grinds, stored } = await start()
    expect(await decideOffer(member, 'accept', id(1))).toEqual({ ok: true, value: null })
    expect(stored().job?.offer).toBe(id(1))
    expect(await decideOffer(member, 'accept', id(1))).toEqual({ ok: true, value: null })
    expect([offers(), grinds(), phaseOf(member.state())]).toEqual([
      [
        ['App 2', 'open'],
        ['App 1', 'accepted'],
      ],
      1,
      'grinding',
    ])
    expect(await decideOffer(member, 'accept', id(2))).toMatchObject({ ok: false, error: { code: 'server.job', retryable: false } })
    expect(await decideOffer(member, 'decline', id(1))).toMatchObject({ ok: false, error: { code: 'server.job' } })
    expect(await decideOffer(member, 'decline', id(2))).toMatchObject({ ok: true })
  })

  it('[J2] declines, which no rule overrules, and may change their mind', async () => {
    const { member, offers, stored, grinds } = await start()
    expect(await decideOffer(member, 'decline', id(2))).toMatchObject({ ok: true })
    expect(stored().offers.find(({ reference: { sha256 } }) => sha256 === id(2))).toMatchObject({ declined: true })
    await member.dispatch({ type: 'rule', rule: { auto: true, minPayPerRequest: 5, maxTicks: null } })
    expect([offers(), grinds()]).toEqual([
      [
        ['App 2', 'declined'],
        ['App 1', 'open'],
      ],
      0,
    ])
    expect(await decideOffer(member, 'accept', id(2))).toMatchObject({ ok: true })
    expect(offers()).toEqual([
      ['App 2', 'accepted'],
      ['App 1', 'open'],
    ])
  })

  it('cannot decide about an offer that was never seen, or whose document is not here', async () => {
    const { member } = await start()
    expect(await decideOffer(member, 'accept', id(4))).toMatchObject({ ok: false, error: { code: 'server.offer', retryable: false } })
    expect(await decideOffer(member, 'decline', id(3))).toMatchObject({
      ok: false,
      error: { code: 'server.offer-missing', retryable: true },
    })
  })
})
