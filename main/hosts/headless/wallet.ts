/**
 * `npm run wallet -- phrase|restore|replace <participant>`: the wallets of the local network's participants. `phrase` asks for the passphrase and shows
 * the seed phrase; `restore` takes one; `replace` begins with a new wallet. Both move the participant's folder aside and delete nothing.
 * Exit codes: 0 done, 2 not done.
 */
import process from 'node:process'
import { createInterface } from 'node:readline/promises'
import { fail, type Result } from '../../core/index.ts'
import { begin, USAGE_EXIT, type Started } from '../terminal/hosts.ts'
import { networkFolder } from '../terminal/place.ts'
import { participantFolder, phraseOf, replaceWallet, restoreWallet } from './network/wallets.ts'

/** What a restore is and is not; test/scenario/damage.test.ts tells the story. */
const BROUGHT_BACK = `A restore brings back every key, because all of them follow from the phrase, and the coins at the wallet's first twenty receiving and change
addresses, once it has read the chain. The network gives it coins of its own, too. A client is registered as before, after asking once more.
It does not bring back what was only in the old folder: requests under way and their answers, which keys a client had reserved (it reserves
others; its rows stay readable, and cannot be changed from here), a Supervisor's program and the secrets of its ticks (without them it begins
another app), a server's receipts. Keep the old folder: nobody else has them.
`

const print = (text: string): void => void process.stdout.write(text)

/** One line from standard input. On a terminal it is asked for. */
async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stdin.isTTY ? process.stderr : undefined })
  try {
    if (process.stdin.isTTY) return await lines.question(question)
    for await (const line of lines) return line
    return ''
  } finally {
    lines.close()
  }
}

type Arguments = Extract<Started<'wallet'>, { values: unknown }>

const restored = (name: string, aside: string): string =>
  `${name} has the wallet of the phrase. Its old folder is ${aside}.\n${BROUGHT_BACK}`

/** @returns what to print */
async function perform(command: string, folder: string, name: string): Promise<Result<string>> {
  if (!['phrase', 'restore', 'replace'].includes(command))
    return fail('cli.usage', `There is no command «${command}»; there are phrase, restore, replace.`)
  // Before anybody types a phrase for nothing.
  const there = participantFolder(folder, name)
  if (!there.ok) return there
  if (command === 'phrase') {
    const phrase = await phraseOf(folder, name, await ask('Passphrase: '))
    return phrase.ok ? { ok: true, value: `${phrase.value}\n` } : phrase
  }
  if (command === 'restore') {
    const aside = await restoreWallet(folder, name, await ask('Seed phrase (12 to 24 words): '))
    return aside.ok ? { ok: true, value: restored(name, aside.value) } : aside
  }
  const aside = replaceWallet(folder, name)
  return aside.ok ? { ok: true, value: `${name} has a new wallet at its next start. Its old folder is ${aside.value}.\n` } : aside
}

async function main({ values, positionals: [command, name] }: Arguments): Promise<number> {
  const done = await perform(command!, networkFolder(values.folder, 'sandbox'), name!)
  if (!done.ok) process.stderr.write(`golem: ${done.error.message}\n`)
  else print(done.value)
  return done.ok ? 0 : USAGE_EXIT
}

const begun = begin('wallet', process.argv.slice(2))
process.exitCode =
  'exit' in begun
    ? begun.exit
    : await main(begun).catch((error: unknown) => {
        process.stderr.write(`golem: ${error instanceof Error ? error.message : String(error)}\n`)
        return USAGE_EXIT
      })
