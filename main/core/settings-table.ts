/**
 * The settings of a node as a person changes them: a flat object of dotted names in the folder. Each is held against its own schema; what is unknown or damaged is
 * named, stays as it is in the file, and counts as not set.
 */
import { z } from 'zod'
import { hostname, region, sats } from '../../roles/protocol/documents/index.ts'
import { fail, ok, type Result } from '../../roles/protocol/result.ts'
import type { SettingView } from '../contract/index.ts'
import type { Json, LogPort } from './ports.ts'
import { DEFAULT_SETTINGS, MOST_BOOTSTRAP, MOST_TRACKERS, tableNode, trackerUrl, type NodeSettings } from './settings.ts'

/** The object in the folder: read once at the start, written whole at every change. */
export interface SettingsPort {
  /** Undefined where there is none yet. Error: one in one sentence where it cannot be read. */
  read(): Result<unknown>
  /** All or nothing. */
  write(values: Record<string, Json>): Result<null>
}

interface Setting<T> {
  schema: z.ZodType<T>
  /** What it has to be, in words. */
  wanted: string
  fallback: T
  doc: string
  applies: SettingView['applies']
  /** It is a password: views do not show it. */
  secret?: true
}

const setting = <T>(one: Setting<T>): Setting<T> => one
const { host, use } = DEFAULT_SETTINGS
const words = (most: number) => z.string().max(most)

