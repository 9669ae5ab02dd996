/** Keeps an overview as a node tells its changes. */
import type { Failure, Result } from '../../roles/protocol/result.ts'
import { apply, merged, type Change } from './changes.ts'
import type { Overview } from './views.ts'

export interface Following {
  /** Takes a change; where something before it was missed, the whole is asked for. */
  hear(change: Change): void
  /** Asks for the whole: to begin with, and where what was just done is to be seen. Resolves when the answer was taken. */
  look(): Promise<void>
  /** Of another node: what is known and what is under way counts no more. */
  forget(): void
}

export interface Followed {
  /** The command `overview`. */
  ask(): Promise<Result<Overview>>
  /** Told of each overview that is another than the last; what did not change in it is the same object. */
  show(overview: Overview): void
  /** The whole could not be had. */
  failed?(error: Failure): void
}

/** Whoever uses it hears of changes first and then looks, so that nothing is missed in between. */
export function followOverview({ ask, show, failed }: Followed): Following {
  let current: Overview | null = null
  /** For each question under way, what was told since it was asked, in their order. */
  const asked = new Set<Change[]>()

  /** Questions before this one are answered by it. */
  function take(answer: Overview, since: Change[]): void {
    for (const earlier of [...asked]) {
      asked.delete(earlier)
      if (earlier === since) break
    }
    let next: Overview | null = answer
    for (const change of since) next = next && apply(next, change)
    const before = current
    current = before === null ? (next ?? answer) : merged(before, next ?? answer)
    if (current !== before) show(current)
    if (next === null) void look()
  }
  async function look(): Promise<void> {
    const since: Change[] = []
    asked.add(since)
    const answer = await ask()
    if (!asked.has(since)) return
    if (answer.ok) return take(answer.value, since)
    asked.delete(since)
    failed?.(answer.error)
  }
  return {
    look,
    hear(change) {
      for (const since of asked) since.push(change)
      const next = current === null ? null : apply(current, change)
      if (next === null) {
        if (asked.size === 0) void look()
      } else if (next !== current) show((current = next))
    },
    forget() {
      current = null
      asked.clear()
    },
  }
}
