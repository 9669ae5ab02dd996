/** `golem verify`: what documents prove, to somebody who has nothing but them. */
import { resolve } from 'node:path'
import type { OpenedDocument } from '../../../../roles/protocol/documents/index.ts'
import { fail, ok, type Result } from '../../../../roles/protocol/result.ts'
import type { OpenedTick } from '../../../../roles/protocol/ticks/index.ts'
import { fastCrypto } from '../../../adapters/crypto/fast.ts'
import { EXIT, wrongUsage, type Call, type Command, type Done } from '../command.ts'
import { aboutBurials } from '../verify/burials.ts'
import { aboutDispute } from '../verify/dispute.ts'
import { createFinder, type Finder, type Source } from '../verify/finder.ts'
import { findingText, type Finding } from '../verify/finding.ts'
import { folderSource, participantsIn } from '../verify/folder.ts'
import { fetched, readPath } from '../verify/read.ts'
import { openSwarm } from '../verify/swarm.ts'
import { aboutTicks } from '../verify/ticks.ts'
import { aboutUpdate } from '../verify/update.ts'

const INFOHASH = /^[0-9a-f]{40}$/
const DIGEST = /^[0-9a-f]{64}$/

export const verifyCommand: Command = {
  name: 'verify',
  summary: 'say what documents prove: an update, tombstones, a dispute, two ticks',
  usage: '<file|folder|infohash|sha256>…',
  takes: [1, 1_000],
  files: true,
  flags: {
    from: {
      kind: 'list',
      value: 'FOLDER',
      doc: 'of a participant on this computer, or of a local network: what is missing is looked for there',
    },
    tracker: { kind: 'list', value: 'URL', doc: 'where torrents are found; what is missing is fetched' },
    peer: {
      kind: 'list',
      value: 'HOST:PORT',
      form: { pattern: /^[a-zA-Z0-9.-]+:\d{1,5}$/, words: 'an address with its port' },
      doc: 'who has torrents',
    },
    dht: { kind: 'flag', doc: "find torrents in BitTorrent's table" },
    wait: { kind: 'whole', value: 'SECONDS', range: [1, 3_600], default: 60, doc: 'for each document of the swarm' },
  },
  doc: `The first document says what is asked, the others are what it is held against. An update: does a tick count it, and did it go through its program? (It
takes the ticks from the one with its plan to the one that decides it, their offer with its outline, and the revealed primes.) A tick: is each server whose
tombstone it lists guilty, and of what? (It takes the ticks that bury them with their evidence, and the same for the ticks of the requests.) A dispute: who lied? Two ticks of one number, or nothing but two ticks: did their key sign what no
honest key signs? Files are recognised by what they are. An infohash of 40 digits is fetched, a SHA-256 of 64 is looked for in --from; ./name is a file of such a name.
Exit code 0: proved. 1: not proved. 2: something cannot be read, or wrong usage.`,
  example: 'golem verify update.json tick-*.json offer.json outline reveal.2',
  refusedExit: EXIT.usage,
  run: verify,
}

async function verify(call: Call): Promise<Result<Done>> {
  const { flags, positionals, io } = call
  const folders = list(flags['from']).flatMap((name) => participantsIn(resolve(io.cwd, name)))
  if (list(flags['from']).length > 0 && folders.length === 0)
    return wrongUsage('--from names no folder of a participant: it has a folder «state» or «torrents».')
  const network = {
    trackers: list(flags['tracker']),
    peers: list(flags['peer']),
    dht: flags['dht'] === true,
    timeoutMs: Number(flags['wait']) * 1_000,
  }
  const isOnline = network.trackers.length + network.peers.length > 0 || network.dht
  const wanted = positionals.find((argument) => INFOHASH.test(argument))
  if (wanted !== undefined && !isOnline && folders.length === 0)
    return wrongUsage(`The torrent ${wanted} has to be fetched: say from where with --tracker, --peer, --dht or --from.`)
  const swarm = isOnline ? await openSwarm(network) : null
  try {
    const sources: Source[] = [...folders.map(folderSource), ...(swarm === null ? [] : [swarm])]
    const finder = createFinder(fastCrypto, sources)
    const asked = await readArguments(call, finder, sources)
    if (!asked.ok) return asked
    const finding = await answer(finder, asked.value.documents)
    const stray = strayOf(finder, asked.value)
    if (!stray.ok) return stray
    return finding.ok ? done(finding.value) : finding
  } finally {
    await swarm?.close()
  }
}

