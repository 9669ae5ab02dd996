/**
 * The program of an offer, sealed to the Supervisor's own key (PROTOCOL.md 5.1). It travels with the offer, and everybody who serves or uses the app holds it: what a
 * phrase does not bring back, and what is published nowhere else, is bodies of blocks.
 */
import { check, type Program } from '../program/index.ts'
import { concatBytes, utf8 } from '../protocol/bytes.ts'
import { canonicalBytes, parseCanonical } from '../protocol/canonical.ts'
import type { CryptoPort } from '../protocol/crypto/index.ts'
import type { KeyPair } from '../protocol/keys/index.ts'
import { fail, type Result } from '../protocol/result.ts'

const SALT_BYTES = 16
const INFO = utf8('golem/backup/1')
const AAD = utf8('golem/backup/program')
/** Each key seals one content: the salt follows from it. */
const NONCE = new Uint8Array(12)
/** What the checker admits is smaller (PROTOCOL.md 9.9). */
const MOST = { maxBytes: 6 << 20, maxDepth: 1_100 }

const keyOf = (crypto: CryptoPort, { privateKey }: KeyPair, salt: Uint8Array): Uint8Array => crypto.hkdf(privateKey, INFO, salt, 32)

/** The same bytes for the same program. @param master the key of the app's Supervisor */
export function sealProgram(crypto: CryptoPort, master: KeyPair, program: Program): Uint8Array {
  const plain = canonicalBytes(program)
  const salt = keyOf(crypto, master, concatBytes(utf8('salt'), crypto.sha256(plain))).subarray(0, SALT_BYTES)
  return concatBytes(salt, crypto.aead.seal(keyOf(crypto, master, salt), NONCE, plain, AAD))
}

/** Errors: `backup.closed` (of another key, or damaged), those of the checker. */
export function openProgram(crypto: CryptoPort, master: KeyPair, bytes: Uint8Array): Result<Program> {
  const salt = bytes.subarray(0, SALT_BYTES)
  const plain = crypto.aead.open(keyOf(crypto, master, salt), NONCE, bytes.subarray(SALT_BYTES), AAD)
  if (plain === null)
    return fail(
      'backup.closed',
      'The backup of the program does not open with this wallet: it is another one’s, or damaged. Give the program itself.',
    )
  const parsed = parseCanonical(plain, MOST)
  return parsed.ok ? check(parsed.value) : parsed
}
