/**
 * What a person does with the wallet of a node. Every amount is in sats, every fee rate in sat per vbyte, every time in milliseconds since the epoch.
 * No answer carries a secret but the phrase, and that only where it is asked for with the passphrase, or made.
 */
import { z } from 'zod'

const none = z.strictObject({})
const hex32 = z.string().regex(/^[0-9a-f]{64}$/)
const passphrase = z.string().min(1).max(1000)
const result = <T>() => undefined as unknown as T

/** 21 million bitcoin: no amount is more. */
const MOST_SATS = 2_100_000_000_000_000

/**
 * `none`: the folder has no wallet. `unconfirmed`: it was made, and the words that were asked have not been given back: nothing is received, sent or
 * published before. `locked`: the passphrase is asked for. `open`: it works.
 */
export type VaultState = 'none' | 'unconfirmed' | 'locked' | 'open'

export interface WalletView {
  state: VaultState
  network: string
  /** Positions, from 1, of the words that are asked back; only while `unconfirmed`. */
  asked?: number[]
  /** It was locked, or the node was started again, since the wallet was made: it is unlocked before the asked words are given. */
  shut?: true
  /** Words of the phrase, once that is known: only while it is not `locked`. */
  words?: number
  /** Why no payment goes through, until one does. */
  hindrance?: string
  /** Work on the wallet that is going on or was the last one. */
  rescan?: RescanView
}

export interface PhraseView {
  phrase: string
  /** Positions, from 1, of the words that are asked back. Empty where it was confirmed already. */
  asked: number[]
}

export interface BalanceView {
  /** In blocks, and may be spent. */
  confirmed: number
  /** On its way: own change, and payments that the mempool shows. */
  unconfirmed: number
  /** Mined, and not spendable before 100 blocks have passed. */
  immature: number
  /** Coins that roles need, which are never spent as money: at the addresses of data keys, of identities and jobs, and in channels. */
  reserved: ReservedSats
  /** What pending payments spend, change not taken off: it was counted as confirmed before. */
  leaving: number
  /** Of `confirmed` and own change: what a payment could spend now, before its fee. */
  spendable: number
}
export interface ReservedSats {
  total: number
  keys: CoinsView
  identities: CoinsView
  channels: CoinsView
}
export interface CoinsView {
  sats: number
  coins: number
}

/** What a payment spends and pays. It is sent with the same arguments, its `feeRate`, and its `plan`. */
export interface SendView {
  /** Digest of inputs, outputs and fee. */
  plan: string
  /** The rate that it was composed with. */
  feeRate: number
  inputs: Array<{ outpoint: string; value: number; address: string }>
  outputs: Array<{ address: string; value: number; purpose: 'payment' | 'change' }>
  /** To the receiver. */
  amount: number
  fee: number
  vsize: number
  /** Of the wallet, in words. */
  purpose: string
  /** What is spendable after it, its change included. */
  remains: number
  /** Once it is sent. */
  txid?: string
  /** Whether this call sent nothing, because an earlier one with the same key did. */
  repeated?: true
}

export type HistoryKind = 'received' | 'sent' | 'own' | 'published' | 'other'

export interface HistoryEntry {
  txid: string
  /** Of its block, or when it was recorded here; null where neither is known. */
  at: number | null
  /** Of its block; null while no block has it. */
  height: number | null
  /** Blocks that have it buried, its own included. */
  confirmations: number
  /** What the wallet has more or less by it, its fee included. */
  amount: number
  /** Paid by this wallet; null where somebody else paid it or its inputs are not all known. */
  fee: number | null
  kind: HistoryKind
  /** In words: «payment received», «payment sent», «offer of Poll», «tick 41» … */
  purpose: string
  /** From the life of a transaction: `offered`, `mempool`, `confirmed`, `refused` … */
  state: string
  /** What is known, and what happens next; not for one that is buried. */
  known?: string
  next?: string
  reason?: string
  /** Addresses of others that it pays, and those of this wallet. */
  pays: Array<{ address: string; value: number; own: boolean }>
}
export interface HistoryView {
  /** Newest first: those without a block, then by height. */
  entries: HistoryEntry[]
  /** For `before`, to go on with older ones; null at the end. */
  next: string | null
}

/** Blocks are read again for the wallet's coins and history; it goes on after a restart. */
export interface RescanView {
  state: 'running' | 'done' | 'cancelled' | 'failed'
  from: number
  /** The next block that is read, and the last one. */
  at: number
  to: number
  percent: number
  /** Transactions of this wallet that were found so far. */
  found: number
  /** Why it waits or failed. */
  message?: string
}

export type FoundRole = 'supervisor' | 'server' | 'client'

/** Something that this wallet took part in, found on the chain and in the swarm with its phrase alone. */
export interface FoundView {
  role: FoundRole
  /** The engagement: a public key of this wallet. */
  id: string
  /** Digest of the app's first offer. */
  app: string
  /** Key of its Supervisor. */
  master: string
  title: string | null
  /** Digest of the offer that a server accepted. */
  offer?: string
  /** Number in the derivation: of a master key; of the identity for server and client. */
  index: number
  /** Height of the first anchor that names it. */
  height: number
  /** What was established, in words. */
  state: string
  /**
   * What was done about it: it waits for its turn, goes on here (or did before), or was left alone, for the reason in `notes`.
   */
  now: 'waits' | 'goes on' | 'left alone'
  /** What was not brought back of this one, or why it was left alone and what to type, one sentence each. */
  notes: string[]
  /** Data keys of a client: reserved, of these written, and the number of the last one. */
  keys?: { reserved: number; written: number; last: number | null }
  /** What comes back, one sentence each. */
  restored: string[]
  /** What does not, one sentence each, and what to do about it. */
  lost: string[]
}
/** It is kept: after a restart it says the same, and what was running goes on. */
export interface RestoreView {
  state: 'none' | 'running' | 'done' | 'failed'
  /** What is looked at, in words, with its share. */
  step: string
  percent: number
  found: FoundView[]
  /** What could not be told, one sentence each: an offer that nobody has, for one. */
  unknown: string[]
  message?: string
}

