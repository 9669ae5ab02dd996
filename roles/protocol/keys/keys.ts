/**
 * Every key of a wallet comes from one BIP39 phrase over BIP32. Coins follow BIP86, so that any wallet restores them; Golem's
 * own keys live on the branch 1195'. Paths never change meaning: PROTOCOL.md repeats this table.
 *
 * | purpose      | path                                     | key                                              |
 * |--------------|------------------------------------------|--------------------------------------------------|
 * | coins        | m/86'/coin'/account'/change/index        | receiving (0) and change (1) addresses           |
 * | master       | m/1195'/coin'/0'/app'                    | a Supervisor's master key                        |
 * | secondary    | m/1195'/coin'/1'/app'/index'             | its secondary key number `index`                 |
 * | server       | m/1195'/coin'/2'/scope'×4/index'         | server identity for the offer whose digest is `offer` |
 * | client       | m/1195'/coin'/3'/scope'×4/index'         | client registration with the app `app` (master key)   |
 * | data         | m/1195'/coin'/4'/scope'×4/index'         | reserved data key number `index` in the app `app`     |
 * | backup       | m/1195'/coin'/5'                         | the wallet's own backups                         |
 *
 * coin' is 0' on mainnet and 1' on every test network. scope' are four 31-bit words of the tagged hash of the 32 bytes named, so
 * a restored wallet finds its keys from what is on the chain alone.
 */
import { HARDENED_OFFSET, HDKey } from '@scure/bip32'
import { entropyToMnemonic, mnemonicToEntropy, mnemonicToSeedSync } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { fromHex, toHex, utf8 } from '../bytes.ts'
import { nobleCrypto, type CryptoPort } from '../crypto/index.ts'
import { fail, ok, type Result } from '../result.ts'

export type CoinNetwork = 'mainnet' | 'test'

export type KeyPurpose = { network: CoinNetwork } & (
  | { purpose: 'coins'; account: number; change: 0 | 1; index: number }
  | { purpose: 'master'; app: number }
  | { purpose: 'secondary'; app: number; index: number }
  /** `offer`: SHA-256 of the offer document, hex. `index` counts identities, for one who starts anew after a tombstone. */
  | { purpose: 'server'; offer: string; index: number }
  /** `app`: x-only master key of the app's Supervisor, hex. */
  | { purpose: 'client'; app: string; index: number }
  | { purpose: 'data'; app: string; index: number }
  | { purpose: 'backup' }
)

export interface KeyPair {
  /** 32 bytes. */
  privateKey: Uint8Array
  /** X-only public key, hex: the identity. */
  publicKey: string
}

export const GOLEM_BRANCH = 1195

const hardened = (index: number): number => index + HARDENED_OFFSET

/** Four hardened indices that stand for 32 named bytes. */
function scope(hex: string): number[] {
  const digest = nobleCrypto.taggedHash('golem/key-scope', fromHex(hex))
  const view = new DataView(digest.buffer, digest.byteOffset)
  return [0, 4, 8, 12].map((at) => hardened(view.getUint32(at) & 0x7fffffff))
}

function golemPath(purpose: Exclude<KeyPurpose, { purpose: 'coins' }>): number[] {
  switch (purpose.purpose) {
    case 'master':
      return [hardened(0), hardened(purpose.app)]
    case 'secondary':
      return [hardened(1), hardened(purpose.app), hardened(purpose.index)]
    case 'server':
      return [hardened(2), ...scope(purpose.offer), hardened(purpose.index)]
    case 'client':
      return [hardened(3), ...scope(purpose.app), hardened(purpose.index)]
    case 'data':
      return [hardened(4), ...scope(purpose.app), hardened(purpose.index)]
    case 'backup':
      return [hardened(5)]
  }
}

/** Child indices from the root, hardened ones with 2³¹ added. */
export function keyPath(purpose: KeyPurpose): number[] {
  const coin = hardened(purpose.network === 'mainnet' ? 0 : 1)
  if (purpose.purpose === 'coins') return [hardened(86), coin, hardened(purpose.account), purpose.change, purpose.index]
  return [hardened(GOLEM_BRANCH), coin, ...golemPath(purpose)]
}

/** The path in the usual notation, for people: m/86'/1'/0'/0/5. */
export const keyPathText = (purpose: KeyPurpose): string =>
  ['m', ...keyPath(purpose).map((index) => (index >= HARDENED_OFFSET ? `${index - HARDENED_OFFSET}'` : `${index}`))].join('/')

/**
 * A function that derives keys of one wallet and keeps the parents it met: siblings (addresses, reserved keys of one app) then cost
 * one step each instead of eight. Holds secrets: drop it when the wallet is locked.
 * @param seed 64 bytes of `phraseToSeed`.
 */
export function keyDeriver(seed: Uint8Array): (purpose: KeyPurpose) => KeyPair {
  const parents = new Map<string, HDKey>([['', HDKey.fromMasterSeed(seed)]])
  const parentAt = (path: readonly number[]): HDKey => {
    const id = path.join('/')
    const known = parents.get(id)
    if (known !== undefined) return known
    const key = parentAt(path.slice(0, -1)).deriveChild(path.at(-1)!)
    parents.set(id, key)
    return key
  }
  return (purpose) => {
    const path = keyPath(purpose)
    const child = parentAt(path.slice(0, -1)).deriveChild(path.at(-1)!)
    return { privateKey: child.privateKey!, publicKey: toHex(child.publicKey!.subarray(1)) }
  }
}

