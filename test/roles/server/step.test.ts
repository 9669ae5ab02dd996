import { describe, expect, it } from 'vitest'
import {
  phaseOf,
  initialServerState,
  termsOf,
  serverStep,
  serving,
  type ServerEffect,
  type ServerEvent,
  type ServerState,
} from '../../../roles/server/index.ts'
import type { DocumentType, Offer, OpenedDocument, Reference, Tick } from '../../../roles/protocol/documents/index.ts'
import type { AnchoredTransaction } from '../../../roles/protocol/events.ts'
import { chainOf, scriptOf } from '../../../roles/protocol/ticks/index.ts'
import { crypto } from '../request/world.ts'
import { toHex } from '../../../roles/protocol/bytes.ts'
import { seeded } from '../../tools/seeded.ts'

const key = (name: string): string => toHex(crypto.schnorr.publicKey(seeded(name)(32)))
const SUPERVISOR = key('supervisor')
const ME = key('server')
const file = { name: 'f', size: 1, sha256: '00'.repeat(32) }
const refer = (n: number): Reference => ({ sha256: n.toString(16).padStart(64, '0'), infohash: n.toString(16).padStart(40, '0') })
const OFFER = refer(1)

const anchored = (type: DocumentType, reference: Reference, height: number): AnchoredTransaction => ({
  txid: reference.sha256,
  height,
  position: 1,
  anchor: { type, ...reference, ...(type === 'tick' ? { number: parseInt(reference.sha256, 16) - 100 } : {}) },
  // A tick spends the seal of the one before, and tick 0 that of the offer.
  first: type === 'tick' ? `${refer(parseInt(reference.sha256, 16) === 100 ? 1 : parseInt(reference.sha256, 16) - 1).sha256}:1` : '',
  spends: [scriptOf(SUPERVISOR)!],
  pays:
    type === 'offer'
      ? [
          { script: '6a', value: 0 },
          { script: scriptOf(SUPERVISOR)!, value: 330 },
        ]
      : type === 'acceptance'
        ? [{ script: scriptOf(key('master'))!, value: 330 }]
        : [],
})
const block = (height: number, ...anchors: AnchoredTransaction[]): ServerEvent => ({
  type: 'block',
  height,
  hash: 'h',
  time: 0,
  anchored: anchors,
})
const document = (reference: Reference, body: object): ServerEvent => ({
  type: 'document',
  reference,
  document: { body, bytes: new Uint8Array(), sha256: reference.sha256 } as unknown as OpenedDocument,
})
const offerBody = (pay: number) => ({
  type: 'offer',
  by: SUPERVISOR,
  master: key('master'),
  title: 'Guestbook',
  app: null,
  outline: file,
  pay: { perRequest: pay },
  work: { server: 8, client: 4 },
  tickBlocks: 1,
})

/** A tick document that lists this server and publishes code for it three ticks ahead. */
function tick(number: number, previous: number | null, change: Partial<Tick> = {}): ServerEvent {
  const plans = [{ tick: number + 3, ready: [ME], endpoints: {}, code: [{ server: ME, file: { ...file, name: `code.${number + 3}` } }] }]
  const body = {
    type: 'tick',
    by: SUPERVISOR,
    app: OFFER.sha256,
    offer: OFFER.sha256,
    number,
    previous: previous === null ? null : refer(previous),
    plans,
    servers: [{ id: ME }],
    tombstones: [],
    summary: { verdicts: [], documents: [] },
    blocks: { from: 0, to: 1 + number, hash: 'h' },
    ...change,
  }
  return document(refer(100 + number), body)
}

const run = (state: ServerState, ...events: ServerEvent[]): { state: ServerState; effects: ServerEffect[] } =>
  events.reduce(
    (done: { state: ServerState; effects: ServerEffect[] }, event) => {
      const stepped = serverStep({ crypto, hashAt: () => 'h', identityFor: () => ME }, done.state, event)
      return { state: JSON.parse(JSON.stringify(stepped.state)) as ServerState, effects: [...done.effects, ...stepped.effects] }
    },
    { state, effects: [] },
  )

const OFFERS = [{ reference: OFFER, height: 1, terms: termsOf(OFFER.sha256, offerBody(10) as unknown as Offer) }]
const accepted: ServerEvent[] = [
  { type: 'accept', offer: OFFER.sha256, offers: OFFERS },
  { type: 'history', blocks: [{ height: 1, anchored: [anchored('offer', OFFER, 1)] }] },
  { type: 'work.done', offer: OFFER.sha256, document: '{}', sha256: refer(2).sha256 },
]
const joined = [...accepted, block(2, anchored('acceptance', refer(2), 2))]
const effectsOf = (effects: ServerEffect[], type: ServerEffect['type']) => effects.filter((effect) => effect.type === type)

