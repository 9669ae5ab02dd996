/** The shell blocks of a page, in one folder one after the other: `golem` in this process, and the commands of every shell that they need. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { golem } from '../../hosts/cli/golem.ts'

/** Words of a command line: quotes, no expansions; a comment ends it. */
export function words(line: string): string[] {
  return [...line.replace(/\s#.*$/, '').matchAll(/'([^']*)'|([^\s']+)/g)].map(([, quoted, plain]) => quoted ?? plain!)
}

export interface Shell {
  cwd: string
}

/** Runs the lines of a block. @returns what they print, with exit codes other than 0 */
export async function runLines(shell: Shell, text: string): Promise<string> {
  let printed = ''
  for (const line of text.replaceAll('\\\n', ' ').split('\n').filter((one) => one.trim() !== '' && !one.startsWith('#'))) {
    for (const command of line.split(' && ')) printed += await runCommand(shell, command)
  }
  return printed
}

async function runCommand(shell: Shell, command: string): Promise<string> {
  const [name, ...args] = words(command)
  if (name === 'cd') return ((shell.cwd = join(shell.cwd, args[0]!)), '')
  if (name === 'cat') return readFileSync(join(shell.cwd, args[0]!), 'utf8')
  if (name !== 'golem') throw new Error(`the handbook's shell knows golem, cd and cat, not ${name}`)
  const { code, out, err } = await golem(shell.cwd, ...args)
  return `${err}${out}${code === 0 ? '' : `(exit code ${code})\n`}`
}
