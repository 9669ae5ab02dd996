/** Where a bitcoind is on this machine. Plain JavaScript, because the installer of the tests runs it before anything is installed. */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** `.cache/bitcoind` in the project, where test/tools/bitcoind-install.mjs unpacks one. */
export const cacheFolder = join(resolve(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', '..'), '.cache', 'bitcoind')
/** Paths below the folder: dynamic loader, libraries, program. */
export const manifestFile = join(cacheFolder, 'bitcoind.json')

/**
 * How to start bitcoind here.
 * @returns {{ command: string[], source: string } | { missing: string }} command and leading arguments, or the reason and what to do.
 */
export function findBitcoind(env = process.env) {
  if (env.GOLEM_BITCOIND) {
    return executable(env.GOLEM_BITCOIND)
      ? { command: [env.GOLEM_BITCOIND], source: 'GOLEM_BITCOIND' }
      : { missing: `GOLEM_BITCOIND names ${env.GOLEM_BITCOIND}, which is not an executable file: correct or unset it` }
  }
  const onPath = (env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'bitcoind'))
    .find(executable)
  if (onPath) return { command: [onPath], source: 'PATH' }
  return findUnpacked() ?? { missing: 'no bitcoind in GOLEM_BITCOIND, PATH or .cache/bitcoind: run `node test/tools/bitcoind-install.mjs`' }
}

function executable(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function findUnpacked() {
  if (!existsSync(manifestFile)) return undefined
  const manifest = JSON.parse(readFileSync(manifestFile, 'utf8'))
  const [loader, libraries, binary] = [manifest.loader, manifest.libraries, manifest.binary].map((path) => join(cacheFolder, path))
  if (!executable(loader) || !existsSync(binary)) return undefined
  return { command: [loader, '--library-path', libraries, binary], source: `.cache/bitcoind (${manifest.version})` }
}
