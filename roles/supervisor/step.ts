/** The Supervisor as a pure function: time, chain and documents arrive as events, everything it wants done leaves as effects. */
import { bitsOfWork, type CryptoPort, workChallenge } from '../protocol/crypto/index.ts'
import type { Acceptance, DocumentBody, Offer, OpenedDocument, Signed } from '../protocol/documents/index.ts'
import type { AnchoredTransaction, Step } from '../protocol/events.ts'
import { changedTerm, isFirstSeal, misnamed, paysSupervisor, spendsKey, statementOf, statementsKept } from '../protocol/ticks/index.ts'
import { advance, PLAN_AHEAD, tickWork } from './due.ts'
import type { SupervisorEffect, SupervisorEvent } from './events.ts'
import { backTo, takeBack } from './reorg.ts'
import { isResumed, usurper, withSeal, type IsOwn } from './seals.ts'
import { isBuried, REMEMBERED_BLOCKS, REMEMBERED_TICKS, type KeptPlan, type Phase, type SupervisorState, type Waiting } from './state.ts'
import { counted } from '../protocol/words.ts'

export type SupervisorStep = Step<SupervisorState, SupervisorEffect>

const log = (level: 'info' | 'warn' | 'error', message: string): SupervisorEffect => ({ type: 'log', level, message })

/** Adds the effects of `advance` behind those given. */
function thenAdvance(state: SupervisorState, effects: SupervisorEffect[] = []): SupervisorStep {
  const advanced = advance(state)
  return { state: advanced.state, effects: [...effects, ...advanced.effects] }
}

// ───────────────────────────── blocks ─────────────────────────────

/** Forgets old blocks, but none that ends a tick which is still to be composed, or may have to be again. */
function trimBlocks(state: SupervisorState, tip: number): SupervisorState['blocks'] {
  const composed = state.ticks[0]?.to ?? -1
  const ends = (height: number): boolean =>
    state.genesis !== null && height > composed && (height - state.genesis) % state.offer.body.tickBlocks === 0
  return state.blocks.filter(({ height }) => height > tip - REMEMBERED_BLOCKS || ends(height))
}

/** Whether an anchor can concern this app, as far as the transaction alone shows. */
function concerns(state: SupervisorState, transaction: AnchoredTransaction): 'expected' | 'waiting' | null {
  switch (transaction.anchor.type) {
    case 'revocation':
      return spendsKey(transaction, state.offer.body.master) ? 'expected' : null
    case 'acceptance':
    case 'registration':
      return paysSupervisor(transaction, state.offer.body) ? 'waiting' : null
    case 'reservation':
    case 'update':
    case 'dispute':
      return transaction.spends.some((script) => script !== '') ? 'waiting' : null
    default:
      return null
  }
}

function onAnchor(isOwn: IsOwn, before: SupervisorState, transaction: AnchoredTransaction, effects: SupervisorEffect[]): SupervisorState {
  const {
    anchor: { type },
    height,
  } = transaction
  const seals = withSeal(isOwn, before, transaction)
  const state = seals === before.seals ? before : { ...before, seals }
  if (type === 'offer') return onOffer(state, transaction)
  if (state.resumption?.height === null && isResumed(state, transaction)) return onResumed(state, height, effects)
  if (state.phase === 'offered') return state
  if (type === 'ready') {
    const said = statementOf(transaction, state.offer.body)
    return said === null ? state : { ...state, ready: [...state.ready, said] }
  }
  const place = concerns(state, transaction)
  if (place === null) return state
  // Documents are brought here by the core, from what the state waits for: an effect for each would cost the disk a write for every anchor of a stranger.
  if (place === 'waiting') return { ...state, waiting: [...state.waiting, { transaction, decidedIn: null }] }
  return { ...state, expected: [...state.expected, transaction] }
}

/** The master key's statement is in a block: what it takes back is void, and the new key goes on. */
function onResumed(state: SupervisorState, height: number, effects: SupervisorEffect[]): SupervisorState {
  const resumption = { ...state.resumption!, height, obeyed: true }
  // What was composed since is right: a second document of one number over the same block would count against the key.
  if (state.resumption!.obeyed) return { ...state, resumption, phase: resumed(state) }
  const last = resumption.good ?? -1
  const taken = state.ticks.filter(({ number }) => number > last).length
  effects.push(
    { type: 'rollback', number: last },
    log('warn', `The ticks above ${last} are void: ${taken} of them are composed again by another key.`),
  )
  const ended = state.by === resumption.key ? state.ended : [...new Set([...state.ended, state.by])]
  const back = backTo({ ...state, resumption, ended, by: resumption.key }, last)
  return { ...back, phase: back.offered === null ? 'offered' : resumed(back) }
}

