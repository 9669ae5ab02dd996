/**
 * The server's decisions (essay, Server Joins Application and Server Response to Tick): pure, from what the world shows and people say to
 * a new state and effects. It never looks at a request: `execute.ts` and `relay.ts` do.
 */
import { own } from '../program/index.ts'
import { toHex } from '../protocol/bytes.ts'
import type { CryptoPort } from '../protocol/crypto/index.ts'
import type { Offer, OpenedDocument, Reference, Tick } from '../protocol/documents/index.ts'
import type { AnchoredTransaction, Step } from '../protocol/events.ts'
import {
  startFollowing,
  type Following,
  followBlock,
  followDocument,
  followMissing,
  followProof,
  followReorg,
  followRefused,
  followSigner,
  forgetOld,
  chainOf,
  newestTick,
  paysKey,
  spendsKey,
  stopOf,
  takenBack,
  type Followed,
  type HashAt,
  type HistoryBlock,
  type SeenTick,
} from '../protocol/ticks/index.ts'
import { acceptanceWork, afterVerdict, isAcceptance, isPlaceOf, wasThere } from './accept.ts'
import { countLeftOut, onReadySigned } from './ready.ts'
import type { Failure } from '../protocol/result.ts'
import type { ServerEffect, ServerEvent } from './events.ts'
import { GENERATIONS } from './prepare.ts'
import { phaseOf, termsOf, type Job, type OfferTerms, type OwnCode, type SeenOffer, type ServerState } from './state.ts'

export interface ServerStepContext {
  crypto: CryptoPort
  hashAt: HashAt
  /** X-only key with which this wallet would serve an offer, hex: derived, so it is always the same. */
  identityFor(offer: string): string
}

type Stepped = Step<ServerState, ServerEffect>

const unchanged = (state: ServerState): Stepped => ({ state, effects: [] })
const log = (message: string, level: 'info' | 'warn' | 'error' = 'info'): ServerEffect => ({ type: 'log', level, message })

/** Takes one event in. Events that do not fit the state change nothing, so that they may come twice. */
export function serverStep(ctx: ServerStepContext, state: ServerState, event: ServerEvent): Stepped {
  switch (event.type) {
    case 'block':
      return onBlock(state, event.anchored)
    case 'reorg':
      return onReorg(state, event.height)
    case 'history':
      return onHistory(state, event.blocks)
    case 'proof':
      return onProof(state, event.resumption, event.holds)
    case 'document':
      return onDocument(ctx, state, event.reference, event.document)
    case 'document.missing':
      return onMissing(state, event.reference, event.failure)
    case 'accept':
      return acceptOffer(ctx, state, event)
    case 'leave':
      return state.job === null
        ? unchanged(state)
        : unchanged({ ...state, job: { ...state.job, leaving: newestTick(state.job.following)?.number ?? -1 } })
    case 'ready-signed':
      return onReadySigned(state, event)
    case 'work.done':
      return onWork(state, event)
    case 'published':
      return onPublished(state, event)
    case 'publish.failed':
      return { state, effects: [log(`The acceptance is not published: ${event.failure.message}`, 'error')] }
    case 'unusable':
      return onUnusable(state, event)
    case 'burial':
      return onBurial(state, event)
    case 'code':
      return onCode(state, event)
  }
}

// ───────────────────────────── the chain ─────────────────────────────

/** Offers that may concern the job's app: only what pays or spends its master key can. */
function noteOffers({ offers: known, job }: ServerState, anchored: AnchoredTransaction[]): { offers: SeenOffer[]; fetch: ServerEffect[] } {
  const offers = [...known]
  const fetch: ServerEffect[] = []
  for (const transaction of anchored) {
    const { anchor, height } = transaction
    if (anchor.type !== 'offer' || job === null) continue
    // A stranger may have anchored it before, and it waits with what strangers announce.
    const ours = spendsKey(transaction, job.terms.master)
    if (!ours && !paysKey(transaction, job.terms.master)) continue
    // A stranger's copy of its digest may lead to another torrent, or to none.
    const seen = offers.find(({ reference, terms }) => isSame(reference, anchor) || (terms !== null && reference.sha256 === anchor.sha256))
    if (seen !== undefined && (seen.terms !== null || !ours)) continue
    const reference = { sha256: anchor.sha256, infohash: anchor.infohash }
    if (seen === undefined) offers.push({ reference, height, terms: null })
    fetch.push({ type: 'fetch', reference, documentType: 'offer', ...(ours && { own: true }) })
  }
  return { offers, fetch }
}

