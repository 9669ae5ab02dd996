/** Finds documents by their digest: among those that were given, then in folders of participants, then in the swarm; and notes what was not to be had. */
import { toHex } from '../../../../roles/protocol/bytes.ts'
import type { CryptoPort } from '../../../../roles/protocol/crypto/index.ts'
import { openDocument, type DocumentType, type FileEntry, type OpenedDocument } from '../../../../roles/protocol/documents/index.ts'
import { parseOutline, termsOf } from '../../../../roles/protocol/requests/index.ts'
import { fail, ok, type Result } from '../../../../roles/protocol/result.ts'
import type { OfferProgram, OpenedTick, TickReader } from '../../../../roles/protocol/ticks/index.ts'
import type { Missing } from './finding.ts'
import { documentsIn, namesIn, recognise, type Recognised } from './recognise.ts'

/** A document by its digest, and its torrent where one of the others says it. */
export interface Named {
  sha256: string
  infohash: string | null
}

/** Where else documents and files are looked for. What it answers is held against the digest. */
export interface Source {
  document(named: Named, type: DocumentType): Promise<Uint8Array | null>
  /** A file of the torrent of a document. */
  file(of: Named, entry: FileEntry): Promise<Uint8Array | null>
  /** The document of a torrent, whatever it is. */
  any(infohash: string): Promise<Result<Uint8Array>>
  /** Ticks that it has, of which the documents given need not know. */
  ticks(): Iterable<Uint8Array>
}

export interface Finder extends TickReader {
  crypto: CryptoPort
  /** Takes something in that was read. */
  add(found: Recognised, infohash?: string): void
  document<T extends DocumentType>(type: T, sha256: string): Promise<OpenedDocument<T> | null>
  /** The same, without a note where there is none. */
  search<T extends DocumentType>(type: T, sha256: string): Promise<OpenedDocument<T> | null>
  /** Whether a document that is here names a file of this digest. */
  names(sha256: string): boolean
  /** Outline, budget and terms of an offer; null where it or its outline is not here. */
  offer(sha256: string): Promise<{ offer: OpenedDocument<'offer'>; program: OfferProgram } | null>
  /** Every document of a type that is here now. */
  all<T extends DocumentType>(type: T): Array<OpenedDocument<T>>
  /** Every tick of an app that is here. */
  ticks(app: string): OpenedTick[]
  missing: Missing[]
}

export const referenceOf = ({ sha256 }: OpenedDocument): { sha256: string; infohash: string } => ({ sha256, infohash: '' })

/** What is here: documents that opened, files by their digest, and torrents that documents name. */
interface Pool {
  crypto: CryptoPort
  sources: readonly Source[]
  given: Map<string, Uint8Array>
  opened: Map<string, OpenedDocument>
  infohashes: Map<string, string>
  /** Digests of the files that documents name. */
  named: Set<string>
  missing: Map<string, Missing>
}

function keep({ opened, infohashes, named }: Pool, document: OpenedDocument): void {
  opened.set(document.sha256, document)
  const { documents, files } = namesIn(document)
  for (const { sha256, infohash } of documents) infohashes.set(sha256, infohash)
  for (const sha256 of files) named.add(sha256)
}

function keepAll(pool: Pool, documents: Iterable<Uint8Array>): void {
  for (const bytes of documents) {
    const found = recognise(pool.crypto, bytes)
    if (found.ok && found.value.document !== null) keep(pool, found.value.document)
  }
}

function add(pool: Pool, { sha256, bytes, document }: Recognised, infohash?: string): void {
  if (infohash !== undefined) pool.infohashes.set(sha256, infohash)
  if (document !== null) return keep(pool, document)
  pool.given.set(sha256, bytes)
  keepAll(pool, documentsIn(bytes))
}

function note(pool: Pool, what: Missing['what'], sha256: string, infohash: string | null, says: string): null {
  const torrent = infohash === null ? '' : `, or fetch it: its torrent is ${infohash} (--tracker, --peer or --dht)`
  pool.missing.set(sha256, { what, sha256, infohash, says: `${says}. Give its file${torrent}.` })
  return null
}

async function findDocument<T extends DocumentType>(pool: Pool, type: T, sha256: string): Promise<OpenedDocument<T> | null> {
  const known = pool.opened.get(sha256)
  if (known !== undefined) return known.body.type === type ? (known as OpenedDocument<T>) : null
  for (const source of pool.sources) {
    const bytes = await source.document({ sha256, infohash: pool.infohashes.get(sha256) ?? null }, type)
    const found = bytes === null ? null : openDocument(pool.crypto, type, bytes, sha256)
    if (found?.ok !== true) continue
    keep(pool, found.value)
    return found.value
  }
  return null
}

async function findFile(pool: Pool, of: Named, entry: FileEntry): Promise<Uint8Array | null> {
  const known = pool.given.get(entry.sha256)
  if (known !== undefined) return known
  for (const source of pool.sources) {
    const bytes = await source.file(of, entry)
    if (bytes !== null && bytes.length === entry.size && toHex(pool.crypto.sha256(bytes)) === entry.sha256) return bytes
  }
  return null
}

const documentsOf = <T extends DocumentType>({ opened }: Pool, type: T): Array<OpenedDocument<T>> =>
  [...opened.values()].filter((one): one is OpenedDocument<T> => one.body.type === type)

const nowhere = (what: string): Result<never> => fail('cli.document', `${what} is not here.`)

export function createFinder(crypto: CryptoPort, sources: readonly Source[]): Finder {
  const pool: Pool = { crypto, sources, given: new Map(), opened: new Map(), infohashes: new Map(), named: new Set(), missing: new Map() }
  let isScanned = false

  async function document<T extends DocumentType>(type: T, sha256: string): Promise<OpenedDocument<T> | null> {
    const found = await findDocument(pool, type, sha256)
    return found ?? note(pool, type, sha256, pool.infohashes.get(sha256) ?? null, `The ${type} with the SHA-256 ${sha256}`)
  }

  async function file(of: { sha256: string }, entry: FileEntry): Promise<Uint8Array | null> {
    const infohash = pool.infohashes.get(of.sha256) ?? null
    const says = `The file «${entry.name}» of the document ${of.sha256}, with the SHA-256 ${entry.sha256}`
    return (await findFile(pool, { sha256: of.sha256, infohash }, entry)) ?? note(pool, 'file', entry.sha256, infohash, says)
  }

  return {
    crypto,
    add: (found, infohash) => add(pool, found, infohash),
    document,
    names: (sha256) => pool.named.has(sha256),
    all: (type) => documentsOf(pool, type),
    search: (type, sha256) => findDocument(pool, type, sha256),
    get missing() {
      return [...pool.missing.values()]
    },
    async tick({ sha256 }) {
      const found = await document('tick', sha256)
      return found === null ? nowhere(`The tick ${sha256}`) : ok(found)
    },
    async file(tick, entry) {
      const bytes = await file(tick, entry)
      return bytes === null ? nowhere(`The file ${entry.name}`) : ok(bytes)
    },
    async offer(sha256) {
      const found = await document('offer', sha256)
      const bytes = found === null ? null : await file(found, found.body.outline)
      const outline = bytes === null ? null : parseOutline(bytes)
      if (found === null || outline?.ok !== true) return null
      const { budget } = found.body
      return { offer: found, program: { outline: outline.value, budget, terms: termsOf(found.body) } }
    },
    ticks(app) {
      if (!isScanned) for (const source of sources) keepAll(pool, source.ticks())
      isScanned = true
      return documentsOf(pool, 'tick').filter(({ body }) => body.app === app)
    },
  }
}
