/**
 * The client's side of a dispute (PROTOCOL.md 14): servers of one block were given the same and signed different things. What shows that to everybody is put
 * together while the tick is still read; publishing it is the person's decision, because it opens what the block opened to everybody for ever.
 */
import type { Endpoint } from '../program/index.ts'
import { fromHex, toHex } from '../protocol/bytes.ts'
import { signDocument, type Dispute, type Link, type OpenedDocument } from '../protocol/documents/index.ts'
import type { KeyPair } from '../protocol/keys/index.ts'
import { blockNeeds, commitsOf, edgeKey, edgeSalt, inputCommits, madeIds, type SealedEdge } from '../protocol/requests/index.ts'
import { ok, type Result } from '../protocol/result.ts'
import { known } from './continue.ts'
import { openOutputs } from './open-reply.ts'
import { readLeg } from './reads.ts'
import { legOf, sealEdges, shownTo } from './seal-leg.ts'
import type { ClientEnv, Context, Pending, Spending } from './types.ts'

/** Where lanes differ, as `request.lanes` tells it in its details. */
export interface Difference {
  position: number
  /** Of every lane, the link of that block. */
  links: Link[]
  /** Links of one lane before it, on which all lanes agree, and the sealed outputs that they sign. */
  before: Link[]
  outputs: Record<string, SealedEdge>
}

export type DisputeFields = Omit<Dispute, 'type' | 'v' | 'by'>

/**
 * What shows that one of these servers lies. Read from the tick of the request, so it is made at once and kept.
 * @param pending as it was when the reply came; @param env of the same tick
 * Errors: those of the reader; `reply.outputs`.
 */
export async function disputeOf(ctx: Context, env: ClientEnv, pending: Pending, difference: Difference): Promise<Result<DisputeFields>> {
  const { position, links, before, outputs } = difference
  const endpoint = env.outline.endpoints[pending.endpoint]!
  const opened = openOutputs(ctx, endpoint, pending, before, outputs)
  if (!opened.ok) return opened
  const values = known(endpoint, pending, opened.value)
  const reads = await readLeg(env, endpoint, legOf(endpoint, pending), values)
  if (!reads.ok) return reads
  const secret = fromHex(pending.secret)
  const keyOf = (id: string): Uint8Array => edgeKey(ctx.crypto, secret, id)
  const { queries, slots } = shownTo(ctx, endpoint, reads.value, position)
  const edges = { ...sealEdges(ctx, endpoint, secret, values), ...outputs }
  return ok({
    app: pending.app,
    start: pending.start,
    links,
    commits: inputCommits(endpoint, position, commitsOf(edges)),
    opened: Object.fromEntries(
      openedBy(endpoint, position).map((id) => [id, { value: values.get(id)!, salt: toHex(edgeSalt(ctx.crypto, keyOf(id), id)) }]),
    ),
    keys: Object.fromEntries(madeIds(endpoint, position).map((id) => [id, toHex(keyOf(id))])),
    shown: { queries, slots },
  })
}

const openedBy = (endpoint: Endpoint, position: number): string[] => [...blockNeeds(endpoint, position).opens.keys()]

/** Signs a dispute that the person decided to publish; the caller stores it before anything is published. Its transaction spends from the client's address. */
export const composeDispute = (
  ctx: Context,
  client: KeyPair,
  fields: DisputeFields,
): { document: OpenedDocument<'dispute'>; spending: Spending } => ({
  document: signDocument(ctx.crypto, 'dispute', fields, client, ctx.random(32)),
  spending: { spendFromKeys: [client.publicKey], payToKeys: [client.publicKey] },
})
