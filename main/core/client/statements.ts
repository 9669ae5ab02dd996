/**
 * Statements of servers that they are ready, for an audit (PROTOCOL.md 5.11). Anybody can pay the master key and anchor one that nobody has: so an audit asks for all of
 * them at once and for a bounded time, the newest first, and goes by what came. What it could not have is no fault of the Supervisor's (15).
 */
import type { OpenedDocument } from '../../../roles/protocol/documents/index.ts'
import type { AnchoredTransaction } from '../../../roles/protocol/events.ts'
import { paysKey, referenceOf } from '../../../roles/protocol/ticks/index.ts'
import type { Services } from '../services.ts'

const AT_ONCE = 8
/** Part of the time of a fetch that each may take: what is seeded comes in a second or two. */
const PATIENCE = 1 / 5
const MOST_MS = 120_000

/**
 * Fetches what is not here yet.
 * @param anchored in chain order @returns what an anchor says, as far as it is here when the time is over
 */
export async function gatherStatements(
  { documents, clock }: { documents: Pick<Services['documents'], 'fetch' | 'held'>; clock: Services['clock'] },
  master: string,
  anchored: readonly AnchoredTransaction[],
): Promise<(transaction: AnchoredTransaction) => OpenedDocument | null> {
  const waiting = anchored
    .filter((transaction) => transaction.anchor.type === 'ready' && paysKey(transaction, master))
    .map(referenceOf)
    .filter((reference) => documents.held(reference, 'ready') === null)
  let isOver = false
  const fetchSome = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined && !isOver; next = waiting.pop())
      await documents.fetch(next, 'ready', { lane: 'new', patience: PATIENCE })
  }
  let cancel = (): void => undefined
  const late = new Promise<void>((end) => {
    cancel = clock.after(MOST_MS, end)
  })
  await Promise.race([late, Promise.all(Array.from({ length: AT_ONCE }, fetchSome))])
  isOver = true
  cancel()
  return (transaction) => documents.held(referenceOf(transaction), 'ready')
}
