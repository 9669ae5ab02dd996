/**
 * Whoever has the master key anchors that it takes back the key of the ticks, and keeps the document back: had it counted whenever it came, all ticks since would have
 * been void at once, however many, and the bound on what a resumption takes back would have bound nobody.
 */
import { describe, expect, it } from 'vitest'
import { stopOf } from '../../roles/protocol/ticks/index.ts'
import { APP, FIRST, MASTER, resumptionMade, revocationMade, SECOND, story, STRANGER, type Made } from '../roles/protocol/ticks/story.ts'

/** Ticks 0 to 8 in blocks 10, 20, …, and a revocation in block 25 whose document nobody gets. */
function kept(revocation: Made) {
  const { reader, ticks, push, numbers } = story(1)
  reader.withheld.add(revocation.transaction.anchor.sha256)
  reader.block(revocation)
  while (ticks.length <= 8) push()
  const release = (): void => {
    reader.withheld.clear()
    reader.block()
  }
  return { reader, ticks, numbers, release }
}

describe('a revocation whose document is kept back', () => {
  it('lets nobody go on until it comes, so that it takes back nothing that anybody counted', () => {
    const revocation = revocationMade(25, MASTER, FIRST)
    const { reader, ticks, numbers, release } = kept(revocation)
    expect(numbers()).toEqual([0, 1])
    const { sha256 } = revocation.transaction.anchor
    expect(stopOf(reader.following())).toMatchObject({ kind: 'revocation', reference: { sha256 } })
    release()
    expect(reader.counted).toEqual(ticks.slice(0, 2).map(({ transaction }) => transaction.anchor.sha256))
    expect(numbers()).toEqual([0, 1])
    // The new key goes on where the old one ended, which takes back nothing either.
    reader.block(resumptionMade(100, ticks[1]!))
    expect(numbers()).toEqual([0, 1])
  })

  it('of another key makes everybody wait, and changes nothing', () => {
    const { ticks, reader, numbers, release } = kept(revocationMade(25, MASTER, SECOND))
    expect(numbers()).toEqual([0, 1])
    release()
    expect(numbers()).toEqual(ticks.map((_, number) => number))
    expect(stopOf(reader.following())).toBeNull()
  })

  it('that a stranger anchors, with a payment to the master key, makes nobody wait', () => {
    for (const by of [STRANGER, FIRST]) {
      const { reader, ticks, numbers } = kept(revocationMade(25, by, FIRST))
      expect(numbers()).toEqual(ticks.map((_, number) => number))
      expect(stopOf(reader.following())).toBeNull()
      expect(reader.following()).toMatchObject({ app: APP, expected: [] })
    }
  })
})
