/** Counts what moves in a network: a view that differs from the last one, a log line that says something new. */
import type { LogLine } from '../../../contract/index.ts'

export interface Movement {
  /** Takes an event of the contract. Views that say the same again, and lines that repeat («still waiting»), move nothing. */
  note(who: string, event: string, payload: unknown): void
  /** Grows with everything that moved. */
  count(): number
}

/** Lines remembered of each participant. */
const LINES = 500
/** Numbers in a line change without anything having moved: «for the 7th time». */
const sameWords = (line: string): string => line.replace(/\d+/g, '#')

export function createMovement(): Movement {
  const views = new Map<string, string>()
  const lines = new Map<string, Set<string>>()
  let count = 0
  const isNewLine = (who: string, line: string): boolean => {
    const known = lines.get(who) ?? new Set()
    lines.set(who, known)
    if (known.has(line)) return false
    if (known.size >= LINES) known.clear()
    known.add(line)
    return true
  }
  const isNewView = (who: string, view: string): boolean => {
    if (views.get(who) === view) return false
    views.set(who, view)
    return true
  }
  return {
    note(who, event, payload) {
      const isNew = event === 'log' ? isNewLine(who, sameWords((payload as LogLine).message)) : isNewView(who, JSON.stringify(payload))
      if (isNew) count++
    },
    count: () => count,
  }
}
