/** Following through random reorgs: whatever order blocks, anchors and documents come in, only ticks of the best chain count. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../../../roles/protocol/bytes.ts'
import { nobleCrypto } from '../../../../roles/protocol/crypto/index.ts'
import type { OpenedDocument } from '../../../../roles/protocol/documents/index.ts'
import type { AnchoredTransaction } from '../../../../roles/protocol/events.ts'
import {
  chainOf,
  startFollowing,
  followBlock,
  followDocument,
  followMissing,
  followReorg,
  forgetOld,
  newestTick,
  stopOf,
  type Following,
  type Wanted,
  scriptOf,
} from '../../../../roles/protocol/ticks/index.ts'

const key = (n: number): string => toHex(nobleCrypto.schnorr.publicKey(new Uint8Array(32).fill(n)))
const [MASTER, SIGNER] = [key(1), key(2)] as const
const APP = 'aa'.repeat(32)
const [GENESIS, TICK_BLOCKS] = [2, 2] as const
const OFFER = 'offer'
const digest = (n: number): string => n.toString(16).padStart(64, '0')

interface Made {
  sha256: string
  number: number
  to: number
  hash: string
  previous: string | null
  /** Whose seal it spends. */
  after: string
}
interface Block {
  hash: string
  anchors: Made[]
}

/**
 * A chain with a Supervisor that composes a tick for every block that ends one, and again whenever that block gives way to another: each spends the seal of
 * the one that it made before, whether that still counts or not.
 */
function createModel() {
  const blocks: Block[] = [{ hash: digest(0), anchors: [] }]
  const made: Made[] = []
  let mempool: Made[] = []
  let composed: Made[] = []
  let count = 1
  const hashAt = (height: number): string | null => blocks[height]?.hash ?? null
  const counts = ({ to, hash }: Made): boolean => hashAt(to) === hash
  const mined = (): Made[] => blocks.flatMap(({ anchors }) => anchors)

  function compose(): void {
    const number = composed.length
    const to = GENESIS + number * TICK_BLOCKS
    if (blocks.length <= to) return
    const sha256 = digest(1_000_000 + made.length)
    const tick: Made = {
      sha256,
      number,
      to,
      hash: hashAt(to)!,
      previous: composed.at(-1)?.sha256 ?? null,
      after: made.at(-1)?.sha256 ?? OFFER,
    }
    made.push(tick)
    composed.push(tick)
    mempool.push(tick)
  }

  return {
    made,
    hashAt,
    counts,
    compose,
    height: () => blocks.length - 1,
    /** A block with the anchors of the mempool that a bit mask chooses, those of branches that are gone among them; none without what it stands on. */
    mine(chosen: number): { height: number; anchors: Made[] } {
      const there = new Set([OFFER, ...mined().map(({ sha256 }) => sha256)])
      const anchors = mempool
        .sort((a, b) => made.indexOf(a) - made.indexOf(b))
        .filter((tick, at) => {
          const fits = ((chosen >> (at % 16)) & 1) === 1 && there.has(tick.after)
          if (fits) there.add(tick.sha256)
          return fits
        })
      mempool = mempool.filter((tick) => !anchors.includes(tick))
      blocks.push({ hash: digest(count++), anchors })
      return { height: blocks.length - 1, anchors }
    },
    /** Anchors of blocks that are gone wait to be mined again. */
    reorg(depth: number): number {
      const gone = blocks.splice(Math.max(1, blocks.length - depth))
      mempool.push(...gone.flatMap(({ anchors }) => anchors))
      composed = composed.filter(({ to }) => to < blocks.length)
      return blocks.length - 1
    },
    /** The last number of the ticks that count, one after the other; −1 without any. */
    newest: (): number =>
      mined()
        .filter(counts)
        .reduce((last, { number }) => (number === last + 1 ? number : last), -1),
  }
}
type Model = ReturnType<typeof createModel>

