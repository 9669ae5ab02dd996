/** What a server's state says has to be in memory to answer requests: after a start, and after every tick. */
import type { FileEntry, Reference } from '../protocol/documents/index.ts'
import { chainOf, newestTick, planTick } from '../protocol/ticks/index.ts'
import { mayRun, phaseOf, type OwnCode, type ServerState } from './state.ts'

/** One tick that is served or about to be: `document` is null while it has not begun. */
export interface Generation {
  tick: number
  document: Reference | null
  plan: Reference
  offer: string
  /**
   * Null until it came: a server that was away has its code after its tick. What was refused is looked at again, because an outline may have been late. Null for good
   * where it may not be run (`mayRun`).
   */
  code: { reference: Reference; file: FileEntry } | null
}

/**
 * The current tick with the one before and those to come: load documents and files by these references, make `tickView` and `openCode` of
 * them, and hand them to `executeHop`. Null while this server has nothing to serve.
 */
export function serving(state: ServerState): { currentTick: number; generations: Generation[] } | null {
  const { job } = state
  const newest = job === null ? null : newestTick(job.following)
  if (job === null || newest === null || phaseOf(state) === 'expelled') return null
  const documents = new Map(chainOf(job.following).map((tick) => [tick.number, tick]))
  const generations: Generation[] = []
  for (let tick = Math.max(0, newest.number - 1); tick <= newest.number + 3; tick++) {
    const plan = planTick(job.following, tick)
    if (plan === null) continue
    const isIt = (entry: OwnCode): boolean => entry.tick === tick && entry.reference.sha256 === plan.reference.sha256
    const code = mayRun(job, plan.height) ? job.code.find((entry) => isIt(entry) && entry.state !== 'fetching') : undefined
    generations.push({
      tick,
      document: documents.get(tick)?.reference ?? null,
      plan: plan.reference,
      offer: plan.offer,
      code: code === undefined ? null : { reference: code.reference, file: code.file },
    })
  }
  return { currentTick: newest.number, generations }
}
