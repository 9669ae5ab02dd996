/** What a command is, and how its arguments are read: `node:util` parses, mistakes are values. */
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import { fail, ok, type Failure, type Result } from '../../../roles/protocol/result.ts'
import type { LoadOptions } from './load.ts'

/** What a command touches of its process; tests give doubles. */
export interface Io {
  cwd: string
  out: (text: string) => void
  err: (text: string) => void
}

export interface Flag {
  type: 'string' | 'boolean'
  short?: string
  /** What stands for the value in the help, e.g. `SECONDS`. */
  value?: string
  doc: string
}

/** A finished command: text for people, a JSON value for programs. */
export interface Done {
  text: string
  value: unknown
}

export interface Call {
  positionals: string[]
  flags: Record<string, string | boolean | undefined>
  io: Io
}

export interface Command {
  name: string
  summary: string
  /** Positional arguments as the help shows them. */
  usage: string
  /** Least and greatest number of positional arguments. */
  takes: [number, number]
  flags: Record<string, Flag>
  /** Further explanation, one paragraph. */
  doc: string
  example: string
  run: (call: Call) => Promise<Result<Done>>
}

const COMMON: Record<string, Flag> = {
  json: { type: 'boolean', doc: 'print one JSON object: { ok, value } or { ok, error }' },
  help: { type: 'boolean', short: 'h', doc: 'explain the command' },
}

/** Flags of every command that builds a program. */
export const BUILD_FLAGS: Record<string, Flag> = {
  'check-types': { type: 'boolean', doc: 'run the TypeScript checker (the default where it is installed)' },
  'no-types': { type: 'boolean', doc: 'do not run the TypeScript checker' },
  'time-limit': { type: 'string', value: 'SECONDS', doc: 'stop a build that does not end (20)' },
}

export const flagsOf = (command: Command): Record<string, Flag> => ({ ...command.flags, ...COMMON })

export const wrongUsage = (message: string): { ok: false; error: Failure } => fail('cli.usage', message)

/** Splits the arguments of a command. Error: `cli.usage`. */
export function readCall(command: Command, args: string[], io: Io): Result<Call> {
  const options = Object.fromEntries(
    Object.entries(flagsOf(command)).map(([name, { type, short }]) => [name, short === undefined ? { type } : { type, short }]),
  ) satisfies ParseArgsOptionsConfig
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true, strict: true })
    return ok({ positionals, flags: values, io })
  } catch (error) {
    return wrongUsage(error instanceof Error ? error.message.split('. To specify')[0]!.replace(/\.?$/, '.') : String(error))
  }
}

/** Whether there are as many positional arguments as the command takes. Error: `cli.usage`. */
export function checkCount({ name, usage, takes: [least, most] }: Command, positionals: string[]): Result<null> {
  if (positionals.length < least) return wrongUsage(`golem ${name} needs: ${usage}.`)
  return positionals.length <= most
    ? ok(null)
    : wrongUsage(`«${positionals[most]}» is one argument too many: golem ${name} takes ${usage}.`)
}

/** A flag that is a positive integer. Error: `cli.usage`. */
export function numberFlag(call: Call, name: string, otherwise: number): Result<number> {
  const given = call.flags[name]
  if (given === undefined) return ok(otherwise)
  const value = Number(given)
  return Number.isSafeInteger(value) && value > 0 && /^\d+$/.test(String(given))
    ? ok(value)
    : wrongUsage(`--${name} must be a positive integer, not «${String(given)}».`)
}

/** How to build, from the flags of `BUILD_FLAGS`. Error: `cli.usage`. */
export function buildOptions(call: Call): Result<LoadOptions> {
  const seconds = numberFlag(call, 'time-limit', 20)
  if (!seconds.ok) return seconds
  const { 'check-types': wanted, 'no-types': unwanted } = call.flags
  if (wanted === true && unwanted === true) return wrongUsage('--check-types and --no-types contradict each other; give one of them.')
  const types = unwanted === true ? 'no' : wanted === true ? 'yes' : 'auto'
  return ok({ cwd: call.io.cwd, limitMs: seconds.value * 1000, types, print: call.io.err })
}
