/**
 * Lines of seals: the anchors of an app's ticks, each of which spends output 1 of the one before (PROTOCOL.md 4.5). The first line begins with the first
 * offer, every other one with a resumption of the master key. Which anchor follows which is known without any document, because Bitcoin lets an output
 * be spent once; what the documents make of it is `chain.ts`.
 */
import type { Reference } from '../documents/index.ts'
import type { AnchoredTransaction } from '../events.ts'
import { scriptOf, spendsKey } from './spends.ts'

/** What following needs of a tick's document. */
export interface Said {
  /** The key that signed it. */
  by: string
  /** Digest of the offer in force. */
  offer: string
  previous: string | null
  /** Ticks for which it publishes plans. */
  plans: number[]
  /** Digest of the code of all blocks that its plans name; null where it publishes none. */
  code: string | null
  /** Height of the last block that it closes. */
  to: number
  /** Whether that block is on the best chain, below the anchor: that stays so as long as the anchor is in a block. */
  closes: boolean
  /** Why it can be no tick of this line, whatever came before; null for one that can. */
  fault: string | null
}

/** Where a document is that was asked for: under way, not to be had now, or fetched before its turn. */
type Asked = 'no' | 'yes' | 'missing' | 'early'

export interface SealedTick {
  txid: string
  height: number
  /** Its place in the block. */
  position: number
  /** By its anchor. */
  number: number
  reference: Reference
  said: Said | null
  /** Why its document will never do: of another form or another digest. */
  refused: string | null
  /** The key that signed it, where nothing is known yet of a grant for that key. */
  stranger: string | null
  asked: Asked
}

export interface ResumptionSaid {
  /** The last good tick; null: none is. */
  good: { number: number; sha256: string } | null
  key: string
  reason: string
  /** The first tick that is taken back, where it is faulty. */
  shows: Reference | null
}

export interface Line {
  kind: 'offer' | 'resumption'
  txid: string
  height: number
  position: number
  /** Script of its output 1. */
  seal: string
  reference: Reference
  /** Of a resumption. */
  said: ResumptionSaid | null
  refused: string | null
  asked: Asked
  /** Ticks that counted here when its anchor came: it may not take back many of them without showing why. */
  held: string[]
  /** Whether what it shows holds; null while nobody has looked. */
  proved: boolean | null
  /** The last tick that counted before those in `ticks`, where older ones were forgotten. */
  base: SealedTick | null
  ticks: SealedTick[]
}

/** Copies of the first offer's anchor that are remembered while its key is not known. */
const MOST_COPIES = 64
/** Ticks beside the line, signed by a key of the app, that are remembered. */
export const MOST_STRAYS = 16
/** Ticks remembered: enough for four generations of code. */
export const REMEMBERED = 24
/** Blocks within which a reorganisation can be followed. */
const REORG_DEPTH = 300

export const byChain = (a: { height: number; position: number }, b: { height: number; position: number }): number =>
  a.height - b.height || a.position - b.position

/** Where the document of an anchor is. */
export const referenceOf = ({ anchor: { sha256, infohash } }: AnchoredTransaction): Reference => ({ sha256, infohash })

/** The output that the next tick of a line spends. */
export const sealOf = ({ txid, ticks, base }: Line): string => `${(ticks.at(-1) ?? base)?.txid ?? txid}:1`

const lineFrom = (kind: Line['kind'], transaction: AnchoredTransaction, held: string[]): Line => ({
  kind,
  txid: transaction.txid,
  height: transaction.height,
  position: transaction.position,
  seal: transaction.pays[1]?.script ?? '',
  reference: referenceOf(transaction),
  said: null,
  refused: null,
  asked: 'no',
  held,
  proved: null,
  base: null,
  ticks: [],
})

export const sealedTick = (transaction: AnchoredTransaction): SealedTick => ({
  txid: transaction.txid,
  height: transaction.height,
  position: transaction.position,
  number: transaction.anchor.number ?? 0,
  reference: referenceOf(transaction),
  said: null,
  refused: null,
  stranger: null,
  asked: 'no',
})

export interface Grown {
  lines: Line[]
  /** A tick of one of the app's keys that is on no line. */
  stray: SealedTick | null
}

