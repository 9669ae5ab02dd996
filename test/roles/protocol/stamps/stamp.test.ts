import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../../../roles/protocol/bytes.ts'
import { nobleCrypto } from '../../../../roles/protocol/crypto/index.ts'
import { commitNumber, decodeNumber, encodeNumber, passes, passesBatch, productOf } from '../../../../roles/protocol/stamps/index.ts'

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
/** Mersenne primes: surely prime, and large enough for the batch. */
const [p, q, r] = [2n ** 89n - 1n, 2n ** 107n - 1n, 2n ** 127n - 1n]
const salt = new Uint8Array(32).fill(4)

describe('a stamp', () => {
  it('passes for the primes that it went through, as often as it did', () => {
    const n = 12345n * p * q * q
    expect([passes(n, [p, q]), passes(n, [q, q, p]), passes(n, [p, p]), passes(n, [r]), passes(n, []), passes(0n, [p])]).toEqual([
      true,
      true,
      false,
      false,
      true,
      false,
    ])
    expect(productOf([2n, 3n, 5n, 7n, 11n])).toBe(2310n)
  })

  it('has one encoding', () => {
    console.log(`stamp: SEED=${seed}`)
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 2000n }), (n) => {
        expect(decodeNumber(encodeNumber(n))).toBe(n)
      }),
      { seed },
    )
    expect(toHex(encodeNumber(0x0102n))).toBe('0102')
    expect(decodeNumber(Uint8Array.of(0, 1))).toBeNull()
  })

  it('is hidden and bound by its commitment', () => {
    const of = (n: bigint, s = salt): string => toHex(commitNumber(nobleCrypto, s, n))
    expect(of(7n)).toBe(of(7n))
    expect(new Set([of(7n), of(8n), of(7n, new Uint8Array(32))]).size).toBe(3)
    expect(() => commitNumber(nobleCrypto, new Uint8Array(8), 7n)).toThrow(RangeError)
  })

  it('is judged in a batch as it is alone', () => {
    const stamp = fc.tuple(fc.bigInt({ min: 1n, max: 2n ** 256n }), fc.boolean()).map(([n, honest]) => (honest ? n * p * q : n * p))
    fc.assert(
      fc.property(fc.array(stamp, { maxLength: 6 }), fc.constantFrom([p, q], [3n, p], []), (finals, primes) => {
        const random = Uint8Array.from({ length: finals.length * 8 }, (_, i) => (i * 97 + 13) & 255)
        expect(passesBatch(finals, primes, random)).toEqual(finals.map((final) => passes(final, primes)))
      }),
      { seed },
    )
    expect(() => passesBatch([p, q], [p], new Uint8Array(8))).toThrow(RangeError)
  })
})
