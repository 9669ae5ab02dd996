/**
 * Following an app's ticks from anchors and documents, as servers and clients do: small JSON and pure functions. Anchors say which tick follows which
 * (`line.ts`), documents are taken in that order, and what counts is computed from both (`chain.ts`). Nobody acts on what no block has, nor goes on past a
 * tick that cannot be fetched.
 *
 * Whoever follows hears of the document of every tick in the moment in which it begins to count; one that begins to count again, because a reorganisation
 * took back what had ended it, is asked for once more.
 */
import type { OpenedDocument, Reference, Tick } from '../documents/index.ts'
import type { AnchoredTransaction } from '../events.ts'
import { chainFrom, type Chain, type Pending, type SeenTick, type Shown, type Stop } from './chain.ts'
import { spendsKey } from './spends.ts'
import { own } from '../../program/index.ts'
import { forgetTicks, grow, linesBelow, MOST_STRAYS, type Line, type SealedTick } from './line.ts'
import { saidBy, type HashAt } from './said.ts'

export type { Chain, SeenTick, Stop } from './chain.ts'
export type { Line, SealedTick } from './line.ts'
export type { HashAt } from './said.ts'

/**
 * The anchor of a revocation whose document is not here yet; `missing`: it was given up for now, and is asked for again with the next block. It spends from the
 * master key's address, so nobody else makes anybody wait for it.
 */
export interface ExpectedDocument extends Pending {
  missing: boolean
}

/** `signers` are keys that the master key granted. */
export interface Following {
  app: string
  master: string
  signers: string[]
  revoked: Record<string, number>
  /** Why offers cannot take over, by their digests. */
  refused: Record<string, string>
  expected: ExpectedDocument[]
  lines: Line[]
  /** Ticks beside the line, signed by a key of the app: one may show that the key signed twice. */
  strays: SealedTick[]
  shown: Shown[]
}

/** The anchors of a block that came before somebody took part. */
export interface HistoryBlock {
  height: number
  anchored: AnchoredTransaction[]
}

export interface Wanted {
  reference: Reference
  documentType: 'tick' | 'revocation' | 'resumption'
}
export interface Followed {
  following: Following
  fetch: Wanted[]
}

/** What those who follow hear besides blocks and documents. */
export type FollowEvent =
  /** The blocks with anchors since the app's first offer, in order: what came before somebody took part. Safe to repeat. */
  | { type: 'history'; blocks: HistoryBlock[] }
  /** Answers `prove`; `resumption` is its digest. */
  | { type: 'proof'; resumption: string; holds: boolean }

/**
 * A resumption takes back more ticks than it may without a reason: look whether the first that it takes back is the first which an own audit finds
 * faulty; answer `proof`.
 */
export interface Prove {
  type: 'prove'
  resumption: Reference
  shows: Reference
}

/** Documents asked for ahead of their turn, so that one who was away catches up. */
const AHEAD = 8

export const startFollowing = (app: string, master: string, signers: string[]): Following => ({
  app,
  master,
  signers,
  revoked: {},
  refused: {},
  expected: [],
  lines: [],
  strays: [],
  shown: [],
})

const chains = new WeakMap<Following, Chain>()

/** What counts, and where and why nobody goes on. */
export function followed(following: Following): Chain {
  const known = chains.get(following) ?? chainFrom(following)
  chains.set(following, known)
  return known
}

/** The ticks that count, oldest first. */
export const chainOf = (following: Following): SeenTick[] => followed(following).ticks
/** Where and why nobody goes on; null while everything is followed. */
export const stopOf = (following: Following): Stop | null => followed(following).stop
export const newestTick = (following: Following): SeenTick | null => chainOf(following).at(-1) ?? null
export const tickNumbered = (following: Following, number: number): SeenTick | null =>
  chainOf(following).find((tick) => tick.number === number) ?? null
/** The document that publishes the plan for a tick: the first that does, before that tick, so that nobody deals its blocks again. */
export const planTick = (following: Following, number: number): SeenTick | null =>
  chainOf(following).find((tick) => tick.number < number && tick.plans.includes(number)) ?? null

/** Digests of ticks that counted and count no more; those that are only forgotten, because they are old, are none. */
export function takenBack(before: Following, after: Following): ReadonlySet<string> {
  const left = chainOf(after)
  const kept = new Set(left.map(({ txid }) => txid))
  const gone = chainOf(before).filter(({ txid, height }) => !kept.has(txid) && height >= (left[0]?.height ?? 0))
  return new Set(gone.map(({ reference }) => reference.sha256))
}