function onResuming(state: SupervisorState, { resumption }: SupervisorEvent & { type: 'resuming' }): SupervisorStep {
  // Performed again after a crash.
  if (state.resumption?.sha256 === resumption.sha256) return { state, effects: [] }
  return { state: { ...state, resumption: { ...resumption, height: null, obeyed: false }, phase: 'resuming' }, effects: [] }
}

/** Somebody else has the key: nothing is anchored with it any more. */
function guarded({ state, effects }: SupervisorStep): SupervisorStep {
  if (state.phase === 'resuming') return { state, effects }
  const rival = usurper(state)
  if (rival === null) return { state: state.phase === 'usurped' ? { ...state, phase: resumed(state) } : state, effects }
  if (state.phase === 'usurped') return { state, effects }
  const message = `Somebody else anchored tick ${rival.number} in block ${rival.height} with the key that signs ticks. Nothing is published any more: take it back with the command «resume».`
  return { state: { ...state, phase: 'usurped' }, effects: [...effects, log('error', message)] }
}

function onOffer(state: SupervisorState, transaction: AnchoredTransaction): SupervisorState {
  const { height } = transaction
  const { sha256 } = transaction.anchor
  if (sha256 === state.app && state.offered === null && isFirstSeal(transaction, state.offer.body.by))
    return { ...state, offered: height, phase: state.phase === 'offered' ? 'gathering' : state.phase }
  if (state.next?.offer.sha256 !== sha256 || state.next.height !== null || !spendsKey(transaction, state.offer.body.master)) return state
  // Anchored after its key was taken back, it counts for nobody.
  if (state.revoked.includes(state.next.offer.body.by)) return { ...state, next: null }
  // A new offer by another key ends what a revocation stopped.
  const phase = state.phase === 'revoked' && state.next.offer.body.by !== state.offer.body.by ? resumed(state) : state.phase
  return { ...state, phase, next: { ...state.next, height } }
}

/** Whether an acceptance of that block still matters: before genesis only as long as its block could be it. */
const mayStillSay = ({ genesis, blocks }: SupervisorState, height: number): boolean =>
  genesis !== null || height > (blocks.at(-1)?.height ?? 0) - REMEMBERED_BLOCKS

/** Acceptances that wait, and whose documents are not here yet. */
export const acceptancesAwaited = (state: SupervisorState): AnchoredTransaction[] =>
  state.waiting
    .filter(
      ({ transaction: { anchor, height }, decidedIn, arrived }) =>
        anchor.type === 'acceptance' && decidedIn === null && arrived === undefined && mayStillSay(state, height),
    )
    .map(({ transaction }) => transaction)

function onBlock(isOwn: IsOwn, state: SupervisorState, event: SupervisorEvent & { type: 'block' }): SupervisorStep {
  const last = state.blocks.at(-1)
  if (last !== undefined && event.height <= last.height) return { state, effects: [] }
  const effects: SupervisorEffect[] = []
  const blocks = [...state.blocks, { height: event.height, hash: event.hash }]
  const seen = event.anchored.reduce((current, transaction) => onAnchor(isOwn, current, transaction, effects), {
    ...state,
    blocks,
    expected: state.expected.filter(({ height }) => height > event.height - REMEMBERED_BLOCKS),
  })
  const ready = seen.ready === state.ready ? seen.ready : statementsKept(seen.ready, seen.ticks.at(-1)?.number ?? -1)
  const safe = guarded({ state: { ...seen, ready, blocks: trimBlocks(seen, event.height) }, effects })
  return thenAdvance(safe.state, safe.effects)
}

// ───────────────────────────── documents ─────────────────────────────

/** Whether enough servers are in follows from what acceptances say; the ledger decides them with their tick. */
function onAcceptance(crypto: CryptoPort, state: SupervisorState, sha256: string, body: Acceptance): SupervisorStep {
  const isIt = ({ transaction: { anchor, height }, arrived }: Waiting): boolean =>
    anchor.sha256 === sha256 && arrived === undefined && mayStillSay(state, height)
  if (!state.waiting.some(isIt)) return { state, effects: [] }
  const { by, offer, host, port, nonce } = body
  const arrived = { by, offer, bits: bitsOfWork(workChallenge(crypto, 'server', by, offer), BigInt(nonce)) }
  const waiting = state.waiting.map((entry) => (isIt(entry) ? { ...entry, arrived } : entry))
  return thenAdvance({ ...state, waiting }, [log('info', `Server ${by} accepts at ${host}:${port}.`)])
}

