/** `golem wallet …`: the secrets of the node's wallet. Nothing that is secret is ever an argument. */
import type { PhraseView, WalletView } from '../../../../contract/index.ts'
import { fail, ok, type Result } from '../../../../../roles/protocol/result.ts'
import { sats } from '../../../terminal/amount.ts'
import { plain } from '../../../terminal/columns.ts'
import { PASSPHRASE_FLAGS, readNewPassphrase, readPassphrase } from '../../../terminal/secret.ts'
import { readText } from '../../load.ts'
import type { Call, Done, Io } from '../../command.ts'
import type { Node } from '../connection.ts'
import { nodeCommand, textFlag } from '../node-command.ts'
import { lines, rescanText } from '../show.ts'
import { NO_WAIT_FLAG, searched } from './finding.ts'

const STATES: Readonly<Record<WalletView['state'], string>> = {
  none: 'This node has no wallet. Make one with golem wallet create, or restore one with golem wallet restore.',
  unconfirmed: 'The wallet is new: give its asked words back with golem wallet confirm. Until then nothing is received, sent or published.',
  locked: 'The wallet is locked: golem wallet unlock opens it.',
  open: 'The wallet is open.',
}

const walletText = ({ state, hindrance, rescan, asked, shut }: WalletView): string =>
  lines(
    STATES[state],
    shut === true && 'Its words are compared only while it is open: golem wallet unlock, then golem wallet confirm.',
    asked !== undefined && asked.length > 0 && `Asked are the words ${asked.join(', ')} of the phrase.`,
    hindrance !== undefined && `No payment goes through: ${plain(hindrance)}`,
    rescan !== undefined && rescanText(rescan),
  )

const told = (view: Result<WalletView>): Result<Done> => (view.ok ? ok({ text: walletText(view.value), value: view.value }) : view)

/**
 * Whether a command can do anything to the wallet as it is: looked at before a person is asked for anything.
 * @param among the states in which it can
 * Errors: `wallet.none`, `wallet.exists`, those of the node.
 */
async function inState(node: Node, among: ReadonlyArray<WalletView['state']>): Promise<Result<WalletView>> {
  const status = await node.call('wallet.status', {})
  if (!status.ok || among.includes(status.value.state)) return status
  const { state } = status.value
  if (state === 'none') return fail('wallet.none', STATES.none)
  const next =
    state === 'unconfirmed'
      ? 'golem wallet discard throws it away, for it was never confirmed.'
      : 'Another one needs a node in another folder.'
  return fail('wallet.exists', `This node has a wallet already. ${next}`)
}

const THERE = ['unconfirmed', 'locked', 'open'] as const

const passphrase = (call: Call): Promise<Result<string>> =>
  readPassphrase(call.io, { file: textFlag(call, 'passphrase-file'), variable: 'GOLEM_PASSPHRASE' })
const newPassphrase = (call: Call): Promise<Result<string>> =>
  readNewPassphrase(call.io, { file: textFlag(call, 'passphrase-file'), variable: 'GOLEM_PASSPHRASE' })

const phraseText = ({ phrase }: PhraseView): string => {
  const words = phrase.split(' ')
  const cells = words.map((word, at) => `${String(at + 1).padStart(2)} ${word}`.padEnd(15))
  return Array.from({ length: Math.ceil(words.length / 4) }, (_, row) =>
    cells
      .slice(row * 4, row * 4 + 4)
      .join('')
      .trimEnd(),
  ).join('\n')
}

export const walletStatusCommand = nodeCommand(
  {
    name: 'wallet status',
    summary: 'whether there is a wallet, and whether it is open',
    doc: 'Says what the wallet waits for, and how far a rescan is.',
    example: 'golem wallet status',
  },
  async (node) => told(await node.call('wallet.status', {})),
)

/** Words that are asked back, typed; null where nobody sits there. */
async function typedWords(io: Io, asked: readonly number[]): Promise<string[] | null> {
  const words: string[] = []
  for (const position of asked) {
    const word = await io.ask(`Word ${position}: `, false)
    if (word === null) return null
    words.push(word.trim().toLowerCase())
  }
  return words
}

async function confirmTyped(node: Node, io: Io, asked: readonly number[]): Promise<Result<WalletView> | null> {
  const words = await typedWords(io, asked)
  return words === null ? null : node.call('wallet.confirm', { words })
}

/** Takes what was shown away from the terminal, where it can. */
const CLEAR = '\u001b[2J\u001b[3J\u001b[H'