// ───────────────────────────── asking ─────────────────────────────

const isMissing = ({ asked }: Pick<SealedTick, 'asked'>): boolean => asked === 'missing'

/** The next ticks of the line whose documents are wanted, in order; the first is the one whose turn it is. */
function upcoming({ stop, line }: Chain): SealedTick[] {
  if (stop === null || line === null || (stop.kind !== 'unfetched' && stop.kind !== 'stranger')) return []
  const at = line.ticks.findIndex((tick) => tick.reference.sha256 === stop.reference.sha256 && tick.said === null)
  return at < 0 ? [] : line.ticks.slice(at, at + AHEAD)
}

/**
 * What is to be fetched now, noted as asked for. @param again what was not to be had is asked for once more
 */
function ask(following: Following, again: boolean): Followed {
  const turn = upcoming(followed(following))
  const isDue = (one: Pick<SealedTick, 'asked'>): boolean => one.asked === 'no' || (again && isMissing(one))
  const due = new Set(turn.filter((tick, at) => tick.stranger === null && (isDue(tick) || (at === 0 && tick.asked === 'early'))))
  const resumptions = following.lines.filter(
    ({ kind, said, refused, asked }) => kind === 'resumption' && said === null && refused === null && isDue({ asked }),
  )
  const strays = following.strays.filter(isDue)
  const revocations = again ? following.expected.filter(({ missing }) => missing) : []
  if (due.size + resumptions.length + strays.length + revocations.length === 0) return { following, fetch: [] }
  const note = <T extends { asked: SealedTick['asked'] }>(one: T, isAsked: boolean): T => (isAsked ? { ...one, asked: 'yes' } : one)
  const lines = following.lines.map((line) => {
    const ticks = line.ticks.some((tick) => due.has(tick)) ? line.ticks.map((tick) => note(tick, due.has(tick))) : line.ticks
    return note(ticks === line.ticks ? line : { ...line, ticks }, resumptions.includes(line))
  })
  return {
    following: {
      ...following,
      lines,
      strays: following.strays.map((stray) => note(stray, strays.includes(stray))),
      expected: revocations.length === 0 ? following.expected : following.expected.map((one) => ({ ...one, missing: false })),
    },
    fetch: [
      ...[...due, ...strays].map(({ reference }): Wanted => ({ reference, documentType: 'tick' })),
      ...resumptions.map(({ reference }): Wanted => ({ reference, documentType: 'resumption' })),
      ...revocations.map(({ reference }): Wanted => ({ reference, documentType: 'revocation' })),
    ],
  }
}

/** After any change: ticks that count again, and whose documents were taken before, are asked for again; so is what comes next. */
function settle(before: Following, after: Following, arrived: string | null, again = false): Followed {
  const counted = new Set(chainOf(before).map(({ txid }) => txid))
  const back = chainOf(after).find(({ txid }) => !counted.has(txid) && txid !== arrived)
  if (back === undefined) return ask(after, again)
  let found = false
  const lines = after.lines.map((line) => {
    const at = found ? 0 : line.ticks.findIndex(({ txid }) => txid === back.txid)
    if (at < 0 || line.ticks.length === 0) return line
    found = true
    return { ...line, ticks: line.ticks.map((tick, index) => (index < at ? tick : { ...tick, said: null, asked: 'no' as const })) }
  })
  return ask({ ...after, lines }, again)
}

// ───────────────────────────── the chain ─────────────────────────────

/**
 * A superseding offer may come by another key, granted by the same master; the caller has checked the grant.
 * @returns what to fetch: ticks by that key whose anchors came before its offer was here
 */
export function followSigner(following: Following, key: string): Followed {
  if (following.signers.includes(key)) return { following, fetch: [] }
  const lines = following.lines.map((line) => ({
    ...line,
    ticks: line.ticks.map((tick) => (tick.stranger === key ? { ...tick, stranger: null, asked: 'no' as const } : tick)),
  }))
  return settle(following, { ...following, signers: [...following.signers, key], lines }, null)
}

/** Offers that are refused, as far back as they are remembered: anybody may anchor one. */
const MOST_REFUSED = 256

/** An offer cannot be taken: ticks under it are faulty. @param why one sentence */
export function followRefused(following: Following, offer: string, why: string): Followed {
  if (Object.hasOwn(following.refused, offer)) return { following, fetch: [] }
  const refused = Object.fromEntries([...Object.entries(following.refused), [offer, why]].slice(-MOST_REFUSED))
  return settle(following, { ...following, refused }, null)
}