function onBlock(state: ServerState, anchored: AnchoredTransaction[]): Stepped {
  const { job } = state
  if (job === null) return unchanged(state)
  const { offers, fetch: effects } = noteOffers(state, anchored)
  const followed = onFollowed(state, job, followBlock(job.following, anchored))
  const mine = anchored.find((transaction) => isAcceptance(job, transaction))
  const acceptance = mine === undefined ? job.acceptance : { ...job.acceptance!, txid: mine.txid, height: mine.height }
  if (mine !== undefined) effects.push(log(`The acceptance is in block ${mine.height}.`))
  effects.push(...followed.effects)
  const next = followed.state.job!
  const same = effects.length === 0 && next.following === job.following
  return same ? unchanged(state) : { state: { ...state, offers, job: { ...next, acceptance } }, effects }
}

const isSame = (a: Reference, b: Reference): boolean => a.sha256 === b.sha256 && a.infohash === b.infohash

function onReorg(before: ServerState, height: number): Stepped {
  const offers = before.offers.filter((offer) => offer.height <= height || offer.reference.sha256 === before.job?.offer)
  const state = { ...before, offers }
  const { job } = state
  if (job === null) return unchanged(state)
  const acceptance = job.acceptance !== null && (job.acceptance.height ?? 0) > height ? { ...job.acceptance, height: null } : job.acceptance
  return onFollowed(state, { ...job, acceptance }, followReorg(job.following, height))
}

/** What happened before this server took the job, in one piece: so nothing comes in between. */
function onHistory(state: ServerState, blocks: HistoryBlock[]): Stepped {
  const effects: ServerEffect[] = []
  if (state.job === null) return unchanged(state)
  let current: ServerState = { ...state, job: { ...state.job, isBack: wasThere(state.job, blocks) } }
  for (const { anchored } of blocks) {
    const { job } = current
    if (job === null) return unchanged(state)
    const { offers, fetch } = noteOffers(current, anchored)
    const stepped = onFollowed({ ...current, offers }, job, followBlock(job.following, anchored))
    current = stepped.state
    effects.push(...fetch, ...stepped.effects)
  }
  return { state: current, effects }
}

const onProof = (state: ServerState, resumption: string, holds: boolean): Stepped =>
  state.job === null ? unchanged(state) : onFollowed(state, state.job, followProof(state.job.following, resumption, holds))

/** What ticks established goes with those that count no more. */
function onFollowed(state: ServerState, job: Job, { following, fetch }: Followed): Stepped {
  const effects = fetch.map((wanted): ServerEffect => ({ type: 'fetch', ...wanted }))
  const stop = stopOf(following)
  const known = stopOf(job.following)
  const isNew = stop?.kind === 'unproved' && (known?.kind !== 'unproved' || known.reference.sha256 !== stop.reference.sha256)
  if (isNew) effects.push({ type: 'prove', resumption: stop.reference, shows: stop.shows })
  const gone = takenBack(job.following, following)
  if (gone.size === 0) return { state: { ...state, job: { ...job, following } }, effects }
  const newest = newestTick(following)?.number ?? -1
  const listed =
    job.listed === null || newest < job.listed.first ? null : { first: job.listed.first, last: Math.min(job.listed.last, newest) }
  const code = job.code.filter((entry) => !gone.has(entry.reference.sha256))
  const expelled = job.expelled !== null && gone.has(job.expelled) ? null : job.expelled
  return { state: { ...state, job: { ...job, following, listed, code, expelled } }, effects }
}

