/** Signing documents, and opening those that come from outside: size, canonical form, schema, signature, in this order. */
import { type z } from 'zod'
import { fromHex, parseUtf8, toHex, utf8 } from '../bytes.ts'
import { canonicalBytes, nestingOf, readCanonical, type CanonicalValue, type Json } from '../canonical.ts'
import type { CryptoPort } from '../crypto/index.ts'
import type { KeyPair } from '../keys/index.ts'
import { fail, must, ok, type Result } from '../result.ts'
import { PROTOCOL_VERSION } from '../version.ts'
import { digestsOf, noteDigests } from './digests.ts'
import { FIRST_FAULT, signature } from './fields.ts'
import { documentKinds, type DocumentBody, type DocumentKind, type DocumentType, type Signed } from './kinds.ts'
import { readRecognised } from './read-list.ts'

/** Nesting of a document, where its kind says nothing else. */
const DEPTH = 32

export interface OpenedDocument<T extends DocumentType = DocumentType> {
  body: Signed<DocumentBody[T]>
  bytes: Uint8Array
  /** SHA-256 of `document.json`, hex: what an anchor names. */
  sha256: string
}

/** The 32 bytes that a document's signature covers: the tagged hash of its canonical form without `sig`. */
export function signingDigest(crypto: CryptoPort, tag: string, body: object): Uint8Array {
  const { sig: _sig, ...rest } = body as { sig?: string }
  return crypto.taggedHash(`golem/${tag}`, canonicalBytes(rest))
}

/** Signs any object under a tag; `random` are 32 bytes of auxiliary randomness (BIP340). */
export const signUnder = (crypto: CryptoPort, tag: string, body: object, privateKey: Uint8Array, random: Uint8Array): string =>
  toHex(crypto.schnorr.sign(signingDigest(crypto, tag, body), privateKey, random))

export const verifyUnder = (crypto: CryptoPort, tag: string, body: { sig: string }, publicKey: string): boolean =>
  verifyDigest(crypto, signingDigest(crypto, tag, body), body.sig, publicKey)

/** The same where the digest is needed for more than that. */
export const verifyDigest = (crypto: CryptoPort, digest: Uint8Array, sig: string, publicKey: string): boolean =>
  crypto.schnorr.verify(fromHex(sig), digest, fromHex(publicKey))

/** Such a check for later, after all that is cheaper: the function returned makes it. */
export const laterVerify =
  (crypto: CryptoPort, digest: Uint8Array, sig: string, publicKey: string): (() => boolean) =>
  () =>
    verifyDigest(crypto, digest, sig, publicKey)

/**
 * Completes a document: adds `type`, `v` and `by`, signs it, and gives the bytes of its `document.json`.
 * @throws for one that nobody would open: a field that its schema refuses, or too many bytes
 */
export function signDocument<T extends DocumentType>(
  crypto: CryptoPort,
  type: T,
  fields: Omit<DocumentBody[T], 'type' | 'v' | 'by'>,
  signer: KeyPair,
  random: Uint8Array,
): OpenedDocument<T> {
  const body = must(
    checkSchema(type, documentKinds[type].schema as z.ZodType, { ...fields, type, v: PROTOCOL_VERSION, by: signer.publicKey }),
  ) as DocumentBody[T]
  const signed = { ...body, sig: signUnder(crypto, type, body, signer.privateKey, random) }
  const bytes = canonicalBytes(signed)
  if (bytes.length > documentKinds[type].limit)
    throw new Error(`The ${type} has ${bytes.length} bytes; at most ${documentKinds[type].limit} are opened.`)
  return { body: signed, bytes, sha256: toHex(crypto.sha256(bytes)) }
}

/** Characters of a field's name, and of what is said about it. */
const MOST_TOLD = 300

/** The first complaint of a schema, as one sentence that names the field. */
export function schemaFailure(
  what: string,
  error: z.ZodError,
): { ok: false; error: { code: string; message: string; retryable: boolean; details?: Record<string, unknown> } } {
  const issue = error.issues[0]!
  // Names, and with them paths and complaints, are as long as a stranger likes.
  const field = (issue.path.length === 0 ? what : `${what}.${issue.path.join('.')}`).slice(0, MOST_TOLD)
  const message = issue.message.slice(0, MOST_TOLD)
  return fail(`${what}.schema`, `The field ${field} is not acceptable: ${message}. Correct it and send it again.`, { field })
}

/** Checks a parsed JSON value against a schema. Error: `<what>.schema`, naming the field. */
export function checkSchema<S extends z.ZodType>(what: string, schema: S, value: unknown): Result<z.infer<S>> {
  const parsed = schema.safeParse(value, FIRST_FAULT)
  return parsed.success ? ok(parsed.data) : schemaFailure(what, parsed.error)
}

