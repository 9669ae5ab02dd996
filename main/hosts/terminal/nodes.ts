/** Folders of nodes: one for each network, below ~/.golem, unless somebody names another. */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'
import { readAccess } from './access-file.ts'
import type { Options } from './options.ts'

export const NETWORKS = ['sandbox', 'regtest', 'signet', 'testnet4', 'mainnet'] as const

export const NODE_FLAGS = {
  network: {
    kind: 'text',
    value: NETWORKS.join('|'),
    doc: 'of the node; without it GOLEM_NETWORK, or that of the one node that runs here',
    form: { pattern: new RegExp(`^(${NETWORKS.join('|')})$`), words: `${NETWORKS.slice(0, -1).join(', ')} or ${NETWORKS.at(-1)!}` },
  },
  folder: { kind: 'text', value: 'FOLDER', doc: 'of the node; without it GOLEM_FOLDER, or ~/.golem/<network>' },
} as const satisfies Options

export interface Place {
  cwd: string
  env: Readonly<Record<string, string | undefined>>
}

export interface Named {
  folder?: string | undefined
  network?: string | undefined
}

const set = (text: string | undefined): string | undefined => (text === '' ? undefined : text)

/** The folder that flags or the environment name; null where they name none. */
export function namedFolder({ cwd, env }: Place, { folder, network }: Named): string | null {
  const given = folder ?? set(env['GOLEM_FOLDER'])
  if (given !== undefined) return resolve(cwd, given)
  const chosen = network ?? set(env['GOLEM_NETWORK'])
  return chosen === undefined ? null : join(home(env), chosen)
}

const home = (env: Place['env']): string => join(set(env['HOME']) ?? homedir(), '.golem')

/** The folder of a node of that network, where nobody names another. */
export const usualFolder = ({ env }: Place, network: string): string => join(home(env), network)

/**
 * The folder of the node that is meant: the one that is named, or the only one of which a node runs.
 * Errors: `node.absent`, `node.several`.
 */
export function whichNode(place: Place, named: Named): Result<string> {
  const folder = namedFolder(place, named)
  if (folder !== null) return ok(folder)
  const running = NETWORKS.filter((network) => {
    const access = readAccess(usualFolder(place, network))
    return access.ok && access.value !== null
  })
  if (running.length === 0) return noNode(null)
  return running.length === 1
    ? ok(usualFolder(place, running[0]!))
    : fail('node.several', `Several nodes run here: ${running.join(', ')}. Say which with --network, or set GOLEM_NETWORK.`)
}

/** A sandbox has its note where its nodes have their folders. */
const isSandbox = (folder: string): boolean =>
  basename(folder) === 'sandbox' || [folder, dirname(folder)].some((one) => existsSync(join(one, 'network.json')))

/** What starts the node of that folder. */
export const startOf = (folder: string): string =>
  isSandbox(folder) ? 'npm start, with the options of the last time, in the folder of Golem' : `golem node --folder ${folder}`

export const noNode = (folder: string | null): Result<never> =>
  fail(
    'node.absent',
    folder === null
      ? 'No node runs here. Start one in another terminal: golem node; or a sandbox, to try things: npm start, in the folder of Golem'
      : `No node runs in ${folder}. Start it in another terminal: ${startOf(folder)}`,
  )