function onDocument(ctx: ServerStepContext, state: ServerState, reference: Reference, document: OpenedDocument): Stepped {
  if (document.body.type === 'offer') return onOffer(state, reference, document.body)
  const { job } = state
  if (job === null) return unchanged(state)
  const { counts, ...followed } = followDocument(job.following, reference, document, ctx.hashAt)
  if (isRevoked(state, job, followed.following)) return dropJob(state, job)
  const stepped = onFollowed(state, job, followed)
  if (!counts) return stepped
  const kept = stepped.state.job!
  const ticked = onTick(
    ctx,
    { ...stepped.state, job: { ...kept, following: forgetOld(kept.following) } },
    reference,
    document as OpenedDocument<'tick'>,
  )
  return { state: ticked.state, effects: [...stepped.effects, ...ticked.effects] }
}

/** Whether the master key had taken back the key of the job's offer when that was anchored. */
function isRevoked({ offers }: ServerState, { offer, terms }: Job, { revoked }: Following): boolean {
  const seen = offers.find(({ reference }) => reference.sha256 === offer)
  const from = own(revoked, terms.by)
  return seen !== undefined && from !== undefined && from <= seen.height
}

/** The offer never counted. */
function dropJob(state: ServerState, { offer, terms }: Job): Stepped {
  const offers = state.offers.filter(({ reference }) => reference.sha256 !== offer)
  const message = `The offer «${terms.title}» does not count: its master key had taken back the key that signed it. Look for another job.`
  return { state: { offers, job: null }, effects: [log(message, 'error')] }
}

/** An offer that is broken for good is forgotten; a tick is asked for again with the next block. */
function onMissing(state: ServerState, reference: Reference, failure: Failure): Stepped {
  const { job } = state
  const following = job === null ? null : followMissing(job.following, reference, failure)
  if (job !== null && following !== null && following !== job.following) {
    return {
      state: { ...state, job: { ...job, following } },
      effects: [log(`A tick document is not here yet: ${failure.message}`, 'warn')],
    }
  }
  if (failure.retryable) return unchanged(state)
  // What is refused as an offer must not be served under either; what a torrent does not hold says nothing about the offer, since a copy of its anchor may lead anywhere.
  const isOffer = state.offers.some((offer) => offer.terms === null && isSame(offer.reference, reference))
  if (isOffer && job !== null && !OF_TORRENTS.test(failure.code)) return refuseOffer(state, job, reference.sha256, failure.message)
  return unchanged({
    ...state,
    offers: state.offers.filter((offer) => offer.terms !== null || !isSame(offer.reference, reference)),
  })
}

/** Codes of what a torrent holds. */
const OF_TORRENTS = /^(?:swarm\.|document\.digest$)/

/** An offer that cannot be taken is forgotten; ticks under it are faulty. */
const refuseOffer = (state: ServerState, job: Job, sha256: string, why: string): Stepped =>
  onFollowed(
    { ...state, offers: state.offers.filter(({ reference }) => reference.sha256 !== sha256) },
    job,
    followRefused(job.following, sha256, why),
  )

// ───────────────────────────── offers ─────────────────────────────

function onOffer(state: ServerState, reference: Reference, body: Offer): Stepped {
  const terms = termsOf(reference.sha256, body)
  const same = state.offers.filter((offer) => offer.reference.sha256 === reference.sha256)
  const known = same.find((offer) => offer.terms === null && isSame(offer.reference, reference))
  if (known === undefined || same.some((offer) => offer.terms !== null)) return unchanged(state)
  // The other anchors of it, if any, are copies.
  const offers = state.offers.flatMap((offer) => (offer === known ? [{ ...offer, terms }] : same.includes(offer) ? [] : [offer]))
  const { job } = state
  // An offer that supersedes ours goes on with the same app: its outline is needed, its ticks name it.
  if (job !== null && terms.app === job.terms.app && terms.master === job.terms.master) {
    const stepped = onFollowed({ ...state, offers }, job, followSigner(job.following, terms.by))
    return {
      state: stepped.state,
      effects: [{ type: 'fetch-file', reference, file: terms.outline, purpose: 'outline' }, ...stepped.effects],
    }
  }
  return unchanged({ ...state, offers: state.offers.filter((offer) => offer !== known) })
}

