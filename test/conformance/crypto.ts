import { readFileSync } from 'node:fs'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { fromHex, toHex, utf8 } from '../../roles/protocol/bytes.ts'
import { nobleCrypto, type CryptoPort } from '../../roles/protocol/crypto/index.ts'

const P = 2n ** 255n - 19n
const littleEndian = (u: bigint): Uint8Array => Uint8Array.from({ length: 32 }, (_, i) => Number((u >> BigInt(8 * i)) & 255n))
const withHighBit = (key: Uint8Array): Uint8Array => key.map((byte, i) => (i === 31 ? byte | 0x80 : byte))

/** The base point of RFC 7748, u = 9. */
export const GOOD_KEY = littleEndian(9n)
/** The u of all points whose order divides the cofactor 8, on the curve or its twist: 0, 1, −1 and the two of order 8. */
const SMALL_ORDER = [
  0n,
  1n,
  P - 1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
]
/** These in every encoding, and all other numbers that have a second one. */
export const UNUSABLE_KEYS: Uint8Array[] = [
  ...SMALL_ORDER.map(littleEndian),
  ...Array.from({ length: 19 }, (_, i) => littleEndian(P + BigInt(i))),
  ...[...SMALL_ORDER, 9n, 2n ** 255n - 1n].map((u) => withHighBit(littleEndian(u))),
]

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const scalar = bytes(32).filter((key) => key.some((byte) => byte !== 0) && key[0] !== 0xff)
const check = <T>(property: fc.IProperty<T>, numRuns = 30): void => fc.assert(property, { seed, numRuns })

const bip340 = readFileSync(new URL('../vectors/bip340.csv', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [index, secret, publicKey, aux, message, signature, valid] = line.toLowerCase().split(',')
    return {
      index: index!,
      secret: secret!,
      publicKey: fromHex(publicKey!),
      aux: aux!,
      message: fromHex(message!),
      signature: fromHex(signature!),
      valid: valid === 'true',
    }
  })

/** What every CryptoPort keeps: the published vectors, and the same answers as the reference provider on random input. */
export function cryptoConformance(name: string, crypto: CryptoPort): void {
  describe(`${name} as cryptography`, () => {
    beforeAll(() => console.log(`${name}: SEED=${seed}`))
    vectors(crypto)
    equality(crypto)
  })
}

function vectors(crypto: CryptoPort): void {
  it.each(bip340)('answers BIP340 vector $index', ({ secret, publicKey, aux, message, signature, valid }) => {
    expect(crypto.schnorr.verify(signature, message, publicKey)).toBe(valid)
    if (secret === '') return
    expect(toHex(crypto.schnorr.publicKey(fromHex(secret)))).toBe(toHex(publicKey))
    expect(toHex(crypto.schnorr.sign(message, fromHex(secret), fromHex(aux)))).toBe(toHex(signature))
  })

  it('agrees on the shared secret of RFC 7748 §6.1', () => {
    const alice = fromHex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a')
    const bob = fromHex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb')
    expect(toHex(crypto.x25519.publicKey(alice))).toBe('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a')
    const shared = crypto.x25519.shared(alice, crypto.x25519.publicKey(bob))
    expect(toHex(shared!)).toBe('4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742')
    expect(crypto.x25519.shared(bob, crypto.x25519.publicKey(alice))).toEqual(shared)
  })

  it('refuses X25519 keys of small order, of a second encoding and of other lengths', () => {
    const key = new Uint8Array(32).fill(7)
    expect(crypto.x25519.shared(key, GOOD_KEY)).not.toBeNull()
    for (const other of [...UNUSABLE_KEYS, new Uint8Array(31), new Uint8Array(33), new Uint8Array(0)])
      expect(crypto.x25519.shared(key, other)).toBeNull()
  })

  it('seals as RFC 8439 §2.8.2', () => {
    const key = Uint8Array.from({ length: 32 }, (_, i) => 0x80 + i)
    const plain = utf8("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.")
    const [nonce, aad] = [fromHex('070000004041424344454647'), fromHex('50515253c0c1c2c3c4c5c6c7')]
    const box = crypto.aead.seal(key, nonce, plain, aad)
    expect(toHex(box)).toBe(
      'd31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b29' +
        '05d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691',
    )
    expect(crypto.aead.open(key, nonce, box, aad)).toEqual(plain)
  })

  it('derives as RFC 5869 A.1 and RFC 7914 §12', async () => {
    const okm = crypto.hkdf(new Uint8Array(22).fill(11), fromHex('000102030405060708090a0b0c'), fromHex('f0f1f2f3f4f5f6f7f8f9'), 42)
    expect(toHex(okm)).toBe('3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865')
    const key = await crypto.scrypt(utf8('password'), utf8('NaCl'), { n: 1024, r: 8, p: 16 }, 32)
    expect(toHex(key)).toBe('fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162')
  })

  it('never throws on a malformed signature, message or public key', () => {
    const lengths = [0, 1, 31, 32, 33, 63, 64, 65]
    for (const a of lengths)
      for (const b of lengths)
        for (const c of [0, 31, 32, 33]) {
          expect(crypto.schnorr.verify(new Uint8Array(a).fill(9), new Uint8Array(b), new Uint8Array(c).fill(255))).toBe(false)
        }
  })
}

const { Fn, Fp, BASE } = secp256k1.Point
const scalarOf = (value: Uint8Array): bigint => Fn.create(BigInt(`0x${toHex(value)}`))
const hex32 = (value: bigint): Uint8Array => fromHex(value.toString(16).padStart(64, '0'))

