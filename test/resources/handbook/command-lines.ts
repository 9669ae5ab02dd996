/** Command lines that documents show and that no test runs, because they need a node, people and coins: each is held against the table of commands. */
import { checkCount, findCommand, readCall } from '../../../main/hosts/cli/command.ts'
import { commands } from '../../../main/hosts/cli/main.ts'
import { nobody } from '../../hosts/cli/nobody.ts'

/** Words of a command line: quotes, no expansions; a comment ends it. */
const words = (line: string): string[] =>
  [...line.replace(/\s#.*$/, '').matchAll(/'([^']*)'|"([^"]*)"|([^\s'"]+)/g)].map((found) => found[1] ?? found[2] ?? found[3]!)

/** What golem says of such a line before it does anything; null where it would take it. */
function refusalOf(line: string): string | null {
  const [, ...argv] = words(line)
  const found = findCommand(commands, argv)
  if (found === null || !('command' in found)) return argv[0] === 'help' ? null : 'there is no such command'
  const call = readCall(found.command, found.args, { ...nobody, cwd: '/', out: () => undefined, err: () => undefined })
  if (!call.ok) return call.error.message
  const counted = checkCount(found.command, call.value.positionals)
  return counted.ok ? null : counted.error.message
}

/** The lines of a shell that begin with `golem`, and are none that it takes. */
export const wrongLines = (text: string): string[] =>
  text
    .split('\n')
    .flatMap((line) => line.split(' && '))
    .filter((line) => line.startsWith('golem '))
    .flatMap((line) => {
      const refusal = refusalOf(line)
      return refusal === null ? [] : [`${line}: ${refusal}`]
    })
