/** Documents and files that others publish: fetched from the swarm, held against the digest that was signed, kept. */
import { toHex } from '../../../roles/protocol/bytes.ts'
import {
  documentKinds,
  openDocument,
  type DocumentType,
  type FileEntry,
  type OpenedDocument,
  type Reference,
} from '../../../roles/protocol/documents/index.ts'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'
import type { SwarmFile } from '../ports.ts'
import type { Documents, DocumentsOptions, HowToFetch } from './types.ts'

/** Largest single file that is fetched, in bytes. */
const FILE_LIMIT = 256 << 20

/** The files that are not a tick's: an offer's (PROTOCOL.md 5.1). */
const OF_OFFERS: ReadonlySet<string> = new Set(['outline', 'backup'])

type FetchOptions = Pick<DocumentsOptions, 'crypto' | 'storage' | 'swarm' | 'onTick' | 'fetchTimeoutMs'>

interface Wanted {
  infohash: string
  name: string
  maxBytes: number
  sha256: string
  keep: boolean
  large: boolean
  how: HowToFetch
}

async function fetchBytes({ crypto, storage, swarm, fetchTimeoutMs }: FetchOptions, wanted: Wanted): Promise<Result<Uint8Array>> {
  const { infohash, name, maxBytes, sha256, large, how } = wanted
  const kept = storage.getBlob(sha256)
  if (kept !== undefined) return ok(kept)
  const isRight = (files: SwarmFile[]): boolean => toHex(crypto.sha256(files[0]!.bytes)) === sha256
  // A torrent that once gave a right file stays, so a stranger's anchor that names it with another digest does not end its seeding.
  const timeoutMs = fetchTimeoutMs * (how.patience ?? 1)
  const got = await swarm.fetch(infohash, {
    files: [name],
    maxBytes,
    large,
    timeoutMs,
    lane: how.lane ?? 'own',
    accept: isRight,
    ...how.hints,
  })
  if (!got.ok) return got
  const { bytes } = got.value[0]!
  if (!isRight(got.value)) {
    return fail(
      'document.digest',
      `The file ${name} of torrent ${infohash} has another SHA-256 than was signed. Its author has to publish it again.`,
    )
  }
  if (wanted.keep) storage.putBlob(sha256, bytes)
  return ok(bytes)
}

async function fetchDocument(
  options: FetchOptions,
  reference: Reference,
  type: DocumentType,
  how: HowToFetch = {},
): Promise<Result<OpenedDocument>> {
  const { infohash, sha256 } = reference
  const maxBytes = documentKinds[type].limit
  const bytes = await fetchBytes(options, { infohash, name: 'document.json', maxBytes, sha256, keep: true, large: type === 'tick', how })
  const opened = bytes.ok ? openDocument(options.crypto, type, bytes.value, sha256) : bytes
  if (opened.ok && type === 'tick') options.onTick?.(reference, false)
  if (!opened.ok) return opened
  const { body } = opened.value
  if (body.type === 'offer')
    return withGrant(options, how, opened.value, { ...body, key: body.by }, () =>
      fail('offer.grant', `The offer «${body.title}» is signed by a key that its master key did not grant. Do not use it.`),
    )
  if (body.type === 'resumption')
    return withGrant(options, how, opened.value, { ...body, master: body.by }, () =>
      fail('resumption.grant', 'The resumption names a key that its master key did not grant. Do not follow it.'),
    )
  return opened
}

/** What names a new key counts only with its certificate chain: the master key's grant for that key (essay, Supervisor bootstraps 1). */
async function withGrant(
  options: FetchOptions,
  how: HowToFetch,
  document: OpenedDocument,
  { master, key, grant }: { master: string; key: string; grant: Reference },
  refuse: () => Result<OpenedDocument>,
): Promise<Result<OpenedDocument>> {
  const granted = await fetchDocument(options, grant, 'grant', how)
  if (!granted.ok) return granted
  const { body } = granted.value
  return body.type === 'grant' && body.by === master && body.key === key ? ok(document) : refuse()
}

async function fetchFile(
  options: FetchOptions,
  infohash: string,
  { name, size, sha256 }: FileEntry,
  keep = true,
  how: HowToFetch = {},
): Promise<Result<Uint8Array>> {
  return size > FILE_LIMIT
    ? fail('file.too-large', `The file ${name} has ${size} bytes; at most ${FILE_LIMIT} are fetched.`)
    : fetchBytes(options, { infohash, name, maxBytes: size, sha256, keep, large: !OF_OFFERS.has(name), how })
}

export const createFetching = (options: FetchOptions): Pick<Documents, 'fetch' | 'held' | 'fetchFile'> => ({
  fetch: (reference, type, how) => fetchDocument(options, reference, type, how),
  held({ sha256 }, type) {
    const bytes = options.storage.getBlob(sha256)
    const opened = bytes === undefined ? null : openDocument(options.crypto, type, bytes, sha256)
    return opened?.ok ? opened.value : null
  },
  fetchFile: (infohash, file, keep, how) => fetchFile(options, infohash, file, keep, how),
})
