/** Waiting for something that a node shows: told by its events, with progress for whoever watches. */
import { followOverview } from '../../../contract/following.ts'
import type { Overview } from '../../../contract/index.ts'
import { fail, ok, type Failure, type Result } from '../../../../roles/protocol/result.ts'
import { createProgress } from '../../terminal/progress.ts'
import type { Io } from '../command.ts'
import type { Node } from './connection.ts'

/** What is waited for: it is there, it never comes, or what goes on meanwhile. */
export type Look<T> = { done: T } | { failed: Failure } | { text: string; percent?: number }

const ended = fail('cli.ended', 'Not waited for any longer. What was begun goes on in the node: see golem status.')

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
  return lost === null ? ended : { ok: false, error: lost }
}

/** How often a node is asked what no event tells. */
const ASK_EVERY_MS = 400

/**
 * The same for what the overview does not show: the node is asked again and again while somebody watches.
 * Errors: what `ask` and `look` say; `cli.ended`.
 */
export async function askUntil<V, T>(
  io: Pick<Io, 'columns' | 'err' | 'ended'>,
  ask: () => Promise<Result<V>>,
  look: (value: V) => Look<T>,
): Promise<Result<T>> {
  const progress = createProgress(io.columns, io.err)
  try {
    for (;;) {
      const answer = await ask()
      if (!answer.ok) return answer
      const seen = look(answer.value)
      if ('done' in seen) return ok(seen.done)
      if ('failed' in seen) return { ok: false, error: seen.failed }
      progress.show(seen.text, seen.percent ?? null)
      if (!(await pause(io.ended))) return ended
    }
  } finally {
    progress.end()
  }
}

/** @returns whether it goes on */
const pause = (signal: AbortSignal): Promise<boolean> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      resolve(false)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', end)
      resolve(true)
    }, ASK_EVERY_MS)
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })

/**
 * A command that needs an app whose offer may be in a block that is still to be read: told how far that is, and asked again until it is known.
 * Errors: those of the command but `offer.unread`; `cli.ended`.
 */
export const onceRead = <T>(io: Pick<Io, 'columns' | 'err' | 'ended'>, ask: () => Promise<Result<T>>): Promise<Result<T>> =>
  askUntil(
    io,
    async () => ok(await ask()),
    (answer): Look<T> => {
      if (answer.ok) return { done: answer.value }
      if (answer.error.code !== 'offer.unread') return { failed: answer.error }
      const { at, of } = answer.error.details as { at: number; of?: number }
      return of === undefined
        ? { text: `looks for the app: block ${at}` }
        : { text: `looks for the app: block ${at} of ${of}`, percent: of === 0 ? 0 : (100 * at) / of }
    },
  )
