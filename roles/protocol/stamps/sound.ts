/** What anybody can find out about a document before its tick closes, by the functions that decide when it does; `Ahead` remembers it. */
import type { CryptoPort } from '../crypto/index.ts'
import { checkSigned, digestsOf, type OpenedDocument, type Update } from '../documents/index.ts'
import { checkStamps, type Reveal } from './verify-stamp.ts'
import { checkItself } from './verify-update.ts'

/**
 * Whether a document that was read is right by itself: its signature, and of an update all that needs nothing else than the update (`checkItself`).
 * The claim about that is the document's SHA-256.
 */
export const isSound = (crypto: CryptoPort, document: OpenedDocument): boolean =>
  checkSigned(crypto, document).ok &&
  (document.body.type !== 'update' || checkItself({ crypto }, document.body, digestsOf(document)?.thread).ok)

/** Whether every link of an update passed through its primes and shows that it did. The claim about that is `stampClaim`. */
export function isStamped(crypto: CryptoPort, reveal: Reveal, update: Update): boolean {
  const { stamp, blamed } = checkStamps({ crypto }, reveal, update)
  return stamp.ok && blamed.length === 0
}

/** @param sha256 of the update's document; @param reveal `Reveal.id` */
export const stampClaim = (sha256: string, reveal: string): string => `${sha256}/${reveal}`

/** Finds out about a document on its way, so that its tick need not. */
export function noteSound(crypto: CryptoPort, document: OpenedDocument): void {
  const { ahead } = crypto
  if (ahead !== undefined && !ahead.knows(document.sha256) && isSound(crypto, document)) ahead.note(document.sha256)
}
