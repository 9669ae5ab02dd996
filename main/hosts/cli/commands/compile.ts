/** `golem compile`: the developer's program becomes one JSON document. */
import { createHash } from 'node:crypto'
import { existsSync, realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { plural, splitNotes } from '../../../../roles/program/index.ts'
import { fail, ok, type Result } from '../../../../roles/protocol/result.ts'
import type { Built } from '../build/build.ts'
import { showPlace } from '../build/mistake.ts'
import { BUILD_FLAGS, buildOptions, type Call, type Command, type Done } from '../command.ts'
import { buildSource, isSource, readJson } from '../load.ts'
import { isStandardOutput, replaceFile } from '../../terminal/write-file.ts'

export const compileCommand: Command = {
  name: 'compile',
  summary: 'run a TypeScript program and write its program document',
  usage: 'app.ts [-o app.json]',
  takes: [1, 1],
  files: true,
  flags: {
    output: { kind: 'text', short: 'o', value: 'FILE', doc: 'where to write the document (beside the program), - for stdout' },
    ...BUILD_FLAGS,
  },
  doc: `The program is run twice, each time from scratch and with another date, and has to make the same document both times.
With the package typescript installed its types are checked first; JavaScript conditions on Golem values, which would always be
true, are refused.`,
  example: 'golem compile app.ts -o app.json',
  run: compile,
}

async function compile(call: Call): Promise<Result<Done>> {
  const options = buildOptions(call)
  if (!options.ok) return options
  const built = await buildSource(call.positionals[0]!, options.value)
  if (!built.ok) return built
  if (goesToStdout(call)) return ok({ text: built.value.text, value: JSON.parse(built.value.text) as unknown })
  const file = outputFile(call)
  if (!file.ok) return file
  const text = `${built.value.text}\n`
  const written = replaceFile(file.value, text)
  return written.ok ? ok(doneOf(built.value, file.value, text, call.io.cwd)) : written
}

function goesToStdout({ flags: { output }, io }: Call): boolean {
  return output === '-' || (typeof output === 'string' && isStandardOutput(resolve(io.cwd, output)))
}

function outputFile({ positionals, flags, io }: Call): Result<string> {
  if (flags['output'] !== undefined) return namedOutput(String(flags['output']), io.cwd)
  const file = resolve(io.cwd, positionals[0]!).replace(/\.\w+$/, '.json')
  const existing = existsSync(file) ? readJson(file, io.cwd) : null
  const isDocument =
    existing === null || (existing.ok && typeof existing.value === 'object' && existing.value !== null && 'golem' in existing.value)
  return isDocument
    ? ok(file)
    : fail(
        'cli.overwrite',
        `${showPlace({ file, line: null }, io.cwd)} is no program document and would be lost; say with -o where to write.`,
      )
}

/** A document never takes the place of a program, which nobody could make from it again. */
function namedOutput(name: string, cwd: string): Result<string> {
  const file = resolve(cwd, name)
  return existsSync(file) && isSource(realpathSync(file))
    ? fail('cli.overwrite', `${name} is a program and would be lost; name another file with -o, as in -o app.json.`)
    : ok(file)
}

/** What was written, and what the developer has to know of it: where an endpoint was split, and what that exposes. */
function doneOf({ program }: Built, file: string, text: string, cwd: string): Done {
  const endpoints = Object.keys(program.endpoints)
  const bytes = Buffer.byteLength(text)
  const notes = splitNotes(program)
  const summary = `${showPlace({ file, line: null }, cwd)}: ${program.name} with ${plural(endpoints.length, 'endpoint')}, ${bytes} bytes`
  return {
    text: [summary, ...notes].join('\n'),
    value: { file, name: program.name, endpoints, bytes, sha256: createHash('sha256').update(text).digest('hex'), notes },
  }
}
