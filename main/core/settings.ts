/** What the core takes from a node's settings, and what a process is told that runs one node of a local network. */
import { z } from 'zod'
import { hostname, region, sats } from '../../roles/protocol/documents/index.ts'

const port = z.int().min(0).max(65_535)

export const nodeSettings = z.strictObject({
  name: z.string().min(1).max(40),
  host: z.strictObject({
    /** Where others reach this node; port 0 lets the system choose, once. */
    address: hostname,
    /** The address of this computer that it listens on, where that is another one, as behind a router or in a container. */
    listen: z.union([hostname, z.literal('')]),
    port,
    region,
    /** The rule that accepts offers without asking (essay, Server joins 2), and up to how many jobs. */
    auto: z.boolean(),
    minimumPayPerRequest: sats,
    jobs: z.int().min(0).max(100),
  }),
  use: z.strictObject({
    /** Use the first app that is seen, where none is used. */
    auto: z.boolean(),
    /** So many fresh keys of every type are kept reserved. */
    freshKeys: z.int().min(0).max(32),
    /** Other numbers for single collections, by name; what is not named gets `freshKeys`. 0: keys are reserved by command only. */
    freshKeysOf: z.record(z.string().min(1).max(64), z.int().min(0).max(32)),
    /** A full local index is kept of an app whose index files have at most so many bytes; larger ones are read page by page. 0 keeps none. */
    indexBytes: z.int().min(0),
  }),
})
export type NodeSettings = z.infer<typeof nodeSettings>

export const DEFAULT_SETTINGS: NodeSettings = {
  name: 'this node',
  host: { address: '127.0.0.1', listen: '', port: 0, region: '', auto: false, minimumPayPerRequest: 1, jobs: 1 },
  use: { auto: false, freshKeys: 2, freshKeysOf: {}, indexBytes: 64 << 20 },
}

/** The defaults, but for what is named. */
export const settingsWith = (
  name: string,
  { host, use }: { host?: Partial<NodeSettings['host']>; use?: Partial<NodeSettings['use']> } = {},
): NodeSettings => ({ name, host: { ...DEFAULT_SETTINGS.host, ...host }, use: { ...DEFAULT_SETTINGS.use, ...use } })

/** The most trackers of its own, and the most nodes by which it enters the hash table. */
export const [MOST_TRACKERS, MOST_BOOTSTRAP] = [10, 20]

/** `host:port`, of a name or an IPv4 address: the hash table has no other nodes. */
export const tableNode = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?:([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])$/i)
export const trackerUrl = z
  .string()
  .max(300)
  .regex(/^(https?|udp):\/\/[^\s/?#@]+([/?#]\S*)?$/i, 'an announce URL begins with http://, https:// or udp://')

/** How a node finds those who have what it wants, and is found. */
export const swarmSettings = z.strictObject({
  /** Announce URLs of the node's own; the hash table and the local network need none. */
  trackers: z.array(trackerUrl).max(MOST_TRACKERS),
  /** The public hash table, none, or the one that these nodes belong to; without any, it begins one of its own. */
  dht: z.union([z.boolean(), z.strictObject({ bootstrap: z.array(tableNode).max(MOST_BOOTSTRAP) })]),
  /** Whether neighbours in the local network are asked. */
  lsd: z.boolean(),
  /** TCP for peers, UDP for the hash table. 0 or left out: the one of the last time, or one that the system picks. */
  port: port.optional(),
})

/** What a participant's process is told at its start: where it lives, what it connects to, which roles are switched on. */
export const participantConfig = z.strictObject({
  /** Data folder of this participant alone. */
  folder: z.string().min(1),
  /** Unlocks (or, at the first start, locks) the wallet's seed phrase. */
  passphrase: z.string().min(1).max(1000),
  /** Cost of the keystore's scrypt as a power of two; lower only for a throw-away local network. */
  scryptLog2: z.int().min(10).max(22),
  chain: z.strictObject({
    url: z.url(),
    user: z.string(),
    password: z.string(),
    backend: z.enum(['embedded', 'bitcoind']),
    network: z.enum(['regtest', 'signet', 'testnet4', 'mainnet']),
    pollMs: z.int().min(10).optional(),
  }),
  swarm: swarmSettings,
  logLevel: z.enum(['debug', 'info', 'warn', 'error']),
  /** What the network is called, where that is another name than its chain's. */
  network: z.literal('sandbox').optional(),
  settings: nodeSettings,
  /** Published where this node publishes nothing yet. */
  publish: z.strictObject({ program: z.json(), title: z.string().optional(), terms: z.record(z.string(), z.json()).optional() }).optional(),
})
export type ParticipantConfig = z.infer<typeof participantConfig>
