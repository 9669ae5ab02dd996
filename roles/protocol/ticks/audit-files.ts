/** The files of a tick as an audit reads them: each against its entry, bounded, and opened. */
import type { Json } from '../canonical.ts'
import { canonicalText, parseCanonical, readCanonicalList } from '../canonical.ts'
import type { CryptoPort, SignatureCheck } from '../crypto/index.ts'
import {
  checkSchema,
  checkSigned,
  documentCheck,
  FIRST_FAULT,
  readWithin,
  type FileEntry,
  type OpenedDocument,
  type Plan,
  type Tick,
} from '../documents/index.ts'
import { fetchEntry, type FetchFile } from '../index/index.ts'
import { revealFile, type RevealFile } from '../requests/index.ts'
import { fail, ok, type Result } from '../result.ts'
import { EVIDENCE_DEPTH, EVIDENCE_LIMIT, evidenceEntry, readReveal, revealMatches, signaturesOf, type BlockCode } from '../stamps/index.ts'
import { isDecided } from './sorting.ts'

const FILE_LIMIT = 2 ** 31

/** A tick's torrent. */
export interface TickFiles {
  crypto: CryptoPort
  fetchFile: (name: string) => ReturnType<FetchFile>
}

async function readJson({ crypto, fetchFile }: TickFiles, entry: FileEntry): Promise<Result<Json>> {
  const bytes = await fetchEntry(crypto, fetchFile, entry)
  return bytes.ok ? parseCanonical(bytes.value, { maxBytes: FILE_LIMIT, maxDepth: 64 }) : bytes
}

/**
 * The decided documents of a tick by digest, each with its signature checked: part by part, so that all of them are never one text. Where the provider has
 * other cores, they check the signatures of one part, those within updates too, while the next is read.
 */
export async function readDocuments(files: TickFiles, { summary }: Tick): Promise<Result<Map<string, OpenedDocument>>> {
  const { crypto } = files
  const opened = new Map<string, OpenedDocument>()
  const ahead: Array<Promise<void>> = []
  for (const entry of summary.documents) {
    const part = await readPart(files, entry)
    if (!part.ok) return part
    for (const document of part.value) opened.set(document.sha256, document)
    if (crypto.schnorr.ahead !== undefined) ahead.push(crypto.schnorr.ahead(part.value.flatMap((document) => checksOf(crypto, document))))
  }
  await Promise.all(ahead)
  for (const document of opened.values()) {
    const signed = checkSigned(crypto, document)
    if (!signed.ok) return signed
  }
  return ok(opened)
}

const checksOf = (crypto: CryptoPort, document: OpenedDocument): SignatureCheck[] =>
  document.body.type === 'update' ? signaturesOf(crypto, document as OpenedDocument<'update'>) : [documentCheck(crypto, document)]

/** One file of documents; whether they are signed is still to be asked. */
async function readPart(files: TickFiles, entry: FileEntry): Promise<Result<OpenedDocument[]>> {
  const bytes = await fetchEntry(files.crypto, files.fetchFile, entry)
  const items = bytes.ok ? readCanonicalList(bytes.value, { maxBytes: FILE_LIMIT, maxDepth: 64 }) : bytes
  if (!items.ok) return items
  if (items.value === null) return fail('audit.documents', `The file ${entry.name} is not a list. The Supervisor published a broken tick.`)
  const documents: OpenedDocument[] = []
  for (const item of items.value) {
    const type = (item.json as { type?: unknown } | null)?.type
    if (typeof type !== 'string' || !isDecided(type as OpenedDocument['body']['type']))
      return fail('audit.documents', `The file ${entry.name} holds something that a tick does not decide.`)
    const document = readWithin(files.crypto, type as OpenedDocument['body']['type'], item)
    if (!document.ok) return document
    documents.push(document.value)
  }
  return ok(documents)
}

/** Ids of all versions of a plan in the order in which they are revealed. */
const versionsOf = ({ endpoints }: Plan): string[] =>
  Object.keys(endpoints)
    .sort()
    .flatMap((name) => endpoints[name]!.flatMap(({ versions }) => versions))

/** The secrets of tick number−2, null where it had no plan. @param plan of that tick */
export async function readRevealed(files: TickFiles, { app, reveal, number }: Tick, plan: Plan | null): Promise<Result<RevealFile | null>> {
  const of = number - 2
  if (reveal === null) return plan === null ? ok(null) : fail('audit.reveal', `Tick ${number} does not reveal the primes of tick ${of}.`)
  const json = await readJson(files, reveal.file)
  const file = json.ok ? checkSchema('reveal', revealFile, json.value) : json
  if (!file.ok) return file
  const { crypto } = files
  const isNamed = reveal.tick === of && reveal.file.name === `reveal.${of}` && file.value.tick === of && file.value.app === app
  const fits =
    isNamed &&
    plan !== null &&
    revealMatches(crypto, readReveal(crypto, file.value), plan) &&
    canonicalText(file.value.versions.map(({ version }) => version)) === canonicalText(versionsOf(plan))
  return fits ? ok(file.value) : fail('audit.reveal', `Tick ${number} reveals another secret than the plan of tick ${of} named.`)
}

/** A tick's evidence file; empty where it has none. */
export async function readShown({ crypto, fetchFile }: TickFiles, { evidence }: Tick): Promise<Result<Json[]>> {
  if (evidence === null) return ok([])
  const bytes = await fetchEntry(crypto, fetchFile, evidence)
  const json = bytes.ok ? parseCanonical(bytes.value, { maxBytes: EVIDENCE_LIMIT, maxDepth: EVIDENCE_DEPTH }) : bytes
  if (!json.ok) return json
  return Array.isArray(json.value)
    ? ok(json.value)
    : fail('audit.evidence', 'The evidence file is not a list. The Supervisor published a broken tick.')
}

/** The code that a tick shows for a dispute. */
export const codeFrom =
  (evidence: Json[]) =>
  ({ body }: OpenedDocument<'dispute'>): BlockCode | null => {
    const text = canonicalText(body)
    const shown = evidence.map((entry) => evidenceEntry.safeParse(entry, FIRST_FAULT).data)
    const entry = shown.find((one) => one?.kind === 'dispute' && canonicalText(one.dispute) === text)
    return entry?.kind === 'dispute' ? { body: entry.body, salt: entry.salt } : null
  }
