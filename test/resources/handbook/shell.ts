/**
 * A thread that takes the steps of pages, each page in a folder of its own: files written and changed, and the lines of shell blocks.
 * `golem` runs in this thread, and besides it there are the commands of every shell that the pages need.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { nobody } from '../../hosts/cli/nobody.ts'
import { runCli } from '../../../main/hosts/cli/main.ts'
import { matches, problemOf, type Block, type Problem } from './pages.ts'

/** A file written or changed, or lines of a shell with what they print. */
export interface Step {
  block: Block
  shown: Block | null
}

export interface PageSteps {
  steps: Step[]
  folder: string
}

interface Shell {
  cwd: string
  /** What the next block with `put` replaces. */
  find: string
}

/** Words of a command line: quotes, no expansions; a comment ends it. */
const words = (line: string): string[] =>
  [...line.replace(/\s#.*$/, '').matchAll(/'([^']*)'|([^\s']+)/g)].map(([, quoted, plain]) => quoted ?? plain!)

/** @returns what the lines of a block print, with exit codes other than 0 */
async function runLines(shell: Shell, text: string): Promise<string> {
  let printed = ''
  for (const line of text.split('\n').filter((one) => one.trim() !== '' && !one.startsWith('#'))) {
    for (const command of line.split(' && ')) printed += await runCommand(shell, words(command))
  }
  return printed
}

async function runCommand(shell: Shell, [name, ...args]: string[]): Promise<string> {
  if (name === 'cd') return ((shell.cwd = join(shell.cwd, args[0]!)), '')
  if (name === 'cat') return readFileSync(join(shell.cwd, args[0]!), 'utf8')
  if (name !== 'golem') throw new Error(`the handbook's shell knows golem, cd and cat, not ${name}`)
  let printed = ''
  const print = (more: string): void => void (printed += more)
  const code = await runCli(args, { ...nobody, cwd: shell.cwd, out: print, err: print })
  return code === 0 ? printed : `${printed}(exit code ${code})\n`
}

/** One step. @returns what is wrong with it */
async function take(shell: Shell, { block, shown }: Step): Promise<Problem[]> {
  const { attributes, text } = block
  const file = join(shell.cwd, attributes['file'] ?? attributes['find'] ?? attributes['put'] ?? '')
  if ('file' in attributes) return (writeFileSync(file, text), [])
  if ('find' in attributes) return ((shell.find = text), [])
  if ('put' in attributes) return replace(shell, file, block)
  const real = await runLines(shell, text)
  if (shown !== null) return matches(shown.text, real) ? [] : [problemOf(shown, `it prints: ${real}`)]
  return real.includes('(exit code') ? [problemOf(block, `it prints: ${real}`)] : []
}

function replace({ find }: Shell, file: string, block: Block): Problem[] {
  const before = readFileSync(file, 'utf8')
  writeFileSync(
    file,
    before.replace(find, () => block.text),
  )
  return before.split(find).length === 2 ? [] : [problemOf(block, 'what it replaces is not in the file, or more than once')]
}

async function takeAll({ steps, folder }: PageSteps): Promise<Problem[]> {
  mkdirSync(folder, { recursive: true })
  const shell: Shell = { cwd: folder, find: '' }
  const problems: Problem[] = []
  for (const step of steps) problems.push(...(await take(shell, step)))
  return problems
}

const found: Problem[] = []
for (const page of workerData as PageSteps[]) found.push(...(await takeAll(page)))
parentPort!.postMessage(found)