/** Notes the anchors of a block. @returns what to fetch */
export function followBlock(following: Following, anchored: AnchoredTransaction[]): Followed {
  const held = (): string[] => chainOf(following).map(({ reference }) => reference.sha256)
  let { lines, strays } = following
  for (const transaction of anchored) {
    const grown = grow({ ...following, lines }, transaction, held)
    lines = grown.lines
    const { stray } = grown
    if (stray !== null && !strays.some(({ txid }) => txid === stray.txid)) strays = [...strays, stray].slice(-MOST_STRAYS)
  }
  const same = lines === following.lines && strays === following.strays
  const next = settle(following, same ? following : { ...following, lines, strays }, null, true)
  const revocations = newRevocations(following, anchored)
  if (revocations.length === 0) return next
  const fetch = [...next.fetch, ...revocations.map(({ reference }): Wanted => ({ reference, documentType: 'revocation' }))]
  return { following: { ...next.following, expected: [...next.following.expected, ...revocations] }, fetch }
}

function newRevocations({ master, expected }: Following, anchored: AnchoredTransaction[]): ExpectedDocument[] {
  const isNew = ({ anchor, height }: AnchoredTransaction): boolean =>
    !expected.some((known) => known.reference.sha256 === anchor.sha256 && known.height === height)
  return anchored
    .filter((transaction) => transaction.anchor.type === 'revocation' && spendsKey(transaction, master) && isNew(transaction))
    .map((transaction) => {
      const { anchor, height, position } = transaction
      const reference = { sha256: anchor.sha256, infohash: anchor.infohash }
      return { reference, height, position, missing: false }
    })
}

/** Forgets what was anchored above a fork. @returns what to fetch: ticks that count again */
export function followReorg(following: Following, height: number): Followed {
  return settle(
    following,
    {
      ...following,
      expected: following.expected.filter((anchor) => anchor.height <= height),
      lines: linesBelow(following.lines, height),
      strays: following.strays.filter((stray) => stray.height <= height),
      shown: following.shown.filter((shown) => shown.height <= height),
      revoked: Object.fromEntries(Object.entries(following.revoked).filter(([, from]) => from <= height)),
    },
    null,
  )
}

/** Forgets ticks that no reorganisation asks for again. */
export function forgetOld(following: Following): Following {
  const { line, ticks } = followed(following)
  if (line === null) return following
  const kept = forgetTicks(line, new Set(ticks.map(({ txid }) => txid)))
  if (kept === line) return following
  // What came before the line that is followed is not needed any more once its own first ticks are old.
  return {
    ...following,
    lines: following.lines.filter((one) => one === line || one.height > line.height).map((one) => (one === line ? kept : one)),
  }
}

// ───────────────────────────── documents ─────────────────────────────

/** A document was not to be had: for now, or (refused by its schema or digest) for good. */
export function followMissing(following: Following, reference: Reference, failure: { message: string; retryable: boolean }): Following {
  const isIt = (one: { reference: Reference }): boolean => one.reference.sha256 === reference.sha256
  const given = <T extends { asked: SealedTick['asked']; refused: string | null }>(one: T): T =>
    failure.retryable ? { ...one, asked: 'missing' } : { ...one, refused: failure.message }
  const waits = (tick: SealedTick): boolean => isIt(tick) && tick.said === null
  const isLine = (line: Line): boolean => line.kind === 'resumption' && isIt(line) && line.said === null
  const touched = following.lines.some((line) => isLine(line) || line.ticks.some(waits))
  const expected = following.expected.flatMap((one) => (!isIt(one) ? [one] : failure.retryable ? [{ ...one, missing: true }] : []))
  const strays = following.strays.flatMap((stray) =>
    !isIt(stray) ? [stray] : failure.retryable ? [{ ...stray, asked: 'missing' as const }] : [],
  )
  if (!touched && !following.expected.some(isIt) && !following.strays.some(isIt)) return following
  const lines = following.lines.map((line) => {
    const ticks = line.ticks.some(waits) ? line.ticks.map((tick) => (waits(tick) ? given(tick) : tick)) : line.ticks
    return isLine(line) ? { ...given(line), ticks } : { ...line, ticks }
  })
  return { ...following, expected, strays, lines }
}

/**
 * Takes a fetched document in, if its turn has come. @returns `counts`: it is a tick, and counts from now on
 */
