/** The files of a tick as an audit reads them: each against its entry, bounded, and opened. */
import type { Json } from '../canonical.ts'
import { toHex } from '../bytes.ts'
import { canonicalText, parseCanonical, readCanonicalList } from '../canonical.ts'
import { SOUND, STAMPED, type CryptoPort, type FileCheck, type Revealed } from '../crypto/index.ts'
import {
  checkSchema,
  checkSigned,
  FIRST_FAULT,
  readAgain,
  readList,
  readWithin,
  type FileEntry,
  type OpenedDocument,
  type Plan,
  type Tick,
} from '../documents/index.ts'
import { fetchEntry, type FetchFile } from '../index/index.ts'
import { revealFile, type RevealFile } from '../requests/index.ts'
import { fail, ok, type Result } from '../result.ts'
import {
  EVIDENCE_DEPTH,
  EVIDENCE_LIMIT,
  evidenceEntry,
  readReveal,
  revealId,
  revealMatches,
  stampClaim,
  type BlockCode,
} from '../stamps/index.ts'
import { DECIDED_TYPES, isDecided } from './sorting.ts'

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
 * other cores, they read and check the parts, and what they find is noted for the decisions; here is read what no other core could, or would not.
 * @param revealed secrets by which its updates may be stamped; whether they are the right ones is the caller's to find out
 */
export async function readDocuments(
  files: TickFiles,
  { summary }: Pick<Tick, 'summary'>,
  revealed: readonly Revealed[] = [],
): Promise<Result<Map<string, OpenedDocument>>> {
  const { crypto } = files
  const parts: Array<() => Promise<Result<OpenedDocument[]>>> = []
  for (const entry of summary.documents) {
    const bytes = await fetchEntry(crypto, files.fetchFile, entry)
    // Those before it may be worse.
    const checked = bytes.ok ? (crypto.ahead?.check(bytes.value, revealed) ?? null) : null
    parts.push(async () =>
      bytes.ok ? ((await readChecked(crypto, bytes.value, checked, revealed)) ?? readPart(crypto, entry.name, bytes.value)) : bytes,
    )
    if (!bytes.ok) break
  }
  const opened = new Map<string, OpenedDocument>()
  for (const read of parts) {
    const part = await read()
    if (!part.ok) return part
    for (const document of part.value) opened.set(document.sha256, document)
  }
  for (const document of opened.values()) {
    const signed = checkSigned(crypto, document)
    if (!signed.ok) return signed
  }
  return ok(opened)
}

/** The documents of a file that another core read; null where none did. */
async function readChecked(
  { ahead }: CryptoPort,
  bytes: Uint8Array,
  asked: Promise<FileCheck | null> | null,
  revealed: readonly Revealed[],
): Promise<Result<OpenedDocument[]> | null> {
  const check = await asked
  if (check === null) return null
  const documents: OpenedDocument[] = []
  let at = 1
  for (const [i, end] of check.ends.entries()) {
    const document = readAgain(bytes.subarray(at, end), toHex(check.digests.subarray(32 * i, 32 * i + 32)))
    documents.push(document)
    at = end + 1
    const found = check.found[i]!
    if ((found & SOUND) !== 0) ahead!.note(document.sha256)
    if ((found & STAMPED) === 0) continue
    const { tick } = document.body as OpenedDocument<'update'>['body']
    for (const { id, file } of revealed) if ((file as RevealFile).tick === tick) ahead!.note(stampClaim(document.sha256, id))
  }
  return ok(documents)
}

/** One file of documents; whether they are signed is still to be asked. @param name of the file, for what is said about it */
function readPart(crypto: CryptoPort, name: string, bytes: Uint8Array): Result<OpenedDocument[]> {
  const listed = readList(crypto, bytes, DECIDED_TYPES)
  if (listed !== null) return ok(listed)
  const items = readCanonicalList(bytes, { maxBytes: FILE_LIMIT, maxDepth: 64 })
  if (!items.ok) return items
  if (items.value === null) return fail('audit.documents', `The file ${name} is not a list. The Supervisor published a broken tick.`)
  const documents: OpenedDocument[] = []
  for (const item of items.value) {
    const type = (item.json as { type?: unknown } | null)?.type
    if (typeof type !== 'string' || !isDecided(type as OpenedDocument['body']['type']))
      return fail('audit.documents', `The file ${name} holds something that a tick does not decide.`)
    const document = readWithin(crypto, type as OpenedDocument['body']['type'], item)
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

/** Reveals for those who check documents on other cores. */
export const revealedIn = (crypto: CryptoPort, files: ReadonlyArray<RevealFile | null>): Revealed[] =>
  files.flatMap((file) => (file === null ? [] : [{ id: revealId(crypto, file), file }]))

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
