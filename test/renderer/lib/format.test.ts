import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { label, oftenness, origin, sats, short, show, took, wait } from '../../../renderer/lib/format.ts'

describe('what a person reads', () => {
  it('amounts carry their unit', () => {
    expect([sats(0), sats(1), sats(-1), sats(1234567)]).toEqual(['0 sats', '1 sat', '-1 sat', '1,234,567 sats'])
  })

  it('waits never promise more precision than there is', () => {
    expect([wait(-5), wait(0), wait(1), wait(11_200), wait(240_000), wait(7_300_000)]).toEqual([
      'any moment now',
      'any moment now',
      'about 1 s',
      'about 12 s',
      'about 4 min',
      'about 2 h',
    ])
    expect([took(340.4), took(2140)]).toEqual(['340 ms', '2.1 s'])
  })

  it('hashes show both ends, short texts stay whole', () => {
    expect(short('ab'.repeat(32))).toBe('abababab…abab')
    fc.assert(
      fc.property(fc.string({ maxLength: 16 }), (text) => short(text) === text),
      { seed: 20261123 },
    )
  })

  it('nothing is shown as nothing', () => {
    expect([show(''), show(null), show(true), show(1200), show([])]).toEqual(['(empty)', '(empty)', 'yes', '1,200', '(none)'])
  })

  it('values with parts are words, not JSON', () => {
    const lines = [
      { good: 'tea', pieces: '3' },
      { good: 'cup', pieces: '1' },
    ]
    expect(show(lines)).toBe('good tea, pieces 3; good cup, pieces 1')
    expect(
      show([
        { key: 'tea', value: { price: '3' } },
        { key: 'cup', value: { price: '7' } },
      ]),
    ).toBe('tea: price 3; cup: price 7')
    expect([show({ tag: 'open', value: {} }), show({ tag: 'shipped', value: { parcel: 'P' } }), show({ some: ['a', 'b'] })]).toEqual([
      'open',
      'shipped (parcel P)',
      'a; b',
    ])
  })

  it('shares of ticks are told as a person counts', () => {
    expect([0, 2 / 5, 0.1, 2 / 165, 1e-4, 1].map(oftenness)).toEqual([
      'in no tick',
      'in 40 of 100 ticks',
      'in 10 of 100 ticks',
      'in one of 83 ticks',
      'in one of 10,000 ticks',
      'in 100 of 100 ticks',
    ])
  })

  it('names of the program become words', () => {
    expect([label('byTopic'), label('$owner'), label('like-count')]).toEqual(['By topic', 'Owner', 'Like count'])
    expect(['request.text', 'caller', 'slot.post', 'query.recent.author', 'constant', 'block.moderation'].map(origin)).toEqual([
      'your text',
      'your public key',
      'your reserved key',
      'the database (recent author)',
      'constant',
      'the result of «moderation»',
    ])
  })
})
