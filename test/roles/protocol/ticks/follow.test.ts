import { describe, expect, it } from 'vitest'
import { chainOf, equivocation, followed, followProof } from '../../../../roles/protocol/ticks/index.ts'
import type { OpenedDocument } from '../../../../roles/protocol/documents/index.ts'
import {
  APP,
  createReader,
  digest,
  FIRST,
  MASTER,
  offered,
  resumptionMade,
  revocationMade,
  SECOND,
  story,
  STRANGER,
  tickMade,
  type Made,
  type TickOptions,
} from './story.ts'

const shaOf = ({ transaction }: Made): string => transaction.anchor.sha256

describe('the order of ticks', () => {
  it('is that of their seals: what spends no seal of the line counts for nothing, whoever signed it', () => {
    const { reader, push, next, numbers } = story(3)
    reader.block(next({ after: null }), next({ after: digest(99) }), next({ after: null, by: STRANGER }))
    expect(numbers()).toEqual([0, 1, 2, 3])
    push()
    expect(numbers()).toEqual([0, 1, 2, 3, 4])
  })

  it('begins with the first anchor of the offer that pays its key, however often others anchor it', () => {
    const reader = createReader()
    const real = offered(2)
    const first = tickMade(10, { number: 0, after: real.txid, previous: null, to: 5 })
    const copy = offered(1, STRANGER)
    reader.block(copy, real, offered(3), tickMade(9, { number: 0, after: copy.txid, previous: null, to: 4, by: STRANGER }))
    reader.block(first)
    expect(chainOf(reader.following()).map(({ reference }) => reference.sha256)).toEqual([shaOf(first)])
  })

  it('ends at a tick whose document is not to be had, and goes on with it, in order', () => {
    const { reader, push, next, numbers, stop, ticks } = story(2)
    const lost = next()
    reader.withheld.add(shaOf(lost))
    ticks.push(lost)
    reader.block(lost)
    push()
    push()
    expect([numbers(), stop()]).toEqual([
      [0, 1, 2],
      { kind: 'unfetched', number: 3, height: 40, reference: { sha256: shaOf(lost), infohash: '00'.repeat(20) } },
    ])
    reader.withheld.clear()
    reader.block()
    expect([numbers(), stop()]).toEqual([[0, 1, 2, 3, 4, 5], null])
    expect(reader.counted).toEqual(ticks.map(shaOf))
  })

  it('ends at a tick that breaks a rule, and tells which', () => {
    const why = (change: Partial<TickOptions>) => {
      const { push, stop, numbers } = story(2)
      push(change)
      const found = stop()
      return [numbers().at(-1), found?.kind === 'faulty' ? found.why : (found?.kind ?? null)]
    }
    expect(why({ number: 4 })).toEqual([2, 'its number is 4, and that of the tick before it is 2'])
    expect(why({ number: 1 })).toEqual([2, 'its number is 1, and that of the tick before it is 2'])
    expect(why({ says: 4 })).toEqual([2, 'its anchor says 3, and it says 4'])
    expect(why({ app: digest(7) })).toEqual([2, 'it is of another app'])
    expect(why({ previous: digest(7) })).toEqual([2, 'it does not name the tick before it'])
    expect(why({ to: 20 })).toEqual([2, 'it closes blocks that the tick before it closed'])
    expect(why({ by: STRANGER })).toEqual([2, 'stranger'])
    expect(why({})).toEqual([3, null])
  })

  it('[D4] passes over a tick that closes a block which a reorg took, and counts the one that is anchored in its place', () => {
    const { reader, push, numbers, ticks, digests } = story(3)
    // Block 35 is another one now; the transaction of tick 3 is mined again, and the Supervisor anchors tick 3 anew with its seal.
    const [old, before] = [ticks.pop()!, ticks.at(-1)!]
    reader.reorg(34)
    reader.hashes.set(35, digest(0x35))
    reader.block({ ...old, transaction: { ...old.transaction, height: 41 } })
    expect(numbers()).toEqual([0, 1, 2])
    const made = push({ after: old.transaction.txid, to: 35, hash: digest(0x35), previous: shaOf(before) }, 44)
    expect(digests().at(-1)).toBe(shaOf(made))
    expect(numbers()).toEqual([0, 1, 2, 3])
  })

  it('[D4] several void ticks in a row give way to those that are made in their place', () => {
    const { reader, push, numbers, ticks, stop } = story(5)
    const old = ticks.splice(3)
    reader.reorg(34)
    reader.hashes.set(35, digest(0x35)).set(45, digest(0x45)).set(55, digest(0x55))
    reader.block(...old.map((one) => ({ ...one, transaction: { ...one.transaction, height: 61 } })))
    expect([numbers(), stop()]).toEqual([[0, 1, 2], null])
    push({ after: old[2]!.transaction.txid, to: 35, hash: digest(0x35) }, 64)
    push({ to: 45, hash: digest(0x45) }, 65)
    expect(numbers()).toEqual([0, 1, 2, 3, 4])
  })
})

