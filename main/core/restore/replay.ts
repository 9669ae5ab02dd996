/**
 * A Supervisor's state from chain and swarm: its own step hears the blocks again, and what it asks for is answered by the ticks that were published. So nothing is
 * guessed: what the step makes of the same blocks and the same ticks is what it had established.
 */
import type { CryptoPort } from '../../../roles/protocol/crypto/index.ts'
import type { OpenedDocument, Plan } from '../../../roles/protocol/documents/index.ts'
import type { AnchoredTransaction, WorldEvent } from '../../../roles/protocol/events.ts'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'
import type { ClosedTick } from '../../../roles/protocol/ticks/index.ts'
import {
  createStep,
  initialState,
  type SecretPlan,
  type SupervisorEffect,
  type SupervisorEvent,
  type SupervisorState,
} from '../../../roles/supervisor/index.ts'
import type { CountedTick } from '../history.ts'
import type { FoundOffer } from './offers.ts'

export interface Replaying {
  crypto: CryptoPort
  offers: readonly FoundOffer[]
  ticks: readonly CountedTick[]
  /** What a tick decided, by its digest. */
  closedOf: (sha256: string) => ClosedTick
  /** Secrets of the plans that a tick published. */
  plansOf: (tick: CountedTick) => Array<{ plan: Plan; secret: SecretPlan }>
  /** Acceptances and revocations, by their digests. */
  documentOf: (sha256: string) => OpenedDocument | null
  resumptions: ReadonlyArray<{ transaction: AnchoredTransaction; document: OpenedDocument<'resumption'> }>
  /** Blocks from the first offer's on, in order. */
  blocks: Iterable<WorldEvent & { type: 'block' }>
}

/** Error: `restore.incomplete` (the ticks do not follow from the blocks that this node has). */
export function replay(input: Replaying): Result<SupervisorState> {
  const { crypto, offers, ticks, blocks } = input
  const { reference, document } = offers[0]!
  // Whoever has the phrase made what spends these seals; a thief's ticks are found out by their plans, which do not follow from the key.
  const step = createStep(crypto, () => true)
  let state = initialState({ sha256: reference.sha256, body: document.body }, reference.sha256)
  const take = (event: SupervisorEvent): void => {
    const stepped = step(state, event)
    state = stepped.state
    for (const effect of stepped.effects) for (const answer of answers(input, effect)) take(answer)
  }
  for (const block of blocks) {
    for (const event of saidBefore(input, block.height)) take(event)
    take(block)
    for (const event of documentsFor(input, state)) take(event)
  }
  const [last, made] = [ticks.at(-1)?.document.body.number ?? -1, state.ticks.at(-1)?.number ?? -1]
  if (made !== last)
    return fail(
      'restore.incomplete',
      `The ticks go to ${last}; the blocks that this node has lead to tick ${made}. Wait until the chain was read whole, and try again.`,
    )
  return ok({ ...state, composing: null, phase: 'restored' })
}

/** What the Supervisor had said by itself before a block had it. */
function saidBefore({ offers, resumptions }: Replaying, height: number): SupervisorEvent[] {
  const superseding = offers
    .slice(1)
    .filter(({ transaction }) => transaction.height === height)
    .map(({ document: { sha256, body } }): SupervisorEvent => ({ type: 'offer.superseding', sha256, offer: body }))
  const resuming = resumptions
    .filter(({ transaction }) => transaction.height === height)
    .map(({ document: { sha256, body } }): SupervisorEvent => {
      return { type: 'resuming', resumption: { sha256, good: body.good?.number ?? null, key: body.key } }
    })
  return [...superseding, ...resuming]
}

/** Documents that the state waits for and that are here. */
function documentsFor({ documentOf }: Replaying, { waiting, expected }: SupervisorState): SupervisorEvent[] {
  const acceptances = waiting.filter(({ transaction, arrived }) => transaction.anchor.type === 'acceptance' && arrived === undefined)
  return [...acceptances.map(({ transaction }) => transaction), ...expected].flatMap(
    ({ anchor: { sha256, infohash } }): SupervisorEvent[] => {
      const document = documentOf(sha256)
      return document === null ? [] : [{ type: 'document', reference: { sha256, infohash }, document }]
    },
  )
}

/** What the published tick says to an effect; none where it is not among those that count: then the disk that is gone knew more. */
function answers({ ticks, closedOf, plansOf }: Replaying, effect: SupervisorEffect): SupervisorEvent[] {
  if (effect.type !== 'close' && effect.type !== 'compose') return []
  const { number, hash, by } = effect.work
  const tick = ticks.find(({ document: { body } }) => body.number === number && body.blocks.hash === hash && body.by === by)
  if (tick === undefined) return []
  if (effect.type === 'close') return [{ type: 'closed', number, hash, plans: plansOf(tick), seed: '' }]
  const { reference, document } = tick
  const { verdicts, foreign, burials } = closedOf(reference.sha256)
  const decided = verdicts.map(({ txid }) => txid)
  const { state, servers } = document.body
  return [{ type: 'composed', number, hash, reference, state, servers: servers.length, decided, foreign, burials }]
}