/** Signatures that satisfy the equation of BIP340 but for one condition, each with what is wrong. */
function nearSignatures(secret: bigint, message: Uint8Array): Array<[string, Uint8Array]> {
  const publicKey = BASE.multiply(secret)
  const d = publicKey.toAffine().y % 2n === 0n ? secret : Fn.neg(secret)
  const signed = (r: Uint8Array, k: bigint): Uint8Array => {
    const e = scalarOf(nobleCrypto.taggedHash('BIP0340/challenge', r, hex32(publicKey.toAffine().x), message))
    return Uint8Array.of(...r, ...hex32(Fn.add(k, Fn.mul(e, d))))
  }
  const k = Fn.create(secret + 7n)
  const R = BASE.multiply(k).toAffine()
  const odd = R.y % 2n === 0n ? Fn.neg(k) : k
  const right = signed(hex32(R.x), Fn.neg(odd))
  const outside = [...right.subarray(0, 32), ...hex32(Fn.ORDER)]
  return [
    ['R has an odd y', signed(hex32(R.x), odd)],
    ['R is at infinity', signed(hex32(R.x), 0n)],
    ['s is the order', Uint8Array.from(outside)],
    ['s is zero', Uint8Array.of(...right.subarray(0, 32), ...new Uint8Array(32))],
    ['r is the field size', Uint8Array.of(...hex32(Fp.ORDER), ...right.subarray(32))],
  ]
}

function equality(crypto: CryptoPort): void {
  it('refuses signatures that lack one condition only, and keys that are no points', () => {
    check(
      fc.property(scalar, bytes(32), (key, message) => {
        const publicKey = nobleCrypto.schnorr.publicKey(key)
        for (const [why, signature] of nearSignatures(scalarOf(key), message))
          expect([why, crypto.schnorr.verify(signature, message, publicKey)]).toEqual([why, false])
        const signature = nobleCrypto.schnorr.sign(message, key, new Uint8Array(32))
        for (const x of [hex32(Fp.ORDER), hex32(5n), new Uint8Array(32)]) expect(crypto.schnorr.verify(signature, message, x)).toBe(false)
      }),
      8,
    )
  })

  it('hashes as the reference provider', () => {
    check(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), fc.array(fc.uint8Array({ maxLength: 80 })), (data, tag, parts) => {
        expect(crypto.sha256(data)).toEqual(nobleCrypto.sha256(data))
        expect(crypto.taggedHash(tag, ...parts)).toEqual(nobleCrypto.taggedHash(tag, ...parts))
      }),
    )
  })

  it('hashes as the reference provider around every size at which it may join its parts otherwise', () => {
    const long = Uint8Array.from({ length: 70_000 }, (_, i) => i % 251)
    for (const size of [16_256, 16_319, 16_320, 16_321, 16_384, 65_536, 70_000])
      expect(crypto.taggedHash('golem/number', long.subarray(0, 100), long.subarray(0, size - 100))).toEqual(
        nobleCrypto.taggedHash('golem/number', long.subarray(0, 100), long.subarray(0, size - 100)),
      )
  })

  it('signs and verifies as the reference provider', () => {
    check(
      fc.property(scalar, bytes(32), bytes(32), fc.nat(63), (key, message, aux, at) => {
        const publicKey = crypto.schnorr.publicKey(key)
        const signature = crypto.schnorr.sign(message, key, aux)
        expect(publicKey).toEqual(nobleCrypto.schnorr.publicKey(key))
        expect(signature).toEqual(nobleCrypto.schnorr.sign(message, key, aux))
        expect(crypto.schnorr.verify(signature, message, publicKey)).toBe(true)
        const forged = signature.slice()
        forged[at]! ^= 1
        expect(crypto.schnorr.verify(forged, message, publicKey)).toBe(false)
      }),
      15,
    )
  })

  it('agrees on X25519 secrets with the reference provider', () => {
    check(
      fc.property(bytes(32), bytes(32), (a, b) => {
        const publicKey = crypto.x25519.publicKey(b)
        expect(publicKey).toEqual(nobleCrypto.x25519.publicKey(b))
        expect(crypto.x25519.shared(a, publicKey)).toEqual(nobleCrypto.x25519.shared(a, publicKey))
      }),
      15,
    )
  })

  it('opens what the reference provider seals, and refuses every changed box', () => {
    const sizes = fc.oneof(fc.nat(100), fc.integer({ min: 1000, max: 1050 }), fc.integer({ min: 2000, max: 9000 }))
    check(
      fc.property(bytes(32), bytes(12), sizes, fc.uint8Array({ maxLength: 40 }), fc.nat(), (key, nonce, size, aad, at) => {
        const plain = Uint8Array.from({ length: size }, (_, i) => (i * 31 + at) & 255)
        const box = crypto.aead.seal(key, nonce, plain, aad)
        expect(box).toEqual(nobleCrypto.aead.seal(key, nonce, plain, aad))
        expect(crypto.aead.open(key, nonce, box, aad)).toEqual(plain)
        const changed = box.slice()
        changed[at % box.length]! ^= 1
        expect(crypto.aead.open(key, nonce, changed, aad)).toBeNull()
        expect(crypto.aead.open(key, nonce, box, Uint8Array.of(...aad, 0))).toBeNull()
        for (const length of [0, 1, 15]) expect(crypto.aead.open(key, nonce, box.subarray(0, length), aad)).toBeNull()
      }),
    )
  })

  it('derives keys as the reference provider', () => {
    check(
      fc.property(
        fc.uint8Array({ maxLength: 64 }),
        fc.uint8Array({ maxLength: 64 }),
        fc.uint8Array({ maxLength: 64 }),
        fc.integer({ min: 1, max: 200 }),
        (secret, salt, info, length) => {
          expect(crypto.hkdf(secret, salt, info, length)).toEqual(nobleCrypto.hkdf(secret, salt, info, length))
        },
      ),
    )
  })
}
