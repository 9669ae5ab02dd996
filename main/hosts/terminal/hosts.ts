/** The programs behind the npm scripts: their options as data. README.md lists them from here; a test holds the two equal. */
import process from 'node:process'
import { plain } from './columns.ts'
import { helpText, type About } from './help.ts'
import { CHAINS, NODE_FLAGS } from './nodes.ts'
import { PASSPHRASE_FLAGS } from './secret.ts'
import type { Result } from '../../../roles/protocol/result.ts'
import { readOptions, wrongUsage, type Options, type Read, type Values } from './options.ts'

const help = { kind: 'flag', short: 'h', doc: 'print this and end' } as const

export const startOptions = {
  app: {
    kind: 'text',
    value: 'NAME',
    default: 'guestbook',
    doc: 'a sample app (guestbook, marketplace, poll) or the path of a program document',
  },
  folder: { kind: 'text', value: 'FOLDER', doc: 'where the data lives; without it GOLEM_FOLDER, or ~/.golem with a folder for each app' },
  port: { kind: 'whole', value: 'N', range: [0, 65_535], default: 0, doc: 'of the page in a browser; 0 lets the system choose' },
  servers: {
    kind: 'whole',
    value: 'N',
    range: [1, 64],
    doc: 'how many servers take part, later no fewer than at the first start; without it as many as then, or 6',
  },
  'tick-blocks': { kind: 'whole', value: 'N', range: [1, 144], doc: 'blocks in a tick, from the first start on; without it as then, or 4' },
  'block-ms': {
    kind: 'whole',
    value: 'MS',
    range: [50, 3_600_000],
    doc: 'milliseconds between blocks, at least; without it as golem sandbox pace was told last, or 2,000',
  },
  verbose: { kind: 'flag', doc: "print all participants' logs" },
  help,
} as const satisfies Options

const demoOptions = {
  chain: { kind: 'choice', choices: ['embedded', 'bitcoind'], default: 'embedded', doc: 'which node keeps the chain' },
  servers: { ...startOptions.servers, default: 6, doc: 'how many servers take part' },
  'tick-blocks': { ...startOptions['tick-blocks'], default: 3, doc: 'blocks in a tick' },
  'block-ms': { ...startOptions['block-ms'], default: 1000, doc: 'milliseconds between blocks, at least' },
  verbose: startOptions.verbose,
  keep: { kind: 'flag', doc: 'leave the data folders' },
  help,
} as const satisfies Options

const auditOptions = {
  folder: { kind: 'text', value: 'FOLDER', doc: 'of the sandbox; without it GOLEM_FOLDER, or ~/.golem/sandbox' },
  'chain-url': {
    kind: 'text',
    value: 'http://HOST:PORT',
    doc: "of another node's RPC",
  },
  'chain-user': { kind: 'text', value: 'NAME', default: '', doc: 'rpcuser of that node' },
  'chain-password': {
    kind: 'text',
    value: 'TEXT',
    doc: 'its rpcpassword; better in GOLEM_CHAIN_PASSWORD, where other users do not see it',
  },
  network: { kind: 'choice', choices: ['regtest', 'signet', 'testnet4', 'mainnet'], default: 'regtest', doc: 'the chain of that node' },
  tracker: {
    kind: 'list',
    value: 'URL',
    doc: 'where its files are found; without one by the DHT',
    form: { pattern: /^(https?|wss?|udp):\/\/[^\s/]+/, words: 'an address like http://host:port/announce (or udp, ws, wss)' },
  },
  app: {
    kind: 'text',
    value: 'HASH',
    doc: "of the app's first job offer; without it the first app on the chain",
    form: { pattern: /^[0-9a-f]{64}$/, words: 'a hash of 64 hex digits (0-9, a-f)' },
  },
  json: { kind: 'flag', doc: 'print one JSON object' },
  help,
} as const satisfies Options

export const nodeOptions = {
  network: { ...NODE_FLAGS.network, value: CHAINS.join('|'), doc: 'which chain; without it GOLEM_NETWORK, or signet' },
  folder: { ...NODE_FLAGS.folder, doc: 'where its data lives; without it GOLEM_FOLDER, or ~/.golem/<network>' },
  chain: {
    kind: 'text',
    value: 'http://USER@HOST:PORT',
    doc: 'RPC of its bitcoind; the password is in GOLEM_CHAIN_PASSWORD',
    form: { pattern: /^https?:\/\/[^\s]+$/, words: 'an address like http://user@127.0.0.1:38332' },
  },
  'chain-cookie': { kind: 'text', value: 'FILE', doc: 'cookie file of that bitcoind, in place of user and password' },
  port: { ...startOptions.port, doc: 'of its page in a browser; 0 lets the system choose' },
  'passphrase-file': {
    ...PASSPHRASE_FLAGS['passphrase-file'],
    doc: 'its first line opens the wallet; without it GOLEM_PASSPHRASE, or it starts locked',
  },
  'accept-mainnet': { kind: 'flag', doc: 'yes to both questions that the first start on mainnet asks' },
  verbose: { kind: 'flag', doc: 'print more of the log' },
  help,
} as const satisfies Options

