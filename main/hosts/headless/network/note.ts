/** `network.json` in the folder of a local network: where a running one is joined, and what a restarted one goes on with. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fail, must, ok, type Result } from '../../../core/index.ts'
import { withoutMark } from '../../terminal/text-file.ts'
import { replaceFile } from '../../terminal/write-file.ts'
import type { ChainAccess } from './chain.ts'

export interface NetworkNote {
  /** Title of the app that the network runs. */
  app?: string
  /** Digest of the program that it began with. */
  program?: string
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
    return ok(JSON.parse(withoutMark(readFileSync(path(folder), 'utf8'))) as NetworkNote)
  } catch {
    return none
  }
}

/** A reader never sees half of it. For its owner alone: it holds the chain's password. */
export function writeNote(folder: string, note: NetworkNote): void {
  must(replaceFile(path(folder), `${JSON.stringify(note, null, 2)}\n`, 0o600))
}

/** The port of an address that the last run used, to be asked for again; 0 where there is none. */
export const portOf = (url: string | undefined): number => Number(URL.parse(url ?? '')?.port || 0)