const list = (flag: Call['flags'][string]): string[] => (Array.isArray(flag) ? flag : [])

const done = (finding: Finding): Result<Done> =>
  ok({ text: findingText(finding), value: finding, exit: finding.proved ? EXIT.fine : EXIT.refused })

interface Arguments {
  /** In their order. */
  documents: OpenedDocument[]
  /** Files that are none. */
  loose: Array<{ shown: string; sha256: string }>
}

/** Whatever is named has to be of use: a file that is no document is one that a document names. */
function strayOf(finder: Finder, { loose }: Arguments): Result<null> {
  const stray = loose.find(({ sha256 }) => !finder.names(sha256))
  return stray === undefined
    ? ok(null)
    : fail(
        'cli.document',
        `${stray.shown} is no document of Golem, and no file that one of the documents names. Give the document (document.json) of its torrent, too.`,
      )
}

/** Reads all arguments. */
async function readArguments({ positionals, io }: Call, finder: Finder, sources: readonly Source[]): Promise<Result<Arguments>> {
  const documents: OpenedDocument[] = []
  const loose: Arguments['loose'] = []
  const digests: string[] = []
  for (const shown of positionals) {
    if (DIGEST.test(shown)) {
      digests.push(shown)
      continue
    }
    const isInfohash = INFOHASH.test(shown)
    const read = isInfohash ? await fetched(sources, shown) : readPath(resolve(io.cwd, shown), shown)
    if (!read.ok) return read
    for (const one of read.value) {
      finder.add(one, isInfohash ? shown : undefined)
      if (one.document !== null) documents.push(one.document)
      else if (one.isNamed) loose.push({ shown, sha256: one.sha256 })
    }
  }
  for (const sha256 of digests) {
    const found = await byDigest(finder, sha256, sources)
    if (!found.ok) return found
    documents.splice(positionals.indexOf(sha256), 0, found.value)
  }
  if (documents.length > 0) return ok({ documents, loose })
  const shown = positionals.join(', ')
  return fail('cli.document', `No document of Golem is among ${shown}. Name the document.json of a torrent.`)
}

async function byDigest(finder: Finder, sha256: string, sources: readonly Source[]): Promise<Result<OpenedDocument>> {
  for (const type of ['update', 'dispute', 'tick'] as const) {
    const found = await finder.search(type, sha256)
    if (found !== null) return ok(found)
  }
  const where =
    sources.length === 0 ? 'among these files: say with --from where it may be' : 'among these files, nor where you say that they may be'
  return fail('cli.document', `No update, dispute or tick with the SHA-256 ${sha256} is ${where}.`)
}

/** The first document says what is asked. */
async function answer(finder: Finder, documents: OpenedDocument[]): Promise<Result<Finding>> {
  const first = documents[0]!
  const { type } = first.body
  if (type === 'update') return ok(await aboutUpdate(finder, first as OpenedDocument<'update'>))
  if (type === 'dispute') return ok(await aboutDispute(finder, first as OpenedDocument<'dispute'>))
  if (type === 'tick') {
    const tick = first as OpenedTick
    const other = otherTick(tick, documents.slice(1))
    return ok(other === null ? await aboutBurials(finder, tick) : await aboutTicks(finder, [tick, other]))
  }
  return fail(
    'cli.document',
    `The first document is of the type ${type}, about which nothing is asked. Begin with an update, a dispute or a tick.`,
  )
}

/** The tick to be compared: another one of the same number, or the only other document. */
function otherTick({ sha256, body }: OpenedTick, others: OpenedDocument[]): OpenedTick | null {
  const ticks = others.filter((one): one is OpenedTick => one.body.type === 'tick')
  const same = ticks.find((one) => one.body.number === body.number && one.sha256 !== sha256)
  return same ?? (others.length === 1 && body.burials.length === 0 ? (ticks[0] ?? null) : null)
}
