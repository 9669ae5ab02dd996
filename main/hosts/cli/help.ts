/** The help texts, made from the table of commands. */
import { join } from 'node:path'
import { root } from './build/sdk.ts'
import { flagsOf, type Command, type Group } from './command.ts'
import { helpText } from '../terminal/help.ts'
import { table } from '../terminal/layout.ts'

const rows = (commands: readonly Command[]): string =>
  table(
    commands.map(({ name, summary }) => [name, summary]),
    '  ',
  ).join('\n')

/** What may stand first on a command line. */
export const firstWords = (commands: readonly Command[]): string[] => [...new Set(commands.map(({ name }) => name.split(' ')[0]!))]

/** `golem --help`. */
export const overview = (groups: readonly Group[]): string => `golem: write, run, host and use Golem applications

usage: golem <command> …

${groups.map(({ title, commands }) => `${title}:\n${rows(commands)}`).join('\n\n')}

A node, from nothing to an app that is used (while golem node runs in another terminal):

  golem wallet create
  golem wallet receive
  golem use <link> --wait
  golem find <link>
  golem call <endpoint> --request '{ … }'
  golem approve --wait

To host instead: golem settings set host.address <address>, golem offers, golem host join <offer>.
To publish: golem publish app.ts; golem find <title> then shows the link.

A new application, from nothing to its first answer:

  golem new hello
  cd hello
  golem run app.ts greet --request '{"name":"Ada"}' --data data.json

The handbook: ${join(root, 'resources', 'handbook', 'README.md')}
golem help <command> explains a command.
With --json every command prints { ok, value } or { ok, error: { code, message } }.
Exit codes: 0 fine · 1 the program or the call is refused · 2 wrong usage · 70 a bug of Golem's.
`

/** Of commands that begin with the same word. */
export const groupHelp = (word: string, commands: readonly Command[]): string => `Commands of golem ${word}:

${rows(commands)}

golem help ${word} <command> explains one of them.
`

/** `golem help <command>`. */
export const helpOf = ({ takes: _, ...command }: Command): string =>
  helpText({ ...command, command: `golem ${command.name}`, usage: `${command.usage} [flags]`.trimStart(), options: flagsOf(command) })