/** Somebody who follows: what it asked for is answered when the story says so, or not at all for a while. */
function createFollower(model: Model) {
  const offer: AnchoredTransaction = {
    txid: OFFER,
    height: 0,
    position: 0,
    anchor: { type: 'offer', sha256: APP, infohash: '00'.repeat(20) },
    first: '',
    spends: [],
    pays: [
      { script: '6a', value: 0 },
      { script: scriptOf(SIGNER)!, value: 330 },
    ],
  }
  let following: Following = followBlock(startFollowing(APP, MASTER, [SIGNER]), [offer]).following
  let asked: Wanted[] = []
  const keep = (next: Following): void => {
    following = JSON.parse(JSON.stringify(next)) as Following
  }
  const documentOf = (sha256: string): OpenedDocument => {
    const { number, to, hash, previous } = model.made.find((tick) => tick.sha256 === sha256)!
    const body = {
      type: 'tick',
      app: APP,
      by: SIGNER,
      number,
      offer: APP,
      previous: previous === null ? null : { sha256: previous, infohash: '00'.repeat(20) },
      plans: [],
      blocks: { from: 0, to, hash },
    }
    return { body } as unknown as OpenedDocument
  }
  return {
    following: () => following,
    waits: () => asked.length > 0 || stopOf(following) !== null,
    block(height: number, anchors: Made[]): void {
      const anchored = anchors.map(({ sha256, number, after }, position): AnchoredTransaction => ({
        txid: sha256,
        height,
        position,
        anchor: { type: 'tick', sha256, infohash: '00'.repeat(20), number },
        first: `${after}:1`,
        spends: [scriptOf(SIGNER)!],
        pays: [],
      }))
      const next = followBlock(following, anchored)
      keep(next.following)
      asked.push(...next.fetch)
    },
    reorg(height: number): void {
      const next = followReorg(following, height)
      keep(next.following)
      asked.push(...next.fetch)
    },
    /** One of the answers that are due comes, in any order; what was asked for twice may come twice. */
    answer(which: number, isHere: boolean): void {
      const at = which % Math.max(1, asked.length)
      const [wanted] = asked.splice(at, 1)
      if (wanted === undefined) return
      if (!isHere) return keep(followMissing(following, wanted.reference, { message: 'slow', retryable: true }))
      const before = new Set(chainOf(following).map(({ txid }) => txid))
      const next = followDocument(following, wanted.reference, documentOf(wanted.reference.sha256), model.hashAt)
      keep(forgetOld(next.following))
      asked.push(...next.fetch)
      // Whoever follows hears of each tick in the moment in which it begins to count.
      const begun = chainOf(next.following).filter(({ txid }) => !before.has(txid))
      expect(begun.map(({ reference }) => reference.sha256)).toEqual(next.counts ? [wanted.reference.sha256] : [])
    },
    /** After a restart what was under way is asked for again, though the first answer may have been taken. */
    restart(): void {
      const once = [...new Set(asked)]
      asked = [...once, ...once]
    },
  }
}

type Move =
  | { do: 'mine'; chosen: number }
  | { do: 'compose' }
  | { do: 'reorg'; depth: number }
  | { do: 'answer'; which: number; isHere: boolean }
  | { do: 'restart' }
const small = fc.nat(1 << 16)
const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('mine' as const), chosen: small }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('compose' as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('reorg' as const), depth: fc.integer({ min: 1, max: 6 }) }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('answer' as const), which: small, isHere: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  ),
  { minLength: 20, maxLength: 120 },
)

/** Two blocks or more take the place of those that are gone, as a longer branch does. */
function make(move: Move, model: Model, follower: ReturnType<typeof createFollower>): void {
  const mine = (chosen: number): void => {
    const { height, anchors } = model.mine(chosen)
    follower.block(height, anchors)
  }
  if (move.do === 'mine') mine(move.chosen)
  else if (move.do === 'compose') model.compose()
  else if (move.do === 'answer') follower.answer(move.which, move.isHere)
  else if (move.do === 'restart') follower.restart()
  else {
    const before = model.height()
    follower.reorg(model.reorg(move.depth))
    while (model.height() <= before) mine(before)
  }
}

function expectBestChain(model: Model, following: Following): void {
  for (const { reference } of chainOf(following))
    expect(model.counts(model.made.find(({ sha256 }) => sha256 === reference.sha256)!)).toBe(true)
}

describe('following through reorgs', () => {
  it('[D4] the newest tick is always one whose blocks are on the best chain, and in the end the newest there is', () => {
    fc.assert(
      fc.property(moves, (story) => {
        const model = createModel()
        const follower = createFollower(model)
        for (const move of story) {
          make(move, model, follower)
          expectBestChain(model, follower.following())
        }
        for (let rounds = 0; follower.waits() && rounds < 10_000; rounds++) {
          follower.answer(0, true)
          follower.block(model.height(), [])
        }
        expect(newestTick(follower.following())?.number ?? -1).toBe(model.newest())
      }),
      { numRuns: 400 },
    )
  })
})
