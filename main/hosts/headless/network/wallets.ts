/** Wallets of the local network's participants, while they do not run: their phrase, and a folder in the place of a damaged one. Nothing is deleted. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fastCrypto } from '../../../adapters/crypto/fast.ts'
import { lockFolder } from '../../../adapters/storage/lock.ts'
import { openSqliteStorage } from '../../../adapters/storage/sqlite.ts'
import { createSystemRandom } from '../../../adapters/system/random.ts'
import { fail, ok, readPhrase, storePhrase, type Result } from '../../../core/index.ts'
import type { StoragePort } from '../../../core/ports.ts'
import { markUnfunded } from './funds.ts'
import { readPassphrase, SCRYPT_LOG2 } from './plan.ts'

const LOCK_MS = 500
const NAME = /^[a-z0-9-]{1,40}$/

/** Beside the participants' folders there are others, such as the chain's: moved aside, all coins would be gone. */
const isParticipant = (folder: string): boolean => existsSync(join(folder, 'state'))

/** A participant's folder. Errors: `wallet.nobody` (no such one), `wallet.running`. */
export function participantFolder(network: string, name: string): Result<string> {
  const folder = join(network, name)
  if (!NAME.test(name) || !isParticipant(folder)) return nobody(network, name)
  // The whole network's, because a participant that cannot start does not hold its own, and is tried again and again.
  return isLocked(network) || isLocked(folder)
    ? fail('wallet.running', `The network in ${network} is running. End it first, then do this again.`)
    : ok(folder)
}

function nobody(network: string, name: string): Result<never> {
  const names = existsSync(network) ? readdirSync(network).filter((one) => NAME.test(one) && isParticipant(join(network, one))) : []
  const there = names.length === 0 ? 'it has none' : `it has ${names.sort().join(', ')}`
  return fail(
    'wallet.nobody',
    `There is no participant «${name}» in ${network}; ${there}. Name one of them, or another network with --folder.`,
  )
}

/** Whatever else is wrong with a lock is a damage that this is there for. */
function isLocked(folder: string): boolean {
  if (!existsSync(join(folder, 'lock'))) return false
  const lock = lockFolder(folder, LOCK_MS)
  if (lock.ok) lock.value()
  return !lock.ok && lock.error.code === 'storage.locked'
}

function withStorage<T>(folder: string, use: (storage: StoragePort) => Promise<Result<T>>): Promise<Result<T>> {
  const opened = openSqliteStorage(join(folder, 'state'))
  return opened.ok ? use(opened.value).finally(() => opened.value.close()) : Promise.resolve(opened)
}

const ports = (storage: StoragePort) => ({ crypto: fastCrypto, random: createSystemRandom(), storage })

/** The seed phrase of a participant. Errors: `wallet.nobody`, `wallet.running`, `wallet.none`, those of the store and the keystore. */
export async function phraseOf(network: string, name: string, passphrase: string): Promise<Result<string>> {
  const folder = participantFolder(network, name)
  if (!folder.ok) return folder
  // Opening would make an empty one.
  if (!existsSync(join(folder.value, 'state', 'store.sqlite')))
    return fail(
      'wallet.none',
      `${name} has no wallet in ${folder.value} (state/store.sqlite is missing). Restore it from its seed phrase with: restore ${name}.`,
    )
  return withStorage(folder.value, (storage) => readPhrase(ports(storage), passphrase))
}

/** The first name beside a folder that is not taken. */
function asideOf(folder: string): string {
  for (let at = 1; ; at++) if (!existsSync(`${folder}.aside-${at}`)) return `${folder}.aside-${at}`
}

/**
 * Puts a folder with the wallet of a phrase in the place of a participant's, which is moved aside. The new one is whole before the old one moves.
 * @returns where the old folder is now. Errors: `wallet.nobody`, `wallet.running`, those of `readPassphrase`, the phrase and the store.
 */
export async function restoreWallet(network: string, name: string, phrase: string): Promise<Result<string>> {
  const folder = participantFolder(network, name)
  if (!folder.ok) return folder
  const passphrase = readPassphrase(network)
  if (!passphrase.ok) return passphrase
  const fresh = `${folder.value}.restoring`
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { recursive: true, mode: 0o700 })
  const stored = await withStorage(fresh, (storage) => storePhrase(ports(storage), passphrase.value, SCRYPT_LOG2, phrase))
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
  const folder = participantFolder(network, name)
  if (!folder.ok) return folder
  const aside = asideOf(folder.value)
  renameSync(folder.value, aside)
  return ok(aside)
}
