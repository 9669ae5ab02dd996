/**
 * The fast provider: OpenSSL through node:crypto, libsecp256k1 as WebAssembly through tiny-secp256k1. Where the runtime's
 * OpenSSL (or Electron's BoringSSL) lacks a primitive, the reference provider's stands in.
 */
import {
  createCipheriv, createDecipheriv, createPrivateKey, createPublicKey, diffieHellman, getCiphers, hash, hkdfSync, scrypt, type KeyObject,
} from 'node:crypto'
import * as secp from 'tiny-secp256k1'
import { attempt, nobleCrypto, type CryptoPort, type ScryptCost } from '../../../roles/protocol/crypto.ts'

const TAG_LENGTH = 16
/** Below this size the set-up of an OpenSSL cipher costs more than ChaCha20 in JavaScript (PERFORMANCE.md). */
const SMALL_MESSAGE = 1024
const KEYS_KEPT = 1024
/** DER headers of RFC 8410, followed by the 32 key bytes. */
const PKCS8_X25519 = Buffer.from('302e020100300506032b656e04220420', 'hex')
const SPKI_X25519 = Buffer.from('302a300506032b656e032100', 'hex')

/** A plain Uint8Array over the same memory, so that both providers return the same type. */
const plainBytes = (buffer: Buffer): Uint8Array => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)

const sha256 = (bytes: Uint8Array): Uint8Array => plainBytes(hash('sha256', bytes, 'buffer'))

const prefixes = new Map<string, Uint8Array>()

function tagPrefix(tag: string): Uint8Array {
  const known = prefixes.get(tag)
  if (known !== undefined) return known
  const digest = sha256(Buffer.from(tag, 'utf8'))
  const prefix = plainBytes(Buffer.concat([digest, digest]))
  prefixes.set(tag, prefix)
  return prefix
}

const taggedHash = (tag: string, ...parts: Uint8Array[]): Uint8Array => sha256(Buffer.concat([tagPrefix(tag), ...parts]))

/** Least recently used key objects; importing a raw key costs as much as the multiplication itself. */
function keyCache(load: (raw: Uint8Array) => KeyObject): (raw: Uint8Array) => KeyObject {
  const kept = new Map<string, KeyObject>()
  return (raw) => {
    const id = Buffer.from(raw).toString('latin1')
    const key = kept.get(id) ?? load(raw)
    kept.delete(id)
    kept.set(id, key)
    if (kept.size > KEYS_KEPT) kept.delete(kept.keys().next().value!)
    return key
  }
}

function importKey(header: Buffer, raw: Uint8Array): Buffer {
  if (raw.length !== 32) throw new RangeError('An X25519 key has 32 bytes.')
  return Buffer.concat([header, raw])
}

const privateKeyObject = keyCache((raw) => createPrivateKey({ key: importKey(PKCS8_X25519, raw), format: 'der', type: 'pkcs8' }))
const publicKeyObject = keyCache((raw) => createPublicKey({ key: importKey(SPKI_X25519, raw), format: 'der', type: 'spki' }))

function x25519PublicKey(privateKey: Uint8Array): Uint8Array {
  const spki = createPublicKey(privateKeyObject(privateKey)).export({ format: 'der', type: 'spki' })
  return plainBytes(spki.subarray(SPKI_X25519.length))
}

function x25519Shared(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array | null {
  const make = (): Uint8Array =>
    plainBytes(diffieHellman({ privateKey: privateKeyObject(privateKey), publicKey: publicKeyObject(publicKey) }))
  const secret = attempt(make, null)
  return secret === null || secret.every((byte) => byte === 0) ? null : secret
}

function seal(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array, aad: Uint8Array): Uint8Array {
  if (plain.length < SMALL_MESSAGE) return nobleCrypto.aead.seal(key, nonce, plain, aad)
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG_LENGTH })
  cipher.setAAD(aad, { plaintextLength: plain.length })
  return plainBytes(Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]))
}

function openLarge(key: Uint8Array, nonce: Uint8Array, box: Uint8Array, aad: Uint8Array): Uint8Array {
  const length = box.length - TAG_LENGTH
  const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG_LENGTH })
  decipher.setAAD(aad, { plaintextLength: length })
  decipher.setAuthTag(box.subarray(length))
  return plainBytes(Buffer.concat([decipher.update(box.subarray(0, length)), decipher.final()]))
}

const open: CryptoPort['aead']['open'] = (key, nonce, box, aad) =>
  box.length < SMALL_MESSAGE ? nobleCrypto.aead.open(key, nonce, box, aad) : attempt(() => openLarge(key, nonce, box, aad), null)

function scryptAsync(passphrase: Uint8Array, salt: Uint8Array, { n, r, p }: ScryptCost, length: number): Promise<Uint8Array> {
  const options = { N: n, r, p, maxmem: 128 * r * (n + p) + 1024 * 1024 }
  return new Promise((resolve, reject) =>
    scrypt(passphrase, salt, length, options, (error, key) => (error === null ? resolve(plainBytes(key)) : reject(error))))
}

function verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  if (signature.length !== 64 || message.length !== 32 || publicKey.length !== 32) return false
  return attempt(() => secp.verifySchnorr(message, publicKey, signature), false)
}

const hasChaCha = getCiphers().includes('chacha20-poly1305')
const hasX25519 = attempt(() => x25519PublicKey(new Uint8Array(32).fill(1)).length === 32, false)

export const fastCrypto: CryptoPort = {
  sha256,
  taggedHash,
  schnorr: {
    publicKey: (privateKey) => secp.xOnlyPointFromScalar(privateKey),
    sign: (message, privateKey, auxiliary) => secp.signSchnorr(message, privateKey, auxiliary),
    verify,
  },
  x25519: hasX25519 ? { publicKey: x25519PublicKey, shared: x25519Shared } : nobleCrypto.x25519,
  aead: hasChaCha ? { seal, open } : nobleCrypto.aead,
  hkdf: (secret, salt, info, length) => new Uint8Array(hkdfSync('sha256', secret, salt, info, length)),
  scrypt: scryptAsync,
}
