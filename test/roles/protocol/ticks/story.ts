/** A chain of blocks made by hand for whoever follows an app: offers, ticks, revocations and resumptions with their documents, by digest. */
import type { OpenedDocument } from '../../../../roles/protocol/documents/index.ts'
import type { AnchoredTransaction } from '../../../../roles/protocol/events.ts'
import {
  chainOf,
  followBlock,
  followDocument,
  followMissing,
  followReorg,
  followRefused,
  followSigner,
  newestTick,
  scriptOf,
  startFollowing,
  stopOf,
  type Followed,
  type Following,
} from '../../../../roles/protocol/ticks/index.ts'
import { nobleCrypto } from '../../../../roles/protocol/crypto/index.ts'
import { toHex } from '../../../../roles/protocol/bytes.ts'

export const keyOf = (n: number): string => toHex(nobleCrypto.schnorr.publicKey(new Uint8Array(32).fill(n)))
export const [MASTER, FIRST, SECOND, STRANGER] = [keyOf(1), keyOf(2), keyOf(3), keyOf(4)] as const
export const APP = 'aa'.repeat(32)
export const digest = (n: number): string => n.toString(16).padStart(64, '0')
const output = (key: string) => ({ script: scriptOf(key)!, value: 330 })
const NOTHING = { script: '6a', value: 0 }

export interface TickOptions {
  /** Whose seal its output 1 is; the signer's, if none is named. */
  pays?: string
  by?: string
  number: number
  /** The transaction whose seal it spends; null: none. */
  after: string | null
  /** Names the tick before by its digest. */
  previous: string | null
  /** Height and hash of the last block that it closes. */
  to: number
  hash?: string
  app?: string
  /** What its document says, where that is not what its anchor does. */
  says?: number
  /** Digest of the offer that it names. */
  offer?: string
  /** Of the one block that its plans have, one plan for each. */
  code?: string[]
}

/** What was anchored, and what it says. */
export interface Made {
  transaction: AnchoredTransaction
  document: OpenedDocument
}

let serial = 0
const transactionOf = (
  type: AnchoredTransaction['anchor']['type'],
  height: number,
  more: Partial<AnchoredTransaction> & { number?: number },
): AnchoredTransaction => {
  const { number, ...rest } = more
  const sha256 = digest(0x1000 + ++serial)
  return {
    txid: digest(0x100000 + serial),
    height,
    position: serial,
    anchor: { type, sha256, infohash: '00'.repeat(20), ...(number === undefined ? {} : { number }) },
    first: '',
    spends: [],
    pays: [NOTHING],
    ...rest,
  }
}
const opened = (body: object): OpenedDocument => ({ body }) as unknown as OpenedDocument

/** The anchor of the first offer: its output 1 is the first seal. */
export const offered = (height = 1, key = FIRST): AnchoredTransaction => ({
  ...transactionOf('offer', height, { pays: [NOTHING, output(key)] }),
  anchor: { type: 'offer', sha256: APP, infohash: '00'.repeat(20) },
})

export function tickMade(height: number, options: TickOptions): Made {
  const {
    number,
    after,
    previous,
    to,
    hash = digest(to),
    by = FIRST,
    pays = by,
    app = APP,
    says = number,
    offer = APP,
    code = [],
  } = options
  const transaction = transactionOf('tick', height, {
    number,
    first: after === null ? '' : `${after}:1`,
    spends: [scriptOf(by)!],
    pays: [NOTHING, output(pays)],
  })
  const reference = previous === null ? null : { sha256: previous, infohash: '00'.repeat(20) }
  const plans = code.map((one, i) => ({ tick: number + 1 + i, endpoints: { post: [{ code: one }] } }))
  const body = { type: 'tick', app, by, number: says, offer, previous: reference, plans, blocks: { from: 0, to, hash } }
  return { transaction, document: opened(body) }
}

