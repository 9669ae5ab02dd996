/** What a person names: files, folders, and torrents that a source has. */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fail, ok, type Result } from '../../../../roles/protocol/result.ts'
import { fastCrypto } from '../../../adapters/crypto/fast.ts'
import { readBounded } from '../../terminal/text-file.ts'
import type { Source } from './finder.ts'
import { FILE_LIMIT, recognise, type Recognised } from './recognise.ts'

/** Files in a folder that is named, their bytes together, and how deep. */
const [MOST_FILES, MOST_BYTES, DEEPEST] = [10_000, 1 << 30, 4]

/** `isNamed`: by the person, and not found in a folder. */
export type Read = Recognised & { isNamed: boolean }

const shownAs = <T>(shown: string, result: Result<T>): Result<T> =>
  result.ok ? result : { ok: false, error: { ...result.error, message: `${shown}: ${result.error.message}` } }

/** From the first source that has it; what the last one says, where none does. */
export async function fetched(sources: readonly Source[], infohash: string): Promise<Result<Read[]>> {
  let bytes: Result<Uint8Array> = fail('cli.document', `Nobody was asked for the torrent ${infohash}.`)
  for (const source of sources) if (!bytes.ok) bytes = await source.any(infohash)
  const found = bytes.ok ? recognise(fastCrypto, bytes.value) : bytes
  return found.ok ? ok([{ ...found.value, isNamed: true }]) : shownAs(infohash, found)
}

export function readPath(path: string, shown: string): Result<Read[]> {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return readFolder(path, shown)
  const bytes = readBounded(path, shown, FILE_LIMIT)
  const found = bytes.ok ? recognise(fastCrypto, bytes.value) : bytes
  return found.ok ? ok([{ ...found.value, isNamed: true }]) : bytes.ok ? shownAs(shown, found) : found
}

/** What is in a folder and is no document is of use only where a document names it. */
function readFolder(folder: string, shown: string): Result<Read[]> {
  const paths: string[] = []
  let bytes = 0
  const walk = (at: string, depth: number): void => {
    for (const entry of readdirSync(at, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(at, entry.name)
      if (paths.length > MOST_FILES || bytes > MOST_BYTES) return
      if (entry.isFile()) bytes += statSync(path).size
      if (entry.isFile()) paths.push(path)
      else if (entry.isDirectory() && depth < DEEPEST) walk(path, depth + 1)
    }
  }
  walk(folder, 1)
  if (paths.length > MOST_FILES || bytes > MOST_BYTES)
    return fail(
      'cli.document',
      `${shown} has more than ${MOST_FILES} files, or more than ${MOST_BYTES >> 20} MB. Name the folders of single torrents, or the files.`,
    )
  const read: Read[] = []
  for (const path of paths) {
    const one = readPath(path, path)
    if (!one.ok) return one
    read.push(...one.value.map((found) => ({ ...found, isNamed: false })))
  }
  return ok(read)
}
