/**
 * Anonymous envelopes: bytes that only the holder of one X25519 key can read, made without any message from it (essay, «this
 * prevents the need for key negotiation»). Layout: ephemeral public key (32) | ChaCha20-Poly1305 ciphertext with tag.
 *
 * Key and nonce come from HKDF over the shared secret, bound to both public keys and to the associated data, so a box cannot be
 * replayed to another recipient or under another purpose.
 */
import { concatBytes, toHex, utf8 } from '../bytes.ts'
import type { CryptoPort } from './crypto.ts'
import { fail, ok, type Result } from '../result.ts'

const INFO = utf8('golem/envelope/1')
/** Bytes that a box is longer than its content. */
export const ENVELOPE_OVERHEAD = 32 + 16

interface BoxKey {
  key: Uint8Array
  nonce: Uint8Array
}

function boxKey(crypto: CryptoPort, shared: Uint8Array, ephemeral: Uint8Array, recipient: Uint8Array, aad: Uint8Array): BoxKey {
  const material = crypto.hkdf(shared, concatBytes(ephemeral, recipient), concatBytes(INFO, crypto.sha256(aad)), 44)
  return { key: material.subarray(0, 32), nonce: material.subarray(32) }
}

export interface Ephemeral {
  readonly publicKey: Uint8Array
  /**
   * Seals for one recipient. `aad` must differ between two boxes for the same recipient, because it selects the key;
   * a repeated pair throws. Error: `envelope.recipient` for a malformed or low-order key.
   */
  seal(recipientPublicKey: Uint8Array, plain: Uint8Array, aad: Uint8Array): Result<Uint8Array>
}

/**
 * One ephemeral key for the envelopes of one request: saves a key generation and 32 random bytes per recipient.
 * @param privateKey 32 fresh random bytes, never used again after this object is dropped.
 */
export function ephemeral(crypto: CryptoPort, privateKey: Uint8Array): Ephemeral {
  const publicKey = crypto.x25519.publicKey(privateKey)
  const used = new Set<string>()
  const sealOne: Ephemeral['seal'] = (recipient, plain, aad) => {
    const shared = crypto.x25519.shared(privateKey, recipient)
    if (shared === null) return fail('envelope.recipient', "The recipient's X25519 key is not usable. Choose another recipient.")
    const pair = toHex(recipient) + toHex(crypto.sha256(aad))
    if (used.has(pair)) throw new Error('An ephemeral key seals once per recipient and associated data.')
    used.add(pair)
    const { key, nonce } = boxKey(crypto, shared, publicKey, recipient, aad)
    return ok(concatBytes(publicKey, crypto.aead.seal(key, nonce, plain, aad)))
  }
  return { publicKey, seal: sealOne }
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

const NONCE_BYTES = 12

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
  const shared = crypto.x25519.shared(privateKey, sender)
  if (shared === null) return closed
  const { key, nonce } = boxKey(crypto, shared, sender, publicKey, aad)
  const plain = crypto.aead.open(key, nonce, box.subarray(32), aad)
  return plain === null ? closed : ok(plain)
}