describe('keys', () => {
  it('[B1] ticks that a revoked key anchors from the revocation on count for nobody, in whatever order the documents arrive', () => {
    const before = story(2)
    before.reader.block(revocationMade(35, MASTER, FIRST))
    before.push()
    expect(before.numbers()).toEqual([0, 1, 2])
    const after = story(3)
    after.reader.block(revocationMade(25, MASTER, FIRST))
    expect(after.numbers()).toEqual([0, 1])
  })

  it('[B1] a key that the master granted later goes on where the revoked one stopped', () => {
    const { reader, push, newest } = story(2)
    reader.block(revocationMade(35, MASTER, FIRST))
    push({ by: SECOND }, 40)
    expect(newest()).toMatchObject({ number: 2 })
    reader.signer(SECOND)
    expect(newest()).toMatchObject({ number: 3, by: SECOND })
  })

  it('[B1] only the master key revokes', () => {
    const { reader, push, numbers } = story(1)
    reader.block(revocationMade(12, STRANGER, FIRST))
    push()
    expect(numbers()).toEqual([0, 1, 2])
  })

  it('[D4] a revocation that a reorg takes back is forgotten', () => {
    const { reader, push, ticks, numbers } = story(1)
    reader.block(revocationMade(22, MASTER, FIRST))
    push()
    expect(numbers()).toEqual([0, 1])
    reader.reorg(21)
    reader.block(ticks[2]!)
    expect(numbers()).toEqual([0, 1, 2])
  })
})

