import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * Makes a folder and those above it that are missing, one by one: Node's own `recursive` never ends where the system answers «no such file» although
 * the folder above is there, as below /proc.
 * @returns the outermost that was made, if any
 * @throws what the system says, as `mkdirSync` does
 */
export function makeFolder(path: string, mode = 0o777): string | undefined {
  const missing: string[] = []
  for (let at = resolve(path); !existsSync(at) && at !== dirname(at); at = dirname(at)) missing.unshift(at)
  // Says of what stands there whether it is a folder.
  if (missing.length === 0) return mkdirSync(path, { recursive: true })
  for (const folder of missing) makeOne(folder, mode)
  return missing[0]
}

function makeOne(folder: string, mode: number): void {
  try {
    mkdirSync(folder, { mode })
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw error
  }
}
