/** What shows that a server lies, kept for the person to decide: publishing it opens what the block opened to everybody, for ever. */
import { composeDispute, type ClientEvent, type DisputeFields } from '../../../roles/client/index.ts'
import { fail, failForNow, ok, type Result } from '../../../roles/protocol/result.ts'
import type { Json } from '../ports.ts'
import type { Services } from '../services.ts'
import { noApp, signedText, type ClientSession } from './session.ts'

/** Sealed rows; the oldest go when there are more. */
const ROWS = 'dispute'
const MOST_KEPT = 8
const PUBLISH_WAIT_MS = 20_000

/** Keeps it under its request. @returns the event that tells of it */
export function keepDispute({ storage, clock }: Services, id: string, attempt: number, fields: DisputeFields): ClientEvent {
  const others = storage.list(ROWS, '').filter(({ key }) => key !== id)
  const old = others.toSorted((a, b) => (b.value as { at: number }).at - (a.value as { at: number }).at).slice(MOST_KEPT - 1)
  storage.transact([
    { table: ROWS, key: id, value: { at: clock.now(), fields } as unknown as Json },
    ...old.map(({ key }) => ({ table: ROWS, key, delete: true as const })),
  ])
  const { links, opened } = fields
  const opens = Object.fromEntries(Object.entries(opened).map(([name, { value }]) => [name, value]))
  return { type: 'disagreed', id, attempt, position: links[0]!.position, servers: links.map(({ server }) => server), opens }
}

/**
 * Publishes the evidence of a request whose servers disagreed, as the person decided. Safe to repeat: nothing is published twice.
 * Errors: `client.no-app`, `client.request`, `client.phase`, `client.publishing` (retryable).
 */
export async function dispute(session: ClientSession, id: string): Promise<Result<{ txid: string }>> {
  const { joined, services } = session
  if (joined === null) return noApp()
  const found = () => joined.member.state().requests.find((entry) => entry.id === id)?.dispute
  const disagreed = found()
  if (disagreed === undefined) return fail('client.request', 'No servers disagreed about this request. Nothing is to be shown.')
  if (disagreed.publication === null) {
    const row = services.storage.get(ROWS, id) as unknown as { fields: DisputeFields } | undefined
    if (row === undefined) return fail('client.phase', 'What showed the disagreement is kept no more. Nothing can be published of it.')
    const { document, spending } = composeDispute(session.ctx, joined.client, row.fields)
    await joined.member.dispatch({ type: 'dispute', id, ...signedText(document, spending) })
  }
  const txid = await session.answer(() => found()?.publication?.txid ?? null, PUBLISH_WAIT_MS)
  return txid === null
    ? failForNow('client.publishing', 'The evidence is stored and being published. Look again in a moment; nothing is published twice.')
    : ok({ txid })
}