describe('a server joins', () => {
  it('[J3][J4] grinds, stores the certificate before it is published, pays the Supervisor, and signs only one', () => {
    const { state, effects } = run(initialServerState(), ...accepted, accepted.at(-1)!, accepted.at(-2)!)
    expect(effectsOf(effects, 'grind')).toMatchObject([{ bits: 8, identity: ME }])
    expect(effectsOf(effects, 'publish')).toMatchObject([{ document: '{}', spendFromKeys: [], payToKeys: [key('master'), ME] }])
    expect([phaseOf(state), state.job!.acceptance!.document]).toEqual(['publishing', '{}'])
  })

  it('signs and publishes its acceptance anew when a tick says that nobody could fetch it, and for no other reason', () => {
    const refused = (outcome: string): Partial<Tick> => ({
      servers: [],
      summary: { verdicts: [{ txid: refer(2).sha256, document: refer(2), height: 2, outcome }], documents: [] },
    })
    const begun = run(initialServerState(), ...joined, block(9, anchored('tick', refer(100), 9))).state
    const lost = run(begun, tick(0, null, refused('acceptance.unavailable')))
    expect(phaseOf(lost.state)).toBe('grinding')
    expect(effectsOf(lost.effects, 'grind')).toMatchObject([{ offer: OFFER.sha256, identity: ME, bits: 8 }])
    const again = run(lost.state, { type: 'work.done', offer: OFFER.sha256, document: '{"again":1}', sha256: refer(3).sha256 })
    expect(effectsOf(again.effects, 'publish')).toMatchObject([{ documentType: 'acceptance', sha256: refer(3).sha256 }])
    const lazy = run(begun, tick(0, null, refused('acceptance.work')))
    expect([phaseOf(lazy.state), effectsOf(lazy.effects, 'grind'), effectsOf(lazy.effects, 'log').length]).toEqual(['accepted', [], 1])
  })

  it('goes back to publishing when the block of its acceptance is undone', () => {
    const { state } = run(initialServerState(), ...joined)
    expect(phaseOf(state)).toBe('accepted')
    expect(phaseOf(run(state, { type: 'reorg', height: 1 }).state)).toBe('publishing')
  })
})

describe('a server that plans leave out', () => {
  const planOf = (number: number, ready: string[]) =>
    ({ plans: [{ tick: number + 3, ready, endpoints: {}, code: [] }] }) as unknown as Partial<Tick>
  /** The ticks 0, 1, … of which each lists this server, and whose plans are dealt to it or not. */
  const follow = (...dealt: boolean[]) =>
    dealt.flatMap((mine, number) => [
      block(10 + number, anchored('tick', refer(100 + number), 10 + number)),
      tick(number, number === 0 ? null : 99 + number, planOf(number, mine ? [ME] : [])),
    ])
  const asked = (effects: ServerEffect[]) => effectsOf(effects, 'sign-ready')

  it('says on the chain that it is ready after two ticks, in a row or not, stored before it is published, and once', () => {
    expect(asked(run(initialServerState(), ...joined, ...follow(true, false, true, true, true)).effects)).toEqual([])
    const inTurns = run(initialServerState(), ...joined, ...follow(true, false, true, false, true, false))
    expect(asked(inTurns.effects)).toEqual([{ type: 'sign-ready', offer: OFFER.sha256, from: 4, to: 1_003 }])
    const { state, effects } = run(initialServerState(), ...joined, ...follow(true, false, false))
    expect(asked(effects)).toEqual([{ type: 'sign-ready', offer: OFFER.sha256, from: 3, to: 1_002 }])
    const signed: ServerEvent = { type: 'ready-signed', document: '{"a":1}', sha256: refer(7).sha256, ticks: { from: 3, to: 1_002 } }
    const said = run(state, signed)
    expect(said.state.job!.ready).toEqual({ document: '{"a":1}', sha256: refer(7).sha256, to: 1_002 })
    expect(effectsOf(said.effects, 'publish')).toMatchObject([
      { documentType: 'ready', spendFromKeys: [ME], payToKeys: [key('master'), ME], ticks: { from: 3, to: 1_002 } },
    ])
    expect(run(said.state, signed).effects).toEqual([])
    const later = [3, 4, 5, 6].flatMap((number) => [
      block(10 + number, anchored('tick', refer(100 + number), 10 + number)),
      tick(number, 99 + number, planOf(number, [])),
    ])
    expect(asked(run(said.state, ...later).effects)).toEqual([])
  })
})

