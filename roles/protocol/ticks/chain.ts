/**
 * What counts of the lines of seals (PROTOCOL.md 6.3): the chain of ticks as their documents make it, and where and why nobody goes on. A pure function
 * of what is known, computed anew whenever it is asked for.
 */
import { own } from '../../program/index.ts'
import type { Reference } from '../documents/index.ts'
import { byChain, originOf, type Line, type ResumptionSaid, type SealedTick } from './line.ts'

/** A tick that counts. */
export interface SeenTick {
  number: number
  /** The key that signed it. */
  by: string
  txid: string
  reference: Reference
  /** Block of its anchor, and the place in it. */
  height: number
  position: number
  /** Digest of the offer in force. */
  offer: string
  previous: string | null
  /** Ticks for which it publishes plans. */
  plans: number[]
  /** Digest of the code of all blocks that its plans name; null where it publishes none. */
  code: string | null
  /** Height of the last block that it closes. */
  to: number
}

/** Why nobody follows further. */
export type Stop =
  /** Its document is not here: nobody goes on without it. */
  | { kind: 'unfetched'; number: number; reference: Reference; height: number }
  /** It is signed by a key of which no grant is known yet. */
  | { kind: 'stranger'; number: number; reference: Reference; key: string }
  /** Its document breaks a rule that everybody checks. */
  | { kind: 'faulty'; number: number; reference: Reference; why: string }
  /** One key signed two documents of one number over the same block. */
  | { kind: 'equivocation'; number: number; key: string; references: [Reference, Reference] }
  /** The master key said something, and its document is not here. */
  | { kind: 'resumption'; reference: Reference }
  /** It took a key back, and nobody knows yet which: it may be that of the ticks from there on. */
  | { kind: 'revocation'; reference: Reference }
  /** It takes back more ticks than it may without showing why, and what it shows is being looked at. */
  | { kind: 'unproved'; reference: Reference; shows: Reference }

export interface Chain {
  /** Oldest first. */
  ticks: SeenTick[]
  stop: Stop | null
  /** The line that is followed now; null before the offer's anchor. */
  line: Line | null
  /** Resumptions that are not obeyed: they take back too much without a reason that holds, or name a tick that is not on the chain. */
  ignored: Reference[]
}

/** What was anchored beside the line, and shows that a key signed twice. */
export interface Shown {
  key: string
  number: number
  references: [Reference, Reference]
  /** Of the later anchor. */
  height: number
}

/** The anchor of a revocation whose document is not here. */
export interface Pending {
  reference: Reference
  height: number
  position: number
}

export interface Known {
  signers: string[]
  /**
   * Ticks in the block of such a revocation or above it wait for its document: were it to count when it comes, whoever has the master key could keep one back, and
   * with it take back as many ticks as it likes.
   */
  expected: Pending[]
  /** From which block on the master key took a key back: ticks that it anchors there or later count for nobody. */
  revoked: Record<string, number>
  /** Why offers cannot take over, by their digests: ticks under them are faulty. */
  refused: Record<string, string>
  lines: Line[]
  /** At most one of each key. */
  shown: Shown[]
}

/** Ticks that a resumption, with those before it, may take back of those that a reader held, without showing why. */
export const MOST_TAKEN_BACK = 3

const seenOf = ({ txid, number, reference, height, position, said }: SealedTick): SeenTick => {
  const { by, offer, previous, plans, code, to } = said!
  return { number, by, txid, reference, height, position, offer, previous, plans, code, to }
}

const isRevoked = ({ revoked }: Known, by: string, height: number): boolean => Object.hasOwn(revoked, by) && height >= revoked[by]!

const OTHER_CODE = 'its plans are of other code than those before, under the same offer'

/** Code stays as long as its offer, so that nobody can be made to change what a block computes for the length of a tick, unseen. */
function isSameCode({ offer, code }: Pick<SeenTick, 'offer' | 'code'>, ticks: readonly SeenTick[]): boolean {
  const before = ticks.findLast((tick) => tick.offer === offer && tick.code !== null)
  return code === null || before === undefined || before.code === code
}

/**
 * What one more tick of a line does: it counts, it counts for nothing, or nobody goes on.
 * @param rooted the tick with which the line begins, which nothing takes the place of
 */
function take(known: Known, ticks: SeenTick[], tick: SealedTick, rooted: SeenTick | undefined): Stop | 'void' | 'next' | 'again' {
  const { number, reference, said, refused, stranger, height } = tick
  const pending = known.expected.toSorted(byChain).find((one) => one.height <= height)
  if (pending !== undefined) return { kind: 'revocation', reference: pending.reference }
  if (refused !== null) return { kind: 'faulty', number, reference, why: refused }
  if (said === null)
    return stranger === null ? { kind: 'unfetched', number, reference, height } : { kind: 'stranger', number, reference, key: stranger }
  if (!said.closes || isRevoked(known, said.by, height)) return 'void'
  const faulty = (why: string): Stop => ({ kind: 'faulty', number, reference, why })
  if (said.fault !== null) return faulty(said.fault)
  const refusal = own(known.refused, said.offer)
  if (refusal !== undefined) return faulty(`it is under an offer that is refused (${refusal})`)
  const last = ticks.at(-1)
  if (last?.reference.sha256 === reference.sha256) return 'void'
  if (number === (last?.number ?? -1) + 1) {
    if (said.previous !== (last?.reference.sha256 ?? null)) return faulty('it does not name the tick before it')
    if (last !== undefined && said.to <= last.to) return faulty('it closes blocks that the tick before it closed')
    return isSameCode(said, ticks) ? 'next' : faulty(OTHER_CODE)
  }
  if (last === undefined || last === rooted || number !== last.number)
    return faulty(`its number is ${number}, and that of the tick before it is ${last?.number ?? 'none'}`)
  if (said.to !== last.to || said.previous !== last.previous) return faulty('it is anchored again with other blocks, or after another tick')
  if (said.by === last.by) return { kind: 'equivocation', number, key: said.by, references: [last.reference, reference] }
  return isSameCode(said, ticks.slice(0, -1)) ? 'again' : faulty(OTHER_CODE)
}

