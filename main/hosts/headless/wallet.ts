/**
 * `npm run wallet -- phrase|restore|replace <participant>`: the wallets of the local network's participants. `phrase` asks for the passphrase and shows
 * the seed phrase; `restore` takes one; `replace` begins with a new wallet. Both move the participant's folder aside and delete nothing.
 * Exit codes: 0 done, 2 not done.
 */
import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline/promises'
import { parseArgs } from 'node:util'
import { phraseOf, replaceWallet, restoreWallet } from './network/wallets.ts'

const USAGE = `usage: npm run wallet -- <command> <participant> [--folder <folder of the local network>]
  phrase    shows the seed phrase of a participant's wallet; asks for the passphrase, which is in the file «passphrase» of the network's folder
  restore   moves the participant's folder aside and brings the wallet of a seed phrase back; asks for the phrase
  replace   moves the participant's folder aside; it begins with a new wallet
`
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

function refuse(message: string): number {
  process.stderr.write(`golem: ${message}\n`)
  return 2
}

async function main(args: string[]): Promise<number> {
  const folder = process.env.GOLEM_FOLDER ?? join(homedir(), '.golem', 'local-network')
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { folder: { type: 'string', default: folder }, help: { type: 'boolean', default: false } },
  })
  const [command, name, ...more] = positionals
  if (values.help) {
    print(USAGE)
    return 0
  }
  if (command === undefined || name === undefined || more.length > 0) return refuse(`name a command and one participant.\n${USAGE}`)
  if (command === 'phrase') {
    const phrase = await phraseOf(values.folder, name, await ask('Passphrase: '))
    if (!phrase.ok) return refuse(phrase.error.message)
    print(`${phrase.value}\n`)
    return 0
  }
  if (command !== 'restore' && command !== 'replace') return refuse(`there is no command «${command}».\n${USAGE}`)
  const aside =
    command === 'restore'
      ? await restoreWallet(values.folder, name, await ask('Seed phrase (12 to 24 words): '))
      : replaceWallet(values.folder, name)
  if (!aside.ok) return refuse(aside.error.message)
  print(
    `${name} has ${command === 'restore' ? 'the wallet of the phrase' : 'a new wallet at its next start'}. Its old folder is ${aside.value}.\n`,
  )
  if (command === 'restore') print(BROUGHT_BACK)
  return 0
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) =>
  refuse(error instanceof Error ? error.message : String(error)),
)
