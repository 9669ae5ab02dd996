import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toJson } from '../../../../roles/program/index.ts'
import { canonicalBytes } from '../../../../roles/protocol/canonical.ts'
import { LARGEST_FIXED, pad, paddedSize, roomFor, roomOf, stepOf, unpad, widest } from '../../../../roles/protocol/requests/index.ts'
import { anyType, valueOfType } from '../../program/arbitrary.ts'

const typed = anyType.chain((type) => valueOfType(type).map((value) => ({ type, value })))

describe('the size of a box', () => {
  it('is one for all values of a type that has room for each of them', () => {
    fc.assert(
      fc.property(typed, ({ type, value }) => {
        const bytes = canonicalBytes(toJson(type, value))
        expect(bytes.length).toBeLessThanOrEqual(widest(type))
        if (widest(type) + 4 <= LARGEST_FIXED) expect(pad(bytes, roomOf(type)).length).toBe(roomOf(type))
        expect(unpad(pad(bytes, roomOf(type)), roomOf(type))).toEqual(bytes)
      }),
      { numRuns: 500 },
    )
  })

  it('goes by steps of at most an eighth for the others, and never below the largest of the fixed ones', () => {
    const sizes = fc.oneof(fc.nat(10_000), fc.nat(2 ** 22))
    fc.assert(
      fc.property(sizes, (length) => {
        const size = paddedSize(length, LARGEST_FIXED)
        expect(size).toBeGreaterThanOrEqual(Math.max(LARGEST_FIXED, length + 4))
        if (length + 4 > LARGEST_FIXED) expect(size).toBeLessThan(((length + 4) * 9) / 8)
        expect(stepOf(size)).toBe(size)
      }),
    )
    // From 4 KiB to 1 MiB there are no more than 64 sizes to tell apart.
    const told = new Set(Array.from({ length: 2 ** 20 - 4 - LARGEST_FIXED }, (_, i) => paddedSize(LARGEST_FIXED + i, LARGEST_FIXED)))
    expect(told.size).toBe(64)
  })

  it('is refused when it is another one, or when the padding holds something', () => {
    const room = roomFor(20)
    const value = Uint8Array.of(1, 2, 3)
    const good = pad(value, room)
    expect(unpad(good, room)).toEqual(value)
    const changed = (at: number, byte: number): Uint8Array => good.map((old, i) => (i === at ? byte : old))
    const bad = [
      good.subarray(0, -1),
      Uint8Array.of(...good, 0),
      changed(good.length - 1, 1),
      changed(7, 1),
      changed(0, 1),
      changed(3, 200),
      Uint8Array.of(0, 0, 0),
      Uint8Array.of(0, 0, 0, 3, 1, 2, 3),
      new Uint8Array(0),
    ]
    for (const other of bad) expect(unpad(other, room)).toBeNull()
    expect(unpad(pad(new Uint8Array(5_000), LARGEST_FIXED), room)).not.toBeNull()
    expect(unpad(pad(value, LARGEST_FIXED), room)).toBeNull()
  })
})
