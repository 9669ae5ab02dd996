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
import { watch, type Purpose } from './state.ts'
import { own } from '../../../roles/program/index.ts'

/** Receive and change addresses watched ahead (BIP44's gap limit). */
const GAP = 20

export interface Keyring {
  /** Watches the address of a key that this wallet can derive. */
  add(purpose: Parameters<Identity['key']>[0], kind: Purpose): KeyPair
  /** The first receive address without a coin. */
  receiveAddress(): Result<string>
  changeScript(): string
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
  const firstUnused = (change: 0 | 1): KeyPair => {
    const used = new Set(Object.values(cell.state().coins).map((coin) => coin.script))
    const keys = Array.from({ length: GAP }, (_, index) => identity.key(coinKey(change, index)))
    return keys.find((key) => !used.has(scriptOf(key))) ?? keys[0]!
  }
  return {
    add,
    receiveAddress: () => p2trAddress(fromHex(firstUnused(0).publicKey), network),
    changeScript: () => scriptOf(firstUnused(1)),
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
