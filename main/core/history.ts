/**
 * The history of an app, read anew from the blocks that this node has: every tick that counts, with its document, and why nobody goes on where nobody
 * does. For audits, and for looking at what a resumption shows.
 */
import type { OpenedDocument, Reference } from '../../roles/protocol/documents/index.ts'
import {
  followBlock,
  followDocument,
  followMissing,
  forgetOld,
  newestTick,
  startFollowing,
  stopOf,
  takenBack,
  type Following,
  type HashAt,
  type HistoryBlock,
  type Stop,
} from '../../roles/protocol/ticks/index.ts'
import { ok, type Result } from '../../roles/protocol/result.ts'
import { anchoredHeights, blockAgain, hashAtOf } from './chain-watch.ts'
import type { StoragePort } from './ports.ts'
import type { Services } from './services.ts'

export interface CountedTick {
  reference: Reference
  document: OpenedDocument<'tick'>
}

export interface AppHistory {
  /** In order, from tick 0 on. */
  ticks: CountedTick[]
  stop: Stop | null
  /** Keys that sign ticks by a resumption, which no offer names. */
  resumed: string[]
}

/** Blocks with anchors from a height on, as those who join later are told them. */
export const historyFrom = (storage: StoragePort, height: number): HistoryBlock[] =>
  anchoredHeights(storage, height).map((at) => ({ height: at, anchored: blockAgain(storage, at).anchored }))

/** One attempt may meet peers that are just leaving, and an audit ends where a file cannot be had. */
const ATTEMPTS = 3

export async function tried<T>(attempt: () => Promise<Result<T>>): Promise<Result<T>> {
  for (let left = ATTEMPTS - 1; ; left--) {
    const result = await attempt()
    if (result.ok || !result.error.retryable || left === 0) return result
  }
}

/**
 * Walks the anchored chain from the first offer to the newest tick. @param known whose app, keys and revocations it is
 * @param without digest of a resumption that is to count for nothing
 * @param isLost a document that nobody delivers now is taken for lost: the history ends before it
 * Errors: those of fetching, where they may pass; what can never be had is told by `stop`.
 */
export async function historyOf(
  { storage, documents }: Pick<Services, 'storage' | 'documents'>,
  known: Pick<Following, 'app' | 'master' | 'signers' | 'revoked' | 'refused'>,
  without: string | null = null,
  isLost = false,
): Promise<Result<AppHistory>> {
  const hashAt = hashAtOf(storage)
  let following: Following = {
    ...startFollowing(known.app, known.master, known.signers),
    revoked: known.revoked,
    refused: known.refused,
  }
  for (const { anchored } of historyFrom(storage, 0))
    following = followBlock(
      following,
      anchored.filter(({ anchor }) => anchor.sha256 !== without),
    ).following
  let ticks: CountedTick[] = []
  for (;;) {
    const stop = stopOf(following)
    if (stop?.kind !== 'unfetched' && stop?.kind !== 'resumption' && stop?.kind !== 'revocation') {
      const seen = await besideLine(documents, following, hashAt)
      return ok({ ticks, stop: stop ?? stopOf(seen), resumed: resumedIn(following) })
    }
    const { reference } = stop
    const fetched: Result<OpenedDocument> = await tried(() => documents.fetch(reference, stop.kind === 'unfetched' ? 'tick' : stop.kind))
    if (!fetched.ok && fetched.error.retryable && isLost) return ok({ ticks, stop, resumed: resumedIn(following) })
    if (!fetched.ok && fetched.error.retryable) return fetched
    const before = following
    if (!fetched.ok) following = followMissing(following, reference, fetched.error)
    else {
      const next = followDocument(following, reference, fetched.value, hashAt)
      following = next.following
      if (next.counts) ticks.push({ reference, document: fetched.value as OpenedDocument<'tick'> })
    }
    const gone = takenBack(before, following)
    if (gone.size > 0) ticks = ticks.filter((tick) => !gone.has(tick.reference.sha256))
    if (newestTick(following) !== null) following = forgetOld(following)
  }
}

const resumedIn = ({ lines }: Following): string[] => lines.flatMap(({ said }) => (said === null ? [] : [said.key]))

/** What ticks beside the line show; those that cannot be had show nothing. */
async function besideLine(documents: Services['documents'], following: Following, hashAt: HashAt): Promise<Following> {
  let seen = following
  for (const { reference } of following.strays) {
    const fetched = await tried(() => documents.fetch(reference, 'tick'))
    if (fetched.ok) seen = followDocument(seen, reference, fetched.value, hashAt).following
  }
  return seen
}

/** Why nobody goes on, in one sentence with what a person is to do. */
export function stopText(stop: Stop): string {
  const end = 'Write nothing until its Supervisor has ended it with a resumption; what was counted before stays.'
  switch (stop.kind) {
    case 'unfetched':
      return `Tick ${stop.number} is in a block, and nobody delivers its document: nobody goes on without it. Wait; it is asked for again with every block.`
    case 'stranger':
      return `Tick ${stop.number} is signed by a key of which no grant is known here. Wait for the offer that names it; if none comes, ask the app's Supervisor.`
    case 'faulty':
      return `Tick ${stop.number} breaks the rules: ${stop.why}. ${end}`
    case 'equivocation':
      return `The Supervisor's key signed two different documents of tick ${stop.number}: it lies, or is in wrong hands. ${end}`
    case 'resumption':
      return 'The master key took ticks back, and its document is not here yet. Wait; it is asked for again with every block.'
    case 'revocation':
      return 'The master key took a key back, and its document is not here yet. Wait; it is asked for again with every block.'
    case 'unproved':
      return 'The master key took back more ticks than it may without a reason; what it shows is being looked at. Wait.'
  }
}

/** Whether what would be written now might rest on ticks that are void, or will be: then nobody writes. */
export const isHalted = (stop: Stop | null): stop is Stop => stop !== null && stop.kind !== 'unfetched' && stop.kind !== 'stranger'
