import { describe, expect, it } from 'vitest'
import { fromHex, toHex, utf8 } from '../../../../roles/protocol/bytes.ts'
import { nobleCrypto } from '../../../../roles/protocol/crypto/index.ts'
import type { Plan } from '../../../../roles/protocol/documents/index.ts'
import {
  checkSeats,
  forgingShare,
  holdingOf,
  permittedSeats,
  SEAT_TICKS,
  seatChain,
  seatOrder,
  takeSeats,
  verifySeat,
  type SeatOf,
} from '../../../../roles/protocol/requests/index.ts'

const id = (label: string): string => toHex(nobleCrypto.sha256(utf8(label)))
const [two, one] = [
  { witnesses: 2, spare: 2 },
  { witnesses: 1, spare: 1 },
]
const app = id('app')
const chain = seatChain(nobleCrypto, fromHex(id('client')), app)

describe('the chain of a client', () => {
  it('leads from the value of each tick to the end that the registration names', () => {
    const row = { seats: chain.end, since: 100 }
    for (const tick of [100, 101, 355, 356, 357, 5_000, 100 + SEAT_TICKS - 1]) {
      expect(verifySeat(row, tick, chain.value(tick - 100)!, null), String(tick)).toBe(true)
      expect(verifySeat(row, tick + 1, chain.value(tick - 100)!, null), String(tick)).toBe(false)
    }
    expect([chain.value(-1), chain.value(SEAT_TICKS)]).toEqual([null, null])
    expect(verifySeat(row, 99, chain.end, null)).toBe(false)
    expect(verifySeat(row, 100 + SEAT_TICKS, id('c_0'), null)).toBe(false)
  })

  it('is made as PROTOCOL.md says', () => {
    let value = nobleCrypto.hkdf(fromHex(id('client')), utf8('golem/seats/1'), fromHex(app), 32)
    for (let i = 0; i < SEAT_TICKS; i++) {
      if (i === SEAT_TICKS - 1 - 300) expect(chain.value(300)).toBe(toHex(value))
      value = nobleCrypto.taggedHash('golem/seat-chain', value)
    }
    expect(chain.end).toBe(toHex(value))
  })

  it('is verified from the last value that was, in either direction, and never against a false one', () => {
    const row = { seats: chain.end, since: 7 }
    const known = { tick: 30, seat: chain.value(23)! }
    for (const tick of [7, 29, 30, 31, 40]) {
      expect(verifySeat(row, tick, chain.value(tick - 7)!, known), String(tick)).toBe(true)
      expect(verifySeat(row, tick, id('made up'), known), String(tick)).toBe(false)
      expect(verifySeat(row, tick, chain.value(tick - 6)!, known), String(tick)).toBe(false)
    }
  })

  it('is another for another client or app', () => {
    const ends = [seatChain(nobleCrypto, fromHex(id('client')), id('app 2')), seatChain(nobleCrypto, fromHex(id('client 2')), app), chain]
    expect(new Set(ends.map(({ end }) => end)).size).toBe(3)
  })
})

describe('the order of seats', () => {
  const of: SeatOf = { hash: id('hash'), seat: chain.value(0)!, client: id('client key'), tick: 9, endpoint: 'post' }
  const holders = Array.from({ length: 9 }, (_, i) => id(`server ${i}`))

  it('does not depend on how the holders are listed, and changes with everything else', () => {
    const order = seatOrder(of, 0, holders)
    expect(seatOrder(of, 0, [...holders].reverse())).toEqual(order)
    expect([...order].sort()).toEqual([...holders].sort())
    const others: SeatOf[] = [
      { ...of, hash: id('h') },
      { ...of, seat: chain.value(1)! },
      { ...of, client: id('c') },
      { ...of, tick: 10 },
      { ...of, endpoint: 'vote' },
    ]
    const orders = [order, seatOrder(of, 1, holders), ...others.map((other) => seatOrder(other, 0, holders))]
    expect(new Set(orders.map((one) => one.join())).size).toBe(7)
  })

  it('keeps its holders in place when one of them is gone', () => {
    const order = seatOrder(of, 0, holders)
    const gone = order[3]!
    expect(
      seatOrder(
        of,
        0,
        holders.filter((server) => server !== gone),
      ),
    ).toEqual(order.filter((server) => server !== gone))
  })
})

describe('the order of seats that is remembered', () => {
  it('is the one of just this client, value, hash, tick, endpoint and block, whoever was asked about before', () => {
    const ready = Array.from({ length: 12 }, (_, i) => id(`server ${i}`)).sort()
    const blocks = (name: string) => [0, 1].map((block) => ({ versions: [0, 1].map((version) => id(`${name}/${block}/${version}`)) }))
    const plan = { tick: 9, ready, endpoints: { post: blocks('post'), vote: blocks('vote') } } as unknown as Plan
    const holding = holdingOf(nobleCrypto, { plan, hash: id('dealt'), terms: { ...one, versions: 2 } })
    const of: SeatOf = { hash: id('hash'), seat: chain.value(0)!, client: id('client key'), tick: 9, endpoint: 'post' }
    const others = [of, { ...of, client: id('c') }, { ...of, hash: id('h') }, { ...of, seat: chain.value(1)! }, { ...of, endpoint: 'vote' }]
    for (const asked of [...others, ...others.toReversed(), of, of])
      for (const block of [1, 0, 1])
        expect(holding.seats(asked, block)).toEqual(seatOrder(asked, block, holding.holders(asked.endpoint, block)))
    expect(holding.seats(of, 2)).toEqual([])
    expect(holding.seats(of, 0)).toBe(holding.seats(of, 0))
  })
})

