/** `npm start` as a person starts it, and its page as a browser asks it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import type { Overview } from '../../../main/contract/index.ts'
import { must, type Result } from '../../../roles/protocol/result.ts'

/** The door to every npm script. */
export const LAUNCHER = join(import.meta.dirname, '../../../main/hosts/launcher/run.mjs')

/** @param folder where the local network keeps its data */
export function launchStart(folder: string): ChildProcess {
  const env = { ...process.env, GOLEM_NO_BROWSER: '1', GOLEM_FOLDER: folder, DISPLAY: '', WAYLAND_DISPLAY: '' }
  return spawn(process.execPath, [LAUNCHER, 'start'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
}

/** The printed address. Throws when the program ends before it. */
export async function addressOf({ stdout }: ChildProcess): Promise<string> {
  const lines = createInterface({ input: stdout! })
  for await (const line of lines) {
    const found = /page at (http:\/\/127\.0\.0\.1:\d+\/\S*)$/.exec(line)
    if (found === null) continue
    stdout!.resume()
    return found[1]!
  }
  throw new Error('npm start ended without a page')
}

/** What all nodes say, in their order, the own one first. */
export type Views = Array<{ name: string; view: Overview }>

/** Logs in with the printed address, and gives what reads the overviews of all nodes. */
export async function openPage(address: string): Promise<() => Promise<Views>> {
  const { origin } = new URL(address)
  const entered = await fetch(address, { redirect: 'manual' })
  const cookie = entered.headers.getSetCookie()[0]!.split(';')[0]!
  const page = await fetch(`${origin}/`, { headers: { cookie } })
  if (!(await page.text()).includes('<script')) throw new Error('the page has no program')
  const request = { method: 'POST', headers: { cookie, 'content-type': 'application/json' }, body: '{}' }
  const ask = async <T>(path: string, how: RequestInit): Promise<T> =>
    must((await (await fetch(`${origin}/api/${path}`, how)).json()) as Result<T>)
  const nodes = await ask<Array<{ id: string; name: string }>>('nodes', { headers: { cookie } })
  return () => Promise.all(nodes.map(async ({ id, name }) => ({ name, view: await ask<Overview>(`overview?node=${id}`, request) })))
}
