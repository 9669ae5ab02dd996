/**
 * What is found out before anybody asks for it, by a provider that has other cores or a memory (main/adapters/crypto/checker.ts). Every answer is one that the asker
 * would come to itself, and only ever that something is right: what is wrong, or unknown, the asker finds out as if there were nobody to ask.
 */

/** What a file of documents holds, in its order; PROTOCOL.md 6.5. */
export interface FileCheck {
  /** Where each document ends in the file, in bytes; one byte lies before the first and between each two. */
  ends: Uint32Array<ArrayBuffer>
  /** SHA-256 of each, 32 bytes, one behind the other. */
  digests: Uint8Array<ArrayBuffer>
  /** For each `SOUND` and `STAMPED`, as bits. */
  found: Uint8Array<ArrayBuffer>
}
/** The document is right by itself: see `isSound`. */
export const SOUND = 1
/** It went through its primes, and no server of it is at fault: see `isStamped`. */
export const STAMPED = 2

/** Secrets that a tick reveals (PROTOCOL.md 10.4), as JSON, under the SHA-256 of their canonical form. */
export interface Revealed {
  id: string
  file: unknown
}

export interface Ahead {
  /** Whether this was noted. @param claim what names by SHA-256 all that it is about */
  knows(claim: string): boolean
  /** Remembers a claim that was found to be right. */
  note(claim: string): void
  /**
   * Reads and checks a file of documents on another core, as `checkFile` does.
   * @param file its bytes, which do not change before the answer
   * @returns null where nobody does that, or where the file is not as it should be: the caller reads it itself, and says what is wrong
   */
  check(file: Uint8Array, revealed: readonly Revealed[]): Promise<FileCheck | null>
}
