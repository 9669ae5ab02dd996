/** The wallet's addresses and their keys: which scripts are watched, the next unused ones, and signing. */
import { fromHex, toHex } from '../../../roles/protocol/bytes.ts'
import type { CryptoPort } from '../../../roles/protocol/crypto/index.ts'
import type { KeyPair } from '../../../roles/protocol/keys/index.ts'
import { must, type Result } from '../../../roles/protocol/result.ts'
import { p2trAddress, p2trScript, signTransaction, tweakPrivateKey } from '../../../roles/protocol/tx/index.ts'
import type { Identity } from '../identity.ts'
import type { ChainPort, RandomPort } from '../ports.ts'
import type { WalletCell } from './cell.ts'
import type { Composition } from './compose.ts'
import { isOrdinary, watch, type Purpose, type WalletState, type WatchedScript } from './state.ts'
import { own } from '../../../roles/program/index.ts'

/** Receive and change addresses watched ahead (BIP44's gap limit). */
export const GAP = 20

export interface Keyring {
  /** Watches the address of a key that this wallet can derive. */
  add(purpose: Parameters<Identity['key']>[0], kind: Purpose): KeyPair
  /** The first receive address that never had a coin. */
  receiveAddress(): Result<string>
  changeScript(): string
  /**
   * The state that watches the addresses after those that were used too, so that `GAP` unused ones follow.
   * @param used scripts, hex where they are watched; only receive and change addresses count
   */
  extended(state: WalletState, used: Iterable<string | WatchedScript>): WalletState
  /** So many receive and change addresses behind those that are watched: a search looks further than what is watched for good. */
  ahead(state: WalletState, count: number): WatchedScript[]
  sign(composition: Composition): Uint8Array
}

export interface KeyringPorts {
  crypto: CryptoPort
  random: RandomPort
  identity: Identity
  network: ChainPort['network']
}

const scriptOf = (key: KeyPair): string => toHex(must(p2trScript(fromHex(key.publicKey))))
const coinKey = (change: 0 | 1, index: number) => ({ purpose: 'coins' as const, account: 0, change, index })

/** Addresses of a branch that are watched: the last `GAP` of the receiving ones never had a coin. */
function watchedIn({ scripts }: WalletState, change: 0 | 1): number {
  const purpose = change === 0 ? 'receive' : 'change'
  return Object.values(scripts).filter((one) => one.purpose === purpose).length
}

export function createKeyring({ crypto, random, identity, network }: KeyringPorts, cell: WalletCell): Keyring {
  const add = (purpose: Parameters<Identity['key']>[0], kind: Purpose): KeyPair => {
    const key = identity.key(purpose)
    const script = scriptOf(key)
    if (own(cell.state().scripts, script) === undefined)
      cell.commit(watch(cell.state(), [{ script, purpose: kind, key: JSON.stringify(purpose) }]))
    return key
  }
  if (Object.keys(cell.state().scripts).length === 0) {
    for (let index = 0; index < GAP; index++) {
      add(coinKey(0, index), 'receive')
      add(coinKey(1, index), 'change')
    }
  }
  /** Change goes round among the first ones, or what is watched would grow with every payment. */
  const firstUnused = (change: 0 | 1): KeyPair => {
    const used = new Set(Object.values(cell.state().coins).map((coin) => coin.script))
    const from = change === 0 ? watchedIn(cell.state(), 0) - GAP : 0
    const keys = Array.from({ length: GAP }, (_, at) => identity.key(coinKey(change, from + at)))
    return keys.find((key) => !used.has(scriptOf(key))) ?? keys[0]!
  }
  const addresses = new Map<string, WatchedScript>()
  const addressAt = (change: 0 | 1, index: number): WatchedScript => {
    const purpose = coinKey(change, index)
    const key = JSON.stringify(purpose)
    const known = addresses.get(key) ?? { script: scriptOf(identity.key(purpose)), purpose: change === 0 ? 'receive' : 'change', key }
    addresses.set(key, known)
    return known
  }
  const ahead = (state: WalletState, count: number): WatchedScript[] =>
    ([0, 1] as const).flatMap((change) => Array.from({ length: count }, (_, at) => addressAt(change, watchedIn(state, change) + at)))
  const extended = (state: WalletState, used: Iterable<string | WatchedScript>): WalletState => {
    const wanted = [0, 0]
    for (const one of used) {
      const owner = typeof one === 'string' ? own(state.scripts, one) : one
      if (owner === undefined || !isOrdinary(owner.purpose)) continue
      const { change, index } = JSON.parse(owner.key) as ReturnType<typeof coinKey>
      wanted[change] = Math.max(wanted[change]!, index + 1 + GAP)
    }
    const more = ([0, 1] as const).flatMap((change) => {
      const from = watchedIn(state, change)
      return Array.from({ length: Math.max(0, wanted[change]! - from) }, (_, at) => addressAt(change, from + at))
    })
    return more.length === 0 ? state : watch(state, more)
  }
  return {
    add,
    receiveAddress: () => p2trAddress(fromHex(firstUnused(0).publicKey), network),
    changeScript: () => scriptOf(firstUnused(1)),
    extended,
    ahead,
    sign(composition) {
      const secrets = new Map(
        composition.inputs.map((input, index) => [index, tweakPrivateKey(identity.key(JSON.parse(input.key) as never).privateKey)]),
      )
      return signTransaction(composition.unsigned, secrets, (hash, secret) =>
        crypto.schnorr.sign(hash, secret, random.bytes(32)),
      ).toBuffer()
    },
  }
}
