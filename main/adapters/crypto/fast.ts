/**
 * The fast provider: OpenSSL through node:crypto, libsecp256k1 as WebAssembly through tiny-secp256k1, and in native code where there is some for the
 * platform. Where the runtime's OpenSSL (or Electron's BoringSSL) lacks a primitive, the reference provider's stands in.
 *
 * Secrets go in as key objects: from raw bytes node first finds out by an exception that they are none, which costs more than the cipher.
 */
import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  getCiphers,
  hash,
  hkdfSync,
  scrypt,
} from 'node:crypto'
import * as secp from 'tiny-secp256k1'
import { attempt, isX25519Key, nobleCrypto, type CryptoPort, type ScryptCost } from '../../../roles/protocol/crypto/index.ts'
import { nativeSchnorr, type Sign, type Verify } from './native.ts'

const TAG_LENGTH = 16
const KEYS_KEPT = 1024
const PAIRS_KEPT = 4096

/** A plain Uint8Array over the same memory, so that both providers return the same type. */
const plainBytes = (buffer: Buffer): Uint8Array => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)

/** As text it comes in a third of the time that a buffer takes. */
function sha256(bytes: Uint8Array): Uint8Array {
  const text = hash('sha256', bytes, 'latin1' as 'binary')
  const digest = new Uint8Array(32)
  for (let i = 0; i < 32; i++) digest[i] = text.charCodeAt(i)
  return digest
}

const prefixes = new Map<string, Uint8Array>()

function tagPrefix(tag: string): Uint8Array {
  const known = prefixes.get(tag)
  if (known !== undefined) return known
  const digest = sha256(Buffer.from(tag, 'utf8'))
  const prefix = plainBytes(Buffer.concat([digest, digest]))
  prefixes.set(tag, prefix)
  return prefix
}

/** Where most of what is hashed is joined, which spares allocating it. */
const joined = Buffer.alloc(16_384)

function taggedHash(tag: string, ...parts: Uint8Array[]): Uint8Array {
  const prefix = tagPrefix(tag)
  let length = prefix.length
  for (const part of parts) length += part.length
  if (length > joined.length) return sha256(Buffer.concat([prefix, ...parts]))
  joined.set(prefix)
  let at = prefix.length
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return sha256(joined.subarray(0, length))
}

/** Remembers so many results, the least recently used go first. @param make what follows from the bytes of its arguments, whose lengths are fixed */
function remembered<A extends Uint8Array[], T>(most: number, make: (...parts: A) => T): (...parts: A) => T {
  const kept = new Map<string, T>()
  return (...parts) => {
    const id = Buffer.concat(parts).toString('latin1')
    const made = kept.get(id) ?? make(...parts)
    kept.delete(id)
    kept.set(id, made)
    if (kept.size > most) kept.delete(kept.keys().next().value!)
    return made
  }
}

/**
 * A key as PEM (RFC 8410): given any other form, node first finds out by two exceptions that it is neither of its own kinds of key, and
 * making their stack traces costs more than reading the text.
 */
function x25519Pem(label: 'PRIVATE' | 'PUBLIC', header: Buffer, raw: Uint8Array): string {
  if (raw.length !== 32) throw new RangeError('An X25519 key has 32 bytes.')
  return `-----BEGIN ${label} KEY-----\n${Buffer.concat([header, raw]).toString('base64')}\n-----END ${label} KEY-----`
}

/** What stands before the 32 bytes in DER. */
const PKCS8_HEADER = Buffer.from('302e020100300506032b656e04220420', 'hex')
const SPKI_HEADER = Buffer.from('302a300506032b656e032100', 'hex')

/** Importing a raw key costs as much as the multiplication itself. */
const privateKeyObject = remembered(KEYS_KEPT, (raw: Uint8Array) => createPrivateKey(x25519Pem('PRIVATE', PKCS8_HEADER, raw)))
const publicKeyObject = remembered(KEYS_KEPT, (raw: Uint8Array) => createPublicKey(x25519Pem('PUBLIC', SPKI_HEADER, raw)))

