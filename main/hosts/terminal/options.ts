/** Options of programs, as data: what is accepted, its help and its description in the README come from one table. */
import { parseArgs } from 'node:util'
import { fail, ok, type Failure, type Result } from '../../../roles/protocol/result.ts'

interface Common {
  /** One letter. */
  short?: string
  /** One phrase, without the default. */
  doc: string
}

/** What stands for a value in the help, e.g. `FILE`. */
interface Named extends Common {
  value: string
}

/** What a text has to look like, and in words that end the sentence «--name must be …». */
interface Form {
  pattern: RegExp
  words: string
}

export type Option =
  | (Common & { kind: 'flag' })
  | (Named & { kind: 'text'; default?: string; form?: Form })
  | (Named & { kind: 'list'; form?: Form })
  | (Named & { kind: 'whole'; range: readonly [number, number]; default?: number })
  | (Common & { kind: 'choice'; choices: readonly string[]; default: string })

export type Options = Readonly<Record<string, Option>>

type ValueOf<O extends Option> = O extends { kind: 'flag' }
  ? boolean
  : O extends { kind: 'list' }
    ? string[]
    : O extends { kind: 'choice'; choices: infer C extends readonly string[] }
      ? C[number]
      : O extends { kind: 'whole' }
        ? O extends { default: number }
          ? number
          : number | undefined
        : O extends { default: string }
          ? string
          : string | undefined

export type Values<T extends Options> = { [N in keyof T]: ValueOf<T[N]> }

export interface Read<T extends Options> {
  values: Values<T>
  positionals: string[]
}

type Value = boolean | string | number | string[] | undefined
interface Token {
  name: string
  /** As it was typed. */
  rawName: string
  value: string | undefined
  inlineValue: boolean | undefined
}

export const wrongUsage = (message: string): { ok: false; error: Failure } => fail('cli.usage', message)

/**
 * Reads arguments by a table: `--name value`, `--name=value`, `-n value`, `-n=value`.
 * @param positionals whether arguments that are no options are allowed
 * Error: `cli.usage`, for an option that there is not, a value that is missing, out of range or of another form, an option given twice.
 */
export function readOptions<const T extends Options>(table: T, args: string[], positionals: 'none' | 'any' = 'none'): Result<Read<T>> {
  const types = Object.entries(table).map(([name, { kind, short }]) => {
    const type = kind === 'flag' ? ('boolean' as const) : ('string' as const)
    return [name, short === undefined ? { type } : { type, short }] as const
  })
  const parsed = parsedOf(args, types)
  const values = new Map<string, Value>(Object.entries(table).map(([name, option]) => [name, initial(option)]))
  const seen = new Set<string>()
  for (const token of parsed.tokens) {
    if (token.kind !== 'option') continue
    const read = readOne(table, token, seen)
    if (!read.ok) return read
    const before = values.get(token.name)
    values.set(token.name, Array.isArray(before) ? [...before, read.value as string] : read.value)
  }
  const extra = parsed.positionals[0]
  if (positionals === 'none' && extra !== undefined) return wrongUsage(`«${extra}» is one argument too many: only options are taken here.`)
  return ok({ values: Object.fromEntries(values) as Values<T>, positionals: parsed.positionals })
}

/** No option is named by a digit, so `-5` is a number wherever it stands. The reader of options would take it for one: it sees it behind a NUL, which no argument has. */
function parsedOf(args: string[], types: ReadonlyArray<readonly [string, { type: 'boolean' | 'string'; short?: string }]>) {
  const marked = args.map((arg) => (/^-\.?\d/.test(arg) ? `\0${arg}` : arg))
  const unmarked = (text: string): string => (text.startsWith('\0') ? text.slice(1) : text)
  const { tokens, positionals } = parseArgs({
    args: marked,
    options: Object.fromEntries(types),
    allowPositionals: true,
    strict: false,
    tokens: true,
  })
  return {
    positionals: positionals.map(unmarked),
    tokens: tokens.map((token) =>
      token.kind === 'option' && token.value !== undefined ? { ...token, value: unmarked(token.value) } : token,
    ) as typeof tokens,
  }
}

function initial(option: Option): Value {
  if (option.kind === 'flag') return false
  return option.kind === 'list' ? [] : option.default
}

/** `-o=file` is read as `--output=file`, and never as a file whose name begins with the sign. */
const valueTyped = ({ rawName, value, inlineValue }: Token): string | undefined =>
  inlineValue === true && !rawName.startsWith('--') && value?.startsWith('=') === true ? value.slice(1) : value

function readOne(table: Options, token: Token, seen: Set<string>): Result<Value> {
  const { name, rawName } = token
  const value = valueTyped(token)
  if (!Object.hasOwn(table, name)) return wrongUsage(`There is no option ${rawName}${likely(Object.keys(table), name)}`)
  const option = table[name]!
  if (option.kind !== 'list' && seen.has(name)) return wrongUsage(`--${name} is given twice; give it once.`)
  seen.add(name)
  if (option.kind === 'flag') return value === undefined ? ok(true) : wrongUsage(`--${name} takes no value; leave «=${value}» out.`)
  const isAnOption = token.inlineValue === false && value !== undefined && /^-(?!\.?\d)./.test(value)
  if (value === undefined || value === '' || isAnOption) return wrongUsage(`--${name} needs a value: --${name}=${placeholder(option)}.`)
  return valueOf(name, option, value)
}

function valueOf(name: string, option: Exclude<Option, { kind: 'flag' }>, value: string): Result<Value> {
  if (option.kind === 'choice')
    return option.choices.includes(value) ? ok(value) : wrongUsage(`--${name} must be ${inWords(option.choices)}, not «${value}».`)
  if (option.kind !== 'whole') {
    if (option.form === undefined || option.form.pattern.test(value)) return ok(value)
    return wrongUsage(`--${name} must be ${option.form.words}, not «${value}».`)
  }
  const number = /^\d{1,15}$/.test(value) ? Number(value) : NaN
  const [least, most] = option.range
  return number >= least && number <= most
    ? ok(number)
    : wrongUsage(`--${name} must be a whole number from ${least} to ${most}, not «${value}».`)
}

const inWords = (choices: readonly string[]): string =>
  [choices.slice(0, -1).join(', '), choices.at(-1)].filter((part) => part !== '').join(' or ')

export const placeholder = (option: Option): string =>
  option.kind === 'choice' ? option.choices.join('|') : option.kind === 'flag' ? '' : option.value

/** The end of the sentence, with the option that was probably meant. */
function likely(names: string[], given: string): string {
  const near = nearest(names, given)
  return near === undefined ? '.' : `; did you mean --${near}?`
}

/** The name that was probably meant: one letter off, or begun with the same letters. */
export const nearest = (names: readonly string[], given: string): string | undefined =>
  names.find((name) => isNear(name, given)) ?? names.find((name) => given.length > 1 && name.startsWith(given))

/** Whether leaving one letter out of one or both makes them equal. */
function isNear(one: string, other: string): boolean {
  const without = (text: string): string[] => [text, ...Array.from(text, (_, at) => text.slice(0, at) + text.slice(at + 1))]
  return without(one).some((text) => text.length > 1 && without(other).includes(text))
}