export const wallet = {
  'wallet.status': {
    reads: true,
    doc: 'Whether the node has a wallet, and whether it is open.',
    args: none,
    result: result<WalletView>(),
  },
  'wallet.create': {
    doc: 'Makes a wallet. Its seed phrase is to be written down: it restores everything, and nobody else has it. Some of its words are then asked back with `wallet.confirm`; until then nothing is received, sent or published. Repeated while it is unconfirmed, with the same passphrase: shows the same phrase.',
    args: z.strictObject({ passphrase, words: z.union([z.literal(12), z.literal(24)]) }),
    result: result<PhraseView>(),
  },
  'wallet.confirm': {
    doc: 'Gives the asked words of the phrase back, in the order of their positions. Safe to repeat.',
    args: z.strictObject({ words: z.array(z.string().max(40)).min(1).max(24) }),
    result: result<WalletView>(),
  },
  'wallet.discard': {
    doc: 'Throws a wallet away that was created and never confirmed: nothing was received with it. A confirmed one is refused.',
    args: none,
    result: result<WalletView>(),
  },
  'wallet.restore': {
    doc: 'Restores a wallet from its seed phrase into a node that has none. Coins, apps, jobs and keys are then looked for as with `wallet.find`, unless `find` is false; `wallet.found` says how far that is.',
    args: z.strictObject({ phrase: z.string().min(1).max(1000), passphrase, find: z.boolean().optional() }),
    result: result<WalletView>(),
  },
  'wallet.unlock': {
    doc: 'Opens the wallet; what the node takes part in goes on. Safe to repeat.',
    args: z.strictObject({ passphrase }),
    result: result<WalletView>(),
  },
  'wallet.lock': {
    doc: 'Forgets the secrets until the passphrase is given again. What the node takes part in stands still. Safe to repeat.',
    args: none,
    result: result<WalletView>(),
  },
  'wallet.passphrase': {
    doc: 'Another passphrase for the same phrase. A crash leaves the old one or the new one in force.',
    args: z.strictObject({ old: passphrase, new: passphrase }),
    result: result<null>(),
  },
  'wallet.phrase': {
    reads: true,
    doc: 'The seed phrase, for its owner to write down.',
    args: z.strictObject({ passphrase }),
    result: result<PhraseView>(),
  },
  'wallet.balance': {
    reads: true,
    doc: 'What the wallet holds: spendable, on its way, and reserved for keys and jobs.',
    args: none,
    result: result<BalanceView>(),
  },
  'wallet.receive': {
    reads: true,
    doc: 'An address of this wallet that has not received anything yet.',
    args: none,
    result: result<{ address: string }>(),
  },
  'wallet.send': {
    doc: 'Pays to an address. With `dry` it only shows what it would spend and pay. With the `plan` and the `feeRate` that were shown it pays exactly that, or is refused because coins changed. `key` names the payment: however often it is repeated, it is paid once. `all` sends everything spendable, the fee taken off it.',
    args: z.strictObject({
      to: z.string().min(1).max(120),
      amount: z.union([z.int().min(1).max(MOST_SATS), z.literal('all')]),
      feeRate: z.number().min(0.1).max(1000).nullable(),
      dry: z.boolean(),
      plan: hex32.optional(),
      key: z.string().min(1).max(64).optional(),
    }),
    result: result<SendView>(),
  },
  'wallet.bump': {
    doc: "Replaces a payment of this wallet that waits by one that pays more. `feeRate` null takes the node's estimate.",
    args: z.strictObject({ txid: hex32, feeRate: z.number().min(0.1).max(1000).nullable() }),
    result: result<{ txid: string; fee: number }>(),
  },
  'wallet.history': {
    reads: true,
    doc: 'Every transaction that touched the wallet, newest first. `before` is the `next` of the answer before.',
    args: z.strictObject({ limit: z.int().min(1).max(500), before: z.string().max(100).nullable() }),
    result: result<HistoryView>(),
  },
  'wallet.rescan': {
    doc: 'Reads the blocks from a height on again for coins and history of this wallet, where they are missing. It goes on in the background; `wallet.status` says how far it is. What the node takes part in is not disturbed.',
    args: z.strictObject({ from: z.int().min(0).max(10_000_000) }),
    result: result<RescanView>(),
  },
  'wallet.rescanStop': {
    doc: 'Ends a rescan. The history that it found stays; coins are taken in at its end only. Safe to repeat.',
    args: none,
    result: result<RescanView | null>(),
  },
  'wallet.find': {
    doc: 'Looks on the chain and in the swarm for what this wallet took part in, and takes up the apps that it supervised or used, and the jobs that it had where that is safe; `wallet.found` says how far it is, and what was left alone. It goes on after a restart. Programs of supervised apps are given where nobody else has them. Safe to repeat.',
    args: z.strictObject({ programs: z.array(z.json()).max(8).optional() }),
    result: result<RestoreView>(),
  },
  'wallet.found': {
    reads: true,
    doc: 'What a restored wallet took part in, as `wallet.find` found it, and what could not be found or restored.',
    args: none,
    result: result<RestoreView>(),
  },
} as const