describe('a server that comes back from its phrase', () => {
  /** The chain knows its identity from a folder that is gone: an acceptance of it, and ticks with plans of its word. */
  const before = { ...anchored('acceptance', refer(9), 2), pays: [{ script: scriptOf(ME)!, value: 330 }] }
  const history = (known: AnchoredTransaction[]): ServerEvent => ({
    type: 'history',
    blocks: [
      { height: 1, anchored: [anchored('offer', OFFER, 1), ...known] },
      { height: 3, anchored: [anchored('tick', refer(100), 3)] },
    ],
  })
  const comes = (known: AnchoredTransaction[]): ServerEvent[] => [
    accepted[0]!,
    history(known),
    tick(0, null),
    { type: 'work.done', offer: OFFER.sha256, document: '{}', sha256: refer(2).sha256 },
    block(5, anchored('acceptance', refer(2), 5)),
    block(5, anchored('tick', refer(101), 5)),
    tick(1, 100),
    block(6, anchored('tick', refer(102), 6)),
    tick(2, 101),
    ...[0, 1, 2].map((n): ServerEvent => ({ type: 'code', tick: n + 3, plan: refer(100 + n).sha256, failure: null })),
  ]
  const runs = (state: ServerState) => serving(state)!.generations.map(({ tick: of, code }) => [of, code !== null])

  it('runs no block by a plan that a block had at or below its new acceptance: its lost folder may have run the request', () => {
    const { state } = run(initialServerState(), ...comes([before]))
    expect([state.job!.isBack, runs(state)]).toEqual([
      true,
      [
        [3, false],
        [4, false],
        [5, true],
      ],
    ])
    expect(runs(run(state, { type: 'reorg', height: 5 }).state)).toEqual([
      [3, false],
      [4, false],
    ])
  })

  it('is told from one that the chain does not know', () => {
    const { state } = run(initialServerState(), ...comes([]))
    expect([state.job!.isBack, runs(state).every(([, held]) => held)]).toEqual([false, true])
  })

  it('pays for no statement because ticks left it out while it was away, or ask it where it was', () => {
    const out = (number: number, change: Partial<Tick> = {}) =>
      tick(number, number === 0 ? null : 99 + number, {
        plans: [{ tick: number + 3, ready: [], endpoints: {}, code: [] }] as unknown as Tick['plans'],
        ...change,
      })
    const away = [accepted[0]!, history([before]), out(0), block(4, anchored('tick', refer(101), 4)), out(1)]
    const moved = [
      block(5, anchored('tick', refer(102), 5)),
      { ...accepted[2]!, document: '{"host":"198.51.100.9","port":1}' } as ServerEvent,
      block(6, anchored('acceptance', refer(2), 6)),
      out(2),
      ...[3, 4].flatMap((number) => [
        block(4 + number, anchored('tick', refer(100 + number), 4 + number)),
        out(number, { servers: [{ id: ME, host: '198.51.100.1', port: 1 }] as unknown as Tick['servers'] }),
      ]),
    ]
    expect(effectsOf(run(initialServerState(), ...away, ...moved).effects, 'sign-ready')).toEqual([])
    const here = { servers: [{ id: ME, host: '198.51.100.9', port: 1 }] as unknown as Tick['servers'] }
    const asked = [5, 6].flatMap((number) => [block(4 + number, anchored('tick', refer(100 + number), 4 + number)), out(number, here)])
    expect(effectsOf(run(initialServerState(), ...away, ...moved, ...asked).effects, 'sign-ready')).toHaveLength(1)
  })
})