/**
 * Derives one key of a wallet; for many of them use `keyDeriver`.
 * @param seed 64 bytes of `phraseToSeed`.
 * @example deriveKey(seed, { network: 'test', purpose: 'coins', account: 0, change: 0, index: 0 }).publicKey
 */
export const deriveKey = (seed: Uint8Array, purpose: KeyPurpose): KeyPair => keyDeriver(seed)(purpose)

/**
 * The X25519 private key (32 bytes) that belongs to a secp256k1 key, one per context (e.g. 'identity', 'tick 41').
 * HKDF is one way: revealing it, as a Supervisor does for a closed tick, says nothing about the key it came from.
 */
export const deriveX25519 = (crypto: CryptoPort, privateKey: Uint8Array, context: string): Uint8Array =>
  crypto.hkdf(privateKey, utf8('golem/x25519/1'), utf8(context), 32)

/** The phrase for given entropy: 16 bytes make 12 words, 32 make 24 (BIP39, English list). */
export const phraseFromEntropy = (entropy: Uint8Array): string => entropyToMnemonic(entropy, wordlist)

/** Far above 24 words of eight letters; what is longer is no phrase. */
const LONGEST_PHRASE = 1_000
/** What comes along when a phrase is copied and cannot be seen: soft hyphens, zero-width spaces and joiners, marks of direction. */
const UNSEEN = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064]/g

/** One space between lower-case words, as people do not always type it: other spaces, capitals, commas, and letters of another width or composition. */
const tidy = (phrase: string): string =>
  phrase
    .normalize('NFKD')
    .replace(UNSEEN, '')
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase())
    .split(/[\s,;]+/)
    .filter((word) => word !== '')
    .join(' ')

/** What a word is by chance a slip of: letters left out, put in, swapped or taken for others (optimal string alignment). */
function slips(from: string, to: string): number {
  let [before, last]: [number[], number[]] = [[], Array.from({ length: to.length + 1 }, (_, at) => at)]
  for (let row = 1; row <= from.length; row++) {
    const next = [row]
    for (let at = 1; at <= to.length; at++) {
      const isSame = from[row - 1] === to[at - 1]
      const isSwapped = row > 1 && at > 1 && from[row - 1] === to[at - 2] && from[row - 2] === to[at - 1]
      next.push(Math.min(last[at]! + 1, next[at - 1]! + 1, last[at - 1]! + (isSame ? 0 : 1), isSwapped ? before[at - 2]! + 1 : Infinity))
    }
    ;[before, last] = [last, next]
  }
  return last[to.length]!
}

/** Words of the list that a typed one may stand for: those that it begins, and those a slip or two away. At most three, the nearest first. */
function nearWords(typed: string): string[] {
  const word = typed.slice(0, 16)
  const far = (one: string): number => (word.length >= 3 && one.startsWith(word) ? 0.5 : slips(word, one))
  const near = wordlist.map((one) => ({ one, far: far(one) })).sort((a, b) => a.far - b.far)
  const farthest = Math.min(word.length < 4 ? 1 : 2, near[0]!.far + 1)
  return near.flatMap((one) => (one.far <= farthest ? [one.one] : [])).slice(0, 3)
}

function unknownWord(word: string, position: number): Result<never> {
  const near = nearWords(word)
  const advice = near.length === 0 ? 'Check its spelling.' : `Did you write ${near.map((one) => `«${one}»`).join(' or ')}?`
  const message = `Word ${position} of the seed phrase, «${word.slice(0, 20)}», is not in the list. ${advice}`
  return fail('phrase.word', message, { position, near })
}

/** Checks a typed phrase and returns it tidied. Errors: `phrase.length`, `phrase.word` (details.position from 1, details.near), `phrase.checksum`. */
export function checkPhrase(phrase: string): Result<string> {
  if (phrase.length > LONGEST_PHRASE)
    return fail('phrase.length', `A seed phrase has 12, 15, 18, 21 or 24 words; this text has ${phrase.length} characters.`)
  const words = tidy(phrase).split(' ')
  if (![12, 15, 18, 21, 24].includes(words.length)) {
    return fail('phrase.length', `A seed phrase has 12, 15, 18, 21 or 24 words; this one has ${tidy(phrase) === '' ? 0 : words.length}.`)
  }
  const unknown = words.findIndex((word) => !wordlist.includes(word))
  if (unknown >= 0) return unknownWord(words[unknown]!, unknown + 1)
  try {
    mnemonicToEntropy(words.join(' '), wordlist)
    return ok(words.join(' '))
  } catch {
    return fail('phrase.checksum', 'The words of the seed phrase do not fit together. Check their order and whether one was swapped.')
  }
}

/** The 64-byte BIP39 seed of a checked phrase. Takes some 10 ms. Errors: those of `checkPhrase`. */
export function phraseToSeed(phrase: string, passphrase = ''): Result<Uint8Array> {
  const checked = checkPhrase(phrase)
  return checked.ok ? ok(mnemonicToSeedSync(checked.value, passphrase)) : checked
}