function onRevocation(before: SupervisorState, body: Signed<DocumentBody['revocation']>, height: number): SupervisorStep {
  const { offer } = before
  const isVoid = body.by === offer.body.master && before.next?.offer.body.by === body.key && (before.next.height ?? height) >= height
  const state = isVoid ? { ...before, next: null } : before
  if (body.by !== offer.body.master || body.key !== state.by) return { state, effects: [] }
  const revoked = { ...state, revoked: [...new Set([...state.revoked, body.key])], composing: null }
  const replaced = state.next !== null && state.next.height !== null && state.next.offer.body.by !== body.key
  if (replaced)
    return thenAdvance({ ...revoked, phase: resumed(state) }, [
      log('warn', `The secondary key was taken back: ${body.reason}. Its successor goes on.`),
    ])
  return {
    state: { ...revoked, phase: 'revoked' },
    effects: [log('error', `The master key took the secondary key back: ${body.reason}. Publish an offer by a new key to go on.`)],
  }
}

/** What a Supervisor has established once a new key ends a revocation. */
const resumed = (state: SupervisorState): Phase => (state.genesis === null ? 'gathering' : 'sleeping')

function onDocument(crypto: CryptoPort, state: SupervisorState, { sha256, body }: OpenedDocument): SupervisorStep {
  if (body.type === 'acceptance') return onAcceptance(crypto, state, sha256, body)
  const transaction = state.expected.find(({ anchor }) => anchor.sha256 === sha256)
  if (transaction === undefined) return { state, effects: [] }
  const rest = { ...state, expected: state.expected.filter((other) => other !== transaction) }
  return body.type === 'revocation' ? onRevocation(rest, body, transaction.height) : { state: rest, effects: [] }
}

/** What may come later is asked for again with coming blocks; the rest is forgotten. */
function onMissing(state: SupervisorState, event: SupervisorEvent & { type: 'document.missing' }): SupervisorStep {
  const { sha256, infohash } = event.reference
  // A copy of its digest that leads to another torrent says nothing about the one of its author.
  const isIt = ({ anchor }: AnchoredTransaction): boolean => anchor.sha256 === sha256 && anchor.infohash === infohash
  if (event.failure.retryable || !state.expected.some(isIt)) return { state, effects: [] }
  const expected = state.expected.filter((transaction) => !isIt(transaction))
  return { state: { ...state, expected }, effects: [log('warn', `A ${event.documentType} is ignored: ${event.failure.message}`)] }
}

// ───────────────────────────── own events ─────────────────────────────

/** With which tick an offer that was signed, or is about to be, takes over, and from which on its code runs; completes «it takes over …». */
export function takesOver(state: SupervisorState): string {
  const { next, genesis, offer, composing, ticks } = state
  const isAtOnce = state.revoked.includes(offer.body.by)
  const soonest = Math.max(isAtOnce ? 0 : 1, (composing?.number ?? ticks.at(-1)?.number ?? -1) + 1)
  const { tickBlocks, confirmations } = offer.body
  const height = next?.height ?? null
  if (height === null || genesis === null)
    return `with tick ${soonest} at the earliest, and its code runs from ${PLAN_AHEAD} ticks later on`
  const number = isAtOnce ? soonest : Math.max(soonest, Math.ceil((height - genesis) / tickBlocks))
  const due = genesis + number * tickBlocks + confirmations
  return `with tick ${number}, which is due at block ${due}, and its code runs from tick ${number + PLAN_AHEAD} on`
}

/** Why these terms cannot take over from the offer in force, or null: periods are counted on, so their length stays. */
export function refuseTerms(state: SupervisorState, terms: Pick<Offer, 'tickBlocks' | 'confirmations'>): string | null {
  if (state.next !== null) return `an offer that was signed before takes over ${takesOver(state)}; try again after it has`
  const { body } = state.offer
  const changed = changedTerm(body, terms)
  return changed === null
    ? null
    : `${changed} is ${body[changed]} in the offer in force and stays so, but ${terms[changed]} in the terms asked for`
}

/** Why an offer cannot take over from the one in force, or null. */
export function refuseOffer(state: SupervisorState, offer: Offer): string | null {
  const { body, sha256 } = state.offer
  const why = misnamed(state.app, { sha256, offer: body }, offer)
  if (why !== null) return why
  if (state.revoked.includes(offer.by)) return 'the master key took back the key that signed it'
  return refuseTerms(state, offer)
}

function onSuperseding(state: SupervisorState, event: SupervisorEvent & { type: 'offer.superseding' }): SupervisorStep {
  // Performed again after a crash.
  if ([state.offer, state.next?.offer].some((known) => known?.sha256 === event.sha256)) return { state, effects: [] }
  const refusal = refuseOffer(state, event.offer)
  if (refusal !== null) return { state, effects: [log('error', `The new offer is not taken: ${refusal}.`)] }
  const next = { offer: { sha256: event.sha256, body: event.offer }, height: null }
  return { state: { ...state, next }, effects: [] }
}

