/** Who takes part in the local network, and what each participant is told. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fail, lanesWithin, must, ok, settingsWith, type ParticipantConfig, type Result } from '../../../core/index.ts'
import { readTextFile } from '../../terminal/text-file.ts'
import { replaceFile } from '../../terminal/write-file.ts'
import type { ChainAccess } from './chain.ts'

export interface NetworkPlan {
  /** The program document of the app to run. */
  program: unknown
  title: string
  servers: number
  clients: string[]
  tickBlocks: number
  /** What the network is called, where that is another name than its chain's. */
  network?: 'sandbox'
}

/** Where a participant of the network finds the others. */
export interface Meeting {
  folder: string
  chain: ChainAccess
  tracker: string
  logLevel: ParticipantConfig['logLevel']
  network?: 'sandbox' | undefined
}

const REGIONS = ['eu-west', 'us-east', 'asia-south', 'africa-west', 'eu-north', 'us-west', 'oceania', 'sa-east']

/** A participant's settings, and what it publishes. */
export type Part = Pick<ParticipantConfig, 'settings' | 'publish'>

export function partsOf({ program, title, servers, clients, tickBlocks }: NetworkPlan, tracker: string): Part[] {
  const terms = {
    ...lanesWithin(program as never, servers),
    tickBlocks,
    joinBlocks: 100,
    confirmations: 0,
    work: { client: 10, server: 12 },
    perRequest: 10,
    trackers: [tracker],
  }
  return [
    { settings: settingsWith('supervisor'), publish: { program: program as never, title, terms } },
    ...Array.from({ length: servers }, (_, at): Part => ({
      settings: settingsWith(`server-${at + 1}`, { host: { region: REGIONS[at % REGIONS.length]!, auto: true } }),
    })),
    ...clients.map((name): Part => ({ settings: settingsWith(name, { use: { auto: true, freshKeys: 3 } }) })),
  ]
}

/** Of keystores in a throw-away network. */
export const SCRYPT_LOG2 = 12

export function configOf({ folder, chain, tracker, logLevel, network }: Meeting, { settings, publish }: Part): ParticipantConfig {
  return {
    folder: join(folder, settings.name),
    passphrase: networkPassphrase(folder),
    scryptLog2: SCRYPT_LOG2,
    chain: { ...chain, network: 'regtest' },
    swarm: { trackers: [tracker], dht: false, lsd: false },
    logLevel,
    settings,
    ...(network === undefined ? {} : { network }),
    ...(publish === undefined ? {} : { publish }),
  }
}

/**
 * A throw-away secret for throw-away wallets; the local network's coins are worth nothing anywhere else. Made at the first start.
 * @throws in one sentence where wallets are there and the file that opens them is not, or is empty
 */
function networkPassphrase(folder: string): string {
  const path = join(folder, 'passphrase')
  const isFirst = !existsSync(join(folder, 'supervisor', 'state', 'store.sqlite'))
  if (!existsSync(path) && isFirst) must(replaceFile(path, randomBytes(16).toString('hex'), 0o600))
  return must(readPassphrase(folder))
}

/** What opens the wallets of a network, whatever an editor did to the file's end. Errors: `cli.file`, `text.encoding`, `network.passphrase`. */
export function readPassphrase(folder: string): Result<string> {
  const path = join(folder, 'passphrase')
  const text = readTextFile(path, path, 4096)
  const help = 'It opens the wallets of this network: put it back from a backup, or name another folder with --folder.'
  if (!text.ok) return fail(text.error.code, `${text.error.message} ${help}`)
  const passphrase = text.value.replace(/[\r\n]+$/, '')
  return passphrase === '' ? fail('network.passphrase', `${path} is empty. ${help}`) : ok(passphrase)
}
