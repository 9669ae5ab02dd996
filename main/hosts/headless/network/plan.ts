/** Who takes part in the local network, and what each participant is told. */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { must, type ParticipantConfig, type ParticipantSettings } from '../../../core/index.ts'
import { replaceFile } from '../../terminal/write-file.ts'
import type { ChainAccess } from './chain.ts'

export interface NetworkPlan {
  /** The program document of the app to run. */
  program: unknown
  title: string
  servers: number
  clients: string[]
  tickBlocks: number
}

/** Where a participant of the network finds the others. */
export interface Meeting {
  folder: string
  chain: ChainAccess
  tracker: string
  logLevel: ParticipantConfig['logLevel']
}

const REGIONS = ['eu-west', 'us-east', 'asia-south', 'africa-west', 'eu-north', 'us-west', 'oceania', 'sa-east']

export function settingsOf({ program, title, servers, clients, tickBlocks }: NetworkPlan, tracker: string): ParticipantSettings[] {
  return [
    {
      name: 'supervisor',
      supervisor: {
        program: program as never,
        title,
        minimumServers: Math.min(3, servers),
        tickBlocks,
        joinBlocks: 100,
        confirmations: 0,
        work: { client: 10, server: 12 },
        versions: 2,
        primeBits: 512,
        perRequest: 10,
        trackers: [tracker],
      },
    },
    ...Array.from({ length: servers }, (_, at): ParticipantSettings => ({
      name: `server-${at + 1}`,
      server: { host: '127.0.0.1', port: 0, region: REGIONS[at % REGIONS.length]!, accept: { auto: true, minimumPayPerRequest: 1 } },
    })),
    ...clients.map((name): ParticipantSettings => ({ name, client: { registerAutomatically: true, freshKeys: 3 } })),
  ]
}

/** Of keystores in a throw-away network. */
export const SCRYPT_LOG2 = 12

export function configOf({ folder, chain, tracker, logLevel }: Meeting, settings: ParticipantSettings): ParticipantConfig {
  return {
    folder: join(folder, settings.name),
    passphrase: networkPassphrase(folder),
    scryptLog2: SCRYPT_LOG2,
    chain: { ...chain, network: 'regtest' },
    swarm: { trackers: [tracker], dht: false, lsd: false },
    logLevel,
    settings,
  }
}

/** A throw-away secret for throw-away wallets; the local network's coins are worth nothing anywhere else. */
function networkPassphrase(folder: string): string {
  const path = join(folder, 'passphrase')
  if (!existsSync(path)) must(replaceFile(path, randomBytes(16).toString('hex'), 0o600))
  return readFileSync(path, 'utf8')
}
