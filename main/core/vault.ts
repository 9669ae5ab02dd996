/**
 * The wallet of a node as a person handles it: made or restored, its words asked back, opened and closed. What is secret is in memory only while it is open,
 * and on the disk under the passphrase. Keys and folders are `identity.ts`.
 *
 * `unconfirmed` lasts from making a wallet until its asked words were given back. It may be shown again, discarded, given another passphrase and confirmed;
 * nothing is received, sent or published with it, because whoever did not write its words down would lose that with the disk.
 */
import type { CryptoPort } from '../../roles/protocol/crypto/index.ts'
import { encryptSecret, phraseFromEntropy, type CoinNetwork } from '../../roles/protocol/keys/index.ts'
import { utf8 } from '../../roles/protocol/bytes.ts'
import { fail, failForNow, ok, type Result } from '../../roles/protocol/result.ts'
import type { PhraseView, VaultState } from '../contract/wallet.ts'
import { belongs, identityOf, keystoreIn, putPhrase, searchWanted, readPhrase, type Identity } from './identity.ts'
import type { Json, RandomPort, StoragePort } from './ports.ts'
import { createTurns } from './turns.ts'

export interface VaultOptions {
  crypto: CryptoPort
  /** Unsealed: the keys of the sealed tables follow from the phrase. */
  storage: StoragePort
  random: RandomPort
  network: CoinNetwork
  /** Cost of a new keystore's scrypt as a power of two; an existing one says its own. */
  scryptLog2: number
}

export interface VaultStatus {
  state: VaultState
  /** Positions, from 1; only while `unconfirmed`. */
  asked?: number[]
  /** Whether the passphrase is needed before the asked words can be compared: it was locked, or the node was started again since. */
  shut?: true
  words?: number
}

export interface Vault {
  status(): VaultStatus
  /** Only while it is `open`. */
  identity(): Identity | null
  /** Errors: `wallet.exists`, `identity.missing`, `passphrase.*`, `keystore.passphrase` (repeated with another one). */
  create(options: { passphrase: string; words: 12 | 24 }): Promise<Result<PhraseView>>
  /** Errors: `wallet.none`, `wallet.locked`, `wallet.words`. */
  confirm(words: readonly string[]): Result<null>
  /** Errors: `wallet.confirmed`. */
  discard(): Result<null>
  /** @param options `find`: whether the search is then to begin. Errors: `wallet.exists`, `phrase.*`, `passphrase.*`, `identity.missing`, `identity.other`. */
  restore(options: { phrase: string; passphrase: string; find?: boolean }): Promise<Result<null>>
  /** Errors: `wallet.none`, those of the keystore, `identity.other`, `wallet.attempts`. */
  unlock(passphrase: string): Promise<Result<null>>
  lock(): void
  /** Errors: `wallet.none`, those of the keystore, `passphrase.*`, `wallet.attempts`. */
  changePassphrase(options: { old: string; new: string }): Promise<Result<null>>
  /** Errors: `wallet.none`, those of the keystore, `wallet.attempts`. */
  phrase(passphrase: string): Promise<Result<PhraseView>>
  /** Told after every change of the state. */
  onChange(listener: () => void): void
}

const TABLE = 'identity'
/** Row of a wallet whose words were not given back yet: which ones are asked. Nothing of the phrase is in it. */
const UNCONFIRMED = 'unconfirmed'
const ASKED = 3
/** A passphrase is typed into one computer by its owner; scrypt makes each guess dear, and length is what keeps guesses from succeeding. */
const SHORTEST_PASSPHRASE = 8
/** Attempts that wait for their turn; each takes memory and most of a second. */
const MOST_ATTEMPTS = 4

interface Opened {
  phrase: string
  identity: Identity
}

/** So many different positions of a phrase, ascending. */
function positions(random: RandomPort, words: number): number[] {
  const chosen = new Set<number>()
  // A byte is taken where it falls below a multiple of `words`, so that all positions are as likely.
  while (chosen.size < ASKED) for (const byte of random.bytes(16)) if (chosen.size < ASKED && byte < 240) chosen.add((byte % words) + 1)
  return [...chosen].sort((a, b) => a - b)
}

