/** The anchors that a tick decides, by their types, each with its document: what `closeTick` takes. Supervisor and auditor sort by the same function. */
import type { DocumentBody, DocumentType, OpenedDocument } from '../documents/index.ts'
import type { AnchoredTransaction } from '../events.ts'

/** What a tick decides. */
export const DECIDED_TYPES = ['acceptance', 'registration', 'reservation', 'update', 'dispute'] as const satisfies readonly DocumentType[]
export type DecidedType = (typeof DECIDED_TYPES)[number]

export const isDecided = (type: DocumentType): type is DecidedType => (DECIDED_TYPES as readonly DocumentType[]).includes(type)

/** An anchor with its document; null when it could not be fetched, is malformed, or is of another type or app than its anchor and the tick. */
export interface AnchoredDocument<T extends DocumentType> {
  transaction: AnchoredTransaction
  document: OpenedDocument<T> | null
}

export type SortedAnchors = { [T in DecidedType as `${T}s`]: Array<AnchoredDocument<T>> }

/** The opened document of an anchor, or null when it is not here (fetched in time) or malformed. */
export type DocumentLookup = (transaction: AnchoredTransaction) => OpenedDocument | null

/** Which document counts as that of the anchor: everybody sees the transaction, so what it holds otherwise is as good as none. */
function rightOf(app: string, { anchor }: AnchoredTransaction, opened: OpenedDocument | null): OpenedDocument | null {
  const content = opened?.body as DocumentBody[DocumentType] | undefined
  if (content === undefined || content.type !== anchor.type) return null
  // An acceptance names its offer instead.
  return content.type === 'acceptance' || ('app' in content && content.app === app) ? opened : null
}

/** @param app whose tick it is */
export function sortAnchors(app: string, transactions: readonly AnchoredTransaction[], documents: DocumentLookup): SortedAnchors {
  const sorted: SortedAnchors = { acceptances: [], registrations: [], reservations: [], updates: [], disputes: [] }
  for (const transaction of transactions) {
    const { type } = transaction.anchor
    if (!isDecided(type)) continue
    const list: Array<AnchoredDocument<DocumentType>> = sorted[`${type}s`]
    list.push({ transaction, document: rightOf(app, transaction, documents(transaction)) })
  }
  return sorted
}
