/** `network.json` in the folder of a local network: where a running one is joined, and what a restarted one goes on with. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fail, ok, type Result } from '../../../core/index.ts'
import type { ChainAccess } from './chain.ts'

export interface NetworkNote {
  /** Title of the app that the network runs. */
  app?: string
  chain: ChainAccess
  /** The tracker's announce address. */
  tracker: string
  /** Participants that have been given coins. */
  funded: string[]
}

const path = (folder: string): string => join(folder, 'network.json')

/** Error: `network.none`. A file that a crash cut short is as good as none, because the next start writes it anew. */
export function readNote(folder: string): Result<NetworkNote> {
  const none = fail('network.none', `There is no local network in ${folder}. Start one with npm start, or name its folder with --folder.`)
  if (!existsSync(path(folder))) return none
  try {
    return ok(JSON.parse(readFileSync(path(folder), 'utf8')) as NetworkNote)
  } catch {
    return none
  }
}

/** Written beside and renamed, so that a reader never sees half of it. For its owner alone: it holds the chain's password. */
export function writeNote(folder: string, note: NetworkNote): void {
  writeFileSync(`${path(folder)}.new`, `${JSON.stringify(note, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${path(folder)}.new`, path(folder))
}

/** The port of an address that the last run used, to be asked for again; 0 where there is none. */
export const portOf = (url: string | undefined): number => Number(URL.parse(url ?? '')?.port || 0)
