/**
 * Digests of documents just as they were read, made from slices of their text: that spares writing every part anew. They belong to one object; any copy is another
 * one, of which nothing is known.
 */
import type { OpenedDocument } from './seal.ts'

/** What its signers signed. */
export interface SignedDigests {
  /** The document. */
  own: Uint8Array
  /** Of an update: its start, and the links of each lane. */
  thread?: ThreadDigests
}

export interface ThreadDigests {
  start: Uint8Array
  links: ReadonlyArray<readonly Uint8Array[]>
}

const known = new WeakMap<OpenedDocument, SignedDigests>()

export const noteDigests = (document: OpenedDocument, digests: SignedDigests): void => void known.set(document, digests)
export const digestsOf = (document: OpenedDocument): SignedDigests | undefined => known.get(document)