/** Errors: `passphrase.short`, `passphrase.same` (one character only). */
function checkPassphrase(passphrase: string): Result<null> {
  const letters = [...passphrase.normalize('NFKC')]
  if (letters.length < SHORTEST_PASSPHRASE)
    return fail(
      'passphrase.short',
      `The passphrase has ${letters.length} characters; it needs ${SHORTEST_PASSPHRASE} at least. Take a longer one: four words chosen by chance are easy to keep.`,
      { least: SHORTEST_PASSPHRASE },
    )
  return new Set(letters).size > 1
    ? ok(null)
    : fail(
        'passphrase.same',
        'The passphrase is one character over and over. Take another one: four words chosen by chance are easy to keep.',
      )
}

/** What a person does where there is none. */
export const NO_WALLET =
  'This node has no wallet yet. Create one (golem wallet create), or restore one from its seed phrase (golem wallet restore).'
const none = fail('wallet.none', NO_WALLET)

/** What the operations share: the folder, what is open, and one attempt after the other. */
function createCell(options: VaultOptions) {
  const { crypto, storage, random, network, scryptLog2 } = options
  const turns = createTurns()
  const listeners: Array<() => void> = []
  let opened: Opened | null = null
  let attempts = 0
  const exists = (): boolean => keystoreIn(storage) !== undefined
  return {
    storage,
    random,
    opened: () => opened,
    exists,
    /** Null once it is confirmed. */
    asked: (): number[] | null => (storage.get(TABLE, UNCONFIRMED) as unknown as { asked: number[] } | undefined)?.asked ?? null,
    take(next: Opened | null): void {
      opened = next
      for (const listener of listeners) listener()
    },
    onChange: (listener: () => void) => void listeners.push(listener),
    identityOf: (phrase: string) => identityOf(crypto, network, phrase),
    sealed: async (phrase: string, passphrase: string): Promise<Json> =>
      (await encryptSecret(crypto, random.bytes(44), passphrase, utf8(phrase), 2 ** scryptLog2)) as unknown as Json,
    /** One after the other, and few that wait: whoever guesses passphrases by commands gets on no faster than scrypt is. */
    attempt<T>(work: () => Promise<Result<T>>): Promise<Result<T>> {
      if (attempts >= MOST_ATTEMPTS)
        return Promise.resolve(
          failForNow('wallet.attempts', `${attempts} passphrases are being tried already. Wait for their answers, then try again.`),
        )
      attempts++
      return turns.take(work).finally(() => {
        attempts--
      })
    },
    async open(passphrase: string): Promise<Result<Opened>> {
      if (!exists()) return none
      const phrase = await readPhrase(options, passphrase)
      if (!phrase.ok) return phrase
      const identity = identityOf(crypto, network, phrase.value)
      if (!identity.ok) return identity
      const mine = belongs(storage, identity.value)
      return mine.ok ? ok({ phrase: phrase.value, identity: identity.value }) : mine
    },
  }
}
type Cell = ReturnType<typeof createCell>

const shown = (cell: Cell, phrase: string): PhraseView => ({ phrase, asked: cell.asked() ?? [] })

async function create(cell: Cell, { passphrase, words }: { passphrase: string; words: 12 | 24 }): Promise<Result<PhraseView>> {
  const strong = checkPassphrase(passphrase)
  if (!strong.ok) return strong
  if (cell.exists() && cell.asked() === null)
    return fail('wallet.exists', 'This node has a wallet already. Start a node in another folder for another wallet.')
  if (!cell.exists()) {
    const phrase = phraseFromEntropy(cell.random.bytes(words === 12 ? 16 : 32))
    const rows = [{ table: TABLE, key: UNCONFIRMED, value: { asked: positions(cell.random, words) } }]
    const stored = putPhrase(cell, await cell.sealed(phrase, passphrase), cell.identityOf(phrase), rows)
    if (!stored.ok) return stored
  }
  const done = await cell.open(passphrase)
  if (!done.ok) return done
  cell.take(done.value)
  return ok(shown(cell, done.value.phrase))
}

function confirm(cell: Cell, words: readonly string[]): Result<null> {
  const [wanted, opened] = [cell.asked(), cell.opened()]
  if (!cell.exists()) return none
  if (wanted === null) return ok(null)
  if (opened === null)
    return fail(
      'wallet.locked',
      'The wallet is closed, and its words are compared only while it is open. Unlock it (golem wallet unlock), then give the words (golem wallet confirm).',
    )
  const right = compare(opened.phrase.split(' '), wanted, words)
  if (!right.ok) return right
  cell.storage.transact([{ table: TABLE, key: UNCONFIRMED, delete: true }])
  cell.take(opened)
  return ok(null)
}

