/** `golem new`: an application to start from, which compiles and runs at once. */
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { fail, ok, type Result } from '../../../../roles/protocol/result.ts'
import { makeFolder } from '../../../adapters/storage/make-folder.ts'
import { showPlace } from '../build/mistake.ts'
import { compilerOptions, root } from '../build/sdk.ts'
import type { Call, Command, Done } from '../command.ts'

const starter = join(root, 'resources', 'starter')

export const newCommand: Command = {
  name: 'new',
  summary: 'make a folder with an application to start from',
  usage: '<folder>',
  takes: [1, 1],
  flags: {},
  doc: 'Writes app.ts, data.json with a row to try it on, tsconfig.json by which an editor finds the types of golem, and a README.md.',
  example: 'golem new hello',
  run: (call) => Promise.resolve(create(call)),
}

/** Contents by file name. The program is named after its folder. */
function filesFor(folder: string): Record<string, string> {
  const read = (name: string): string => readFileSync(join(starter, name), 'utf8')
  const name =
    basename(folder)
      .replaceAll(/[^A-Za-z0-9_]/g, '_')
      .replace(/^[^A-Za-z]+/, '')
      .slice(0, 64) || 'hello'
  return {
    'app.ts': read('app.ts').replace("name: 'hello'", `name: '${name}'`),
    'data.json': read('data.json'),
    'tsconfig.json': `${JSON.stringify({ compilerOptions, include: ['**/*.ts'] }, null, 2)}\n`,
    'README.md': read('README.md').replaceAll('GOLEM_FOLDER', root.replace(/[\\/]$/, '')),
  }
}

function create({ positionals, io }: Call): Result<Done> {
  const folder = resolve(io.cwd, positionals[0]!)
  const shown = showPlace({ file: folder, line: null }, io.cwd) || '.'
  const there = statSync(folder, { throwIfNoEntry: false })
  if (there !== undefined && !(there.isDirectory() && readdirSync(folder).length === 0))
    return fail('cli.exists', `${shown} is there already and not empty; name a new folder.`)
  const files = filesFor(folder)
  const made: string[] = []
  try {
    const outermost = makeFolder(folder)
    if (outermost !== undefined) made.push(outermost)
    for (const [name, text] of Object.entries(files)) {
      made.push(join(folder, name))
      writeFileSync(join(folder, name), text, { flag: 'wx', flush: true })
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') made.pop()
    // Half an application would only be in the way of the next try.
    for (const path of made) rmSync(path, { recursive: true, force: true })
    return fail('cli.write', `${shown} could not be written: ${error instanceof Error ? error.message : String(error)}.`)
  }
  return ok({ text: nextSteps(shown, Object.keys(files)), value: { folder, files: Object.keys(files) } })
}

/** As a shell takes it for one word, and `cd` for no option. */
const shellWord = (path: string): string => {
  const word = path.startsWith('-') ? `./${path}` : path
  return /^[\w./@:+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

const nextSteps = (folder: string, files: string[]): string => `${folder}: ${files.join(', ')}

Try it:

  cd ${shellWord(folder)}
  golem run app.ts greet --request '{"name":"Ada"}' --data data.json
  golem explain app.ts
`