const walletOptions = {
  folder: auditOptions.folder,
  help,
} as const satisfies Options

const startDoc =
  'Runs a node of your own in a sandbox on this computer: a regtest chain, a tracker, and in a second process one Supervisor with the app, servers and another client. golem status and the other commands work with each of them by its folder. Started again, it goes on where it was. GOLEM_NO_BROWSER=1 opens no browser.'

export const hosts = {
  start: {
    command: 'npm start --',
    summary: 'a node of your own in a sandbox, and the page to use it',
    usage: '[options]',
    doc: `${startDoc} Opens the Electron app where it can, else a page on loopback in the browser.`,
    options: startOptions,
    example: 'npm start -- --app ../hello/app.json',
    exits: '0 ended · 1 it could not start · 2 wrong usage',
  },
  headless: {
    command: 'npm run headless --',
    summary: 'the same as npm start, always with a page on loopback',
    usage: '[options]',
    doc: startDoc,
    options: startOptions,
    example: 'npm run headless -- --port 8080',
    exits: '0 ended · 1 it could not start · 2 wrong usage',
  },
  demo: {
    command: 'npm run demo --',
    summary: 'the whole story in the terminal',
    usage: '[options]',
    doc: 'Starts a local network in a folder of its own, posts, approves, reads, and ends with an audit from chain and swarm alone.',
    options: demoOptions,
    example: 'npm run demo -- --chain bitcoind',
    exits: '0 every step held · 1 one did not · 2 wrong usage, or it could not start',
  },
  audit: {
    command: 'npm run audit --',
    summary: 'recompute every root of an app',
    usage: '[options]',
    doc: 'Audits an app from chain and swarm alone, as a fresh participant with an empty folder: that of the local network on this computer, or of any node.',
    options: auditOptions,
    example: 'npm run audit -- --chain-url http://127.0.0.1:8332 --chain-user me --network mainnet',
    exits: '0 every root is equal · 1 one is not · 2 the audit could not be done',
  },
  wallet: {
    command: 'npm run wallet --',
    summary: "the wallets of the local network's participants",
    usage: 'phrase|restore|replace <participant> [options]',
    takes: ['command (phrase, restore or replace)', 'participant'],
    doc: "phrase shows the seed phrase of a participant's wallet and asks for the passphrase, which is in the file «passphrase» of the network's folder. restore brings the wallet of a seed phrase back and asks for the phrase; replace begins with a new wallet. Both move the participant's folder aside and delete nothing. The network has to be ended first.",
    options: walletOptions,
    example: 'npm run wallet -- phrase you',
    exits: '0 done · 2 not done, and why is said',
  },
  node: {
    command: 'golem node',
    summary: 'run a node in the foreground, until Ctrl+C',
    usage: '[flags]',
    doc: 'Takes part in a network for its owner: publishes, hosts and uses apps, as golem publish, golem host and golem use say. It goes by a bitcoind, which need not have an index of transactions or a wallet: by default the one on this computer, with the cookie file in ~/.bitcoin. A pruned one has to keep the blocks since the apps began. Commands talk to it from another terminal of the same user. What it is told by flags counts until it ends; golem settings keeps it. Without a passphrase it starts locked: golem wallet unlock opens it.',
    options: nodeOptions,
    example: 'golem node --network signet --chain-cookie ~/.bitcoin/signet/.cookie',
    exits: '0 it was ended · 1 it could not start, and why is said · 2 wrong usage',
  },
  build: {
    command: 'npm run build',
    summary: 'bundle page and Electron app into dist/',
    usage: '',
    doc: 'npm start does it by itself where something is stale.',
    options: { help },
    example: 'npm run build',
  },
} as const satisfies Record<string, About>

export type HostName = keyof typeof hosts

/** Wrong usage, also where the system refuses what an option asks for. */
export const USAGE_EXIT = 2

/** What a host does with its arguments: go on with the values, or end with this exit code, because all has been said. */
export type Started<N extends HostName> = { values: Values<(typeof hosts)[N]['options']>; positionals: string[] } | { exit: number }

/** Reads a host's arguments; prints its help, or one sentence about what is wrong with them. */
export function begin<N extends HostName>(name: N, args: string[]): Started<N> {
  const about: About = hosts[name]
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(helpText(about))
    return { exit: 0 }
  }
  const read = readArguments(about, args)
  if (read.ok) return read.value as Extract<Started<N>, { values: unknown }>
  process.stderr.write(
    `golem: ${plain(read.error.message)} See ${about.command.endsWith('--') ? about.command : `${about.command} --`} --help.\n`,
  )
  return { exit: USAGE_EXIT }
}

function readArguments({ options, takes = [] }: About, args: string[]): Result<Read<Options>> {
  const read = readOptions(options, args, takes.length === 0 ? 'none' : 'any')
  if (!read.ok) return read
  const { positionals } = read.value
  const missing = takes.find((_, at) => (positionals[at] ?? '') === '')
  if (missing !== undefined) return wrongUsage(`Name a ${missing}.`)
  return positionals.length > takes.length ? wrongUsage(`«${positionals[takes.length]}» is one argument too many.`) : read
}
