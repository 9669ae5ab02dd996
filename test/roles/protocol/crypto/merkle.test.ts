import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fastCrypto } from '../../../../main/adapters/crypto/fast.ts'
import { compareBytes, concatBytes, toHex, utf8 } from '../../../../roles/protocol/bytes.ts'
import {
  leafHash,
  leafHashes,
  merkleProof,
  merkleRoot,
  merkleTree,
  rangeProof,
  verifyProof,
  verifyRangeProof,
} from '../../../../roles/protocol/crypto/index.ts'
import { encodeTuple, prefixRange, tupleRange, type SortKind, type SortValue } from '../../../../roles/protocol/index/index.ts'

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
console.log(`merkle, sortkey: SEED=${seed}`)
const crypto = fastCrypto
const leaves = (count: number): Uint8Array[] => Array.from({ length: count }, (_, i) => utf8(`leaf ${i}`))
const treeOf = (count: number) => merkleTree(crypto, leafHashes(crypto, leaves(count)))

describe('a Merkle tree', () => {
  it('has the root that its definition says', () => {
    const [a, b, c] = leaves(3).map((leaf) => leafHash(crypto, leaf)) as [Uint8Array, Uint8Array, Uint8Array]
    const node = (x: Uint8Array, y: Uint8Array) => crypto.taggedHash('golem/merkle/node', concatBytes(x, y))
    expect(merkleRoot(crypto, leaves(1))).toEqual(a)
    expect(merkleRoot(crypto, leaves(3))).toEqual(node(node(a, b), c))
    expect(merkleRoot(crypto, [])).toEqual(crypto.taggedHash('golem/merkle/empty'))
  })

  it('does not repeat an odd last leaf', () => {
    const three = leaves(3)
    expect(merkleRoot(crypto, three)).not.toEqual(merkleRoot(crypto, [...three, three[2]!]))
  })

  it('proves every range of every small tree, and only at its place', () => {
    for (let count = 1; count <= 17; count++) {
      const tree = treeOf(count)
      const hashes = leaves(count).map((leaf) => leafHash(crypto, leaf))
      for (let from = 0; from < count; from++)
        for (let to = from + 1; to <= count; to++) {
          const proof = rangeProof(tree, from, to)
          const holds = (at: number, slice = hashes.slice(from, to), siblings = proof) =>
            verifyRangeProof(crypto, slice, at, count, siblings, tree.root)
          expect([count, from, to, holds(from)]).toEqual([count, from, to, true])
          if (from + 1 + to - from <= count) expect([count, from, to, holds(from + 1)]).toEqual([count, from, to, false])
          expect(holds(from, hashes.slice(from, to), [...proof, tree.root])).toBe(false)
          if (proof.length > 0) expect(holds(from, hashes.slice(from, to), proof.slice(1))).toBe(false)
          if (to - from > 1) expect(holds(from, hashes.slice(from, to).reverse())).toBe(false)
        }
    }
  })

  it('proves single leaves of large trees, and nothing forged', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(), fc.nat(255), (count, at, bit) => {
        const [tree, index] = [treeOf(count), at % count]
        const proof = merkleProof(tree, index)
        const leaf = leafHash(crypto, leaves(count)[index]!)
        expect(verifyProof(crypto, leaf, index, count, proof, tree.root)).toBe(true)
        const forged = leaf.slice()
        forged[bit >> 3]! ^= 1 << (bit & 7)
        expect(verifyProof(crypto, forged, index, count, proof, tree.root)).toBe(false)
        expect(verifyProof(crypto, leaf, index + count, count, proof, tree.root)).toBe(false)
      }),
      { seed, numRuns: 60 },
    )
  })

  it('refuses malformed proofs quietly', () => {
    const tree = treeOf(5)
    for (const [hashes, from, count] of [
      [[], 0, 5],
      [[tree.root], -1, 5],
      [[tree.root], 0.5, 5],
      [[tree.root], 0, NaN],
      [[new Uint8Array(31)], 0, 1],
    ] as const) {
      expect(verifyRangeProof(crypto, hashes, from, count, [], tree.root)).toBe(false)
    }
  })
})

