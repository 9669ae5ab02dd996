/** The document that publishes reviewed writes (essay, Client Makes Endpoint Request 7; PROTOCOL.md 13). */
import { signDocument, signUnder, type OpenedDocument } from '../protocol/documents/index.ts'
import type { KeyPair } from '../protocol/keys/index.ts'
import { bareStartOf, keySigningBody, writeDigest } from '../protocol/requests/index.ts'
import { fail, ok, type Result } from '../protocol/result.ts'
import type { Context, Reviewed, Spending, UpdateFields } from './types.ts'

/** The key of a changed row may be one of many; the wallet derives it. */
export type KeyOf = (key: string) => KeyPair | null

export interface PreparedUpdate {
  document: OpenedDocument<'update'>
  spending: Spending
}

/** Keys changed by the writes, in their order. */
export const changedKeys = (reviewed: Reviewed): string[] => [...new Set(reviewed.opened.writes.map((write) => write.key))]

/** The coin of each changed key is spent (the key's own consent on the chain) and dust paid back to each, for the next change. */
export const updateSpending = (keys: string[]): Spending => ({ spendFromKeys: keys, payToKeys: keys })

/**
 * Signs the update of a reviewed reply. The caller stores it before anything is published: the same bytes are then published however
 * often it is tried.
 * Errors: `client.nothing` (no writes), `client.key` (a changed key is not this wallet's).
 */
export function composeUpdate(ctx: Context, client: KeyPair, keyOf: KeyOf, reviewed: Reviewed): Result<PreparedUpdate> {
  const { pending, opened } = reviewed
  const { crypto } = ctx
  if (opened.writes.length === 0) return fail('client.nothing', 'The request wrote nothing, so there is nothing to publish.')
  const digests = opened.writes.map((write) => writeDigest(crypto, write))
  const body = keySigningBody(pending.app, pending.request, digests)
  const keySigs: UpdateFields['keySigs'] = []
  for (const key of changedKeys(reviewed)) {
    const pair = keyOf(key)
    if (pair === null || pair.publicKey !== key)
      return fail('client.key', `The key ${key} is not one of this wallet's. Do not publish these writes.`, { key })
    keySigs.push({ key, sig: signUnder(crypto, 'key', body, pair.privateKey, ctx.random(32)) })
  }
  const fields: UpdateFields = {
    app: pending.app,
    tick: pending.tick,
    endpoint: pending.endpoint,
    request: pending.request,
    writes: opened.writes,
    start: bareStartOf(pending.start),
    lanes: opened.lanes,
    keySigs,
  }
  const document = signDocument(crypto, 'update', fields, client, ctx.random(32))
  return ok({ document, spending: updateSpending(keySigs.map(({ key }) => key)) })
}
