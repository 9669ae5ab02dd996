/**
 * Anonymous envelopes: bytes that only the holder of one X25519 key can read, made without any message from it (essay, «this
 * prevents the need for key negotiation»). Layout: ephemeral public key (32) | nonce (12) | ChaCha20-Poly1305 ciphertext with tag.
 *
 * The key is a hash of the shared secret with both public keys and the associated data, so a box cannot be replayed to another recipient or under another
 * purpose. One ephemeral key may seal many boxes: no nonce comes twice under it.
 */
import { concatBytes, uint32 } from '../bytes.ts'
import type { CryptoPort } from './crypto.ts'
import { fail, ok, type Result } from '../result.ts'

/** Bytes that a box is longer than its content. */
export const ENVELOPE_OVERHEAD = 32 + 12 + 16

const NONCE_BYTES = 12
const HEAD_BYTES = 32 + NONCE_BYTES

const TAG = 'golem/envelope'

export interface Ephemeral {
  readonly publicKey: Uint8Array
  /** The key that `agreedKey` gives to the recipient. Error: `envelope.recipient` for a malformed or low-order key. */
  key(recipientPublicKey: Uint8Array, tag: string, about: Uint8Array): Result<Uint8Array>
  /** Seals for one recipient. Error: `envelope.recipient` for a malformed or low-order key. */
  seal(recipientPublicKey: Uint8Array, plain: Uint8Array, aad: Uint8Array): Result<Uint8Array>
}

/**
 * One ephemeral key for several envelopes, as of one request, or of a server in one tick: saves a key generation for each, and where sender and recipient
 * remember what they multiplied, all multiplications but one. Whoever sees its envelopes sees that they are of one sender.
 * @param privateKey 32 fresh random bytes, never used again after this object is dropped: nonces are counted from it.
 */
export function ephemeral(crypto: CryptoPort, privateKey: Uint8Array): Ephemeral {
  const publicKey = crypto.x25519.publicKey(privateKey)
  let count = 0
  const keyFor: Ephemeral['key'] = (recipient, tag, about) => {
    const shared = crypto.x25519.shared(privateKey, recipient)
    return shared === null
      ? fail('envelope.recipient', "The recipient's X25519 key is not usable. Choose another recipient.")
      : ok(crypto.taggedHash(tag, shared, publicKey, recipient, about))
  }
  const sealOne: Ephemeral['seal'] = (recipient, plain, aad) => {
    const key = keyFor(recipient, TAG, crypto.sha256(aad))
    if (!key.ok) return key
    // Not the count itself: that would tell how much a server does.
    const nonce = crypto.taggedHash('golem/envelope-nonce', privateKey, uint32(count++)).subarray(0, NONCE_BYTES)
    return ok(concatBytes(publicKey, nonce, crypto.aead.seal(key.value, nonce, plain, aad)))
  }
  return { publicKey, key: keyFor, seal: sealOne }
}

/**
 * The key that the sender of an ephemeral key and the holder of the other one have in common, for one purpose: 32 bytes, or null where the sender's key is none.
 * @param tag of the hash that makes it; @param about what it is for, of a length that follows from the tag
 */
export function agreedKey(
  crypto: CryptoPort,
  privateKey: Uint8Array,
  publicKey: Uint8Array,
  sender: Uint8Array,
  tag: string,
  about: Uint8Array,
): Uint8Array | null {
  const shared = crypto.x25519.shared(privateKey, sender)
  return shared === null ? null : crypto.taggedHash(tag, shared, sender, publicKey, about)
}

/**
 * Seals `plain` for the holder of an X25519 key.
 * @param random 32 fresh random bytes, the ephemeral private key.
 * @param aad associated data (request id, tick, purpose) that the reader has to know; not transmitted.
 * Error: `envelope.recipient`.
 */
export const seal = (
  crypto: CryptoPort,
  random: Uint8Array,
  recipientPublicKey: Uint8Array,
  plain: Uint8Array,
  aad: Uint8Array,
): Result<Uint8Array> => ephemeral(crypto, random).seal(recipientPublicKey, plain, aad)

/** A box under a key that both sides have: nonce (12, random) | ciphertext with tag. @param random 12 fresh random bytes */
export const sealBox = (crypto: CryptoPort, random: Uint8Array, key: Uint8Array, plain: Uint8Array, aad: Uint8Array): Uint8Array =>
  concatBytes(random, crypto.aead.seal(key, random, plain, aad))

/** Opens a box of `sealBox`; null when it is damaged, or sealed under another key or other associated data. */
export const openBox = (crypto: CryptoPort, key: Uint8Array, box: Uint8Array, aad: Uint8Array): Uint8Array | null =>
  box.length < NONCE_BYTES ? null : crypto.aead.open(key, box.subarray(0, NONCE_BYTES), box.subarray(NONCE_BYTES), aad)

/** Opens a box of `seal`. Error: `envelope.closed` when it is damaged, for someone else, or sealed under other associated data. */
export function open(
  crypto: CryptoPort,
  privateKey: Uint8Array,
  publicKey: Uint8Array,
  box: Uint8Array,
  aad: Uint8Array,
): Result<Uint8Array> {
  const closed = fail('envelope.closed', 'The envelope is damaged or addressed to another key. Ask the sender to seal it again.')
  if (box.length < ENVELOPE_OVERHEAD) return closed
  const sender = box.subarray(0, 32)
  const key = agreedKey(crypto, privateKey, publicKey, sender, TAG, crypto.sha256(aad))
  if (key === null) return closed
  const plain = crypto.aead.open(key, box.subarray(32, HEAD_BYTES), box.subarray(HEAD_BYTES), aad)
  return plain === null ? closed : ok(plain)
}
