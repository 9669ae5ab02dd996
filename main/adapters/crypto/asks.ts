/** What a thread of the checker is asked, and what it answers. */
import type { FileCheck, Revealed } from '../../../roles/protocol/crypto/index.ts'

/** Reveals that a thread keeps: those of a tick's updates, for several audits beside each other. The first that came goes first. */
export const SECRETS_KEPT = 8

export interface Ask {
  file: Uint8Array<ArrayBuffer>
  /** Reveals that the thread was not sent before, or keeps no more. */
  fresh: readonly Revealed[]
  /** Ids of those to check with. */
  revealed: readonly string[]
}

export interface Answer {
  check: FileCheck | null
}
