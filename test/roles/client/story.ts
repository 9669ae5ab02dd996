/** What a client hears, made by hand: the offer, ticks with verdicts, anchors of its own documents, replies. */
import {
  clientStep,
  initialClientState,
  type ClientEffect,
  type ClientEvent,
  type ClientState,
  type Reviewed,
  type Window,
} from '../../../roles/client/index.ts'
import type { OpenedDocument, Reference } from '../../../roles/protocol/documents/index.ts'
import type { AnchoredTransaction } from '../../../roles/protocol/events.ts'
import { scriptOf } from '../../../roles/protocol/ticks/index.ts'
import { toHex } from '../../../roles/protocol/bytes.ts'
import { crypto } from '../request/world.ts'
import { seeded } from '../../tools/seeded.ts'

export const key = (name: string): string => toHex(crypto.schnorr.publicKey(seeded(name)(32)))
export const SUPERVISOR = key('supervisor')
export const APP = 'aa'.repeat(32)
export const DATA = key('data')
export const refer = (n: number): Reference => ({ sha256: n.toString(16).padStart(64, '0'), infohash: n.toString(16).padStart(40, '0') })

export const anchored = (type: AnchoredTransaction['anchor']['type'], n: number, height: number): AnchoredTransaction => ({
  txid: `tx${n}`,
  height,
  position: 1,
  anchor: { type, ...refer(n), ...(type === 'tick' ? { number: n - 100 } : {}) },
  // A tick spends the seal of the one before, and tick 0 that of the offer.
  first: n === 100 ? 'offer:1' : `tx${n - 1}:1`,
  spends: [scriptOf(SUPERVISOR)!],
  pays: [],
})
export const OFFERED: ClientEvent = {
  type: 'block',
  height: 0,
  hash: 'h',
  time: 0,
  anchored: [
    {
      txid: 'offer',
      height: 0,
      position: 1,
      anchor: { type: 'offer', sha256: APP, infohash: '00'.repeat(20) },
      first: '',
      spends: [],
      pays: [
        { script: '6a', value: 0 },
        { script: scriptOf(SUPERVISOR)!, value: 330 },
      ],
    },
  ],
}
export const block = (height: number, ...anchors: AnchoredTransaction[]): ClientEvent => ({
  type: 'block',
  height,
  hash: 'h',
  time: 0,
  anchored: anchors,
})

/** Block and document of a tick with verdicts about documents, by number. */
export function tick(number: number, height: number, verdicts: Array<[document: number, outcome: string]>): ClientEvent[] {
  const reference = refer(100 + number)
  const body = {
    type: 'tick',
    by: SUPERVISOR,
    app: APP,
    offer: APP,
    number,
    previous: number === 0 ? null : refer(99 + number),
    plans: [],
    blocks: { from: 0, to: number, hash: 'h' },
    summary: { verdicts: verdicts.map(([n, outcome]) => ({ txid: `tx${n}`, document: refer(n), height: 1, outcome })) },
  }
  return [
    block(height, anchored('tick', 100 + number, height)),
    { type: 'document', reference, document: { body, bytes: new Uint8Array(), sha256: reference.sha256 } as unknown as OpenedDocument },
  ]
}

export const text = (n: number) => ({ document: `{"n":${n}}`, sha256: refer(n).sha256, spendFromKeys: [], payToKeys: [] })
export const reviewed = (writes: number): Reviewed =>
  ({ pending: {}, opened: { writes: Array.from({ length: writes }, () => ({ key: DATA })) }, writes: [] }) as unknown as Reviewed
export const published = (n: number): ClientEvent => ({
  type: 'published',
  sha256: refer(n).sha256,
  reference: refer(n),
  txid: `tx${n}`,
  fee: 200,
})

export const run = (state: ClientState, ...events: ClientEvent[]): { state: ClientState; effects: ClientEffect[] } =>
  events.reduce(
    (done: { state: ClientState; effects: ClientEffect[] }, event) => {
      const stepped = clientStep({ crypto, hashAt: () => 'h' }, done.state, event)
      return { state: JSON.parse(JSON.stringify(stepped.state)) as ClientState, effects: [...done.effects, ...stepped.effects] }
    },
    { state, effects: [] },
  )

export const start = run(initialClientState(APP, key('master'), [SUPERVISOR], key('client')), OFFERED).state
export const ready: ClientEvent[] = [
  { type: 'register', offer: APP, bits: 4 },
  { type: 'work.done', ...text(1) },
  published(1),
  block(1, anchored('registration', 1, 1)),
  ...tick(0, 2, [[1, 'accepted']]),
  { type: 'reserve', keys: [{ index: 0, key: DATA, collection: 'posts' }], ...text(2) },
  published(2),
  block(3, anchored('reservation', 2, 3)),
  ...tick(1, 4, [[2, 'accepted']]),
]
export const SLOTS = [{ name: 'post', collection: 'posts', state: 'fresh' as const }]
export const WINDOW: Window = { tick: refer(101).sha256, number: 1, until: 100, tickBlocks: 3, margin: 1 }
export const ask: Extract<ClientEvent, { type: 'request' }> = {
  type: 'request',
  id: 'r',
  endpoint: 'post',
  arguments: { text: 'hello' },
  slots: SLOTS,
  at: 1,
}
export const replied: Extract<ClientEvent, { type: 'replied' }> = {
  type: 'replied',
  id: 'r',
  attempt: 1,
  reviewed: reviewed(1),
  window: WINDOW,
}
export const approve: Extract<ClientEvent, { type: 'approve' }> = { type: 'approve', id: 'r', ...text(3) }
export const phase = (state: ClientState): string => state.requests[0]!.phase
export const of = (effects: ClientEffect[], type: ClientEffect['type']) => effects.filter((effect) => effect.type === type)
