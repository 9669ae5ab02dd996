/**
 * Secrets at rest beside the seed phrase: primes before they are revealed, seeds, the numbers and edge secrets of requests, and programs whose bodies
 * are nobody's business. The tables that hold them are sealed under a key of the wallet, so that whoever copies the disk has to know the passphrase.
 */
import { concatBytes, parseBase64, toBase64, utf8 } from '../../roles/protocol/bytes.ts'
import type { CryptoPort } from '../../roles/protocol/crypto/index.ts'
import type { Identity } from './identity.ts'
import type { Json, RandomPort, StoragePort, StorageWrite } from './ports.ts'

/** States of roles, effects under way, what the Supervisor signed with its programs, and programs that a person gave to restore their apps. */
export const SEALED_TABLES: ReadonlySet<string> = new Set(['role-state', 'effect', 'supervisor', 'dispute', 'restore'])

const NONCE_BYTES = 12

interface Sealed {
  box: string
}

/** Earlier versions wrote these tables in the clear; what they wrote is read as it is, and sealed when it is written again. */
const isSealed = (value: Json): value is Json & Sealed =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  typeof value['box'] === 'string' &&
  Object.keys(value).length === 1

/** The same storage, with `SEALED_TABLES` sealed; a row that does not open belongs to another wallet or is damaged, and throws. */
export function sealedStorage(
  storage: StoragePort,
  { crypto, random, identity }: { crypto: CryptoPort; random: RandomPort; identity: Identity },
): StoragePort {
  const secret = crypto.hkdf(identity.key({ purpose: 'backup' }).privateKey, utf8('golem/store/1'), utf8('rows'), 32)
  /** A row does not open in the place of another. */
  const place = (table: string, key: string): Uint8Array => utf8(JSON.stringify(['golem/store', table, key]))

  function seal(table: string, key: string, value: Json): Json {
    const nonce = random.bytes(NONCE_BYTES)
    const closed = crypto.aead.seal(secret, nonce, utf8(JSON.stringify(value)), place(table, key))
    return { box: toBase64(concatBytes(nonce, closed)) }
  }
  function open(table: string, key: string, value: Json): Json {
    if (!SEALED_TABLES.has(table) || !isSealed(value)) return value
    const box = parseBase64(value.box)
    const plain = box.ok
      ? crypto.aead.open(secret, box.value.subarray(0, NONCE_BYTES), box.value.subarray(NONCE_BYTES), place(table, key))
      : null
    if (plain === null)
      throw Object.assign(
        new Error(
          `The row ${key} of ${table} does not open: it belongs to another wallet, or is damaged. Put a backup of the folder in its place, or restore the wallet from its seed phrase into another folder.`,
        ),
        { code: 'stored.sealed' },
      )
    return JSON.parse(new TextDecoder().decode(plain)) as Json
  }
  const sealedWrite = (write: StorageWrite): StorageWrite =>
    'delete' in write || !SEALED_TABLES.has(write.table) ? write : { ...write, value: seal(write.table, write.key, write.value) }

  return {
    ...storage,
    get(table, key) {
      const value = storage.get(table, key)
      return value === undefined ? undefined : open(table, key, value)
    },
    list: (table, prefix, limit) => storage.list(table, prefix, limit).map(({ key, value }) => ({ key, value: open(table, key, value) })),
    transact: (writes, survives) => storage.transact(writes.map(sealedWrite), survives),
  }
}
