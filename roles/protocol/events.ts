/** What every role hears from the world and may ask of it; the core turns chain, swarm and clock into these (main/core). */
import type { Anchor, DocumentType } from './documents/index.ts'
import type { OpenedDocument, Reference } from './documents/index.ts'
import type { Failure } from './result.ts'

/** A transaction with a Golem anchor, as found in a block. */
export interface AnchoredTransaction {
  txid: string
  height: number
  /** Its place in the block: with the height it orders all anchors. */
  position: number
  anchor: Anchor
  /** The output that its input 0 spends, `txid:vout`: of a tick the seal of the one before. */
  first: string
  /** scriptPubKeys (hex) of the outputs it spends, where they were made by an earlier anchor transaction; '' where unknown. */
  spends: string[]
  pays: Array<{ script: string; value: number }>
}

export type WorldEvent =
  | { type: 'block'; height: number; hash: string; time: number; anchored: AnchoredTransaction[] }
  /** All blocks above `height` are gone. */
  | { type: 'reorg'; height: number }
  | { type: 'document'; reference: Reference; document: OpenedDocument }
  /** Given up for now or for good (`failure.retryable`): not fetched in time, too large, or refused by its schema. */
  | { type: 'document.missing'; reference: Reference; documentType: DocumentType; failure: Failure }

/** What any role may ask for. Each is safe to repeat: after a crash the unfinished ones are performed again. */
export type WorldEffect =
  /** `own`: only the Supervisor of the app that is served can have anchored it, so nothing of strangers goes before it. */
  | { type: 'fetch'; reference: Reference; documentType: DocumentType; own?: boolean }
  | { type: 'log'; level: 'debug' | 'info' | 'warn' | 'error'; message: string }

export interface Step<State, Effect> {
  state: State
  effects: Effect[]
}
