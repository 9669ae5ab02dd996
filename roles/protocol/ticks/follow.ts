/**
 * Following an app's ticks from anchors and documents, as servers and clients do: small JSON and pure functions. Documents arrive in any
 * order and blocks may be undone; the newest tick is always the last one of the best chain that its Supervisor signed.
 *
 * After a reorg the tick document of a branch that is gone may be anchored in the new branch too. It closes a block that does not exist, so it
 * is left out when it arrives. Later this cannot change: its anchor lies above the block that it closes, so a reorg takes the anchor first.
 */
import type { OpenedDocument, Reference, Tick } from '../documents/index.ts'
import type { AnchoredTransaction } from '../events.ts'
import { paysKey, spendsKey } from './ledger.ts'
import { own } from '../../program/index.ts'

/** Hash of the best chain's block at a height, as of the events taken so far; null above its tip. */
export type HashAt = (height: number) => string | null

/** A tick document that was checked, whose anchor is in a block, and which closes a block of the best chain. */
export interface SeenTick {
  number: number
  /** The key that signed it. */
  by: string
  reference: Reference
  /** Block of its anchor, and the place in it. */
  height: number
  position: number
  /** Digest of the offer in force. */
  offer: string
  previous: string | null
  /** Ticks for which it publishes plans. */
  plans: number[]
}

/**
 * An anchor whose document is not here yet; `missing`: it was given up for now, and is asked for again with the next block. `own`: it spends from one of
 * the Supervisor's keys; anybody can pay them, so what only pays is asked for a bounded number of times (`tries`).
 */
export interface ExpectedDocument {
  documentType: 'tick' | 'revocation'
  reference: Reference
  height: number
  position: number
  missing: boolean
  own: boolean
  tries: number
}

/**
 * `signers` are the Supervisor's granted keys; `revoked` says from which block on the master key took one back: ticks it anchors there or
 * later count for nobody.
 */
export interface Following {
  app: string
  master: string
  signers: string[]
  revoked: Record<string, number>
  expected: ExpectedDocument[]
  /** Ticks of the last blocks by keys that are none of the signers: one of them may turn out to be granted by an offer that is still being fetched. */
  overlooked: AnchoredTransaction[]
  ticks: SeenTick[]
}

/** Blocks within which the offer of a new signer comes, and other apps' ticks that are remembered for so long at most. */
const OVERLOOKED_BLOCKS = 6
const MOST_OVERLOOKED = 64

/** Ticks remembered: enough for four generations of code and the reorgs that are likely. */
const REMEMBERED = 24
/** Times that a document is asked for whose anchor anybody could have made. */
const MAX_TRIES = 144

export const startFollowing = (app: string, master: string, signers: string[]): Following => ({
  app,
  master,
  signers,
  revoked: {},
  expected: [],
  overlooked: [],
  ticks: [],
})

/**
 * A superseding offer may come by another key, granted by the same master; the caller has checked the grant.
 * @returns what to fetch: ticks by that key whose anchors came before its offer was here
 */
export function followSigner(following: Following, key: string): { following: Following; fetch: Wanted[] } {
  if (following.signers.includes(key)) return { following, fetch: [] }
  const { overlooked, ...known } = following
  return followBlock({ ...known, signers: [...following.signers, key], overlooked: [] }, overlooked)
}

/** Whether a transaction comes from one of the Supervisor's addresses or pays it, which only its own ticks need to do. */
function isOurs(following: Following, transaction: AnchoredTransaction): boolean {
  if (transaction.anchor.type === 'revocation') return paysKey(transaction, following.master)
  return transaction.anchor.type === 'tick' && following.signers.some((key) => spendsKey(transaction, key) || paysKey(transaction, key))
}

export type Wanted = Pick<ExpectedDocument, 'reference' | 'documentType'>

/** Notes the anchors of ticks and revocations in a block. @returns what to fetch */
export function followBlock(following: Following, anchored: AnchoredTransaction[]): { following: Following; fetch: Wanted[] } {
  const isOwn = (transaction: AnchoredTransaction): boolean =>
    [following.master, ...following.signers].some((key) => spendsKey(transaction, key))
  const isNew = ({ anchor, height, position }: AnchoredTransaction): boolean =>
    !following.expected.some((known) => known.reference.sha256 === anchor.sha256 && known.height === height && known.position === position)
  const found = anchored
    .filter((transaction) => isOurs(following, transaction) && isNew(transaction))
    .map((transaction): ExpectedDocument => {
      const { anchor, height, position } = transaction
      const reference = { sha256: anchor.sha256, infohash: anchor.infohash }
      return { documentType: anchor.type as 'tick', reference, height, position, missing: false, own: isOwn(transaction), tries: 0 }
    })
  const strange = anchored.filter((transaction) => transaction.anchor.type === 'tick' && !isOurs(following, transaction))
  const overlooked = strange.length === 0 ? following.overlooked : lately([...following.overlooked, ...strange])
  const again = following.expected.filter((anchor) => anchor.missing)
  if (found.length === 0 && again.length === 0)
    return { following: overlooked === following.overlooked ? following : { ...following, overlooked }, fetch: [] }
  const expected = [...following.expected.map((anchor) => ({ ...anchor, missing: false })), ...found]
  return {
    following: { ...following, expected, overlooked },
    fetch: [...again, ...found].map(({ reference, documentType }) => ({ reference, documentType })),
  }
}

