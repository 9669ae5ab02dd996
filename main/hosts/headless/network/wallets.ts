/** Wallets of the local network's participants, while they do not run: their phrase, and a folder in the place of a damaged one. Nothing is deleted. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fastCrypto } from '../../../adapters/crypto/fast.ts'
import { lockFolder } from '../../../adapters/storage/lock.ts'
import { openSqliteStorage } from '../../../adapters/storage/sqlite.ts'
import { createSystemRandom } from '../../../adapters/system/random.ts'
import { fail, ok, readPhrase, storePhrase, type Result } from '../../../core/index.ts'
import type { StoragePort } from '../../../core/ports.ts'
import { markUnfunded } from './funds.ts'
import { SCRYPT_LOG2 } from './plan.ts'

const LOCK_MS = 500

/** A participant's folder. Errors: `wallet.nobody` (no such one), `wallet.running`. */
function folderOf(network: string, name: string): Result<string> {
  const folder = join(network, name)
  if (!/^[a-z0-9-]{1,40}$/.test(name) || !existsSync(folder))
    return fail(
      'wallet.nobody',
      `There is no participant «${name}» in ${network}. Name one of its folders, or another network with --folder.`,
    )
  const lock = lockFolder(folder, LOCK_MS)
  if (lock.ok) lock.value()
  // Whatever else is wrong with the lock is a damage that this is there for.
  return lock.ok || lock.error.code !== 'storage.locked'
    ? ok(folder)
    : fail('wallet.running', `${name} is running. End the network first, then do this again.`)
}

function withStorage<T>(folder: string, use: (storage: StoragePort) => Promise<Result<T>>): Promise<Result<T>> {
  const opened = openSqliteStorage(join(folder, 'state'))
  return opened.ok ? use(opened.value).finally(() => opened.value.close()) : Promise.resolve(opened)
}

const ports = (storage: StoragePort) => ({ crypto: fastCrypto, random: createSystemRandom(), storage })

/** The seed phrase of a participant. Errors: `wallet.nobody`, `wallet.running`, those of the store and the keystore. */
export async function phraseOf(network: string, name: string, passphrase: string): Promise<Result<string>> {
  const folder = folderOf(network, name)
  return folder.ok ? withStorage(folder.value, (storage) => readPhrase(ports(storage), passphrase)) : folder
}

/** The first name beside a folder that is not taken. */
function asideOf(folder: string): string {
  for (let at = 1; ; at++) if (!existsSync(`${folder}.aside-${at}`)) return `${folder}.aside-${at}`
}

/**
 * Puts a folder with the wallet of a phrase in the place of a participant's, which is moved aside. The new one is whole before the old one moves.
 * @returns where the old folder is now. Errors: `wallet.nobody`, `wallet.running`, those of the phrase and the store.
 */
export async function restoreWallet(network: string, name: string, phrase: string): Promise<Result<string>> {
  const folder = folderOf(network, name)
  if (!folder.ok) return folder
  const fresh = `${folder.value}.restoring`
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { recursive: true, mode: 0o700 })
  const stored = await withStorage(fresh, (storage) => storePhrase(ports(storage), passphraseOf(network), SCRYPT_LOG2, phrase))
  if (!stored.ok) {
    rmSync(fresh, { recursive: true, force: true })
    return stored
  }
  markUnfunded(fresh)
  const aside = asideOf(folder.value)
  renameSync(folder.value, aside)
  renameSync(fresh, folder.value)
  return ok(aside)
}

/** Moves a participant's folder aside, so that it begins anew with another wallet. @returns where it is now. Errors: those of `restoreWallet`. */
export function replaceWallet(network: string, name: string): Result<string> {
  const folder = folderOf(network, name)
  if (!folder.ok) return folder
  const aside = asideOf(folder.value)
  renameSync(folder.value, aside)
  return ok(aside)
}

/** The network's own; see `plan.ts`. */
const passphraseOf = (network: string): string => readFileSync(join(network, 'passphrase'), 'utf8')