function discard(cell: Cell): Result<null> {
  if (!cell.exists()) return ok(null)
  if (cell.asked() === null)
    return fail(
      'wallet.confirmed',
      'This wallet was confirmed, and may hold money. Keep its phrase, and start a node in another folder for another one.',
    )
  cell.storage.transact(['keystore', 'owner', UNCONFIRMED].map((key) => ({ table: TABLE, key, delete: true as const })))
  cell.take(null)
  return ok(null)
}

async function restore(cell: Cell, { phrase, passphrase, find = false }: Parameters<Vault['restore']>[0]): Promise<Result<null>> {
  if (cell.exists()) return fail('wallet.exists', 'This node has a wallet already. Start a node in another folder to restore another one.')
  const identity = cell.identityOf(phrase)
  if (!identity.ok) return identity
  const strong = checkPassphrase(passphrase)
  if (!strong.ok) return strong
  const tidy = identity.value.phrase
  const stored = putPhrase(cell, await cell.sealed(tidy, passphrase), identity, find ? [searchWanted] : [])
  if (stored.ok) cell.take({ phrase: tidy, identity: identity.value })
  return stored
}

async function changePassphrase(cell: Cell, { old, new: next }: { old: string; new: string }): Promise<Result<null>> {
  const strong = checkPassphrase(next)
  if (!strong.ok) return strong
  const known = await cell.open(old)
  if (!known.ok) return known
  // One row in one commit: a crash leaves the one before or this one. Rows of other tables are sealed by keys of the phrase, which stays.
  cell.storage.transact([{ table: TABLE, key: 'keystore', value: await cell.sealed(known.value.phrase, next) }])
  return ok(null)
}

function statusOf(cell: Cell): VaultStatus {
  const [waits, opened] = [cell.asked(), cell.opened()]
  const words = opened === null ? {} : { words: opened.phrase.split(' ').length }
  if (!cell.exists()) return { state: 'none' }
  if (waits !== null) return { state: 'unconfirmed', asked: waits, ...words, ...(opened === null ? { shut: true } : {}) }
  return { state: opened === null ? 'locked' : 'open', ...words }
}

export function createVault(options: VaultOptions): Vault {
  const cell = createCell(options)
  return {
    status: () => statusOf(cell),
    identity: () => (cell.asked() === null ? (cell.opened()?.identity ?? null) : null),
    create: (wanted) => cell.attempt(() => create(cell, wanted)),
    confirm: (words) => confirm(cell, words),
    discard: () => discard(cell),
    restore: (wanted) => cell.attempt(() => restore(cell, wanted)),
    unlock: (passphrase) =>
      cell.attempt(async () => {
        const done = await cell.open(passphrase)
        if (!done.ok) return done
        if (cell.opened() === null) cell.take(done.value)
        return ok(null)
      }),
    lock() {
      if (cell.opened() !== null) cell.take(null)
    },
    changePassphrase: (wanted) => cell.attempt(() => changePassphrase(cell, wanted)),
    phrase: (passphrase) =>
      cell.attempt(async () => {
        const done = await cell.open(passphrase)
        return done.ok ? ok(shown(cell, done.value.phrase)) : done
      }),
    onChange: cell.onChange,
  }
}

/** Errors: `wallet.words` with the first position that is wrong. */
function compare(phrase: readonly string[], asked: readonly number[], given: readonly string[]): Result<null> {
  const list = asked.join(', ')
  if (given.length !== asked.length)
    return fail('wallet.words', `The words ${list} of the phrase are asked, ${asked.length} of them; ${given.length} were given.`)
  const wrong = asked.find((position, at) => given[at]!.normalize('NFKD').trim().toLowerCase() !== phrase[position - 1])
  return wrong === undefined
    ? ok(null)
    : fail(
        'wallet.words',
        `Word ${wrong} is another one in the phrase. Look at what you wrote down, and give the words ${list} in this order; «golem wallet phrase» shows the phrase again.`,
        { position: wrong },
      )
}