describe('two documents of one number', () => {
  const opened = (sha256: string, body: object): OpenedDocument<'tick'> => ({ sha256, body }) as unknown as OpenedDocument<'tick'>
  const body = { by: FIRST, app: APP, number: 6, blocks: { from: 1, to: 2, hash: digest(2) } }

  it('over one block show that their key signed twice; anything else shows nothing', () => {
    const one = opened(digest(1), body)
    expect(equivocation(one, opened(digest(2), body))).toEqual({ key: FIRST, app: APP, number: 6, block: digest(2) })
    for (const other of [{ by: SECOND }, { app: digest(9) }, { number: 7 }, { blocks: { ...body.blocks, hash: digest(3) } }])
      expect(equivocation(one, opened(digest(2), { ...body, ...other }))).toBeNull()
    expect(equivocation(one, one)).toBeNull()
  })

  it('stop everybody who follows: on the line of seals, and beside it', () => {
    const on = story(3)
    const again = on.next({ number: 3, to: 35, previous: shaOf(on.ticks[2]!) }, 44)
    on.reader.block(again)
    expect(on.stop()).toMatchObject({ kind: 'equivocation', number: 3, key: FIRST })
    const beside = story(3)
    beside.reader.block(beside.next({ number: 2, after: null, to: 25, previous: shaOf(beside.ticks[1]!) }, 44))
    expect(beside.stop()).toMatchObject({ kind: 'equivocation', number: 2, key: FIRST })
    expect(beside.numbers()).toEqual([0, 1, 2, 3])
    // The same document, anchored a second time by whoever, shows nothing.
    const twice = story(3)
    const [copied] = twice.ticks
    twice.reader.block({ ...copied!, transaction: { ...copied!.transaction, txid: digest(77), height: 44, first: '' } })
    expect(twice.stop()).toBeNull()
    // A reorg that takes the second one back takes back what it showed.
    beside.reader.reorg(43)
    expect(beside.stop()).toBeNull()
  })

  it('count against each key by itself: what an old key signs hides nothing of the one in force', () => {
    const { reader, next, ticks, stop } = story(3)
    const resumed = resumptionMade(41, ticks[2]!)
    reader.block(resumed)
    const anew = { number: 3, after: resumed.transaction.txid, previous: shaOf(ticks[2]!), to: 35, by: SECOND }
    reader.block(tickMade(42, anew))
    reader.block(next({ number: 2, after: null, to: 25, previous: shaOf(ticks[1]!) }, 43))
    expect(stop()).toBeNull()
    reader.block(tickMade(44, { ...anew, after: null }))
    expect(stop()).toMatchObject({ kind: 'equivocation', number: 3, key: SECOND })
    reader.block(next({ number: 1, after: null, to: 15, previous: shaOf(ticks[0]!) }, 45))
    expect(stop()).toMatchObject({ kind: 'equivocation', number: 3, key: SECOND })
  })

  it('count for nothing once another key is in force', () => {
    const { reader, next, ticks, stop } = story(3)
    reader.block(next({ number: 3, to: 35, previous: shaOf(ticks[2]!) }, 44))
    expect(stop()).toMatchObject({ kind: 'equivocation' })
    reader.block(resumptionMade(50, ticks[2]!))
    expect(stop()).toBeNull()
  })
})

