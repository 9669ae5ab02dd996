/** Log lines and overviews of a node, for whoever listens. */
import type { LogLine, Overview } from '../contract/index.ts'
import type { ClockPort, LogPort } from './ports.ts'

const LOG_LINES = 1000
/** Views are told at most so often. */
const OVERVIEW_MS = 100

export type NodeEvents = ReturnType<typeof createEvents>

/** @param who name of the node, for people */
export function createEvents(ports: { log: LogPort; clock: ClockPort }, who: () => string) {
  const listeners = new Set<(event: string, payload: unknown) => void>()
  let lines: LogLine[] = []
  let due = false
  const emit = (event: string, payload: unknown): void => {
    for (const listener of listeners) listener(event, payload)
  }
  const log: LogPort = {
    log(level, message, details) {
      ports.log.log(level, message, details)
      if (level === 'debug') return
      const line: LogLine = { at: ports.clock.now(), level, who: who(), message }
      lines = [...lines.slice(1 - LOG_LINES), line]
      emit('log', line)
    },
  }
  return {
    log,
    lines: () => lines,
    subscribe: (listener: (event: string, payload: unknown) => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    overview: (view: () => Overview) => () => {
      if (due || listeners.size === 0) return
      due = true
      ports.clock.after(OVERVIEW_MS, () => {
        due = false
        emit('overview', view())
      })
    },
  }
}