/** Keys of all offers of the app that were seen: each was granted by its master key. */
const signersOf = ({ offers }: ServerState, { app, master }: OfferTerms): string[] =>
  offers.flatMap(({ terms }) => (terms !== null && terms.app === app && terms.master === master ? [terms.by] : []))

/** J3: the offer's outline is fetched while the identity is ground. */
function acceptOffer(ctx: ServerStepContext, before: ServerState, { offer: sha256, offers }: ServerEvent & { type: 'accept' }): Stepped {
  if (before.job !== null && before.job.leaving !== null) return unchanged({ ...before, job: { ...before.job, leaving: null } })
  if (before.job !== null) return unchanged(before)
  const state = { ...before, offers }
  const offer = offers.find((seen) => seen.reference.sha256 === sha256)
  if (offer === undefined || offer.terms === null) return unchanged(before)
  const identity = ctx.identityFor(sha256)
  const { terms, reference } = offer
  const job: Job = {
    offer: sha256,
    terms,
    identity,
    acceptance: null,
    following: startFollowing(terms.app, terms.master, [...new Set([terms.by, ...signersOf(state, terms)])]),
    code: [],
    listed: null,
    leftOut: 0,
    ready: null,
    expelled: null,
    isBack: false,
    leaving: null,
  }
  return {
    state: { ...state, job },
    effects: [
      log(`Accepting «${terms.title}» for ${terms.perRequest} sats a request.`),
      { type: 'look-back' },
      { type: 'fetch-file', reference, file: terms.outline, purpose: 'outline' },
      { type: 'grind', offer: sha256, identity, challenge: toHex(acceptanceWork(ctx.crypto, identity, sha256)), bits: terms.workBits },
    ],
  }
}

/** Nobody can work by it: given up before anything was paid. */
function onUnusable(state: ServerState, { offer, failure }: Extract<ServerEvent, { type: 'unusable' }>): Stepped {
  const { job } = state
  if (job === null || job.offer !== offer || job.acceptance !== null) return unchanged(state)
  const message = `The job of «${job.terms.title}» is given up before anything was paid: its program cannot be used. ${failure.message}`
  return { state: { ...state, job: null }, effects: [log(message, 'error')] }
}

/** J4: the certificate is stored, then published with the smallest payment to the Supervisor. */
function onWork(state: ServerState, { offer, document, sha256 }: Extract<ServerEvent, { type: 'work.done' }>): Stepped {
  const { job } = state
  if (job === null || job.offer !== offer || job.acceptance !== null) return unchanged(state)
  const acceptance = { document, sha256, reference: null, txid: null, height: null }
  return {
    state: { ...state, job: { ...job, acceptance } },
    effects: [
      {
        type: 'publish',
        id: sha256,
        documentType: 'acceptance',
        document,
        sha256,
        spendFromKeys: [],
        // The second is what a statement that this server is ready spends.
        payToKeys: [job.terms.master, job.identity],
      },
    ],
  }
}

function onPublished(state: ServerState, { id, reference, txid }: Extract<ServerEvent, { type: 'published' }>): Stepped {
  const { job } = state
  if (job?.acceptance?.sha256 !== id) return unchanged(state)
  return unchanged({ ...state, job: { ...job, acceptance: { ...job.acceptance, reference, txid } } })
}

// ───────────────────────────── ticks ─────────────────────────────

