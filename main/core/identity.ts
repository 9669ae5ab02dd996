/** The wallet's seed phrase: made or restored in an empty folder, encrypted at rest, unlocked into memory. Every key is derived from it. */
import type { CryptoPort } from '../../roles/protocol/crypto/index.ts'
import {
  checkPhrase,
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
import { fail, ok, type Result } from '../../roles/protocol/result.ts'
import { utf8 } from '../../roles/protocol/bytes.ts'
import type { Json, RandomPort, StoragePort, StorageWrite } from './ports.ts'

/** A purpose without its network, which the identity adds. */
type Purpose<P extends KeyPurpose = KeyPurpose> = P extends unknown ? Omit<P, 'network'> : never

export interface Identity {
  key(purpose: Purpose): KeyPair
  /** X25519 pair that belongs to a key, one per context. */
  sealing(key: KeyPair, context: string): { privateKey: Uint8Array; publicKey: Uint8Array }
}

/** What it takes to read or write the phrase at rest. */
export interface IdentityPorts {
  crypto: CryptoPort
  storage: StoragePort
  random: RandomPort
}

const TABLE = 'identity'
/** Tables that say that a wallet was at work in a folder. */
const TRACES = ['wallet', 'role-state', 'effect', 'publication'] as const
const hasTraces = (storage: StoragePort): boolean => TRACES.some((table) => storage.list(table, '', 1).length > 0)

/**
 * Unlocks the stored phrase, or makes and stores a new one of 12 words in an empty folder. Errors: those of the keystore (`keystore.passphrase`,
 * `.malformed`, `.version`), `identity.missing` (a wallet's data without its key file), `identity.other` (the key file of another wallet).
 * @param scryptLog2 cost of a new keystore; an existing one says its own.
 */
export async function openIdentity(
  ports: IdentityPorts,
  network: CoinNetwork,
  passphrase: string,
  scryptLog2: number,
): Promise<Result<Identity>> {
  const { crypto, storage, random } = ports
  if (storage.get(TABLE, 'keystore') === undefined) {
    const made = await storePhrase(ports, passphrase, scryptLog2, phraseFromEntropy(random.bytes(16)))
    if (!made.ok) return made
  }
  const phrase = await readPhrase(ports, passphrase)
  const identity = phrase.ok ? identityOf(crypto, network, phrase.value) : phrase
  if (!identity.ok) return identity
  const mine = belongs(storage, identity.value)
  return mine.ok ? identity : mine
}

/** Row of a phrase that was restored: what it took part in is to be looked for as soon as the wallet is open. */
const SEARCH = 'search'
export const searchWanted: StorageWrite = { table: TABLE, key: SEARCH, value: true }
export const searchBegun: StorageWrite = { table: TABLE, key: SEARCH, delete: true }
export const isSearchWanted = (storage: StoragePort): boolean => storage.get(TABLE, SEARCH) !== undefined

/** The sealed phrase of a folder. */
export const keystoreIn = (storage: StoragePort): Json | undefined => storage.get(TABLE, 'keystore')

/** The stored phrase, for its owner to write down. Errors: those of the keystore, `identity.missing`. */
export async function readPhrase({ crypto, storage }: IdentityPorts, passphrase: string): Promise<Result<string>> {
  const stored = storage.get(TABLE, 'keystore')
  if (stored === undefined) return missing()
  const phrase = await decryptSecret(crypto, stored, passphrase)
  return phrase.ok ? ok(new TextDecoder().decode(phrase.value)) : phrase
}

/**
 * Puts a phrase into an empty folder: a new one, or one that is restored. What a node finds again with it is in the handbook of `wallet restore`.
 * @param phrase 12 to 24 words, as a person types them
 * Errors: `phrase.length`, `phrase.word`, `phrase.checksum`, `identity.exists` (the folder has a wallet), `identity.missing` (it has one's data).
 */
export async function storePhrase(ports: IdentityPorts, passphrase: string, scryptLog2: number, phrase: string): Promise<Result<null>> {
  const { crypto, storage, random } = ports
  const checked = checkPhrase(phrase)
  if (!checked.ok) return checked
  if (storage.get(TABLE, 'keystore') !== undefined)
    return fail('identity.exists', 'This folder has a wallet already. Choose an empty folder, or move this one away first.')
  if (hasTraces(storage)) return missing()
  const sealed = await encryptSecret(crypto, random.bytes(44), passphrase, utf8(checked.value), 2 ** scryptLog2)
  storage.transact([{ table: TABLE, key: 'keystore', value: sealed as unknown as Json }])
  return ok(null)
}

const missing = () =>
  fail(
    'identity.missing',
    "This folder holds a wallet's data and not its key file. Put the key file's backup in its place, or restore the wallet from its seed phrase into another folder.",
  )

/**
 * Puts a sealed phrase into a folder without one, in one commit with what belongs to it. A wallet's data that is there has to be that of the same phrase:
 * so a lost key file is made again from the words. Errors: `identity.missing` (nobody noted whose data it is), `identity.other`.
 */
export function putPhrase(
  { storage }: Pick<IdentityPorts, 'storage'>,
  keystore: Json,
  identity: Result<Identity>,
  rows: StorageWrite[],
): Result<null> {
  if (!identity.ok) return identity
  const isUsed = hasTraces(storage)
  if (isUsed && storage.get(TABLE, 'owner') === undefined) return missing()
  const mine = isUsed ? belongs(storage, identity.value) : ok(null)
  if (!mine.ok) return mine
  const owner = { table: TABLE, key: 'owner', value: ownerOf(identity.value) }
  storage.transact([{ table: TABLE, key: 'keystore', value: keystore }, owner, ...rows])
  return ok(null)
}

const ownerOf = (identity: Identity): string => identity.key({ purpose: 'backup' }).publicKey

/** Whose folder it is, noted at the first start: so a key file that was put there from another folder is found out before it is used. */
export function belongs(storage: StoragePort, identity: Identity): Result<null> {
  const owner = ownerOf(identity)
  const noted = storage.get(TABLE, 'owner')
  if (noted === undefined) storage.transact([{ table: TABLE, key: 'owner', value: owner }])
  else if (noted !== owner)
    return fail(
      'identity.other',
      "The key file in this folder belongs to another wallet than the rest of it. Put this folder's own key file back, or restore the wallet from its seed phrase into another folder.",
    )
  return ok(null)
}

/** The keys of a phrase, as a person types it. Errors: those of `checkPhrase`. */
export function identityOf(crypto: CryptoPort, network: CoinNetwork, phrase: string): Result<Identity & { phrase: string }> {
  const checked = checkPhrase(phrase)
  if (!checked.ok) return checked
  const seed = phraseToSeed(checked.value)
  if (!seed.ok) return seed
  const derive = keyDeriver(seed.value)
  const known = new Map<string, KeyPair>()
  return ok({
    phrase: checked.value,
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
