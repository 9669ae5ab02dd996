/**
 * Cryptography as a port. `nobleCrypto` is the reference provider: pure JavaScript, the same in Node and in the renderer.
 * A faster provider (main/adapters/crypto/fast.ts) is held equal to it by test/conformance/crypto.ts. The provider is always passed
 * explicitly, so a test can see which one a function uses.
 */
import { chacha20, chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { x25519 } from '@noble/curves/ed25519.js'
import { schnorr } from '@noble/curves/secp256k1.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { scryptAsync } from '@noble/hashes/scrypt.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, utf8 } from '../bytes.ts'
import type { Ahead } from './ahead.ts'
import { isX25519Key } from './x25519.ts'

export interface ScryptCost {
  /** CPU and memory cost, a power of two. Memory is 128 · n · r bytes. */
  n: number
  r: number
  p: number
}

export interface CryptoPort {
  sha256(bytes: Uint8Array): Uint8Array
  /** SHA-256(SHA-256(tag) | SHA-256(tag) | parts…), 32 bytes (BIP340). Parts are joined: give variable lengths a length prefix. */
  taggedHash(tag: string, ...parts: Uint8Array[]): Uint8Array
  /** BIP340. Private keys, messages and auxiliary randomness have 32 bytes, public keys are x-only, signatures have 64. */
  schnorr: {
    /** Throws when the private key is zero or not below the group order. */
    publicKey(privateKey: Uint8Array): Uint8Array
    sign(message: Uint8Array, privateKey: Uint8Array, auxiliary: Uint8Array): Uint8Array
    /** False for anything malformed; never throws. */
    verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean
  }
  /** RFC 7748. */
  x25519: {
    publicKey(privateKey: Uint8Array): Uint8Array
    /** The shared secret, or null when the other key is none of `isX25519Key`: malformed, not canonical, or of small order. */
    shared(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array | null
  }
  /** ChaCha20-Poly1305 (RFC 8439); the 16-byte tag follows the ciphertext. */
  aead: {
    seal(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array, aad: Uint8Array): Uint8Array
    /** Null when the tag does not match. */
    open(key: Uint8Array, nonce: Uint8Array, box: Uint8Array, aad: Uint8Array): Uint8Array | null
  }
  /** HKDF-SHA-256 (RFC 5869). */
  hkdf(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array
  /** scrypt (RFC 7914); a promise because a good cost takes most of a second. */
  scrypt(passphrase: Uint8Array, salt: Uint8Array, cost: ScryptCost, length: number): Promise<Uint8Array>
  /** What was found out beforehand. Left out by providers that have one thread and remember nothing. */
  ahead?: Ahead
}

const midstates = new Map<string, ReturnType<typeof sha256.create>>()

/** The hash state after the 64-byte prefix of a tag. Tags are constants of the protocol, so the cache stays small. */
function midstate(tag: string): ReturnType<typeof sha256.create> {
  const known = midstates.get(tag)
  if (known !== undefined) return known
  const digest = sha256(utf8(tag))
  const state = sha256.create().update(concatBytes(digest, digest))
  midstates.set(tag, state)
  return state
}

function nobleTaggedHash(tag: string, ...parts: Uint8Array[]): Uint8Array {
  const state = midstate(tag).clone()
  for (const part of parts) state.update(part)
  return state.digest()
}

/**
 * A tagged hash whose first parts stay and whose last one changes, for hashes by the hundred thousand: the same for every provider. The bytes that the
 * function returns are overwritten by its next call.
 * @example taggedPrefix('golem/holder', head)(server) // crypto.taggedHash('golem/holder', head, server)
 */
export function taggedPrefix(tag: string, ...parts: Uint8Array[]): (last: Uint8Array) => Uint8Array {
  const prefix = midstate(tag).clone()
  for (const part of parts) prefix.update(part)
  const [state, digest] = [sha256.create(), new Uint8Array(32)]
  return (last) => {
    prefix._cloneInto(state).update(last).digestInto(digest)
    return digest
  }
}

const NO_NONCE = new Uint8Array(12)

/**
 * The bytes under the stream of ChaCha20 (RFC 8439), its counter and nonce nought; the same again gives them back. Nothing shows a change, so what is inside
 * has to be known otherwise. The same for every provider, because for some hundred bytes none is faster.
 * @param key 32 bytes for these contents alone
 */
export const keyStream = (key: Uint8Array, bytes: Uint8Array): Uint8Array => chacha20(key, NO_NONCE, bytes)

/** Turns the exception of a library on malformed input into `otherwise`. */
export function attempt<T, U>(run: () => T, otherwise: U): T | U {
  try {
    return run()
  } catch {
    return otherwise
  }
}

/** The reference provider. */
export const nobleCrypto: CryptoPort = {
  sha256: (bytes) => sha256(bytes),
  taggedHash: nobleTaggedHash,
  schnorr: {
    publicKey: (privateKey) => schnorr.getPublicKey(privateKey),
    sign: (message, privateKey, auxiliary) => schnorr.sign(message, privateKey, auxiliary),
    verify: (signature, message, publicKey) => message.length === 32 && attempt(() => schnorr.verify(signature, message, publicKey), false),
  },
  x25519: {
    publicKey: (privateKey) => x25519.getPublicKey(privateKey),
    shared: (privateKey, publicKey) => (isX25519Key(publicKey) ? attempt(() => x25519.getSharedSecret(privateKey, publicKey), null) : null),
  },
  aead: {
    seal: (key, nonce, plain, aad) => chacha20poly1305(key, nonce, aad).encrypt(plain),
    open: (key, nonce, box, aad) => attempt(() => chacha20poly1305(key, nonce, aad).decrypt(box), null),
  },
  hkdf: (secret, salt, info, length) => hkdf(sha256, secret, salt, info, length),
  scrypt: (passphrase, salt, { n, r, p }, length) =>
    scryptAsync(passphrase, salt, { N: n, r, p, dkLen: length, maxmem: 128 * r * (n + p) + 1024 * 1024 }),
}
