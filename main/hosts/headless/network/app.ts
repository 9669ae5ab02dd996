/** Which app the local network runs: a sample by its name, or a developer's own, by the document that `golem compile` wrote. */
import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { check } from '../../../../roles/program/index.ts'
import { fail, ok, type Result } from '../../../core/index.ts'
import { parseJson } from '../../terminal/json-text.ts'
import { callersFolder } from '../../terminal/place.ts'
import { readTextFile } from '../../terminal/text-file.ts'
import { sampleNamed, sampleNetwork, type ChosenApp } from './sample.ts'

/** Far above any document that a Supervisor accepts. */
const MOST_BYTES = 16 << 20

/**
 * @param name of a sample app, or the path of a program document as typed in the folder where npm was called
 * Error: `settings.app`, also for what no Supervisor would begin with.
 */
export function chosenApp(name: string, from = callersFolder()): Result<ChosenApp> {
  return /[./\\]/.test(name) ? ownApp(name, from) : sampleNamed(name)
}

function ownApp(path: string, from: string): Result<ChosenApp> {
  if (/\.[cm]?[jt]s$/.test(path))
    return fail('settings.app', `${path} is a program; name the document that this writes: golem compile ${path}`)
  const text = readTextFile(resolve(from, path), path, MOST_BYTES)
  if (!text.ok) return fail('settings.app', text.error.message)
  const json = parseJson(path, text.value)
  if (!json.ok) return fail('settings.app', json.error.message)
  const program = json.value
  if (!isDocument(program)) return fail('settings.app', `${path} is no program document; write one with: golem compile app.ts`)
  const checked = check(program)
  if (!checked.ok)
    return fail('settings.app', `${path} is no program that can be run: ${checked.error.message} «golem check ${path}» says more.`)
  // Another version of the app is another network.
  const version = createHash('sha256').update(text.value).digest('hex').slice(0, 8)
  return ok({ plan: { ...sampleNetwork, program, title: program.name }, folder: `${program.name}-${version}` })
}

function isDocument(json: unknown): json is { name: string } {
  const { golem, name } = (json ?? {}) as { golem?: unknown; name?: unknown }
  return golem !== undefined && typeof name === 'string' && /^\w{1,64}$/.test(name)
}
