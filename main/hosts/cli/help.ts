/** The help texts, made from the table of commands. */
import { join } from 'node:path'
import { root } from './build/sdk.ts'
import { flagsOf, type Command } from './command.ts'
import { helpText } from '../terminal/help.ts'
import { table } from '../terminal/layout.ts'

const lines = (all: string[]): string => all.join('\n')

/** `golem --help`. */
export const overview = (commands: readonly Command[]): string => `golem: write, check, explain and try Golem applications

usage: golem <command> …

${lines(
  table(
    commands.map(({ name, summary }) => [name, summary]),
    '  ',
  ),
)}

A new application, from nothing to its first answer:

  golem new hello
  cd hello
  golem run app.ts greet --request '{"name":"Ada"}' --data data.json

The handbook: ${join(root, 'resources', 'handbook', 'README.md')}
golem help <command> explains a command.
With --json every command prints { ok, value } or { ok, error: { code, message } }.
Exit codes: 0 fine · 1 the program or the call is refused · 2 wrong usage · 70 a bug of Golem's.
`

/** `golem help <command>`. */
export const helpOf = ({ takes: _, ...command }: Command): string =>
  helpText({ ...command, command: `golem ${command.name}`, usage: `${command.usage} [flags]`, options: flagsOf(command) })
