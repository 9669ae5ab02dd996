/** Reading updates by their text, one or a list of them; see update-text.ts. Whatever is not recognised is read in the general way. */
import { type z } from 'zod'
import { parseUtf8, utf8, toHex } from '../bytes.ts'
import { isCanonicalPart, nestingOf, tryJson, type Json } from '../canonical.ts'
import type { CryptoPort } from '../crypto/index.ts'
import { noteDigests } from './digests.ts'
import { FIRST_FAULT } from './fields.ts'
import { documentKinds, type DocumentType } from './kinds.ts'
import { readWithin, type OpenedDocument } from './seal.ts'
import { update } from './types.ts'
import { endOfList, recogniseUpdate, SIGNATURE_MEMBER, type SignedPart, type UpdateText } from './update-text.ts'

/** Nesting of the list of writes: a document nests 32 deep, and is one level itself. */
const WRITES_DEPTH = 31
const writes: z.ZodType = update.shape.writes

/** The update that was recognised in a text; null where its writes are not as they should be. @param item its own text */
function recognised(
  crypto: CryptoPort,
  found: UpdateText,
  item: string,
  bytes: Uint8Array,
  sha256: string,
): OpenedDocument<'update'> | null {
  const begin = found.whole.from
  const text = item.slice(found.writes.from - begin, found.writes.end - begin)
  if (bytes.length > documentKinds.update.limit || nestingOf(text) > WRITES_DEPTH) return null
  const body = tryJson(item) as unknown as OpenedDocument<'update'>['body'] | undefined
  if (body === undefined || !isCanonicalPart(body.writes, text) || !writes.safeParse(body.writes, FIRST_FAULT).success) return null
  const document = { body, bytes, sha256 }
  // Nothing before the writes is more than a byte, and the whole ends where the bytes do.
  const digest = (tag: string, { from, sig, end }: SignedPart): Uint8Array => {
    const [first, last] = [from - begin, tag === 'golem/update' ? bytes.length : end - begin]
    return sig < 0
      ? crypto.taggedHash(tag, bytes.subarray(first, last))
      : crypto.taggedHash(tag, bytes.subarray(first, sig - begin), bytes.subarray(sig - begin + SIGNATURE_MEMBER, last))
  }
  noteDigests(document, {
    own: digest('golem/update', found.whole),
    thread: {
      start: digest('golem/start', found.start),
      links: found.links.map((links) => links.map((link) => digest('golem/link', link))),
    },
  })
  return document
}

/** An update whose text is recognised; null for any other one. @param sha256 of the bytes */
export function readRecognised(crypto: CryptoPort, bytes: Uint8Array, sha256: string): OpenedDocument<'update'> | null {
  const text = parseUtf8(bytes)
  const found = text.ok ? recogniseUpdate(text.value, 0) : null
  return text.ok && found?.whole.end === text.value.length ? recognised(crypto, found, text.value, bytes, sha256) : null
}

/** The documents of a canonical list; null for bytes that `eachInList` does not read to the end. */
export function readList(crypto: CryptoPort, bytes: Uint8Array, types: readonly DocumentType[]): OpenedDocument[] | null {
  const documents: OpenedDocument[] = []
  return eachInList(crypto, bytes, types, (document) => void documents.push(document)) ? documents : null
}

/**
 * Visits the documents of a canonical list, one after the other, so that none needs to be kept. Whether they are signed is still to be asked.
 * @param types that may be in it
 * @returns false for bytes that are no such list, or hold anything that is not opened, after what comes before that: the general way says what is wrong
 */
export function eachInList(
  crypto: CryptoPort,
  bytes: Uint8Array,
  types: readonly DocumentType[],
  visit: (document: OpenedDocument) => void,
): boolean {
  const read = parseUtf8(bytes)
  if (!read.ok || !read.value.startsWith('[{')) return false
  const text = read.value
  // Of other texts, characters are not bytes.
  const sliceOf = (from: number, end: number): Uint8Array =>
    text.length === bytes.length ? bytes.subarray(from, end) : utf8(text.slice(from, end))
  for (let at = 1; ; at++) {
    const found = recogniseUpdate(text, at)
    const end = found === null ? endOfList(text, at) : found.whole.end
    if (end < 0) return false
    const item = text.slice(at, end)
    const part = sliceOf(at, end)
    const document = found === null ? readItem(crypto, item, types) : recognised(crypto, found, item, part, toHex(crypto.sha256(part)))
    if (document === null) return false
    visit(document)
    at = end
    if (text[at] === ']') return at + 1 === text.length
    if (text[at] !== ',') return false
  }
}

function readItem(crypto: CryptoPort, text: string, types: readonly DocumentType[]): OpenedDocument | null {
  const json = tryJson(text) as { type?: DocumentType } | null | undefined
  const type = types.find((one) => one === json?.type)
  if (type === undefined || !isCanonicalPart(json as Json, text)) return null
  const document = readWithin(crypto, type, { json: json as Json, text })
  return document.ok ? document.value : null
}