type Past = Pick<Chain, 'ticks' | 'stop'>

/** Follows one line from its root, up to what was anchored `before` something else. */
function along(known: Known, line: Line, from: SeenTick[], before: Line | null): Past {
  const ticks = line.base === null ? [...from] : [seenOf(line.base)]
  // What a line begins with was anchored on another one, whose seal nothing here spends: it stays.
  const rooted = line.base === null ? from.at(-1) : undefined
  for (const tick of line.ticks) {
    if (before !== null && byChain(tick, before) > 0) break
    const taken = take(known, ticks, tick, rooted)
    if (typeof taken === 'object') return { ticks, stop: taken }
    if (taken === 'again') ticks.pop()
    if (taken !== 'void') ticks.push(seenOf(tick))
  }
  return { ticks, stop: null }
}

/**
 * How many of the ticks so far a resumption leaves: those up to the one that it names. A reorganisation takes the word of the master key back and mines it again, and
 * may have made that tick void meanwhile; then what counts before it stays. Null where it names none of the chain.
 */
function leftBy(good: ResumptionSaid['good'], ticks: SeenTick[], lines: Line[]): number | null {
  if (good === null) return 0
  const isGood = ({ reference }: Pick<SealedTick, 'reference'>): boolean => reference.sha256 === good.sha256
  const at = ticks.findIndex(isGood)
  if (at >= 0) return at + 1
  const gone = lines.flatMap((line) => line.ticks).find((tick) => isGood(tick) && tick.said?.closes === false)
  return gone === undefined ? null : ticks.filter((tick) => byChain(tick, gone) < 0).length
}

/** Whether a tick of that number may still come to count where nobody goes on now. */
const mayHide = (stop: Stop, number: number): boolean => stop.kind === 'revocation' || (stop.kind === 'unfetched' && stop.number <= number)

/** What a resumption leaves. */
interface Left {
  ticks: SeenTick[]
  /** Numbers of ticks that this reader held, and that this resumption or one before took back without showing why. */
  lost: ReadonlySet<number>
}

/**
 * What a resumption makes of the chain so far, or why it cannot be obeyed (yet). What others took back before counts as well: else each of a row of resumptions
 * would take back three ticks, and all of them the whole history.
 */
function cut(past: Past, line: Line, lines: Line[], before: Left['lost']): Left | Stop | 'ignored' {
  const { ticks, stop } = past
  const { said, reference, held, proved } = line
  if (said === null) return { kind: 'resumption', reference }
  const left = leftBy(said.good, ticks, lines)
  // A tick that is not here yet may be the one that it names.
  if (left === null) return stop !== null && mayHide(stop, said.good!.number) ? stop : 'ignored'
  const stay = ticks.slice(0, left)
  const taken = ticks.slice(left).filter((tick) => held.includes(tick.reference.sha256))
  const lost = new Set([...before, ...taken.map(({ number }) => number)])
  const last = stay.at(-1)?.number ?? -1
  if ([...lost].filter((number) => number > last).length <= MOST_TAKEN_BACK) return { ticks: stay, lost }
  // Of a later one it would be no reason to take back those before it.
  if (said.shows === null || said.shows.sha256 !== ticks[left]?.reference.sha256 || proved === false) return 'ignored'
  return proved === true ? { ticks: stay, lost: new Set() } : { kind: 'unproved', reference, shows: said.shows }
}

/** The key that may sign the next tick, as far as the chain tells. */
const inForce = (ticks: SeenTick[], line: Line): string | null =>
  line.kind === 'resumption' && line.ticks.every(({ txid }) => ticks.at(-1)?.txid !== txid) && line.base === null
    ? (line.said?.key ?? null)
    : (ticks.at(-1)?.by ?? null)

/** Two documents of one number count against their key while it is in force. */
function shownStop({ shown }: Known, ticks: SeenTick[], line: Line): Stop | null {
  const signs = inForce(ticks, line)
  const found = shown.find(({ key }) => key === signs)
  if (found === undefined) return null
  const { number, key, references } = found
  return { kind: 'equivocation', number, key, references }
}

/** The chain of ticks, by all that is known. */
export function chainFrom(known: Known): Chain {
  const origin = originOf(known)
  if (origin === null) return { ticks: [], stop: null, line: null, ignored: [] }
  const resumptions = known.lines.filter((line) => line.kind === 'resumption' && line.refused === null && byChain(line, origin) > 0)
  const ignored: Reference[] = []
  let line = origin
  let start: SeenTick[] = []
  let lost: Left['lost'] = new Set()
  for (const next of resumptions.sort(byChain)) {
    const past = along(known, line, start, next)
    const result = cut(past, next, known.lines, lost)
    if (result === 'ignored') ignored.push(next.reference)
    else if ('kind' in result) return { ticks: past.ticks, stop: result, line, ignored }
    else [line, start, lost] = [next, result.ticks, result.lost]
  }
  const { ticks, stop } = along(known, line, start, null)
  return { ticks, stop: stop ?? shownStop(known, ticks, line), line, ignored }
}
