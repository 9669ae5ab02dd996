/**
 * Which tombstones of a tick a node obeys (PROTOCOL.md 14): those that held in the tick before, and those that this tick adds with evidence that holds. A tick
 * that lists another one, or no longer lists one that holds, is faulty: the node says so, and goes by what holds.
 */
import type { CryptoPort } from '../crypto/index.ts'
import type { Tick } from '../documents/index.ts'
import { MAX_DISPUTES, verifyBurial, type BurialEnv, type Evidence } from '../stamps/index.ts'

/** What is known of a tick's tombstones. JSON. */
export interface Graves {
  /** Subjects whose tombstones hold. */
  held: string[]
  /** Subjects that the tick lists without showing why: ignored. */
  ignored: string[]
  /** What is wrong with the tick, one sentence each. */
  problems: string[]
}

export const NO_GRAVES: Graves = { held: [], ignored: [], problems: [] }

/** Most problems that are told. */
const MOST_TOLD = 20

/**
 * @param before of the tick before; `NO_GRAVES` for tick 0
 * @param evidence of the tick's file, opened; empty where it has none, or it cannot be read
 */
export async function gravesOf(
  ctx: { crypto: CryptoPort },
  env: Omit<BurialEnv, 'number'>,
  { number, tombstones, burials }: Pick<Tick, 'number' | 'tombstones' | 'burials'>,
  before: Graves,
  evidence: ReadonlyMap<string, Evidence>,
): Promise<Graves> {
  const held = new Set(before.held)
  const problems: string[] = []
  const listed = new Set(tombstones)
  const disputes = new Set<string>()
  for (const burial of burials) {
    const { subject, evidence: shownBy } = burial
    if (shownBy.kind === 'dispute') disputes.add(shownBy.dispute)
    // Each of them runs a block: a tick decides no more than so many.
    if (disputes.size > MAX_DISPUTES) {
      problems.push(`Tick ${number} buries by more than ${MAX_DISPUTES} disputes, which it may not decide.`)
      break
    }
    if (held.has(subject)) {
      problems.push(`Tick ${number} buries the server ${subject} a second time.`)
      continue
    }
    const shown = await verifyBurial(ctx, { ...env, number }, burial, evidence)
    if (!shown.ok) problems.push(`Tick ${number} buries the server ${subject}, and nobody has to believe it: ${shown.error.message}`)
    else if (!listed.has(subject)) problems.push(`Tick ${number} buries the server ${subject} and does not list its tombstone.`)
    else held.add(subject)
  }
  const ignored = tombstones.filter((subject) => !held.has(subject))
  const unshown = ignored.filter((subject) => !burials.some((burial) => burial.subject === subject))
  for (const subject of unshown)
    problems.push(`Tick ${number} lists a tombstone of ${subject} for which no tick has shown evidence. It is ignored.`)
  for (const subject of before.held)
    if (!listed.has(subject)) problems.push(`Tick ${number} no longer lists the tombstone of the server ${subject}, which holds.`)
  const told =
    problems.length > MOST_TOLD ? [...problems.slice(0, MOST_TOLD), `${problems.length - MOST_TOLD} more are not told.`] : problems
  return { held: [...held].sort(), ignored, problems: told }
}
