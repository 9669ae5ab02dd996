/** Counts what moves in a network: a pulse that differs from the last one, a log line that says something new. */
import type { LogLine } from '../../../contract/index.ts'

export interface Movement {
  /** Takes an event of the contract. Pulses that say the same again, and lines that repeat («still waiting»), move nothing. */
  note(who: string, event: string, payload: unknown): void
  /** Grows with everything that moved. */
  count(): number
}

/** Lines remembered of each participant. */
const LINES = 500
/** Numbers in a line change without anything having moved: «for the 7th time». */
const sameWords = (line: string): string => line.replace(/\d+/g, '#')

export function createMovement(): Movement {
  const pulses = new Map<string, string>()
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
  const isNewPulse = (who: string, pulse: string): boolean => {
    if (pulses.get(who) === pulse) return false
    pulses.set(who, pulse)
    return true
  }
  return {
    note(who, event, payload) {
      const isNew =
        event === 'log'
          ? isNewLine(who, sameWords((payload as LogLine).message))
          : event === 'pulse' && isNewPulse(who, JSON.stringify(payload))
      if (isNew) count++
    },
    count: () => count,
  }
}
