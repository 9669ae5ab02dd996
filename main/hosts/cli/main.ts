/** The `golem` command on Node 24: finds the command, runs it, prints its result. `golem.mjs` starts it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import type { Failure, Result } from '../../../roles/protocol/result.ts'
import { root } from './build/sdk.ts'
import { checkCount, EXIT, findCommand, readCall, wrongUsage, type Command, type Done, type Group, type Io } from './command.ts'
import { checkCommand } from './commands/check.ts'
import { completionCommand } from './commands/completion.ts'
import { compileCommand } from './commands/compile.ts'
import { explainCommand } from './commands/explain.ts'
import { newCommand } from './commands/new.ts'
import { runCommand } from './commands/run.ts'
import { simulateCommand } from './commands/simulate.ts'
import { verifyCommand } from './commands/verify.ts'
import { nodeGroups } from './node/commands/index.ts'
import { firstWords, groupHelp, helpOf, overview } from './help.ts'
import { processIo } from './io.ts'
import { plain } from '../terminal/columns.ts'
import { nearest } from '../terminal/options.ts'

export const groups: readonly Group[] = [
  ...nodeGroups,
  {
    title: 'Write, check and try an application',
    commands: [newCommand, compileCommand, checkCommand, explainCommand, runCommand, verifyCommand, simulateCommand],
  },
]

const onCommands = (): readonly Command[] => commands
export const commands: readonly Command[] = [...groups.flatMap((group) => group.commands), completionCommand(onCommands)]
const allGroups: readonly Group[] = [...groups, { title: 'The command itself', commands: commands.slice(-1) }]

export { EXIT } from './command.ts'

/** Runs one command line. @returns the exit code */
export async function runCli(argv: string[], io: Io): Promise<number> {
  const json = argv.includes('--json')
  try {
    const found = findCommand(commands, argv)
    const command = found !== null && 'command' in found ? found.command : undefined
    return report(await perform(argv, io), json, io, command)
  } catch (error) {
    const failure: Failure = { code: 'cli.bug', message: `This is a bug of Golem's; please report it: ${String(error)}`, retryable: false }
    report({ ok: false, error: failure }, json, io)
    io.err(`${error instanceof Error ? (error.stack ?? '') : ''}\n`)
    return EXIT.bug
  }
}

async function perform(argv: string[], io: Io): Promise<Result<Done>> {
  const [name, ...args] = argv
  if (name === undefined) return wrongUsage(`Say what to do.\n\n${overview(allGroups)}`)
  if (name === '--version') return said(`golem ${version()}`)
  if (name === 'help' || name === '--help' || name === '-h') return help(args.filter((arg) => !arg.startsWith('-')))
  const found = findCommand(commands, argv)
  if (found === null) return unknown(name)
  if (!('command' in found)) {
    const asked = args[0] === '--help' || args[0] === '-h' || args.length === 0
    return asked ? said(groupHelp(found.word, found.under)) : unknownIn(found.word, found.under, args[0]!)
  }
  const { command } = found
  const call = readCall(command, found.args, io)
  if (!call.ok) return call
  if (call.value.flags['help'] === true) return said(helpOf(command))
  const counted = checkCount(command, call.value.positionals)
  return counted.ok ? command.run(call.value) : counted
}

const said = (text: string): Result<Done> => ({ ok: true, value: { text, value: { text } } })

/** @param names of those there are, of which one was probably meant */
function noCommand(given: string, names: readonly string[]): string {
  const near = nearest(names, given)
  return `There is no command «${given.slice(0, 80)}»${near === undefined ? `; there are ${names.join(', ')}.` : `; did you mean golem ${near}?`}`
}

const unknown = (name: string): Result<never> =>
  name.startsWith('-')
    ? wrongUsage(`Options follow the command, so not «${name}» first: golem <command> … [options].`)
    : wrongUsage(noCommand(name, firstWords(commands)))

const unknownIn = (word: string, under: readonly Command[], given: string): Result<never> =>
  wrongUsage(
    noCommand(
      `${word} ${given}`,
      under.map(({ name }) => name),
    ),
  )

/** `golem help`, of all, of a command, of those that begin with a word. */
function help(words: string[]): Result<Done> {
  if (words[0] === undefined) return said(overview(allGroups))
  const found = findCommand(commands, words)
  if (found === null) return unknown(words[0])
  if (!('command' in found))
    return words[1] === undefined ? said(groupHelp(found.word, found.under)) : unknownIn(found.word, found.under, words[1])
  const { command, args } = found
  const under = commands.filter(({ name }) => name.startsWith(`${command.name} `))
  if (args[0] === undefined) return said(under.length === 0 ? helpOf(command) : `${helpOf(command)}\n${groupHelp(command.name, under)}`)
  return under.length > 0
    ? unknownIn(command.name, under, args[0])
    : wrongUsage(`«${args[0]}» is one argument too many: golem help takes one command.`)
}

const version = (): string => (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version

function report(result: Result<Done>, json: boolean, io: Io, command?: Command): number {
  if (result.ok && result.value.silent === true) return result.value.exit ?? EXIT.fine
  if (json) io.out(`${JSON.stringify(result.ok ? { ok: true, value: result.value.value } : { ok: false, error: result.error })}\n`)
  else if (result.ok) io.out(`${result.value.text.trimEnd()}\n`)
  else io.err(complaint(result.error, command === undefined ? 'golem --help' : `golem help ${command.name}`))
  if (result.ok) return result.value.exit ?? EXIT.fine
  return result.error.code === 'cli.usage' ? EXIT.usage : (command?.refusedExit ?? EXIT.refused)
}

/** What somebody typed, or others wrote, may be in a message: it is no command to a terminal. */
const tame = (text: string): string => text.split('\n').map(plain).join('\n')

/**
 * A failure for people: every problem on a line of its own, with its code.
 * @param help the command that says how it is done right
 */
export function complaint({ code, message: raw, details }: Failure, help = 'golem --help'): string {
  const message = tame(raw)
  if (code === 'cli.usage') return `golem: ${message}\n${message.includes('\n') ? '' : `See ${help}.\n`}`
  const problems = (details?.['problems'] ?? []) as Array<{ at: string; code: string; message: string }>
  if (problems.length === 0) return `${message} [${code}]\n`
  const more = Number(details?.['more'] ?? 0)
  const rest = more === 0 ? '' : `and ${more} more, which are told once these are mended\n`
  return problems.map((problem) => `${tame(`${problem.at}: ${problem.message}`)} [${problem.code}]\n`).join('') + rest
}

if (import.meta.main) {
  // A reader that has seen enough (golem explain … | head) is no failure.
  process.stdout.on('error', () => process.exit(EXIT.fine))
  process.exitCode = await runCli(process.argv.slice(2), processIo())
}