describe('seats that a client may take', () => {
  it('are the first 1 + witnesses + 2j for 1 + witnesses + j lanes, j at most spare', () => {
    expect([2, 3, 4, 5, 6].map((lanes) => permittedSeats(two, lanes, 50, true))).toEqual([0, 3, 5, 7, 0])
    expect([1, 2, 3, 4].map((lanes) => permittedSeats(one, lanes, 50, true))).toEqual([0, 2, 4, 0])
    expect([0, 1, 2].map((lanes) => permittedSeats({ witnesses: 0, spare: 0 }, lanes, 50, true))).toEqual([0, 1, 0])
    expect([-1, 1.5, Number.NaN].map((lanes) => permittedSeats(two, lanes, 50, true))).toEqual([0, 0, 0])
  })

  it('include one more for free where a block has fewer than 3 + witnesses holders', () => {
    expect([2, 3, 4, 5].map((holders) => permittedSeats(one, 2, holders, true))).toEqual([2, 3, 2, 2])
    expect([2, 3, 4, 5].map((holders) => permittedSeats(two, 3, holders, true))).toEqual([0, 3, 4, 3])
    expect([1, 2, 3, 4].map((holders) => permittedSeats({ witnesses: 0, spare: 0 }, 1, holders, true))).toEqual([1, 2, 1, 1])
  })

  it('are never more than there are holders', () => {
    expect([3, 4, 5].map((lanes) => permittedSeats(two, lanes, 5, true))).toEqual([3, 5, 5])
    expect([2, 3].map((lanes) => permittedSeats(one, lanes, 3, true))).toEqual([3, 3])
  })

  it('of an endpoint that cannot write are the first 1 + witnesses + 2 · spare, for one lane', () => {
    expect([1, 2].map((lanes) => permittedSeats(two, lanes, 50, false))).toEqual([7, 0])
    expect(permittedSeats(two, 1, 4, false)).toBe(4)
  })

  it('are checked: as many as lanes, all different, none from further back', () => {
    const order = ['a', 'b', 'c', 'd', 'e', 'f']
    expect(checkSeats(order, one, true, ['a', 'b'])).toBe(true)
    expect(checkSeats(order, one, true, ['b', 'a'])).toBe(true)
    expect(checkSeats(order, one, true, ['a', 'c'])).toBe(false)
    expect(checkSeats(order, one, true, ['a', 'c', 'd'])).toBe(true)
    expect(checkSeats(order, one, true, ['a', 'c', 'e'])).toBe(false)
    expect(checkSeats(order, one, true, ['a', 'a'])).toBe(false)
    expect(checkSeats(order, one, true, ['a'])).toBe(false)
    expect(checkSeats(order, one, true, [])).toBe(false)
    expect(checkSeats(order, one, false, ['d'])).toBe(true)
    expect(checkSeats(order, one, false, ['e'])).toBe(false)
    expect(checkSeats([], one, false, ['a'])).toBe(false)
  })

  it('[R3] are taken in the order, with a lane more for each failed server in front', () => {
    const orders = [
      ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'],
      ['q', 'r', 's', 't', 'u', 'v', 'w', 'x'],
    ]
    const take = (...failed: string[]) => takeSeats(orders, two, true, new Set(failed))?.map((servers) => servers.join('')) ?? null
    expect(take()).toEqual(['abc', 'qrs'])
    expect(take('d', 'x')).toEqual(['abc', 'qrs'])
    expect(take('b')).toEqual(['acde', 'qrst'])
    expect(take('b', 'r')).toEqual(['acde', 'qstu'])
    expect(take('a', 'b')).toEqual(['cdefg', 'qrstu'])
    expect(take('a', 'b', 'c')).toBeNull()
    expect(takeSeats(orders, two, false, new Set(['a', 'q', 'r']))).toEqual([['b'], ['s']])
  })

  it('that a client takes always pass the check', () => {
    for (const holders of [3, 4, 5, 9]) {
      for (const terms of [one, two].filter(({ witnesses }) => holders > witnesses)) {
        const order = Array.from({ length: holders }, (_, i) => `s${i}`)
        for (let failed = 0; failed < 2 ** holders; failed++) {
          const set = new Set(order.filter((_, i) => (failed >> i) & 1))
          for (const writes of [true, false]) {
            const taken = takeSeats([order], terms, writes, set)
            if (taken === null) continue
            expect(checkSeats(order, terms, writes, taken[0]!)).toBe(true)
            expect(taken[0]!.some((server) => set.has(server))).toBe(false)
          }
        }
      }
    }
  })
})

describe('what witnesses are worth', () => {
  const share = (ready: number, lanes: typeof one, blocks = 2): number => forgingShare({ ...lanes, versions: 2 }, ready, blocks, blocks)

  it('is the share of ticks in which as many servers as a block has lanes get all of them, as worked out on paper', () => {
    expect(share(6, one)).toBeCloseTo(2 / 5, 12)
    expect(share(11, two)).toBeCloseTo((2 * (3 * 2 * 1)) / (11 * 10 * 9), 12)
    expect(share(8, one)).toBeCloseTo((2 * (2 * 1)) / (8 * 7), 12)
    expect(share(6, { witnesses: 0, spare: 0 })).toBeCloseTo(1 / 3, 12)
  })

  it('is nothing where a block has not so many holders, and never more than all', () => {
    expect(share(3, two)).toBe(0)
    expect(share(1, { witnesses: 0, spare: 0 }, 1)).toBe(1)
  })
})
