/** Folders of nodes: one for each network, below ~/.golem, unless somebody names another. */
import { existsSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'
import { readAccess } from './access-file.ts'
import { wrongUsage, type Options } from './options.ts'
import { readTextFile } from './text-file.ts'

/** Those of `golem node`. */
export const CHAINS = ['regtest', 'signet', 'testnet4', 'mainnet'] as const
export const NETWORKS = ['sandbox', ...CHAINS] as const
const NETWORK_FORM = {
  pattern: new RegExp(`^(${NETWORKS.join('|')})$`),
  words: `${NETWORKS.slice(0, -1).join(', ')} or ${NETWORKS.at(-1)!}`,
}

export const NODE_FLAGS = {
  network: {
    kind: 'text',
    value: NETWORKS.join('|'),
    doc: 'of the node; without it GOLEM_NETWORK, or that of the one node that runs in a folder of ~/.golem',
    form: NETWORK_FORM,
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

/** Nobody has more nodes; each costs a look at a file. */
const MOST_FOLDERS = 1_000

function namesIn(base: string): string[] {
  try {
    return readdirSync(base).sort()
  } catch {
    // There is none, or it is of somebody else: no node of ours runs there.
    return []
  }
}

/** Folders below one of which a node runs, as below ~/.golem those of networks and sandboxes. */
function runningIn(base: string): string[] {
  return namesIn(base)
    .slice(0, MOST_FOLDERS)
    .filter((name) => {
      const access = readAccess(join(base, name))
      return access.ok && access.value !== null
    })
}

/**
 * The folder of the node that is meant: the one that is named, or the only one below ~/.golem of which a node runs.
 * Errors: `cli.usage` (GOLEM_NETWORK is no network), `node.absent`, `node.several`.
 */
export function whichNode(place: Place, named: Named): Result<string> {
  const network = set(place.env['GOLEM_NETWORK'])
  const folder = namedFolder(place, named)
  if (network !== undefined && !NETWORK_FORM.pattern.test(network) && folder === usualFolder(place, network))
    return wrongUsage(`GOLEM_NETWORK must be ${NETWORK_FORM.words}, not «${network}».`)
  if (folder !== null) return ok(folder)
  const base = home(place.env)
  const running = runningIn(base)
  if (running.length === 0) return noNode(null)
  if (running.length === 1) return ok(join(base, running[0]!))
  const how = running.map((name) => ((NETWORKS as readonly string[]).includes(name) ? `--network ${name}` : `--folder ${join(base, name)}`))
  return fail('node.several', `Several nodes run here: ${running.join(', ')}. Say which: ${how.join(', or ')}.`)
}

const NOTE = 'network.json'

/** The folder of the sandbox that a folder is, or is in; null: it is of none. A sandbox has its note where its nodes have their folders. */
function sandboxOf(folder: string): string | null {
  const found = [folder, dirname(folder)].find((one) => existsSync(join(one, NOTE)))
  return found ?? (basename(folder) === 'sandbox' ? folder : null)
}

/** The chain that the node of a folder was on, as the folder keeps it (`claimFolder`); of a usual folder its name. */
function chainOf(folder: string): string | null {
  const kept = readTextFile(join(folder, 'network'), 'network', 100)
  const name = kept.ok ? kept.value.trim() : basename(folder)
  return (CHAINS as readonly string[]).includes(name) ? name : null
}

/** What starts the node of that folder. */
export function startOf(folder: string): string {
  if (sandboxOf(folder) !== null) return 'npm start, with the options of the last time, in the folder of Golem'
  const chain = chainOf(folder)
  return `golem node${chain === null ? '' : ` --network ${chain}`} --folder ${folder}`
}

/** Why a folder has no node in a sandbox that runs, and which has one; null where the sandbox does not run either. */
function absentIn(sandbox: string, folder: string): string | null {
  const running = runningIn(sandbox)
  if (running.length === 0 || sandbox === folder) return null
  return `The sandbox in ${sandbox} runs no node «${basename(folder)}»; it runs ${running.join(', ')}: golem sandbox nodes --folder ${sandbox}`
}

export function noNode(folder: string | null): Result<never> {
  if (folder === null)
    return fail(
      'node.absent',
      'No node runs in a folder of ~/.golem. Start one in another terminal: golem node; or a sandbox, to try things: npm start, in the folder of Golem. A node elsewhere is named with --folder',
    )
  const sandbox = sandboxOf(folder)
  const absent = sandbox === null ? null : absentIn(sandbox, folder)
  return fail('node.absent', absent ?? `No node runs in ${folder}. Start it in another terminal: ${startOf(folder)}`)
}
