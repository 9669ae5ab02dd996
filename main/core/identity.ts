/** The wallet's seed phrase: made at the first start, encrypted at rest, unlocked into memory. Everything else is derived from it. */
import type { CryptoPort } from '../../roles/protocol/crypto/index.ts'
import {
  deriveX25519,
  keyDeriver,
  phraseFromEntropy,
  phraseToSeed,
  type CoinNetwork,
  type KeyPair,
  type KeyPurpose,
  decryptSecret,
  encryptSecret,
} from '../../roles/protocol/keys/index.ts'
import { ok, type Result } from '../../roles/protocol/result.ts'
import { utf8 } from '../../roles/protocol/bytes.ts'
import type { Json, RandomPort, StoragePort } from './ports.ts'

/** A purpose without its network, which the identity adds. */
type Purpose<P extends KeyPurpose = KeyPurpose> = P extends unknown ? Omit<P, 'network'> : never

export interface Identity {
  key(purpose: Purpose): KeyPair
  /** X25519 pair that belongs to a key, one per context. */
  sealing(key: KeyPair, context: string): { privateKey: Uint8Array; publicKey: Uint8Array }
}

/**
 * Unlocks the stored phrase, or makes and stores a new one of 12 words. Errors: those of the keystore (wrong passphrase).
 * @param scryptLog2 cost of a new keystore; an existing one says its own.
 */
export async function openIdentity(
  ports: { crypto: CryptoPort; storage: StoragePort; random: RandomPort },
  network: CoinNetwork,
  passphrase: string,
  scryptLog2: number,
): Promise<Result<Identity>> {
  const { crypto, storage, random } = ports
  const stored = storage.get('identity', 'keystore')
  if (stored === undefined) {
    const phrase = phraseFromEntropy(random.bytes(16))
    const sealed = await encryptSecret(crypto, random.bytes(44), passphrase, utf8(phrase), 2 ** scryptLog2)
    storage.transact([{ table: 'identity', key: 'keystore', value: sealed as unknown as Json }])
    return identityOf(crypto, network, phrase)
  }
  const phrase = await decryptSecret(crypto, stored, passphrase)
  return phrase.ok ? identityOf(crypto, network, new TextDecoder().decode(phrase.value)) : phrase
}

function identityOf(crypto: CryptoPort, network: CoinNetwork, phrase: string): Result<Identity> {
  const seed = phraseToSeed(phrase)
  if (!seed.ok) return seed
  const derive = keyDeriver(seed.value)
  const known = new Map<string, KeyPair>()
  return ok({
    key(purpose) {
      const name = JSON.stringify(purpose)
      const pair = known.get(name) ?? derive({ ...purpose, network })
      known.set(name, pair)
      return pair
    },
    sealing(key, context) {
      const privateKey = deriveX25519(crypto, key.privateKey, context)
      return { privateKey, publicKey: crypto.x25519.publicKey(privateKey) }
    },
  })
}
