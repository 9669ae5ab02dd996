/** How a program on this computer finds a node that runs here: its address, token and process, in a file of its folder that only its owner reads. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'
import { readTextFile } from './text-file.ts'
import { replaceFile } from './write-file.ts'

export interface NodeAccess {
  /** `http://127.0.0.1:<port>`. */
  url: string
  token: string
  pid: number
  network: string
  /** Version of the contract that it speaks. */
  contract: number
  /** Which of the nodes that answer there it is; left out: the first one. */
  node?: string
}

const NAME = 'access.json'
const MOST_BYTES = 4_096

const fileIn = (folder: string): string => join(folder, NAME)

/** Errors: `cli.write`. */
export function writeAccess(folder: string, access: NodeAccess): Result<null> {
  // What an earlier node left may have another mode, which a file that is replaced keeps.
  rmSync(fileIn(folder), { force: true })
  const written = replaceFile(fileIn(folder), `${JSON.stringify(access, null, 2)}\n`, 0o600)
  return written.ok ? ok(null) : written
}

/** Takes it away, if it is still of that process. */
export function removeAccess(folder: string, pid: number): void {
  const access = readAccess(folder)
  if (access.ok && access.value?.pid === pid) rmSync(fileIn(folder), { force: true })
}

const FORM = {
  url: (value: unknown) => typeof value === 'string' && /^http:\/\/127\.0\.0\.1:[1-9]\d{0,4}$/.test(value),
  token: (value: unknown) => typeof value === 'string' && /^[A-Za-z0-9_-]{16,200}$/.test(value),
  pid: (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0,
  network: (value: unknown) => typeof value === 'string' && /^[a-z0-9]{1,20}$/.test(value),
  contract: (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0,
  node: (value: unknown) => value === undefined || (typeof value === 'string' && /^[a-z0-9-]{1,40}$/.test(value)),
}

/**
 * @returns null where no node runs, or the file is of one that ended without taking it away
 * Errors: `node.access` (it names the field that is wrong), those of `readTextFile` but for a file that is not there.
 */
export function readAccess(folder: string): Result<NodeAccess | null> {
  const file = fileIn(folder)
  const text = readTextFile(file, file, MOST_BYTES)
  if (!text.ok) return text.error.message.startsWith('There is no file') ? ok(null) : text
  let json: unknown
  try {
    json = JSON.parse(text.value)
  } catch {
    json = null
  }
  const access = new Map<string, unknown>(typeof json === 'object' && json !== null ? Object.entries(json) : [])
  const wrong = Object.entries(FORM).find(([name, fits]) => !fits(access.get(name)))
  if (wrong !== undefined)
    return fail(
      'node.access',
      `${file} is damaged (${wrong[0]}). End the node that runs there, if one does, take the file away, and start it again.`,
    )
  return ok(isAlive(access.get('pid') as number) ? (json as NodeAccess) : null)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Of another user: it lives, and the token will be refused.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
