/** What a command is, and how its arguments are read. */
import { ok, type Result } from '../../../roles/protocol/result.ts'
import { readOptions, wrongUsage, type Options } from '../terminal/options.ts'
import type { LoadOptions } from './load.ts'

export { wrongUsage } from '../terminal/options.ts'

/** What a command touches of its process; tests give doubles. */
export interface Io {
  cwd: string
  out: (text: string) => void
  err: (text: string) => void
  /** Variables of the environment. */
  env: Readonly<Record<string, string | undefined>>
  /** One line from whoever sits there; `hidden`: it is not shown. Null where nobody does, or whoever does ends it. */
  ask: (question: string, hidden: boolean) => Promise<string | null>
  /** Columns of the terminal that `err` writes to; null: it is none, so that nothing is drawn there. */
  columns: number | null
  /** Aborted by Ctrl+C, where a command ends by that. */
  ended: AbortSignal
}

/** Exit codes: done · refused, the message says why · wrong usage · a bug of ours. */
export const EXIT = { fine: 0, refused: 1, usage: 2, bug: 70 } as const

/** A finished command: text for people, a JSON value for programs. */
export interface Done {
  text: string
  value: unknown
  /** Where the answer itself has one; 0 otherwise. */
  exit?: number
  /** It has printed what there was to say. */
  silent?: true
}

export interface Call {
  positionals: string[]
  flags: Record<string, string | boolean | number | string[] | undefined>
  io: Io
}

export interface Command {
  /** As it is typed; of one of a group two words. */
  name: string
  summary: string
  /** Positional arguments as the help shows them. */
  usage: string
  /** Least and greatest number of positional arguments. */
  takes: [number, number]
  flags: Options
  /** Further explanation, one paragraph. */
  doc: string
  example: string
  /** Exit code of a refusal that is no wrong usage; 1 where it is left out. */
  refusedExit?: number
  /** Files are what it takes, so that a shell completes their names. */
  files?: true
  run: (call: Call) => Promise<Result<Done>>
}

const COMMON: Options = {
  json: { kind: 'flag', doc: 'print one JSON object: { ok, value } or { ok, error }' },
  help: { kind: 'flag', short: 'h', doc: 'explain the command' },
}

/** Flags of every command that builds a program. */
export const BUILD_FLAGS: Options = {
  'check-types': { kind: 'flag', doc: 'run the TypeScript checker (the default where it is installed)' },
  'no-types': { kind: 'flag', doc: 'do not run the TypeScript checker' },
  'time-limit': { kind: 'whole', value: 'SECONDS', range: [1, 86_400], default: 20, doc: 'stop a build that does not end' },
}

/** Commands that belong together for whoever uses them. */
export interface Group {
  title: string
  commands: readonly Command[]
}

/** What the first words of a command line name: a command, or those that begin with a word which alone is none. */
export type Found = { command: Command; args: string[] } | { under: Command[]; word: string } | null

/** Two words name a command before one does: `golem use leave` leaves an app, and uses none of that name. */
export function findCommand(commands: readonly Command[], [first = '', ...args]: string[]): Found {
  const two = commands.find(({ name }) => name === `${first} ${args[0]}`)
  if (two !== undefined) return { command: two, args: args.slice(1) }
  const one = commands.find(({ name }) => name === first)
  if (one !== undefined) return { command: one, args }
  const under = commands.filter(({ name }) => name.startsWith(`${first} `))
  return under.length === 0 ? null : { under, word: first }
}

export const flagsOf = (command: Pick<Command, 'flags'>): Options => ({ ...command.flags, ...COMMON })

/** Splits the arguments of a command. Error: `cli.usage`. */
export function readCall(command: Command, args: string[], io: Io): Result<Call> {
  const read = readOptions(flagsOf(command), args, 'any')
  return read.ok ? ok({ positionals: read.value.positionals, flags: read.value.values, io }) : read
}

/** Whether there are as many positional arguments as the command takes. Error: `cli.usage`. */
export function checkCount({ name, usage, takes: [least, most] }: Command, positionals: string[]): Result<null> {
  if (positionals.length < least) return wrongUsage(`golem ${name} needs: ${usage}.`)
  if (positionals.includes('')) return wrongUsage(`An argument is empty: golem ${name} needs: ${usage}.`)
  return positionals.length <= most
    ? ok(null)
    : wrongUsage(`«${positionals[most]}» is one argument too many: golem ${name} takes ${usage === '' ? 'none' : usage}.`)
}

/** How to build, from the flags of `BUILD_FLAGS`. Error: `cli.usage`. */
export function buildOptions(call: Call): Result<LoadOptions> {
  const { 'check-types': wanted, 'no-types': unwanted } = call.flags
  if (wanted === true && unwanted === true) return wrongUsage('--check-types and --no-types contradict each other; give one of them.')
  const types = unwanted === true ? 'no' : wanted === true ? 'yes' : 'auto'
  return ok({ cwd: call.io.cwd, limitMs: Number(call.flags['time-limit']) * 1000, types, print: call.io.err })
}