const lately = (anchors: AnchoredTransaction[]): AnchoredTransaction[] =>
  anchors.filter(({ height }) => height > anchors.at(-1)!.height - OVERLOOKED_BLOCKS).slice(-MOST_OVERLOOKED)

/** Forgets anchors above a fork. */
export const followReorg = (following: Following, height: number): Following => ({
  ...following,
  expected: following.expected.filter((anchor) => anchor.height <= height),
  overlooked: following.overlooked.filter((anchor) => anchor.height <= height),
  ticks: following.ticks.filter((tick) => tick.height <= height),
  revoked: Object.fromEntries(Object.entries(following.revoked).filter(([, from]) => from <= height)),
})

/** A document was not to be had: for now, or (refused by its schema or digest) for good. */
export function followMissing(following: Following, reference: Reference, retryable: boolean): Following {
  const others = following.expected.filter((anchor) => anchor.reference.sha256 !== reference.sha256)
  const anchor = following.expected.find((expected) => expected.reference.sha256 === reference.sha256)
  if (anchor === undefined) return following
  const again = { ...anchor, missing: true, tries: anchor.tries + 1 }
  return { ...following, expected: retryable && (anchor.own || again.tries < MAX_TRIES) ? [...others, again] : others }
}

const isRevoked = (revoked: Following['revoked'], tick: Pick<SeenTick, 'by' | 'height'>): boolean =>
  Object.hasOwn(revoked, tick.by) && tick.height >= revoked[tick.by]!

/** Whether the last block that a tick closes is on the best chain, below its anchor. */
const closesBlock = ({ blocks }: Tick, anchor: ExpectedDocument, hashAt: HashAt): boolean =>
  blocks.to < anchor.height && hashAt(blocks.to) === blocks.hash

/** Takes a fetched document in, if it was expected and is the app's. A revocation forgets the ticks that it makes void. */
export function followDocument(following: Following, reference: Reference, { body }: OpenedDocument, hashAt: HashAt): Following {
  const anchor = following.expected.find((expected) => expected.reference.sha256 === reference.sha256)
  if (anchor === undefined) return following
  const rest = { ...following, expected: following.expected.filter((other) => other !== anchor) }
  if (body.type === 'revocation') return body.by === following.master ? revoke(rest, body.key, anchor.height) : rest
  if (body.type !== 'tick' || body.app !== following.app || !following.signers.includes(body.by) || !closesBlock(body, anchor, hashAt))
    return rest
  const seen: SeenTick = {
    number: body.number,
    by: body.by,
    reference: anchor.reference,
    height: anchor.height,
    position: anchor.position,
    offer: body.offer,
    previous: body.previous?.sha256 ?? null,
    plans: body.plans.map((plan) => plan.tick),
  }
  if (isRevoked(following.revoked, seen) || following.ticks.some((tick) => tick.reference.sha256 === reference.sha256)) return rest
  return {
    ...rest,
    ticks: [...following.ticks, seen]
      .sort((a, b) => a.number - b.number || a.height - b.height || a.position - b.position)
      .slice(-REMEMBERED),
  }
}

function revoke(following: Following, key: string, height: number): Following {
  const revoked = { ...following.revoked, [key]: Math.min(height, own(following.revoked, key) ?? height) }
  return { ...following, revoked, ticks: following.ticks.filter((tick) => !isRevoked(revoked, tick)) }
}

/**
 * The ticks that follow one another, oldest first: of two documents for one number, the one that the newest chain of predecessors names.
 */
export function chainOf(following: Following): SeenTick[] {
  const chain: SeenTick[] = []
  for (const tick of following.ticks.toReversed()) {
    const next = chain[0]
    const fits =
      next === undefined ||
      (tick.number === next.number - 1
        ? next.previous === tick.reference.sha256
        : tick.number < next.number && next.previous !== null && !following.ticks.some((other) => other.reference.sha256 === next.previous))
    if (fits) chain.unshift(tick)
  }
  return chain
}

export const newestTick = (following: Following): SeenTick | null => chainOf(following).at(-1) ?? null
export const tickNumbered = (following: Following, number: number): SeenTick | null =>
  chainOf(following).find((tick) => tick.number === number) ?? null
/** The document that publishes the plan for a tick: the first that does, before that tick, so that nobody deals its blocks again. */
export const planTick = (following: Following, number: number): SeenTick | null =>
  chainOf(following).find((tick) => tick.number < number && tick.plans.includes(number)) ?? null
