/** Secrets at rest: a versioned JSON box under a passphrase (scrypt, then ChaCha20-Poly1305 with the header as associated data). */
import { parseBase64, toBase64, utf8 } from '../bytes.ts'
import { canonicalBytes } from '../canonical.ts'
import type { CryptoPort } from '../crypto/index.ts'
import { fail, ok, type Result } from '../result.ts'

export interface Keystore {
  v: 1
  kdf: 'scrypt'
  n: number
  r: number
  p: number
  /** 32 bytes, base64. */
  salt: string
  cipher: 'chacha20-poly1305'
  /** 12 bytes, base64. */
  nonce: string
  box: string
}

/** 128 MiB and some 0.3 s on a laptop. Tests pass a smaller cost. */
export const DEFAULT_SCRYPT_N = 2 ** 17
/** A file that asks for more memory than 1 GiB is damaged or hostile. */
const MAX_SCRYPT_N = 2 ** 20

/** The same phrase typed on another keyboard may arrive decomposed. */
const passphraseBytes = (passphrase: string): Uint8Array => utf8(passphrase.normalize('NFKC'))

const header = ({ v, kdf, n, r, p, salt, cipher, nonce }: Omit<Keystore, 'box'>): Uint8Array =>
  canonicalBytes({ v, kdf, n, r, p, salt, cipher, nonce })

/**
 * Encrypts `secret` under a passphrase.
 * @param random 44 fresh random bytes: 32 of salt, 12 of nonce.
 */
export async function encryptSecret(
  crypto: CryptoPort,
  random: Uint8Array,
  passphrase: string,
  secret: Uint8Array,
  n = DEFAULT_SCRYPT_N,
): Promise<Keystore> {
  if (random.length !== 44) throw new RangeError('encryptSecret needs 44 random bytes.')
  const salt = random.subarray(0, 32)
  const nonce = random.subarray(32)
  const open = { v: 1, kdf: 'scrypt', n, r: 8, p: 1, salt: toBase64(salt), cipher: 'chacha20-poly1305', nonce: toBase64(nonce) } as const
  const key = await crypto.scrypt(passphraseBytes(passphrase), salt, { n, r: 8, p: 1 }, 32)
  return { ...open, box: toBase64(crypto.aead.seal(key, nonce, secret, header(open))) }
}

const isPowerOfTwo = (n: unknown): n is number =>
  typeof n === 'number' && Number.isInteger(n) && n >= 2 && n <= MAX_SCRYPT_N && (n & (n - 1)) === 0

function readBytes(value: unknown, length: number | null): Uint8Array | null {
  if (typeof value !== 'string') return null
  const bytes = parseBase64(value)
  return bytes.ok && (length === null || bytes.value.length === length) ? bytes.value : null
}

/** Checks the fields of a keystore that was read from disk. Errors: `keystore.version`, `keystore.malformed`. */
export function checkKeystore(value: unknown): Result<Keystore> {
  const malformed = fail(
    'keystore.malformed',
    'The key file is damaged. Restore it from a backup, or restore the wallet from its seed phrase.',
  )
  if (typeof value !== 'object' || value === null) return malformed
  const store = value as Keystore
  if (typeof store.v === 'number' && store.v !== 1)
    return fail('keystore.version', `Key file version ${store.v} is unknown. Update the app to open it.`)
  const known = store.v === 1 && store.kdf === 'scrypt' && store.cipher === 'chacha20-poly1305' && store.r === 8 && store.p === 1
  if (!known || !isPowerOfTwo(store.n)) return malformed
  if (readBytes(store.salt, 32) === null || readBytes(store.nonce, 12) === null || readBytes(store.box, null) === null) return malformed
  return ok(store)
}

/** Decrypts a keystore. Errors: those of `checkKeystore`, and `keystore.passphrase`. */
export async function decryptSecret(crypto: CryptoPort, value: unknown, passphrase: string): Promise<Result<Uint8Array>> {
  const checked = checkKeystore(value)
  if (!checked.ok) return checked
  const store = checked.value
  const key = await crypto.scrypt(passphraseBytes(passphrase), readBytes(store.salt, 32)!, { n: store.n, r: store.r, p: store.p }, 32)
  const secret = crypto.aead.open(key, readBytes(store.nonce, 12)!, readBytes(store.box, null)!, header(store))
  return secret === null ? fail('keystore.passphrase', 'The passphrase does not open the key file. Check it and try again.') : ok(secret)
}
