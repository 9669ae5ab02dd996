/** Who takes part in a story: the settings of each node, and what it begins with. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { CommandArgs } from '../../../main/contract/index.ts'
import type { NodeSettings, settingsWith } from '../../../main/core/settings.ts'

/** The document of a sample app, as it is committed. */
export const sampleApp = (name: string): unknown =>
  JSON.parse(readFileSync(fileURLToPath(new URL(`../../../resources/apps/${name}.json`, import.meta.url)), 'utf8')) as unknown
export const GUESTBOOK = sampleApp('guestbook')
export const TICK_BLOCKS = 3
/** Two random numbers of so many bits share no factor that matters; small, because stories need many. */
const PRIME_BITS = 128

/** A node of the story: its settings, and what it publishes, follows without registering, or uses by name, as soon as it can. */
export interface Cast {
  name: string
  /** Begins without a wallet, and is told no passphrase: the story's person does all that. */
  bare?: boolean
  settings?: Parameters<typeof settingsWith>[1]
  publish?: CommandArgs<'publish'>
  use?: Omit<CommandArgs<'use'>, 'register'> & { register?: boolean }
}

/** Terms of the stories' apps. */
export const TERMS = {
  tickBlocks: TICK_BLOCKS,
  joinBlocks: 100,
  confirmations: 0,
  work: { client: 4, server: 4 },
  versions: 1,
  // The stories run with few servers; test/attacks has those that tell of witnesses.
  witnesses: 0,
  spare: 0,
  primeBits: PRIME_BITS,
  perRequest: 10,
  trackers: [],
}
export const supervisor = (minimumServers: number, program = GUESTBOOK, title = 'Guestbook', terms: object = {}): Cast => ({
  name: 'supervisor',
  publish: { program: program as never, title, terms: { ...TERMS, minimumServers, ...terms } },
})
export const server = (number: number, host: Partial<NodeSettings['host']> = {}): Cast => ({
  name: `server-${number}`,
  settings: { host: { address: `10.0.${number}.1`, port: 4_000, region: `region-${number}`, auto: true, ...host } },
})
export const client = (name: string, freshKeys = 2, use: Partial<NodeSettings['use']> = {}): Cast => ({
  name,
  settings: { use: { auto: true, freshKeys, ...use } },
})