export const SETTINGS = {
  name: setting({
    schema: z.string().min(1).max(40),
    wanted: 'text of 1 to 40 characters',
    fallback: DEFAULT_SETTINGS.name,
    doc: 'What this node is called, for its owner alone.',
    applies: 'next start',
  }),
  'chain.url': setting({
    schema: z.union([z.url(), z.literal('')]),
    wanted: 'an address like http://127.0.0.1:8332',
    fallback: '',
    doc: 'RPC of the bitcoind that this node goes by.',
    applies: 'next start',
  }),
  'chain.user': setting({
    schema: words(200),
    wanted: 'text',
    fallback: '',
    doc: 'rpcuser of that bitcoind; not needed with its cookie file.',
    applies: 'next start',
  }),
  'chain.password': setting({
    schema: words(1_000),
    wanted: 'text',
    fallback: '',
    doc: 'Its rpcpassword.',
    applies: 'next start',
    secret: true,
  }),
  'chain.cookie': setting({
    schema: words(4_000),
    wanted: 'the path of a file',
    fallback: '',
    doc: "Path of that bitcoind's cookie file.",
    applies: 'next start',
  }),
  'swarm.trackers': setting({
    schema: z.array(trackerUrl).max(MOST_TRACKERS),
    wanted: `a list of at most ${MOST_TRACKERS} announce URLs, which begin with http://, https:// or udp://`,
    fallback: [] as string[],
    doc: 'BitTorrent trackers that are asked besides those that apps name.',
    applies: 'next start',
  }),
  'swarm.dht': setting({
    schema: z.boolean(),
    wanted: 'true or false',
    fallback: true,
    doc: 'Find others through the DHT, without any tracker.',
    applies: 'next start',
  }),
  'swarm.bootstrap': setting({
    schema: z.array(tableNode).max(MOST_BOOTSTRAP),
    wanted: `a list of at most ${MOST_BOOTSTRAP} times host:port`,
    fallback: [] as string[],
    doc: 'Where the DHT is entered; without any, at the well-known places, and on regtest nowhere.',
    applies: 'next start',
  }),
  'swarm.lsd': setting({
    schema: z.boolean(),
    wanted: 'true or false',
    fallback: true,
    doc: 'Find others on the same local network.',
    applies: 'next start',
  }),
  'swarm.port': setting({
    schema: z.int().min(0).max(65_535),
    wanted: 'a whole number from 0 to 65,535',
    fallback: 0,
    doc: 'Port of the torrent client; 0 lets the system choose.',
    applies: 'next start',
  }),
  'host.address': setting({
    schema: hostname,
    wanted: 'a host name or an IP address',
    fallback: host.address,
    doc: 'Where others reach this node for jobs; it stands in acceptances.',
    applies: 'next start',
  }),
  'host.listen': setting({
    schema: z.union([hostname, z.literal('')]),
    wanted: 'an address of this computer, as 0.0.0.0',
    fallback: host.listen,
    doc: 'The address of this computer that jobs listen on, where it is not host.address: behind a router, or in a container (0.0.0.0: all of them).',
    applies: 'next start',
  }),
  'host.port': setting({
    schema: z.int().min(0).max(65_535),
    wanted: 'a whole number from 0 to 65,535',
    fallback: host.port,
    doc: 'Port of the jobs; 0 lets the system choose, once.',
    applies: 'next start',
  }),
  'host.region': setting({
    schema: region,
    wanted: 'text of at most 40 characters',
    fallback: host.region,
    doc: 'Where this node stands, for people.',
    applies: 'at once',
  }),
  'host.auto': setting({
    schema: z.boolean(),
    wanted: 'true or false',
    fallback: host.auto,
    doc: 'Accept job offers that pay enough without asking. A job that was left is not taken up again.',
    applies: 'at once',
  }),
  'host.minimumPayPerRequest': setting({
    schema: sats,
    wanted: 'an amount in sats',
    fallback: host.minimumPayPerRequest,
    doc: 'The least pay for a request that is accepted without asking, in sats.',
    applies: 'at once',
  }),
  'host.jobs': setting({
    schema: z.int().min(0).max(100),
    wanted: 'a whole number from 0 to 100',
    fallback: host.jobs,
    doc: 'Up to how many jobs are accepted without asking.',
    applies: 'at once',
  }),
  'use.auto': setting({
    schema: z.boolean(),
    wanted: 'true or false',
    fallback: use.auto,
    doc: 'Use the first app that is seen, where none is used. An app that was left is not taken up again.',
    applies: 'at once',
  }),
  'use.freshKeys': setting({
    schema: z.int().min(0).max(32),
    wanted: 'a whole number from 0 to 32',
    fallback: use.freshKeys,
    doc: 'So many fresh keys of every type are kept reserved in each app; 0: by command only.',
    applies: 'next start',
  }),
  'use.freshKeysOf': setting({
    schema: z.record(z.string().min(1).max(64), z.int().min(0).max(32)),
    wanted: 'an object of numbers from 0 to 32 by collection',
    fallback: use.freshKeysOf,
    doc: 'Other numbers for single collections, by name.',
    applies: 'next start',
  }),
  'use.indexBytes': setting({
    schema: z.int().min(0).max(1e12),
    wanted: 'a whole number of bytes',
    fallback: use.indexBytes,
    doc: 'Largest index files of an app that are kept whole, in bytes; larger ones are read page by page.',
    applies: 'next start',
  }),
} as const

export type SettingName = keyof typeof SETTINGS
export type SettingValue<N extends SettingName> = (typeof SETTINGS)[N]['fallback']

export interface SettingsTable {
  get<N extends SettingName>(name: N): SettingValue<N>
  list(): SettingView[]
  /** Errors: `settings.name`, `settings.value`, those of writing. */
  set(name: string, value: unknown): Result<SettingView>
  problems(): string[]
  /** As the core takes them. */
  node(): NodeSettings
}

const isName = (name: string): name is SettingName => Object.hasOwn(SETTINGS, name)
const names = Object.keys(SETTINGS) as SettingName[]

const unacceptable = (name: SettingName): string => `The setting ${name} has to be ${SETTINGS[name].wanted}.`