export function followDocument(
  following: Following,
  reference: Reference,
  { body }: OpenedDocument,
  hashAt: HashAt,
): Followed & { counts: boolean } {
  if (body.type === 'revocation') return { ...onRevocation(following, reference, body), counts: false }
  if (body.type === 'resumption') return { ...onResumption(following, reference, body), counts: false }
  if (body.type !== 'tick') return { following, fetch: [], counts: false }
  const aside = following.strays.find((stray) => stray.reference.sha256 === reference.sha256)
  const noted = aside === undefined ? following : onStray(following, aside, body, hashAt)
  const turn = upcoming(followed(noted))[0]
  const isTurn = turn?.reference.sha256 === reference.sha256
  const change = (tick: SealedTick): SealedTick => {
    if (tick.reference.sha256 !== reference.sha256 || tick.said !== null) return tick
    if (tick.txid !== turn?.txid) return { ...tick, asked: 'early' }
    return following.signers.includes(body.by)
      ? { ...tick, said: saidBy(noted.app, tick, body, hashAt) }
      : { ...tick, stranger: body.by, asked: 'early' }
  }
  const lines = noted.lines.map((line) =>
    line.ticks.some((tick) => change(tick) !== tick) ? { ...line, ticks: line.ticks.map(change) } : line,
  )
  const same = lines.every((line, at) => line === noted.lines[at])
  const next = settle(following, same ? noted : { ...noted, lines }, isTurn ? turn.txid : null)
  return { ...next, counts: isTurn && chainOf(next.following).some(({ txid }) => txid === turn.txid) }
}

type Body<T extends OpenedDocument['body']['type']> = Extract<OpenedDocument['body'], { type: T }>

/** A tick beside the line: with one of the line, of its number and over its block, it shows that their key signed twice. */
function onStray(following: Following, stray: SealedTick, tick: Tick, hashAt: HashAt): Following {
  const counted = chainOf(following).find(({ number }) => number === tick.number)
  // The one of the line may not be here yet.
  const isEarly = counted === undefined && tick.number > (newestTick(following)?.number ?? -1)
  const strays = following.strays.flatMap((other) => (other !== stray ? [other] : isEarly ? [{ ...stray, asked: 'missing' as const }] : []))
  const said = saidBy(following.app, stray, tick, hashAt)
  const isKnown = following.shown.some(({ key }) => key === said.by)
  const isTwin =
    counted !== undefined && counted.by === said.by && counted.to === said.to && counted.reference.sha256 !== stray.reference.sha256
  if (said.fault !== null || !said.closes || !isTwin || isKnown) return { ...following, strays }
  const references: Shown['references'] = [counted.reference, stray.reference]
  const shown = { key: said.by, number: tick.number, references, height: Math.max(counted.height, stray.height) }
  return { ...following, strays, shown: [...following.shown, shown] }
}

/** A revoked key's ticks from that block on are void. */
function onRevocation(following: Following, reference: Reference, body: Body<'revocation'>): Followed {
  const anchor = following.expected.find((expected) => expected.reference.sha256 === reference.sha256)
  if (anchor === undefined) return { following, fetch: [] }
  const rest = { ...following, expected: following.expected.filter((other) => other !== anchor) }
  if (body.by !== following.master) return { following: rest, fetch: [] }
  const from = Math.min(anchor.height, own(following.revoked, body.key) ?? anchor.height)
  return settle(following, { ...rest, revoked: { ...following.revoked, [body.key]: from } }, null)
}

/** The master key names the last good tick, and the key that goes on; the caller has checked the grant. */
function onResumption(following: Following, reference: Reference, body: Body<'resumption'>): Followed {
  const isIt = (line: Line): boolean => line.kind === 'resumption' && line.reference.sha256 === reference.sha256 && line.said === null
  if (!following.lines.some(isIt)) return { following, fetch: [] }
  const { good, key, reason, shows } = body
  const isOurs = body.by === following.master && body.app === following.app
  const said = { good: good === null ? null : { number: good.number, sha256: good.sha256 }, key, reason, shows }
  const lines = following.lines.map((line) =>
    !isIt(line) ? line : isOurs ? { ...line, said } : { ...line, refused: 'it is of another app' },
  )
  const signers = isOurs && !following.signers.includes(key) ? [...following.signers, key] : following.signers
  return settle(following, { ...following, lines, signers }, null)
}

/** Whether what a resumption shows holds: it is the first tick that the reader's own audit finds faulty. */
export function followProof(following: Following, resumption: string, holds: boolean): Followed {
  const isIt = (line: Line): boolean => line.kind === 'resumption' && line.reference.sha256 === resumption && line.proved === null
  if (!following.lines.some(isIt)) return { following, fetch: [] }
  return settle(following, { ...following, lines: following.lines.map((line) => (isIt(line) ? { ...line, proved: holds } : line)) }, null)
}