describe('a resumption', () => {
  it('ends what comes after the last good tick, and a new key goes on from its own seal', () => {
    const { reader, ticks, numbers, digests, newest } = story(5)
    const resumed = resumptionMade(61, ticks[3]!)
    reader.block(resumed)
    expect(numbers()).toEqual([0, 1, 2, 3])
    // The stolen key goes on, and nobody follows.
    reader.block(tickMade(62, { number: 6, after: ticks[5]!.transaction.txid, previous: shaOf(ticks[5]!), to: 55 }))
    const anew = tickMade(63, { number: 4, after: resumed.transaction.txid, previous: shaOf(ticks[3]!), to: 45, by: SECOND })
    reader.block(anew)
    expect([numbers(), digests().at(-1), newest()!.by]).toEqual([[0, 1, 2, 3, 4], shaOf(anew), SECOND])
    expect(reader.counted).toEqual([...ticks.map(shaOf), shaOf(anew)])
  })

  it('that a reorg takes back gives the ticks back, and each is told of once more', () => {
    const { reader, ticks, numbers } = story(5)
    reader.block(resumptionMade(61, ticks[3]!))
    reader.reorg(60)
    expect(numbers()).toEqual([0, 1, 2, 3, 4, 5])
    expect(reader.counted.slice(6)).toEqual([shaOf(ticks[4]!), shaOf(ticks[5]!)])
  })

  it('[D4] that is mined again beside the tick it names, which the reorg made void, leaves what counts before that one', () => {
    const { reader, ticks, numbers, digests, stop } = story(5)
    const [named, after] = [ticks[4]!, ticks[5]!]
    const resumed = resumptionMade(61, named)
    reader.block(resumed)
    expect(numbers()).toEqual([0, 1, 2, 3, 4])
    // Block 45 is another one now; the transactions of ticks 4 and 5 and the word of the master key are mined again, in one block.
    reader.reorg(44)
    reader.hashes.set(45, digest(0x45)).set(55, digest(0x55))
    reader.block(...[named, after, resumed].map((one) => ({ ...one, transaction: { ...one.transaction, height: 62 } })))
    expect([numbers(), stop()]).toEqual([[0, 1, 2, 3], null])
    const anew = tickMade(63, {
      number: 4,
      after: resumed.transaction.txid,
      previous: shaOf(ticks[3]!),
      to: 45,
      hash: digest(0x45),
      by: SECOND,
    })
    reader.block(anew)
    expect([numbers(), digests().at(-1)]).toEqual([[0, 1, 2, 3, 4], shaOf(anew)])
  })

  it('ends a tick that nobody delivers; and one that is delivered later stays ended', () => {
    const { reader, next, ticks, numbers, stop } = story(3)
    const lost = next()
    reader.withheld.add(shaOf(lost))
    reader.block(lost)
    const resumed = resumptionMade(52, ticks[3]!)
    reader.block(resumed)
    reader.block(tickMade(53, { number: 4, after: resumed.transaction.txid, previous: shaOf(ticks[3]!), to: 45, by: SECOND }))
    reader.withheld.clear()
    reader.block()
    expect([numbers(), stop()]).toEqual([[0, 1, 2, 3, 4], null])
    expect(reader.counted).not.toContain(shaOf(lost))
  })

  it('is obeyed only when the master key made its transaction, and for this app', () => {
    const { reader, ticks, numbers, stop } = story(3)
    reader.block(resumptionMade(41, ticks[1]!, { by: STRANGER }), resumptionMade(42, ticks[1]!, { app: digest(9) }))
    expect([numbers(), stop()]).toEqual([[0, 1, 2, 3], null])
  })

  it('stops everybody while its document is not here', () => {
    const { reader, ticks, stop, numbers } = story(3)
    const resumed = resumptionMade(41, ticks[2]!)
    reader.withheld.add(shaOf(resumed))
    reader.block(resumed)
    expect(stop()).toMatchObject({ kind: 'resumption' })
    reader.withheld.clear()
    reader.block()
    expect([numbers(), stop()]).toEqual([[0, 1, 2], null])
  })

  it('takes back three ticks that a reader holds, and not four, unless it shows that the first is faulty', () => {
    const three = story(6)
    three.reader.block(resumptionMade(71, three.ticks[3]!))
    expect(three.numbers()).toEqual([0, 1, 2, 3])

    const four = story(6)
    const greedy = resumptionMade(71, four.ticks[2]!)
    four.reader.block(greedy)
    expect([four.numbers(), followed(four.reader.following()).ignored.map(({ sha256 }) => sha256)]).toEqual([
      [0, 1, 2, 3, 4, 5, 6],
      [shaOf(greedy)],
    ])

    const shown = story(6)
    const reasoned = resumptionMade(71, shown.ticks[2]!, { shows: shaOf(shown.ticks[3]!) })
    shown.reader.block(reasoned)
    expect(shown.stop()).toMatchObject({ kind: 'unproved', shows: { sha256: shaOf(shown.ticks[3]!) } })
    const undecided = shown.reader.following()
    shown.reader.set(followProof(undecided, shaOf(reasoned), true))
    expect([shown.numbers(), shown.stop()]).toEqual([[0, 1, 2], null])
    shown.reader.set(followProof(undecided, shaOf(reasoned), false))
    expect([shown.numbers(), shown.stop()]).toEqual([[0, 1, 2, 3, 4, 5, 6], null])
  })

  it('takes back any number of ticks for somebody who held none of them', () => {
    const { ticks, offer } = story(9)
    const late = createReader()
    late.publish(...ticks)
    const resumed = resumptionMade(101, ticks[1]!)
    for (const { transaction } of [...ticks, resumed]) late.withheld.add(transaction.anchor.sha256)
    late.block(offer, ...ticks, resumed)
    late.withheld.clear()
    late.block()
    expect(chainOf(late.following()).map(({ number }) => number)).toEqual([0, 1])
  })

  it('may begin anew from nothing: no tick is good', () => {
    const { reader, numbers } = story(1)
    const resumed = resumptionMade(22, null)
    reader.block(resumed)
    expect(numbers()).toEqual([])
    reader.block(tickMade(23, { number: 0, after: resumed.transaction.txid, previous: null, to: 5, by: SECOND }))
    expect(numbers()).toEqual([0])
  })
})