interface Ours {
  app: string
  master: string
  signers: string[]
  lines: Line[]
}

/**
 * Takes one anchor in: the root of a line, or the next tick of one. Blocks come in order; what is known already changes nothing.
 * @param held digests of the ticks that count now
 */
export function grow(ours: Ours, transaction: AnchoredTransaction, held: () => string[]): Grown {
  const { lines } = ours
  const { anchor, txid } = transaction
  const same = { lines, stray: null }
  if (lines.some((line) => line.txid === txid)) return same
  if (anchor.type === 'offer' && anchor.sha256 === ours.app) return { lines: withOffer(ours, transaction), stray: null }
  if (anchor.type === 'resumption')
    return spendsKey(transaction, ours.master) ? { lines: [...lines, lineFrom('resumption', transaction, held())], stray: null } : same
  if (anchor.type !== 'tick') return same
  const at = lines.findIndex((line) => sealOf(line) === transaction.first)
  if (at >= 0) return { lines: lines.with(at, { ...lines[at]!, ticks: [...lines[at]!.ticks, sealedTick(transaction)] }), stray: null }
  const known = lines.some((line) => line.base?.txid === txid || line.ticks.some((tick) => tick.txid === txid))
  const isOwn = ours.signers.some((key) => spendsKey(transaction, key))
  return known || !isOwn || originOf(ours) === null ? same : { lines, stray: sealedTick(transaction) }
}

/** Anybody can anchor an offer's document again: the first anchor whose output 1 pays the key that signed it is the one. */
function withOffer({ lines, signers }: Ours, transaction: AnchoredTransaction): Line[] {
  const isRight = ({ seal }: Line): boolean => signers.some((key) => scriptOf(key) === seal)
  const made = lineFrom('offer', transaction, [])
  const offers = lines.filter(({ kind }) => kind === 'offer')
  if (offers.some(isRight) || (offers.length >= MOST_COPIES && !isRight(made))) return lines
  return [...(isRight(made) ? lines.filter(({ kind }) => kind !== 'offer') : lines), made].sort(byChain)
}

/** The line that begins with the first offer, or of which the beginning is forgotten; null while the offer's anchor was not seen. */
export const originOf = ({ lines, signers }: Pick<Ours, 'lines' | 'signers'>): Line | null =>
  lines.findLast(({ base }) => base !== null) ??
  lines.find(({ kind, seal }) => kind === 'offer' && signers.some((key) => scriptOf(key) === seal)) ??
  null

/** The anchor of an app's first offer: the first of the document whose output 1, the first seal, pays its key. @param anchored in chain order */
export const offerAnchor = (anchored: readonly AnchoredTransaction[], app: string, by: string): AnchoredTransaction | null =>
  anchored.find(
    (transaction) => transaction.anchor.type === 'offer' && transaction.anchor.sha256 === app && isFirstSeal(transaction, by),
  ) ?? null

/** Whether output 1 of an offer's transaction pays that key. */
export const isFirstSeal = ({ pays }: Pick<AnchoredTransaction, 'pays'>, by: string): boolean => pays[1]?.script === scriptOf(by)

/** Without what was anchored above a height. */
export const linesBelow = (lines: Line[], height: number): Line[] =>
  lines
    .filter((line) => line.height <= height)
    .map((line) =>
      line.ticks.some((tick) => tick.height > height) ? { ...line, ticks: line.ticks.filter((tick) => tick.height <= height) } : line,
    )

/**
 * Forgets what no reorganisation asks for again and nobody serves any more: ticks well before the last one that counts.
 * @param counted ids of those that count
 */
export function forgetTicks(line: Line, counted: ReadonlySet<string>): Line {
  const last = line.ticks.findLastIndex(({ txid }) => counted.has(txid))
  const newest = line.ticks[last]?.height ?? 0
  const old = line.ticks.findLastIndex(({ height }, at) => at < last - REMEMBERED && height < newest - REORG_DEPTH)
  if (old < 0) return line
  const gone = line.ticks.slice(0, old + 1)
  return { ...line, ticks: line.ticks.slice(old + 1), base: gone.findLast(({ txid }) => counted.has(txid)) ?? line.base }
}