describe('a sort key', () => {
  const order = (a: readonly SortValue[], b: readonly SortValue[]): number => {
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      const [x, y] = [a[i]!, b[i]!]
      const difference =
        typeof x === 'string'
          ? compareBytes(utf8(x), utf8(y as string))
          : x instanceof Uint8Array
            ? compareBytes(x, y as Uint8Array)
            : Number(x) - Number(y)
      if (difference !== 0) return Math.sign(difference)
    }
    return a.length - b.length
  }
  const kinds: SortKind[] = ['text', 'int', 'bool', 'bytes']
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '\0', '\u0001', '\u00ff', '\u{10ffff}', '\uffff'), maxLength: 4 })
  const tuple = fc.tuple(
    text,
    fc.oneof(fc.integer({ min: -2, max: 2 }), fc.maxSafeInteger()),
    fc.boolean(),
    fc.uint8Array({ maxLength: 3 }),
  )

  it('orders as the tuples do', () => {
    fc.assert(
      fc.property(tuple, tuple, (a, b) => {
        expect(Math.sign(compareBytes(encodeTuple(kinds, a), encodeTuple(kinds, b)))).toBe(order(a, b))
      }),
      { seed, numRuns: 1000 },
    )
  })

  it('is in the range of exactly its own prefixes', () => {
    fc.assert(
      fc.property(tuple, tuple, fc.nat(4), (a, b, length) => {
        const range = prefixRange(encodeTuple(kinds, b.slice(0, length)))
        const key = encodeTuple(kinds, a)
        const inside = compareBytes(key, range.from) >= 0 && (range.to === null || compareBytes(key, range.to) < 0)
        expect(inside).toBe(order(a.slice(0, length), b.slice(0, length)) === 0)
      }),
      { seed, numRuns: 1000 },
    )
  })

  it('[R2] is in a range of the next value exactly from the lower bound on, up to and without the upper one', () => {
    const bounds = fc.record({ from: fc.nat(), to: fc.nat() }, { requiredKeys: [] })
    fc.assert(
      fc.property(tuple, tuple, tuple, tuple, fc.nat(3), bounds, (a, b, c, d, length, { from, to }) => {
        const key = [...b.slice(0, length), ...a.slice(length)] as const
        const [lower, upper] = [from === undefined ? {} : { from: c[length]! }, to === undefined ? {} : { to: d[length]! }]
        const range = tupleRange(kinds, b.slice(0, length), { ...lower, ...upper })
        const encoded = encodeTuple(kinds, key)
        const inside = compareBytes(encoded, range.from) >= 0 && (range.to === null || compareBytes(encoded, range.to) < 0)
        const next = [key[length]!]
        expect(inside).toBe((from === undefined || order(next, [c[length]!]) >= 0) && (to === undefined || order(next, [d[length]!]) < 0))
      }),
      { seed, numRuns: 2000 },
    )
  })

  it('without bounds is in the range of its prefix, and no other prefix in one with bounds', () => {
    expect(tupleRange(kinds, ['a'])).toEqual(prefixRange(encodeTuple(kinds, ['a'])))
    for (const bounds of [{ from: -9 }, { to: 9 }, { from: -9, to: 9 }]) {
      const range = tupleRange(kinds, ['a'], bounds)
      const isInside = (values: SortValue[]): boolean => {
        const key = encodeTuple(kinds, values)
        return compareBytes(key, range.from) >= 0 && compareBytes(key, range.to!) < 0
      }
      expect(['', 'a', 'a\0', 'b'].map((first) => isInside([first, 0, true]))).toEqual([false, true, false, false])
    }
  })

  it('reads integers as decimal strings and bytes as base64', () => {
    expect(encodeTuple(['int', 'bytes'], ['-5', 'AAE='])).toEqual(encodeTuple(['int', 'bytes'], [-5, Uint8Array.of(0, 1)]))
    expect(toHex(encodeTuple(['int'], ['1']))).toBe('8000000000000001')
    expect(prefixRange(new Uint8Array(0))).toEqual({ from: new Uint8Array(0), to: null })
    expect(prefixRange(Uint8Array.of(1, 255, 255)).to).toEqual(Uint8Array.of(2))
    expect(() => encodeTuple(['int'], ['1', '2'])).toThrow(RangeError)
  })
})
