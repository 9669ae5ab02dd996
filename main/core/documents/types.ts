/** What the parts of this folder, and those who use it, agree on. */
import type { CryptoPort } from '../../../roles/protocol/crypto/index.ts'
import type { DocumentType, FileEntry, OpenedDocument, Reference } from '../../../roles/protocol/documents/index.ts'
import type { Result } from '../../../roles/protocol/result.ts'
import type { FetchLane, StoragePort, SwarmFile, SwarmPort } from '../ports.ts'
import type { Retention } from '../retention.ts'
import type { WalletKeeper } from '../wallet/keeper.ts'

export interface Publication {
  documentType: DocumentType
  /** Bytes of `document.json`. */
  document: Uint8Array
  files: SwarmFile[]
  /** X-only keys whose newest coin is spent: the signature on the chain that the document asks for. */
  spendFromKeys: string[]
  /** X-only keys that get a dust output, from output 1 on. */
  payToKeys: string[]
  /** Of a tick: its number, and the seal that it spends (`Payment.seal`). */
  tick?: { number: number; seal: () => string }
  /** Of a statement that a server is ready: for which ticks, both included. */
  ticks?: { from: number; to: number }
  /** Asked before anything is paid, and no more once it was: a refusal ends the publication. */
  mayPay?(): Promise<Result<null>>
}

/** `fee` in sats. */
export interface Published {
  reference: Reference
  txid: string
  fee: number
}

/** Without them: `own`, and the time that this node gives every fetch; `patience` is the part of it that this one gets. */
export interface HowToFetch {
  lane?: FetchLane
  patience?: number
  /** Where a stranger says that it may be had (`SwarmFetchOptions`). */
  hints?: { peers: string[]; trackers: string[] }
}

export interface Documents {
  /** Errors: those of the swarm and of `openDocument`; `document.digest`, `offer.grant`. */
  fetch(reference: Reference, type: DocumentType, how?: HowToFetch): Promise<Result<OpenedDocument>>
  /** The same from this node's own copies alone: null where it has none, or a broken one. */
  held(reference: Reference, type: DocumentType): OpenedDocument | null
  /**
   * @param keep whether to keep it for later beside the database, and not only with its torrent
   * Errors: those of the swarm; `document.digest`, `file.too-large`.
   */
  fetchFile(infohash: string, file: FileEntry, keep?: boolean, how?: HowToFetch): Promise<Result<Uint8Array>>
  /**
   * Seeds a document and anchors it; an update is kept here until its anchor is in a block (`seed`): whoever read it in the mempool could write the
   * same, and pay more. Safe to repeat: a document is paid for once. Errors: those of the swarm, of the wallet and of `mayPay`.
   */
  publish(publication: Publication): Promise<Result<Published>>
  /** Serves an own document. Safe to repeat. Errors: those of the swarm. */
  seed(own: Pick<Publication, 'documentType' | 'document' | 'files'>): Promise<Result<Reference>>
}

export interface DocumentsOptions {
  crypto: CryptoPort
  storage: StoragePort
  swarm: SwarmPort
  wallet: WalletKeeper
  /** Told of every tick that is being published or was fetched. */
  onTick?: Retention['note']
  fetchTimeoutMs: number
}
