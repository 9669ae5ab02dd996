import { describe, expect, it } from 'vitest'
import { toHex, utf8 } from '../../roles/protocol/bytes.ts'
import { fastCrypto as crypto } from '../../main/adapters/crypto/fast.ts'
import { isPrime } from '../simulation/ports/random.ts'
import { keyPair, primesFrom, seeded } from './seeded.ts'

describe('randomness of tests', () => {
  it('follows from the seed and from how often it was asked', () => {
    const [one, same, other] = [seeded('a'), seeded('a'), seeded('b')]
    const first = one(40)
    expect(toHex(first)).toBe(toHex(crypto.sha256(utf8('a/0'))) + toHex(crypto.sha256(utf8('a/1')).subarray(0, 8)))
    expect(same(40)).toEqual(first)
    expect(one(40)).not.toEqual(first)
    expect(other(40)).not.toEqual(first)
  })

  it('makes primes of exactly so many bits, and pairs of keys', async () => {
    const random = seeded('primes')
    for (const bits of [64, 128]) {
      const prime = await primesFrom(random)(bits)
      expect([isPrime(prime), prime.toString(2).length]).toEqual([true, bits])
    }
    const { privateKey, publicKey } = keyPair(random)
    expect(publicKey).toBe(toHex(crypto.schnorr.publicKey(privateKey)))
  })
})
