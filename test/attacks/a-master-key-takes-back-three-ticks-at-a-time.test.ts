/**
 * A resumption takes back three ticks that readers hold without showing why. Had each been counted by itself, a row of them, in one block, would have taken back the whole history, at the price of a
 * transaction for every three ticks; and the first tick after each could have taken the place of the one that was to stay.
 *
 * Detected by every reader that held the ticks, with the anchor: it ignores the one that goes too far. Lost: nothing.
 */
import { describe, expect, it } from 'vitest'
import { followed, followProof } from '../../roles/protocol/ticks/index.ts'
import { resumptionMade, SECOND, story, tickMade, type Made } from '../roles/protocol/ticks/story.ts'

const shaOf = ({ transaction }: Made): string => transaction.anchor.sha256

describe('resumptions in a row', () => {
  it.each([
    ['in blocks after each other', false],
    ['in one block', true],
  ])('%s take back no more than one of them may', (_how, isOneBlock) => {
    const { reader, ticks, numbers, stop } = story(12)
    const row = [9, 6, 3, 0].map((good, i) => resumptionMade(isOneBlock ? 200 : 200 + i, ticks[good]!))
    if (isOneBlock) reader.block(...row)
    else for (const one of row) reader.block(one)
    expect([numbers().at(-1), stop()]).toEqual([9, null])
    expect(followed(reader.following()).ignored.map(({ sha256 }) => sha256)).toEqual(row.slice(1).map(shaOf))
  })

  it('take back no more either where ticks come between them', () => {
    const { reader, ticks, numbers } = story(12)
    let before = { resumed: resumptionMade(200, ticks[9]!), good: ticks[9]! }
    reader.block(before.resumed)
    // Each time one new tick, and then three old ones.
    for (const [at, good] of [8, 7, 6, 5].entries()) {
      const number = before.good.transaction.anchor.number! + 1
      const anew = tickMade(210 + 10 * at, {
        number,
        after: before.resumed.transaction.txid,
        previous: shaOf(before.good),
        to: 120 + at,
        by: SECOND,
      })
      reader.block(anew)
      const resumed = resumptionMade(211 + 10 * at, ticks[good]!)
      reader.block(resumed)
      before = { resumed, good: ticks[good]! }
    }
    expect(numbers()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  it('may end what a thief signs again and again, since these are the same numbers', () => {
    const { reader, ticks, numbers, stop } = story(6)
    for (let again = 0; again < 5; again++) {
      const resumed = resumptionMade(100 + 10 * again, ticks[4]!)
      reader.block(resumed)
      expect([numbers().at(-1), stop()]).toEqual([4, null])
      let [after, previous] = [resumed.transaction.txid, shaOf(ticks[4]!)]
      for (const number of [5, 6, 7]) {
        const stolen = tickMade(101 + 10 * again + number - 5, { number, after, previous, to: 50 + number, by: SECOND })
        reader.block(stolen)
        ;[after, previous] = [stolen.transaction.txid, shaOf(stolen)]
      }
      expect([numbers().at(-1), stop()]).toEqual([7, null])
    }
  })

  it('are counted anew after one that showed a fault', () => {
    const { reader, ticks, numbers } = story(12)
    const reasoned = resumptionMade(200, ticks[4]!, { shows: shaOf(ticks[5]!) })
    reader.block(reasoned)
    reader.set(followProof(reader.following(), shaOf(reasoned), true))
    expect(numbers().at(-1)).toBe(4)
    reader.block(resumptionMade(201, ticks[1]!))
    expect(numbers().at(-1)).toBe(1)
    reader.block(resumptionMade(202, ticks[0]!))
    expect(numbers().at(-1)).toBe(1)
  })
})

describe('the tick that a resumption leaves', () => {
  it('stays: what is anchored under its number on the new line is faulty', () => {
    const { reader, ticks, numbers, stop, digests } = story(8)
    const resumed = resumptionMade(100, ticks[5]!)
    reader.block(resumed)
    const instead = tickMade(101, { number: 5, after: resumed.transaction.txid, previous: shaOf(ticks[4]!), to: 55, by: SECOND })
    reader.block(instead)
    expect(digests().at(-1)).toBe(shaOf(ticks[5]!))
    expect([numbers().at(-1), stop()]).toMatchObject([5, { kind: 'faulty', number: 5 }])
  })
})