async function create(node: Node, call: Call): Promise<Result<Done>> {
  const { io, flags } = call
  const free = await inState(node, ['none', 'unconfirmed'])
  if (!free.ok) return free
  const secret = await newPassphrase(call)
  if (!secret.ok) return secret
  const made = await node.call('wallet.create', { passphrase: secret.value, words: flags['words'] === '24' ? 24 : 12 })
  if (!made.ok) return made
  const later = 'Write these words down, in this order, and show them to nobody: they restore everything, and nobody else has them.'
  const asked = `Then give the words ${made.value.asked.join(', ')} back: golem wallet confirm`
  const alone: Result<Done> = ok({ text: lines(phraseText(made.value), '', later, asked), value: made.value })
  if (flags['json'] === true || io.columns === null) return alone
  io.err(`${later}\n\n${phraseText(made.value)}\n\n`)
  if ((await io.ask('Press Enter when they are on paper; they are then taken from the screen. ', true)) === null) return alone
  io.err(CLEAR)
  const confirmed = await confirmTyped(node, io, made.value.asked)
  return confirmed === null ? ok({ text: asked, value: { asked: made.value.asked } }) : told(confirmed)
}

export const walletCreateCommand = nodeCommand(
  {
    name: 'wallet create',
    summary: 'make a wallet, and show its seed phrase once',
    flags: { words: { kind: 'choice', choices: ['12', '24'], default: '12', doc: 'how many words the phrase has' }, ...PASSPHRASE_FLAGS },
    doc: `Makes a wallet and shows the words that restore it. On a terminal some of them are asked back at once; otherwise golem wallet confirm gives them
back. Until then nothing is received, sent or published. The passphrase encrypts the wallet on this computer; it is typed unseen.`,
    example: 'golem wallet create --words 24',
  },
  create,
)

async function confirm(node: Node, call: Call): Promise<Result<Done>> {
  const file = textFlag(call, 'words-file')
  const text = file === undefined ? null : readText(file, call.io.cwd)
  if (text?.ok === false) return text
  if (text !== null) return told(await node.call('wallet.confirm', { words: text.value.trim().toLowerCase().split(/\s+/) }))
  const status = await inState(node, THERE)
  if (!status.ok) return status
  const asked = status.value.asked ?? []
  if (status.value.shut === true) return fail('wallet.locked', walletText(status.value))
  if (status.value.state !== 'unconfirmed' || asked.length === 0) return told(status)
  const confirmed = await confirmTyped(node, call.io, asked)
  return confirmed === null
    ? fail(
        'cli.words',
        `The words ${asked.join(', ')} were not given: type them on a terminal, or name a file that holds them with --words-file.`,
      )
    : told(confirmed)
}

export const walletConfirmCommand = nodeCommand(
  {
    name: 'wallet confirm',
    summary: 'give the asked words of a new phrase back',
    flags: { 'words-file': { kind: 'text', value: 'FILE', doc: 'it holds the asked words, in the order of their positions' } },
    doc: 'Shows that the phrase is on paper. The words are asked for one after the other; a program gives them in a file (or /dev/stdin).',
    example: 'golem wallet confirm',
  },
  confirm,
)

export const walletDiscardCommand = nodeCommand(
  {
    name: 'wallet discard',
    summary: 'throw a wallet away that was never confirmed',
    doc: 'Nothing was received with it, so nothing is lost. A wallet that is confirmed is refused.',
    example: 'golem wallet discard',
  },
  async (node) => {
    const there = await inState(node, THERE)
    return there.ok ? told(await node.call('wallet.discard', {})) : there
  },
)

async function readPhrase(call: Call): Promise<Result<string>> {
  const file = textFlag(call, 'phrase-file')
  if (file !== undefined) {
    const text = readText(file, call.io.cwd)
    return text.ok ? ok(text.value.trim()) : text
  }
  const typed = await call.io.ask('Seed phrase (12 to 24 words): ', true)
  return typed === null || typed.trim() === ''
    ? fail('cli.words', 'No seed phrase was given: type it on a terminal, or name a file that holds it with --phrase-file.')
    : ok(typed.trim())
}

export const walletRestoreCommand = nodeCommand(
  {
    name: 'wallet restore',
    summary: 'restore a wallet from its seed phrase',
    flags: {
      'phrase-file': { kind: 'text', value: 'FILE', doc: 'it holds the words; without it they are asked for, unseen' },
      ...PASSPHRASE_FLAGS,
      'no-find': { kind: 'flag', doc: 'look for nothing but coins; golem wallet find does it later' },
      ...NO_WAIT_FLAG,
    },
    doc: `For a node that has no wallet. Coins come back by themselves; apps, jobs and reserved keys are then looked for on the chain and in the swarm, as with golem wallet find, and go on. In a
new folder, settings are as at the beginning: give those that others reach this node by (golem settings) before, or its jobs are left alone.`,
    example: 'golem wallet restore',
  },
  async (node, call) => {
    const free = await inState(node, ['none'])
    if (!free.ok) return free
    const phrase = await readPhrase(call)
    if (!phrase.ok) return phrase
    const secret = await newPassphrase(call)
    if (!secret.ok) return secret
    const without = call.flags['no-find'] === true
    const restored = await node.call('wallet.restore', {
      phrase: phrase.value,
      passphrase: secret.value,
      ...(without ? { find: false } : {}),
    })
    if (!restored.ok) return restored
    const next = 'What it took part in comes back with golem wallet find: apps, jobs and reserved keys.'
    if (without) return ok({ text: lines(walletText(restored.value), next), value: restored.value })
    const found = await searched(node, call)
    return found.ok
      ? ok({ text: lines(walletText(restored.value), found.value.text), value: { ...restored.value, found: found.value.value } })
      : found
  },
)

