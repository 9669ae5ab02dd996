/**
 * The life of an own transaction as data: what each phase says is known, what is done next, and which events lead where. See README.md here.
 * Nothing in this file acts; `performer.ts` asks the node and reports the answer as an event.
 */
import type { Failure } from '../../../roles/protocol/result.ts'

export type Phase = 'built' | 'offered' | 'mempool' | 'refused for now' | 'evicted' | 'refused' | 'conflicted' | 'confirmed'

/**
 * `offer`: it is about to be given to the node. `accept`: the node holds it. `silence`: no answer, so it may hold it. `defer`: not now.
 * `deny`: not by this node as it runs. `rival`: a block spends one of its coins otherwise. `mined`, `reorg`: a block has it, or no longer.
 */
export type LifeEvent = 'offer' | 'accept' | 'silence' | 'defer' | 'deny' | 'rival' | 'mined' | 'reorg'

export interface Refusal {
  code: string
  message: string
  /** Answers in a row that refused it. */
  tries: number
  /** Height from which the wallet asks again by itself. */
  next: number
}

interface PhaseRow {
  /** What has been established. */
  known: string
  /** What the wallet does about it. */
  next: string
  /** Whether its coins are held. */
  holds: boolean
  on: Partial<Record<LifeEvent, Phase>>
}

const block = { rival: 'conflicted', mined: 'confirmed' } as const

export const phases: Record<Phase, PhaseRow> = {
  built: {
    known: 'it is signed and on the disk; no node was asked',
    next: 'give it to the node',
    holds: true,
    on: { ...block, offer: 'offered', accept: 'mempool', silence: 'offered', defer: 'refused for now', deny: 'refused' },
  },
  offered: {
    known: 'it was given to the node, whose answer is not known',
    next: 'give it to the node again with the next block',
    holds: true,
    on: { ...block, accept: 'mempool', silence: 'offered', defer: 'refused for now', deny: 'refused' },
  },
  mempool: {
    known: 'the node’s mempool has it',
    next: 'see with every block that it is still there; pay more when blocks pass it over',
    holds: true,
    on: { ...block, accept: 'mempool', silence: 'mempool', defer: 'evicted', deny: 'evicted' },
  },
  'refused for now': {
    known: 'the node did not take it, for a reason that may pass',
    next: 'ask again after growing pauses, as a package or with a higher fee where the fee is the reason',
    holds: true,
    on: { ...block, offer: 'offered', accept: 'mempool', silence: 'refused for now', defer: 'refused for now', deny: 'refused' },
  },
  evicted: {
    known: 'the node had it and does not take it any more; other nodes may have it',
    next: 'ask again after growing pauses, as a package or with a higher fee where the fee is the reason',
    holds: true,
    on: { ...block, accept: 'mempool', silence: 'evicted', defer: 'evicted', deny: 'evicted' },
  },
  refused: {
    known: 'the node does not take it as it runs, and nobody else has it',
    next: 'nothing: its coins are free, and whoever wants the payment asks for it anew',
    holds: false,
    on: {},
  },
  conflicted: {
    known: 'a block spends one of its coins otherwise',
    next: 'another version of it takes its place where its coins are there; else its other coins are free',
    holds: false,
    on: { reorg: 'built' },
  },
  confirmed: {
    known: 'a block has it',
    next: 'nothing, until a reorganisation takes the block back',
    holds: false,
    on: { reorg: 'offered' },
  },
}

/** Where an event leads. What a node may have passed on is never refused for good: somebody may mine it yet. */
export function phaseAfter({ phase, known }: { phase: Phase; known: boolean }, event: LifeEvent): Phase {
  const next = phases[phase].on[event] ?? phase
  return next === 'refused' && known ? 'evicted' : next
}

const deferred = new Set([
  'chain.inputs-missing',
  'chain.fee-low',
  'chain.mempool-full',
  'chain.too-early',
  'chain.long-chain',
  'chain.replacement',
])
const denied = new Set(['chain.policy', 'chain.dust', 'chain.fee-high', 'chain.script', 'chain.rejected', 'tx.parse'])

/** What an answer of `ChainPort.broadcast` tells; every failure that is not about the transaction leaves open whether the node has it. */
export const eventOf = (failure: Failure | null): LifeEvent =>
  failure === null ? 'accept' : deferred.has(failure.code) ? 'defer' : denied.has(failure.code) ? 'deny' : 'silence'

/** Whether paying more lets it in. */
export const isAboutFee = (refusal: { code: string } | null): boolean =>
  refusal !== null && (refusal.code === 'chain.fee-low' || refusal.code === 'chain.mempool-full')

/** Blocks until the next attempt: 1, 1, 2, 4, … and a day at most. */
const pauseAfter = (tries: number): number => Math.min(144, 2 ** Math.max(0, tries - 2))

/** The refusal to remember after an answer; `silence` changes nothing. */
export function refusalAfter(before: Refusal | null, failure: Failure | null, height: number): Refusal | null {
  if (failure === null) return null
  if (eventOf(failure) === 'silence') return before
  const tries = before?.code === failure.code ? before.tries + 1 : 1
  return { code: failure.code, message: failure.message, tries, next: height + pauseAfter(tries) }
}