export function resumptionMade(
  height: number,
  good: Made | null,
  { by = MASTER, key = SECOND, app = APP, shows = null }: { by?: string; key?: string; app?: string; shows?: string | null } = {},
): Made {
  const transaction = transactionOf('resumption', height, { spends: [scriptOf(by)!], pays: [NOTHING, output(key), output(by)] })
  const last =
    good === null ? null : { number: good.transaction.anchor.number!, sha256: good.transaction.anchor.sha256, infohash: '00'.repeat(20) }
  const shown = shows === null ? null : { sha256: shows, infohash: '00'.repeat(20) }
  return { transaction, document: opened({ type: 'resumption', by, app, good: last, key, reason: 'stolen', shows: shown }) }
}

export function revocationMade(height: number, by: string, key: string): Made {
  const transaction = transactionOf('revocation', height, { spends: [scriptOf(by)!], pays: [NOTHING, output(MASTER)] })
  return { transaction, document: opened({ type: 'revocation', by, key, reason: 'lost' }) }
}

/** Somebody who follows: what is asked for is delivered at once, but for what is withheld. */
export function createReader(signers = [FIRST]) {
  let following: Following = startFollowing(APP, MASTER, signers)
  const known = new Map<string, OpenedDocument>()
  const withheld = new Set<string>()
  /** Digests of the ticks in the order in which they began to count. */
  const counted: string[] = []
  const hashAt = (height: number): string => reader.hashes.get(height) ?? digest(height)

  function take({ following: next, fetch }: Followed): void {
    following = JSON.parse(JSON.stringify(next)) as Following
    for (const { reference } of fetch) {
      const document = withheld.has(reference.sha256) ? undefined : known.get(reference.sha256)
      if (document === undefined) {
        following = followMissing(following, reference, { message: 'nobody has it', retryable: true })
        continue
      }
      const took = followDocument(following, reference, document, hashAt)
      if (took.counts) counted.push(reference.sha256)
      take(took)
    }
  }
  const reader = {
    counted,
    withheld,
    /** Hashes of the best chain that are not those of `digest`. */
    hashes: new Map<number, string>(),
    following: () => following,
    /** Makes documents known: one that is not cannot be fetched. */
    publish: (...made: Made[]) => {
      for (const { transaction, document } of made) known.set(transaction.anchor.sha256, document)
    },
    block: (...anchored: Array<Made | AnchoredTransaction>) => {
      reader.publish(...anchored.filter((one): one is Made => 'document' in one))
      take(
        followBlock(
          following,
          anchored.map((one) => ('document' in one ? one.transaction : one)),
        ),
      )
    },
    reorg: (height: number) => take(followReorg(following, height)),
    signer: (key: string) => take(followSigner(following, key)),
    refuse: (offer: string, why: string) => take(followRefused(following, offer, why)),
    set: (next: Followed) => take(next),
  }
  return reader
}

/** A reader with the offer and ticks 0 to `last` in blocks 10, 20, …; each closes the block five below its anchor. */
export function story(last: number) {
  const reader = createReader()
  const offer = offered()
  reader.block(offer)
  const ticks: Made[] = []
  const next = (change: Partial<TickOptions> = {}, height = 10 * (ticks.length + 1)): Made => {
    const before = ticks.at(-1)
    return tickMade(height, {
      number: ticks.length,
      after: before?.transaction.txid ?? offer.txid,
      previous: before?.transaction.anchor.sha256 ?? null,
      to: height - 5,
      ...change,
    })
  }
  const push = (change: Partial<TickOptions> = {}, height?: number): Made => {
    const made = next(change, height)
    ticks.push(made)
    reader.block(made)
    return made
  }
  while (ticks.length <= last) push()
  const numbers = () => chainOf(reader.following()).map(({ number }) => number)
  const digests = () => chainOf(reader.following()).map(({ reference }) => reference.sha256)
  return {
    reader,
    offer,
    ticks,
    next,
    push,
    numbers,
    digests,
    newest: () => newestTick(reader.following()),
    stop: () => stopOf(reader.following()),
  }
}
