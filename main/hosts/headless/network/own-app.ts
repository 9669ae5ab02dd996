/** A developer's own app in place of the sample: the document that `golem compile` wrote. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { NetworkPlan } from './plan.ts'
import { sampleNetwork } from './sample.ts'

export interface OwnApp {
  plan: NetworkPlan
  /** Name of the folder of its network, beside that of the sample. Another version of the app is another network. */
  folder: string
}

/**
 * @param path as typed in the folder where npm was called
 * @throws an error for a person where there is no program document; whether it is in order, the Supervisor says
 */
export function ownApp(path: string, from = process.env['INIT_CWD'] ?? process.cwd()): OwnApp {
  const text = read(resolve(from, path))
  const program = text === null ? null : documentIn(text)
  if (text === null || program === null)
    throw new Error(text === null ? `There is no file ${path}.` : `${path} is no program document; write one with: golem compile app.ts`)
  const version = createHash('sha256').update(text).digest('hex').slice(0, 8)
  return { plan: { ...sampleNetwork, program, title: program.name }, folder: `${program.name}-${version}` }
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

function documentIn(text: string): { name: string } | null {
  try {
    const json = JSON.parse(text) as { golem?: unknown; name?: unknown } | null
    return json?.golem !== undefined && typeof json.name === 'string' && /^\w{1,64}$/.test(json.name) ? (json as { name: string }) : null
  } catch {
    return null
  }
}