/** V1 and V2: the newest tick decides what is served; the code three ahead is fetched at once. */
function onTick(ctx: ServerStepContext, state: ServerState, reference: Reference, document: OpenedDocument<'tick'>): Stepped {
  const { job } = state
  const seen = job === null ? undefined : chainOf(job.following).find((tick) => tick.reference.sha256 === reference.sha256)
  if (job === null || seen === undefined) return unchanged(state)
  const { effects, code } = wantedCode(job, seen, document.body)
  const newest = newestTick(job.following)!.number
  const entry = document.body.servers.find((server) => server.id === job.identity)
  const isListed = entry !== undefined
  const listed = isListed
    ? { first: Math.min(job.listed?.first ?? seen.number, seen.number), last: Math.max(job.listed?.last ?? 0, seen.number) }
    : job.listed
  // Nobody is expelled by being listed.
  if (document.body.tombstones.includes(job.identity) && job.expelled === null) effects.push({ type: 'burial', reference })
  const { leftOut, ask } = countLeftOut(job, document.body, { isAsked: entry !== undefined && isPlaceOf(job, entry), height: seen.height })
  effects.push(...ask)
  const kept = [...job.code, ...code]
    .filter((entry) => entry.tick > newest - 2)
    .sort((a, b) => a.tick - b.tick)
    .slice(-GENERATIONS - 1)
  const { acceptance, again } = isListed ? { acceptance: job.acceptance, again: [] } : afterVerdict(ctx.crypto, job, document.body)
  effects.push(...again)
  const next = { ...state, job: { ...job, acceptance, code: kept, listed, leftOut } }
  if (phaseOf(next) !== phaseOf(state)) effects.push(log(`Tick ${seen.number}: ${phaseOf(next)}.`))
  return { state: next, effects }
}

/** The Supervisor's word ends nobody: only evidence that this server has seen for itself. */
function onBurial(state: ServerState, { tick, holds, problems }: Extract<ServerEvent, { type: 'burial' }>): Stepped {
  const { job } = state
  const seen = job === null ? undefined : chainOf(job.following).find(({ reference }) => reference.sha256 === tick)
  if (job === null || seen === undefined || job.expelled !== null) return unchanged(state)
  if (!holds)
    return {
      state,
      effects: [log(`Tick ${seen.number} lists a tombstone of this server, and no evidence for it holds. ${problems.join(' ')}`, 'error')],
    }
  return {
    state: { ...state, job: { ...job, expelled: tick } },
    effects: [log(`Tick ${seen.number} ends this server, with evidence that holds.`, 'error')],
  }
}

function wantedCode(job: Job, seen: SeenTick, tick: Tick): { code: OwnCode[]; effects: ServerEffect[] } {
  const code: OwnCode[] = []
  const effects: ServerEffect[] = []
  for (const plan of tick.plans) {
    const mine = plan.code.find((entry) => entry.server === job.identity)
    if (mine === undefined || job.code.some((held) => held.tick === plan.tick && held.reference.sha256 === seen.reference.sha256)) continue
    code.push({ tick: plan.tick, reference: seen.reference, file: mine.file, state: 'fetching', failure: null })
    effects.push({ type: 'fetch-file', reference: seen.reference, file: mine.file, purpose: 'code', tick: plan.tick })
  }
  return { code, effects }
}

/** Of one document: two that a reorganisation brings may plan the same tick, each with code of its own. */
function onCode(state: ServerState, { tick, plan, failure: refused }: Extract<ServerEvent, { type: 'code' }>): Stepped {
  const { job } = state
  const isIt = (entry: OwnCode): boolean => entry.tick === tick && entry.reference.sha256 === plan
  if (job === null || !job.code.some(isIt)) return unchanged(state)
  const failure = refused?.message ?? null
  const code = job.code.map((entry) =>
    isIt(entry) ? { ...entry, state: failure === null ? ('held' as const) : ('failed' as const), failure } : entry,
  )
  const effects = failure === null ? [] : [log(`The code for tick ${tick} is not usable: ${failure}`, 'error')]
  return { state: { ...state, job: { ...job, code } }, effects }
}
