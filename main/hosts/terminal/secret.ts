/** Passphrases: from a file, from the environment, or typed unseen; never from an argument, which every user of the computer could read. */
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import process from 'node:process'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'
import type { Options } from './options.ts'
import { readTextFile } from './text-file.ts'

const MOST_BYTES = 4_096
const MOST = 1_000

export interface Asking {
  cwd: string
  env: Readonly<Record<string, string | undefined>>
  err: (text: string) => void
  ask: (question: string, hidden: boolean) => Promise<string | null>
}

export const PASSPHRASE_FLAGS = {
  'passphrase-file': {
    kind: 'text',
    value: 'FILE',
    doc: 'its first line is the passphrase; without it GOLEM_PASSPHRASE, or it is asked for',
  },
} as const satisfies Options

const refused = (why: string): Result<never> => fail('cli.passphrase', why)

const checked = (text: string): Result<string> => {
  if (text === '') return refused('The passphrase is empty. Give one that nobody guesses.')
  return text.length > MOST ? refused(`The passphrase has more than ${MOST} characters. Give a shorter one.`) : ok(text)
}

/** Its first line. Others may not read it: that is said, and no reason to refuse. */
function fromFile(path: string, { cwd, err }: Asking): Result<string> {
  const file = resolve(cwd, path)
  const text = readTextFile(file, path, MOST_BYTES)
  if (!text.ok) return text
  const { mode } = statSync(file)
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) err(`golem: other users may read ${path}; chmod 600 ends that.\n`)
  return checked(text.value.split(/\r?\n/)[0]!)
}

/** Where a passphrase may come from: a file, or a variable of the environment. */
export interface Source {
  file: string | undefined
  variable: 'GOLEM_PASSPHRASE' | 'GOLEM_NEW_PASSPHRASE'
}

function given(asking: Asking, { file, variable }: Source): Result<string> | null {
  if (file !== undefined) return fromFile(file, asking)
  const set = asking.env[variable] ?? ''
  return set === '' ? null : checked(set)
}

const nobody = ({ variable }: Source): Result<never> =>
  refused(`No passphrase was given: type it on a terminal, name a file that holds it, or set ${variable}.`)

/**
 * The passphrase that opens something.
 * Errors: `cli.passphrase`, those of `readTextFile`.
 */
export async function readPassphrase(asking: Asking, source: Source, question = 'Passphrase: '): Promise<Result<string>> {
  const known = given(asking, source)
  if (known !== null) return known
  const typed = await asking.ask(question, true)
  return typed === null ? nobody(source) : checked(typed)
}

/** A new one: it is typed twice, where it is typed. */
export async function readNewPassphrase(asking: Asking, source: Source): Promise<Result<string>> {
  const known = given(asking, source)
  if (known !== null) return known
  const once = await asking.ask('New passphrase: ', true)
  if (once === null) return nobody(source)
  const read = checked(once)
  if (!read.ok) return read
  const twice = await asking.ask('The same once more: ', true)
  return twice === once ? read : refused('The two passphrases differ. Nothing was done; begin anew.')
}
