/**
 * A server holds the log of the app that it serves: of every tick that counts the files from which anybody decides it anew (PROTOCOL.md 6.7). So audits, clients that
 * were away, and a Supervisor that has nothing left but its phrase find them without the Supervisor's own disk.
 */
import type { Following } from '../../../roles/protocol/ticks/index.ts'
import { chainOf } from '../../../roles/protocol/ticks/index.ts'
import type { Tick } from '../../../roles/protocol/documents/index.ts'
import { ok } from '../../../roles/protocol/result.ts'
import { logOf } from '../retention.ts'
import type { Services } from '../services.ts'

/** Fetches behind everything else, a few at a time; @returns what is called with every state: one that joins hears of all ticks, one after the other. */
export function createLogKeeper({ documents, seldom }: Pick<Services, 'documents' | 'seldom'>): (following: Following) => void {
  /** Digests of ticks whose files are here, or asked for. */
  let held: ReadonlySet<string> = new Set()
  return (following) => {
    const ticks = chainOf(following)
    const before = held
    held = new Set(ticks.map(({ reference }) => reference.sha256))
    for (const { reference } of ticks) {
      if (before.has(reference.sha256)) continue
      const document = documents.held(reference, 'tick')
      for (const file of document === null ? [] : logOf(document.body as Tick))
        void seldom('hold the log of an app', async () => {
          const fetched = await documents.fetchFile(reference.infohash, file, false, { lane: 'known' })
          // What nobody has for long is missed by somebody else, too; what is broken is not this node's to mend.
          return fetched.ok ? ok(null) : fetched
        })
    }
  }
}