/** Whether it is signed. Error: `document.signature`. */
export const checkSigned = <T extends DocumentType>(crypto: CryptoPort, document: OpenedDocument<T>): Result<OpenedDocument<T>> =>
  crypto.ahead?.knows(document.sha256) === true || verifyDigest(crypto, digestOf(crypto, document), document.body.sig, document.body.by)
    ? ok(document)
    : fail(
        'document.signature',
        `The signature of the ${document.body.type} does not fit its content and signer. Ask the signer for it again.`,
      )

/**
 * Opens `document.json` from outside. Errors: those of `parseCanonical`, `<type>.schema`, `document.digest` (not the anchored
 * bytes), `document.signature`.
 */
export function openDocument<T extends DocumentType>(
  crypto: CryptoPort,
  type: T,
  bytes: Uint8Array,
  sha256?: string,
): Result<OpenedDocument<T>> {
  const read = readUnchecked(crypto, type, bytes, sha256)
  return read.ok ? checkSigned(crypto, read.value) : read
}

/** The same without the signature, which `checkSigned` is asked about before anything is believed. */
export function readUnchecked<T extends DocumentType>(
  crypto: CryptoPort,
  type: T,
  bytes: Uint8Array,
  sha256?: string,
): Result<OpenedDocument<T>> {
  const { limit, depth = DEPTH }: DocumentKind = documentKinds[type]
  const digest = toHex(crypto.sha256(bytes))
  if (sha256 !== undefined && digest !== sha256)
    return fail('document.digest', `The ${type} has another SHA-256 than its anchor. Fetch it from another peer.`)
  if (crypto.ahead?.knows(digest) === true) {
    const known = readAgain(bytes, digest)
    if (known.body.type === type) return ok(known as OpenedDocument<T>)
  }
  const recognised = type === 'update' ? readRecognised(crypto, bytes, digest) : null
  if (recognised !== null) return ok(recognised as OpenedDocument<T>)
  const parsed = readCanonical(bytes, { maxBytes: limit, maxDepth: depth })
  return parsed.ok ? readBody(crypto, type, parsed.value, { bytes, sha256: digest }) : parsed
}

/**
 * A document whose bytes were read as one before, so that nothing is found out anew.
 * @param sha256 of the bytes; @throws for bytes that are no JSON, which no such are
 */
export function readAgain(bytes: Uint8Array, sha256: string): OpenedDocument {
  const text = must(parseUtf8(bytes))
  return { body: JSON.parse(text) as OpenedDocument['body'], bytes, sha256 }
}

/** The same of a document that is part of a file, read already. */
export function readWithin<T extends DocumentType>(crypto: CryptoPort, type: T, value: CanonicalValue): Result<OpenedDocument<T>> {
  const { limit, depth = DEPTH }: DocumentKind = documentKinds[type]
  const bytes = utf8(value.text)
  if (bytes.length > limit) return fail('canonical.too-large', `The document has ${bytes.length} bytes; at most ${limit} are read.`)
  if (nestingOf(value.text) > depth) return fail('canonical.too-deep', `The document nests deeper than ${depth} levels.`)
  return readBody(crypto, type, value, { bytes, sha256: toHex(crypto.sha256(bytes)) })
}

function readBody<T extends DocumentType>(
  crypto: CryptoPort,
  type: T,
  value: CanonicalValue,
  of: Pick<OpenedDocument, 'bytes' | 'sha256'>,
): Result<OpenedDocument<T>> {
  const json = value.json as Record<string, Json>
  if (json === null || typeof json !== 'object' || Array.isArray(json)) return fail(`${type}.schema`, `The ${type} is not a JSON object.`)
  const { sig, ...rest } = json
  const checked = checkSchema(type, documentKinds[type].schema as z.ZodType, rest)
  if (!checked.ok) return checked
  const signed = signature.safeParse(sig)
  if (!signed.success) return fail(`${type}.schema`, `The field ${type}.sig must be 128 lower-case hex digits.`)
  const document: OpenedDocument<T> = { body: { ...(checked.value as DocumentBody[T]), sig: signed.data }, ...of }
  const unsigned = withoutSignature(value.text, signed.data)
  if (unsigned !== null) noteDigests(document, { own: crypto.taggedHash(`golem/${type}`, utf8(unsigned)) })
  return ok(document)
}

const digestOf = (crypto: CryptoPort, document: OpenedDocument): Uint8Array =>
  digestsOf(document)?.own ?? signingDigest(crypto, document.body.type, document.body)

/**
 * A document's canonical text without its signature, cut out where it stands, which spares writing the whole anew: `type` and `v` come after `sig`, so a
 * comma does. Null where the same stands in it twice.
 */
function withoutSignature(text: string, sig: string): string | null {
  const member = `"sig":"${sig}",`
  const at = text.indexOf(member)
  return at < 0 || text.includes(member, at + 1) ? null : text.slice(0, at) + text.slice(at + member.length)
}