const x25519PublicKey = (privateKey: Uint8Array): Uint8Array =>
  plainBytes(Buffer.from(privateKeyObject(privateKey).export({ format: 'jwk' }).x!, 'base64url'))

const multiply = (privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array =>
  plainBytes(diffieHellman({ privateKey: privateKeyObject(privateKey), publicKey: publicKeyObject(publicKey) }))

const shared = remembered(PAIRS_KEPT, multiply)

/** Servers meet again and again in a tick, and so do a tick's key and theirs when its stamps are opened. */
const x25519Shared = (privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array | null =>
  isX25519Key(publicKey) ? attempt(() => shared(privateKey, publicKey).slice(), null) : null

function seal(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array, aad: Uint8Array): Uint8Array {
  const cipher = createCipheriv('chacha20-poly1305', createSecretKey(key), nonce, { authTagLength: TAG_LENGTH })
  cipher.setAAD(aad, { plaintextLength: plain.length })
  return plainBytes(Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]))
}

function openBox(key: Uint8Array, nonce: Uint8Array, box: Uint8Array, aad: Uint8Array): Uint8Array {
  const length = box.length - TAG_LENGTH
  const decipher = createDecipheriv('chacha20-poly1305', createSecretKey(key), nonce, { authTagLength: TAG_LENGTH })
  decipher.setAAD(aad, { plaintextLength: length })
  decipher.setAuthTag(box.subarray(length))
  return plainBytes(Buffer.concat([decipher.update(box.subarray(0, length)), decipher.final()]))
}

const open: CryptoPort['aead']['open'] = (key, nonce, box, aad) => attempt(() => openBox(key, nonce, box, aad), null)

function scryptAsync(passphrase: Uint8Array, salt: Uint8Array, { n, r, p }: ScryptCost, length: number): Promise<Uint8Array> {
  const options = { N: n, r, p, maxmem: 128 * r * (n + p) + 1024 * 1024 }
  return new Promise((resolve, reject) =>
    scrypt(passphrase, salt, length, options, (error, key) => (error === null ? resolve(plainBytes(key)) : reject(error))),
  )
}

/** As WebAssembly, on every platform. */
const wasmVerify: Verify = (signature, message, publicKey) => attempt(() => secp.verifySchnorr(message, publicKey, signature), false)

const wasmSign: Sign = (message, privateKey, auxiliary) => secp.signSchnorr(message, privateKey, auxiliary)

/** What native code throws at, the other says: that the key is none, or the signature. */
const signWith =
  (sign: Sign): Sign =>
  (message, privateKey, auxiliary) =>
    attempt(() => sign(message, privateKey, auxiliary), null) ?? wasmSign(message, privateKey, auxiliary)

const native = nativeSchnorr()

const withLengths =
  (verify: Verify): Verify =>
  (signature, message, publicKey) =>
    signature.length === 64 && message.length === 32 && publicKey.length === 32 && verify(signature, message, publicKey)

const hasChaCha = getCiphers().includes('chacha20-poly1305')
const hasX25519 = attempt(() => x25519PublicKey(new Uint8Array(32).fill(1)).length === 32, false)

export const fastCrypto: CryptoPort = {
  sha256,
  taggedHash,
  schnorr: {
    publicKey: (privateKey) => secp.xOnlyPointFromScalar(privateKey),
    sign: native === null ? wasmSign : signWith(native.sign),
    verify: withLengths(native?.verify ?? wasmVerify),
  },
  x25519: hasX25519 ? { publicKey: x25519PublicKey, shared: x25519Shared } : nobleCrypto.x25519,
  aead: hasChaCha ? { seal, open } : nobleCrypto.aead,
  hkdf: (secret, salt, info, length) => new Uint8Array(hkdfSync('sha256', createSecretKey(secret), salt, info, length)),
  scrypt: scryptAsync,
}

/** The same without native code, as on platforms that have none. */
export const portableCrypto: CryptoPort = {
  ...fastCrypto,
  schnorr: { ...fastCrypto.schnorr, sign: wasmSign, verify: withLengths(wasmVerify) },
}
