/** Which app the local network runs: a sample by its name, or a developer's own, by the document that `golem compile` wrote. */
import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { fail, ok, type Result } from '../../../core/index.ts'
import { readTextFile } from '../../terminal/text-file.ts'
import { sampleNamed, sampleNetwork, type ChosenApp } from './sample.ts'

/** Far above any document that a Supervisor accepts. */
const MOST_BYTES = 16 << 20

/**
 * @param name of a sample app, or the path of a program document as typed in the folder where npm was called
 * Errors: `settings.app`. Whether a document is in order, the Supervisor says.
 */
export function chosenApp(name: string, from = process.env['INIT_CWD'] ?? process.cwd()): Result<ChosenApp> {
  return /[./\\]/.test(name) ? ownApp(name, from) : sampleNamed(name)
}

function ownApp(path: string, from: string): Result<ChosenApp> {
  const text = readTextFile(resolve(from, path), path, MOST_BYTES)
  if (!text.ok) return fail('settings.app', text.error.message)
  const program = documentIn(text.value)
  if (program === null) return fail('settings.app', `${path} is no program document; write one with: golem compile app.ts`)
  // Another version of the app is another network.
  const version = createHash('sha256').update(text.value).digest('hex').slice(0, 8)
  return ok({ plan: { ...sampleNetwork, program, title: program.name }, folder: `${program.name}-${version}` })
}

function documentIn(text: string): { name: string } | null {
  try {
    const json = JSON.parse(text) as { golem?: unknown; name?: unknown } | null
    return json?.golem !== undefined && typeof json.name === 'string' && /^\w{1,64}$/.test(json.name) ? (json as { name: string }) : null
  } catch {
    return null
  }
}