export const walletUnlockCommand = nodeCommand(
  {
    name: 'wallet unlock',
    summary: 'open the wallet with its passphrase',
    flags: PASSPHRASE_FLAGS,
    doc: 'What the node takes part in goes on. It stays open until golem wallet lock, or until the node ends.',
    example: 'golem wallet unlock',
  },
  async (node, call) => {
    const there = await inState(node, THERE)
    if (!there.ok) return there
    const secret = await passphrase(call)
    return secret.ok ? told(await node.call('wallet.unlock', { passphrase: secret.value })) : secret
  },
)

export const walletLockCommand = nodeCommand(
  {
    name: 'wallet lock',
    summary: 'close the wallet until the passphrase is given again',
    doc: 'The secrets are forgotten, and what the node takes part in stands still. Coins are safe, and nothing is lost.',
    example: 'golem wallet lock',
  },
  async (node) => {
    const there = await inState(node, THERE)
    return there.ok ? told(await node.call('wallet.lock', {})) : there
  },
)

export const walletPassphraseCommand = nodeCommand(
  {
    name: 'wallet passphrase',
    summary: 'change the passphrase',
    flags: {
      ...PASSPHRASE_FLAGS,
      'new-passphrase-file': {
        kind: 'text',
        value: 'FILE',
        doc: 'its first line is the new one; without it GOLEM_NEW_PASSPHRASE, or it is asked for',
      },
    },
    doc: 'The seed phrase stays the same. Asks for the passphrase that is in force, and for the new one twice.',
    example: 'golem wallet passphrase',
  },
  async (node, call) => {
    const there = await inState(node, THERE)
    if (!there.ok) return there
    const old = await passphrase(call)
    if (!old.ok) return old
    const next = await readNewPassphrase(call.io, { file: textFlag(call, 'new-passphrase-file'), variable: 'GOLEM_NEW_PASSPHRASE' })
    if (!next.ok) return next
    const changed = await node.call('wallet.passphrase', { old: old.value, new: next.value })
    return changed.ok ? ok({ text: 'The new passphrase counts from now on.', value: null }) : changed
  },
)

export const walletPhraseCommand = nodeCommand(
  {
    name: 'wallet phrase',
    summary: 'show the seed phrase',
    flags: PASSPHRASE_FLAGS,
    doc: 'For its owner to write down; whoever sees it has everything. Asks for the passphrase.',
    example: 'golem wallet phrase',
  },
  async (node, call) => {
    const there = await inState(node, THERE)
    if (!there.ok) return there
    const secret = await passphrase(call)
    if (!secret.ok) return secret
    const phrase = await node.call('wallet.phrase', { passphrase: secret.value })
    return phrase.ok ? ok({ text: phraseText(phrase.value), value: phrase.value }) : phrase
  },
)

export const walletBalanceCommand = nodeCommand(
  {
    name: 'wallet balance',
    summary: 'what the wallet holds: spendable, on its way, reserved',
    doc: `Spendable is what a payment could take now, before its fee. Unconfirmed is on its way, leaving is spent by payments that wait for a block, and immature was
mined less than 100 blocks ago. Reserved coins are those at the addresses of keys, of identities (of apps, jobs and clients), and in channels; they are never spent as money.`,
    example: 'golem wallet balance',
  },
  async (node) => {
    const balance = await node.call('wallet.balance', {})
    if (!balance.ok) return balance
    const { spendable, confirmed, unconfirmed, immature, leaving, reserved } = balance.value
    const rows: Array<[string, number]> = [
      ['spendable', spendable],
      ['confirmed', confirmed],
      ['unconfirmed', unconfirmed],
      ['immature', immature],
      ['leaving', leaving],
      ['reserved', reserved.total],
      ['  for keys', reserved.keys.sats],
      ['  for identities', reserved.identities.sats],
      ['  in channels', reserved.channels.sats],
    ]
    const width = Math.max(...rows.map(([, amount]) => sats(amount).length))
    return ok({ text: rows.map(([name, amount]) => `${name.padEnd(18)}${sats(amount).padStart(width)}`).join('\n'), value: balance.value })
  },
)