describe('a server follows ticks', () => {
  const ticks = [block(3, anchored('tick', refer(100), 3)), tick(0, null), block(4, anchored('tick', refer(101), 4)), tick(1, 100)]

  it('[V1][V2] is listed, fetches its code three ticks ahead, and serves once a tick runs that was planned with it', () => {
    const { state, effects } = run(initialServerState(), ...joined, ...ticks)
    expect(phaseOf(state)).toBe('listed')
    const later = [2, 3].flatMap((number) => [
      block(3 + number, anchored('tick', refer(100 + number), 3 + number)),
      tick(number, 99 + number),
    ])
    expect([2, 4].map((count) => phaseOf(run(state, ...later.slice(0, count)).state))).toEqual(['listed', 'serving'])
    expect(effectsOf(effects, 'fetch-file')).toMatchObject([
      { purpose: 'outline' },
      { purpose: 'code', tick: 3 },
      { purpose: 'code', tick: 4 },
    ])
    expect(serving(state)).toMatchObject({
      currentTick: 1,
      generations: [
        { tick: 3, plan: refer(100) },
        { tick: 4, plan: refer(101) },
      ],
    })
  })

  it('has the code of a plan from the moment when the file of that very document came, however late', () => {
    const codeAt = (state: ServerState) => serving(state)!.generations.map(({ tick: of, code }) => [of, code?.reference.sha256 ?? null])
    const came = (plan: number, failure: { code: string; message: string; retryable: boolean } | null = null): ServerEvent => ({
      type: 'code',
      tick: 3,
      plan: refer(plan).sha256,
      failure,
    })
    const { state } = run(initialServerState(), ...joined, ...ticks)
    const waits = [
      [3, null],
      [4, null],
    ]
    expect(codeAt(state)).toEqual(waits)
    // A rival's plan for the same tick, which a reorganisation took away.
    expect(codeAt(run(state, came(999)).state)).toEqual(waits)
    const has = [[3, refer(100).sha256], waits[1]]
    expect(codeAt(run(state, came(100)).state)).toEqual(has)
    // Refused, maybe because an outline was not here yet: whoever serves opens it again.
    expect(codeAt(run(state, came(100, { code: 'server.code', message: 'no outline', retryable: false })).state)).toEqual(has)
  })

  it('takes a tick back with its block', () => {
    const { state } = run(initialServerState(), ...joined, ...ticks, { type: 'reorg', height: 3 })
    expect(serving(state)).toMatchObject({ currentTick: 0, generations: [{ tick: 3 }] })
    expect(phaseOf(run(state, { type: 'reorg', height: 2 }).state)).toBe('accepted')
  })

  it('asks again with the next block for a tick that could not be fetched', () => {
    const missing: ServerEvent = {
      type: 'document.missing',
      reference: refer(100),
      documentType: 'tick',
      failure: { code: 'swarm.timeout', message: 'slow', retryable: true },
    }
    const { effects } = run(initialServerState(), ...joined, ticks[0]!, missing, block(4), block(5))
    expect(
      effectsOf(effects, 'fetch').filter((effect) => 'reference' in effect && effect.reference.sha256 === refer(100).sha256),
    ).toHaveLength(2)
  })

  it('ignores a tick that the Supervisor did not sign', () => {
    const { state } = run(initialServerState(), ...joined, ticks[0]!, tick(0, null, { by: key('somebody') }))
    expect(phaseOf(state)).toBe('accepted')
  })

  it('does not serve a tick that closes a block which is not on the best chain', () => {
    const { state } = run(initialServerState(), ...joined, ...ticks.slice(0, 3), tick(1, 100, { blocks: { from: 0, to: 2, hash: 'gone' } }))
    expect(serving(state)).toMatchObject({ currentTick: 0, generations: [{ tick: 3 }] })
  })

  it('rests when it is listed no more, and knows its tombstone', () => {
    const { state } = run(initialServerState(), ...joined, ...ticks.slice(0, 2))
    const gone = run(state, ticks[2]!, tick(1, 100, { servers: [] })).state
    const listed = run(state, ticks[2]!, tick(1, 100, { tombstones: [ME] }))
    const { sha256 } = chainOf(listed.state.job!.following).at(-1)!.reference
    expect(listed.effects).toContainEqual({ type: 'burial', reference: chainOf(listed.state.job!.following).at(-1)!.reference })
    const found = (holds: boolean) => run(listed.state, { type: 'burial', tick: sha256, holds, problems: ['It is invented.'] })
    const expelled = found(true).state
    expect([phaseOf(gone), phaseOf(expelled), serving(expelled)]).toEqual(['resting', 'expelled', null])
    // What a tick merely lists ends nobody.
    expect([phaseOf(listed.state), phaseOf(found(false).state)]).toEqual(['listed', 'listed'])
    expect(found(false).effects).toMatchObject([
      { type: 'log', level: 'error', message: expect.stringContaining('It is invented.') as string },
    ])
    expect(phaseOf(run(expelled, { type: 'reorg', height: 3 }).state)).toBe('listed')
  })
})
