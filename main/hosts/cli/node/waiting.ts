/** Waiting for something that a node shows: told by its events, with progress for whoever watches. */
import { followOverview } from '../../../contract/following.ts'
import type { Overview } from '../../../contract/index.ts'
import { fail, ok, type Failure, type Result } from '../../../../roles/protocol/result.ts'
import { createProgress } from '../../terminal/progress.ts'
import type { Io } from '../command.ts'
import type { Node } from './connection.ts'

/** What is waited for: it is there, it never comes, or what goes on meanwhile. */
export type Look<T> = { done: T } | { failed: Failure } | { text: string; percent?: number }

/**
 * Resolves when `look` finds it in the node's overview.
 * Errors: what `look` says; `cli.ended` (Ctrl+C; what was begun goes on in the node), those of `Node.events`.
 */
export async function waitFor<T>(
  node: Node,
  io: Pick<Io, 'columns' | 'err' | 'ended'>,
  look: (overview: Overview) => Look<T>,
): Promise<Result<T>> {
  const progress = createProgress(io.columns, io.err)
  const over = new AbortController()
  const end = (): void => over.abort()
  io.ended.addEventListener('abort', end, { once: true })
  let found: Result<T> | null = null
  const see = (overview: Overview): void => {
    if (found !== null) return
    const seen = look(overview)
    if ('text' in seen) return progress.show(seen.text, seen.percent ?? null)
    found = 'done' in seen ? ok(seen.done) : { ok: false, error: seen.failed }
    over.abort()
  }
  let refused: Failure | null = null
  const following = followOverview({
    ask: () => node.call('overview', {}),
    show: see,
    failed(error) {
      refused = error
      over.abort()
    },
  })
  const lost = await node.events(
    ['changed'],
    (_, payload) => following.hear(payload),
    over.signal,
    () => void following.look(),
  )
  io.ended.removeEventListener('abort', end)
  progress.end()
  if (found !== null) return found
  if (refused !== null) return { ok: false, error: refused }
  return lost === null
    ? fail('cli.ended', 'Not waited for any longer. What was begun goes on in the node: see golem status.')
    : { ok: false, error: lost }
}
