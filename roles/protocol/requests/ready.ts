/**
 * Who is ready for a tick (PROTOCOL.md 5.11, 16): blocks are dealt to servers that signed it, so that nobody deals to those who are away, and nobody who signed
 * can be left out unseen.
 */
import { z } from 'zod'
import { canonicalBytes, parseCanonical } from '../canonical.ts'
import type { CryptoPort } from '../crypto/index.ts'
import { hex32, openDocument, tickNumber, type Ready, type Signed } from '../documents/index.ts'
import { fail, ok, type Result } from '../result.ts'
import type { SnapshotFile } from '../index/index.ts'

/** The longest time that one statement is good for. */
const READY_TICKS = 1_000
/** Ticks that a Supervisor may ask for at once. */
export const READY_ASKED = 8

/** Supervisor → server, in the body of a POST (`pathTo`, `ready`); the answer is the bytes of the signed document. */
export const readyRequest = z.strictObject({ app: hex32, from: tickNumber, to: tickNumber })

/** Whether a statement may be for these ticks, both included. */
export const isRange = ({ from, to }: Pick<Ready, 'from' | 'to'>): boolean => from <= to && to - from <= READY_TICKS

/** Whether a statement says that its signer is ready for that tick of that app. */
export const isReadyFor = ({ app, from, to }: Pick<Ready, 'app' | 'from' | 'to'>, of: string, tick: number): boolean =>
  app === of && from <= tick && tick <= to && isRange({ from, to })

const FILE_LIMIT = 16 << 20

/** The file with what servers answered that are ready for a tick, by the ids of their signers; what was anchored is on the chain. */
export const readyFile = (tick: number, statements: ReadonlyArray<Signed<Ready>>): SnapshotFile => ({
  name: `ready.${tick}`,
  bytes: canonicalBytes([...statements].sort((a, b) => (a.by < b.by ? -1 : 1))),
})

/**
 * Reads such a file, whose digest was compared with the plan's: the ids of the signers, ascending.
 * Errors: `audit.ready` (no list, a statement that is not signed or not for this tick, or two of one server), those of `parseCanonical`.
 */
export function readReadyFile(crypto: CryptoPort, bytes: Uint8Array, app: string, tick: number): Result<string[]> {
  const json = parseCanonical(bytes, { maxBytes: FILE_LIMIT, maxDepth: 4 })
  if (!json.ok) return json
  const wrong = fail('audit.ready', `The file of servers that are ready for tick ${tick} does not hold what they signed.`)
  if (!Array.isArray(json.value)) return wrong
  const ids: string[] = []
  for (const item of json.value) {
    const opened = openDocument(crypto, 'ready', canonicalBytes(item))
    if (!opened.ok || !isReadyFor(opened.value.body, app, tick) || opened.value.body.by <= (ids.at(-1) ?? '')) return wrong
    ids.push(opened.value.body.by)
  }
  return ok(ids)
}
