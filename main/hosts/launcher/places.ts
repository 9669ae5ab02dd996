/** Where things are that the launcher builds, and whether they are older than their sources. Without what builds them, which takes long to load. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repository = fileURLToPath(new URL('../../..', import.meta.url))

/** As deep in the repository as its source, so that what it names by relative paths is found. */
export const hostFolder = join(repository, 'dist', 'hosts', 'headless')
/** Written when all of its bundles are there. */
export const hostBuilt = join(hostFolder, 'built')
/** The same of the host of one node. */
export const nodeFolder = join(repository, 'dist', 'hosts', 'node')
export const nodeBuilt = join(nodeFolder, 'built')

function newest(path: string): number {
  if (!existsSync(path)) return 0
  if (!statSync(path).isDirectory()) return statSync(path).mtimeMs
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))))
}

const isStale = (built: string, sources: string[]): boolean =>
  !existsSync(built) || Math.max(...sources.map((path) => newest(join(repository, path)))) > statSync(built).mtimeMs

/** Whether any source of the renderer is newer than the built page. */
export const rendererIsStale = (): boolean =>
  isStale(join(repository, 'dist', 'renderer', 'index.html'), [
    'renderer',
    'main/contract',
    'roles/program',
    'roles/protocol',
    'package-lock.json',
  ])

/** Whether any source of the headless host and of what it starts is newer than its bundles. */
export const hostIsStale = (): boolean => isStale(hostBuilt, ['main', 'roles', 'resources/apps', 'package-lock.json'])
export const nodeIsStale = (): boolean => isStale(nodeBuilt, ['main', 'roles', 'package-lock.json'])