/** @param fallbacks other defaults than those of the table, as of a network */
export function createSettings(port: SettingsPort, log: LogPort, fallbacks: Partial<Record<SettingName, unknown>> = {}): SettingsTable {
  const read = port.read()
  const found = read.ok && typeof read.value === 'object' && read.value !== null && !Array.isArray(read.value) ? read.value : {}
  let stored = { ...found } as Record<string, Json>
  const unreadable = read.ok
    ? read.value === undefined || Object.is(found, read.value)
      ? null
      : 'The settings are no object of names and values.'
    : read.error.message
  const fallbackOf = (name: SettingName): unknown => (Object.hasOwn(fallbacks, name) ? fallbacks[name] : SETTINGS[name].fallback)
  const accepted = (name: SettingName): { value: unknown } | null => {
    if (!Object.hasOwn(stored, name)) return null
    const parsed = SETTINGS[name].schema.safeParse(stored[name])
    return parsed.success ? { value: parsed.data } : null
  }
  const get = (name: SettingName): unknown => (accepted(name) ?? { value: fallbackOf(name) }).value
  const problemOf = (name: SettingName): string | null =>
    Object.hasOwn(stored, name) && accepted(name) === null ? `${unacceptable(name)} What the file says counts as not set.` : null
  const viewOf = (name: SettingName): SettingView => {
    const { doc, applies, ...one } = SETTINGS[name] as Setting<unknown>
    const problem = problemOf(name)
    const value = one.secret && get(name) !== '' ? '(hidden)' : get(name)
    return { name, value, default: fallbackOf(name), doc, applies, ...(problem === null ? {} : { problem }) }
  }
  const problems = (): string[] => [
    ...(unreadable === null ? [] : [unreadable]),
    ...names.flatMap((name) => problemOf(name) ?? []),
    ...Object.keys(stored)
      .filter((name) => !isName(name))
      .map((name) => `There is no setting ${name.slice(0, 64)}: it is left alone.`),
  ]
  for (const problem of problems()) log.log('warn', problem)

  return {
    get: (name) => get(name) as never,
    list: () => names.map(viewOf),
    problems,
    set(name, value) {
      if (!isName(name))
        return fail('settings.name', `There is no setting «${name.slice(0, 64)}»; there are ${names.join(', ')}.`, { field: 'name' })
      if (unreadable !== null)
        return fail('settings.unreadable', `${unreadable} Nothing was changed: mend the file or move it away, and start the node again.`)
      if (value !== null && !SETTINGS[name].schema.safeParse(value).success)
        return fail('settings.value', `${unacceptable(name)} Correct it, and set it again.`, { field: 'value' })
      const { [name]: _before, ...others } = stored
      const next = value === null ? others : { ...others, [name]: value as Json }
      const written = port.write(next)
      if (!written.ok) return written
      stored = next
      return ok(viewOf(name))
    },
    node: () => ({
      name: get('name') as string,
      host: {
        address: get('host.address') as string,
        listen: get('host.listen') as string,
        port: get('host.port') as number,
        region: get('host.region') as string,
        auto: get('host.auto') as boolean,
        minimumPayPerRequest: get('host.minimumPayPerRequest') as number,
        jobs: get('host.jobs') as number,
      },
      use: {
        auto: get('use.auto') as boolean,
        freshKeys: get('use.freshKeys') as number,
        freshKeysOf: get('use.freshKeysOf') as Record<string, number>,
        indexBytes: get('use.indexBytes') as number,
      },
    }),
  }
}

/** Settings of a node whose owner is a program: they are told at each start, and what is set counts until its end. */
export function toldSettings({ name, host, use }: NodeSettings, log: LogPort): SettingsTable {
  const told = Object.fromEntries([
    ['name', name],
    ...Object.entries(host).map(([key, value]) => [`host.${key}`, value] as const),
    ...Object.entries(use).map(([key, value]) => [`use.${key}`, value] as const),
  ]) as Record<string, unknown>
  return createSettings({ read: () => ok(undefined), write: () => ok(null) }, log, told)
}
