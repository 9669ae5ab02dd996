/** Documents are recognised by what they are, never by a name: by the type that they sign, and files of their torrents by the digest that a document signs. */
import { toHex } from '../../../../roles/protocol/bytes.ts'
import { canonicalBytes, parseCanonical } from '../../../../roles/protocol/canonical.ts'
import type { CryptoPort } from '../../../../roles/protocol/crypto/index.ts'
import {
  documentKinds,
  documentTypes,
  openDocument,
  type DocumentType,
  type OpenedDocument,
} from '../../../../roles/protocol/documents/index.ts'
import { ok, type Result } from '../../../../roles/protocol/result.ts'

/** Most bytes of anything that is read: an evidence or reveal file may have as many. */
export const FILE_LIMIT = 256 << 20
const DOCUMENT_LIMIT = Math.max(...documentTypes.map((type) => documentKinds[type].limit))

const isType = (type: unknown): type is DocumentType => documentTypes.some((one) => one === type)

/** What the bytes say they are; null for what says nothing of the kind, as files of a torrent do. */
function typeOf(bytes: Uint8Array): DocumentType | null {
  if (bytes.length > DOCUMENT_LIMIT || bytes[0] !== 0x7b) return null
  try {
    const json = JSON.parse(new TextDecoder().decode(bytes)) as { type?: unknown }
    return isType(json.type) ? json.type : null
  } catch {
    return null
  }
}

export interface Recognised {
  sha256: string
  bytes: Uint8Array
  /** Null for what is no document, and may be a file of one's torrent. */
  document: OpenedDocument | null
}

/** Error: that of a document which is refused: size, form, schema or signature, as everybody refuses it. */
export function recognise(crypto: CryptoPort, bytes: Uint8Array): Result<Recognised> {
  const type = typeOf(bytes)
  if (type === null) return ok({ sha256: toHex(crypto.sha256(bytes)), bytes, document: null })
  const opened = openDocument(crypto, type, bytes)
  return opened.ok ? ok({ sha256: opened.value.sha256, bytes, document: opened.value }) : opened
}

/** The documents of a part of a tick's documents, or of its evidence, which lie in them with their signatures. Those that do not open are left out. */
export function documentsIn(bytes: Uint8Array): Uint8Array[] {
  if (bytes[0] !== 0x5b) return []
  const json = parseCanonical(bytes, { maxBytes: FILE_LIMIT, maxDepth: 1_000 })
  if (!json.ok || !Array.isArray(json.value)) return []
  return json.value.flatMap((item) => {
    const holds = item as { type?: unknown; update?: unknown; dispute?: unknown } | null
    const inside = isType(holds?.type) ? holds : (holds?.update ?? holds?.dispute)
    return inside === undefined || inside === null ? [] : [canonicalBytes(inside)]
  })
}

/** Everything in a document that names another one, or a file of its own torrent. */
export interface Names {
  documents: Array<{ sha256: string; infohash: string }>
  files: string[]
}

export function namesIn(document: OpenedDocument): Names {
  const names: Names = { documents: [], files: [] }
  const look = (value: unknown): void => {
    if (value === null || typeof value !== 'object') return
    const { sha256, infohash, size } = value as { sha256?: unknown; infohash?: unknown; size?: unknown }
    if (typeof sha256 === 'string' && typeof infohash === 'string') names.documents.push({ sha256, infohash })
    else if (typeof sha256 === 'string' && typeof size === 'number') names.files.push(sha256)
    for (const inside of Object.values(value)) look(inside)
  }
  look(document.body)
  return names
}
