import { describe, expect, it } from 'vitest'
import type { OpenedDocument } from '../../../../roles/protocol/documents/index.ts'
import type { AnchoredTransaction } from '../../../../roles/protocol/events.ts'
import {
  startFollowing,
  followBlock,
  followDocument,
  followReorg,
  followSigner,
  newestTick,
  type Following,
  scriptOf,
} from '../../../../roles/protocol/ticks/index.ts'
import { nobleCrypto } from '../../../../roles/protocol/crypto/index.ts'
import { toHex } from '../../../../roles/protocol/bytes.ts'

const key = (n: number): string => toHex(nobleCrypto.schnorr.publicKey(new Uint8Array(32).fill(n)))
const [MASTER, FIRST, SECOND, STRANGER] = [key(1), key(2), key(3), key(4)] as const
const APP = 'aa'.repeat(32)
const digest = (n: number): string => n.toString(16).padStart(64, '0')

const anchored = (type: 'tick' | 'revocation', n: number, height: number, pays: string): AnchoredTransaction => ({
  txid: digest(n),
  height,
  position: 1,
  anchor: { type, sha256: digest(n), infohash: '00'.repeat(20) },
  spends: [],
  pays: [{ script: scriptOf(pays)!, value: 330 }],
})
const tickBy = (by: string, number: number): OpenedDocument =>
  ({
    body: { type: 'tick', app: APP, by, number, offer: digest(0), previous: null, plans: [], blocks: { from: 0, to: 1, hash: digest(1) } },
  }) as unknown as OpenedDocument
const revocationOf = (by: string, revoked: string): OpenedDocument =>
  ({ body: { type: 'revocation', by, key: revoked } }) as unknown as OpenedDocument

const at = (n: number) => ({ sha256: digest(n), infohash: '00'.repeat(20) })

function take(following: Following, transaction: AnchoredTransaction, document: OpenedDocument): Following {
  const seen = followBlock(following, [transaction])
  return followDocument(seen.following, { sha256: transaction.anchor.sha256, infohash: transaction.anchor.infohash }, document, digest)
}

describe('following an app', () => {
  const start = take(startFollowing(APP, MASTER, [FIRST]), anchored('tick', 1, 10, FIRST), tickBy(FIRST, 1))

  it('[B1] ticks that a revoked key anchors from the revocation on count for nobody, in whatever order the documents arrive', () => {
    const early = take(
      take(start, anchored('tick', 2, 13, FIRST), tickBy(FIRST, 2)),
      anchored('revocation', 9, 12, MASTER),
      revocationOf(MASTER, FIRST),
    )
    const late = take(
      take(start, anchored('revocation', 9, 12, MASTER), revocationOf(MASTER, FIRST)),
      anchored('tick', 2, 13, FIRST),
      tickBy(FIRST, 2),
    )
    expect(newestTick(early)?.number).toBe(1)
    expect(newestTick(late)?.number).toBe(1)
  })

  it('[B1] a key that the master granted later goes on where the revoked one stopped', () => {
    const revoked = take(start, anchored('revocation', 9, 12, MASTER), revocationOf(MASTER, FIRST))
    const next = take(followSigner(revoked, SECOND).following, anchored('tick', 3, 14, SECOND), tickBy(SECOND, 2))
    expect(newestTick(next)).toMatchObject({ number: 2, by: SECOND })
  })

  it('[B1] a tick by the new key is followed though its anchor came before the offer that grants the key was here', () => {
    const revoked = take(start, anchored('revocation', 9, 12, MASTER), revocationOf(MASTER, FIRST))
    const early = followBlock(revoked, [anchored('tick', 3, 14, SECOND), anchored('tick', 4, 14, STRANGER)])
    expect(early.fetch).toEqual([])
    const known = followSigner(early.following, SECOND)
    expect(known.fetch).toEqual([{ reference: at(3), documentType: 'tick' }])
    expect(newestTick(followDocument(known.following, at(3), tickBy(SECOND, 2), digest))).toMatchObject({ number: 2, by: SECOND })
    expect(followSigner(followReorg(early.following, 13), SECOND).fetch).toEqual([])
  })

  it('[B1] what strangers anchor is remembered for a few blocks, and never without bound', () => {
    let following = start
    for (let n = 0; n < 500; n++) following = followBlock(following, [anchored('tick', 20 + n, 14, STRANGER)]).following
    expect(following.overlooked).toHaveLength(64)
    expect(followBlock(following, [anchored('tick', 600, 21, STRANGER)]).following.overlooked).toHaveLength(1)
  })

  it('[B1] only the master key revokes', () => {
    const forged = take(start, anchored('revocation', 9, 12, MASTER), revocationOf(STRANGER, FIRST))
    expect(newestTick(take(forged, anchored('tick', 2, 13, FIRST), tickBy(FIRST, 2)))?.number).toBe(2)
  })

  it('[D4] a revocation that a reorg takes back is forgotten', () => {
    const revoked = take(start, anchored('revocation', 9, 12, MASTER), revocationOf(MASTER, FIRST))
    expect(newestTick(take(followReorg(revoked, 11), anchored('tick', 2, 13, FIRST), tickBy(FIRST, 2)))?.number).toBe(2)
  })

  it('a tick of a stranger is not even fetched', () => {
    expect(followBlock(start, [anchored('tick', 5, 11, STRANGER)]).fetch).toEqual([])
  })
})