/** The secrets enter the state in the same step that asks for their publication. */
function onClosed(state: SupervisorState, event: SupervisorEvent & { type: 'closed' }): SupervisorStep {
  const { composing, genesis } = state
  if (
    composing === null ||
    genesis === null ||
    composing.number !== event.number ||
    composing.hash !== event.hash ||
    composing.stage !== 'closing'
  )
    return { state, effects: [] }
  const made = event.plans.map(({ plan, secret }) => ({
    tick: plan.tick,
    publishedIn: event.number,
    hash: event.hash,
    offer: state.offer.sha256,
    plan,
    secret,
  }))
  const isAgain = (plan: KeptPlan): boolean =>
    made.some(({ tick, publishedIn, hash }) => tick === plan.tick && publishedIn === plan.publishedIn && hash === plan.hash)
  const plans = [...state.plans.filter((plan) => !isAgain(plan)), ...made]
  const kept: SupervisorState = { ...state, plans, composing: { ...composing, stage: 'publishing', seed: event.seed } }
  return { state: kept, effects: [{ type: 'compose', work: tickWork(kept, event.number, genesis, event.hash), seed: event.seed }] }
}

/** Secrets and decisions of ticks that no reorg will ask for again are dropped. */
function afterTick(state: SupervisorState, event: SupervisorEvent & { type: 'composed' }): SupervisorState {
  const { number, hash, reference } = event
  const decided = new Set(event.decided)
  const foreign = new Set(event.foreign)
  const waiting = state.waiting
    .filter(({ transaction, decidedIn }) => !foreign.has(transaction.txid) && (decidedIn === null || decidedIn > number - REMEMBERED_TICKS))
    .map((entry) => (decided.has(entry.transaction.txid) ? { ...entry, decidedIn: number } : entry))
  const to = state.genesis! + number * state.offer.body.tickBlocks
  return {
    ...state,
    waiting,
    composing: null,
    phase: event.state === 'running' ? 'ticking' : 'sleeping',
    ticks: [...state.ticks, { number, reference, to, hash, running: event.state === 'running', servers: event.servers }].slice(
      -REMEMBERED_TICKS,
    ),
    // A sleeping tick publishes no plan, so those kept for it were not published.
    plans: state.plans.filter(
      (plan) =>
        plan.tick > number - 2 - REMEMBERED_TICKS && (event.state === 'running' || plan.publishedIn !== number || plan.hash !== hash),
    ),
    buried: [
      ...state.buried,
      ...event.burials.filter(({ subject }) => !isBuried(state, subject)).map(({ subject }) => ({ subject, tick: number })),
    ],
  }
}

function onComposed(state: SupervisorState, event: SupervisorEvent & { type: 'composed' }): SupervisorStep {
  const { composing } = state
  if (composing === null || composing.number !== event.number || composing.hash !== event.hash) {
    return { state, effects: [log('warn', `Tick ${event.number} was published for a block that is gone; it will be published again.`)] }
  }
  const buried = event.burials.map(({ subject, evidence }) =>
    log(
      'warn',
      `A tombstone ends the server ${subject}, by the evidence of ${evidence.kind === 'stamp' ? `the update ${evidence.update}` : `the dispute ${evidence.dispute}`}.`,
    ),
  )
  return thenAdvance(afterTick(state, event), [
    log('info', `Tick ${event.number} is published: ${counted(event.decided.length, 'document')} decided.`),
    ...buried,
  ])
}

/**
 * The Supervisor's step function. Deterministic; ignores what repeats or comes too late, so every effect may be performed again.
 * @param isOwn whether a document, by its digest, was made here: that has to be known before its anchor can be in a block
 * @example const step = createStep(nobleCrypto, isOwn); const { state, effects } = step(initialState(offer, app), event)
 */
export const createStep =
  (crypto: CryptoPort, isOwn: IsOwn) =>
  (state: SupervisorState, event: SupervisorEvent): SupervisorStep => {
    switch (event.type) {
      case 'block':
        return onBlock(isOwn, state, event)
      case 'reorg': {
        const back = guarded(takeBack(state, event.height))
        return thenAdvance(back.state, back.effects)
      }
      case 'document':
        return onDocument(crypto, state, event.document)
      case 'document.missing':
        return onMissing(state, event)
      case 'offer.superseding':
        return onSuperseding(state, event)
      case 'resuming':
        return onResuming(state, event)
      case 'closed':
        return onClosed(state, event)
      case 'composed':
        return onComposed(state, event)
      case 'anchored':
        return { state, effects: [log('info', `The tick ${event.reference.sha256} is in block ${event.height}.`)] }
      // The engine gives every role every event; those of other roles mean nothing here.
      default:
        return { state, effects: [] }
    }
  }
