import type { LogPort } from '../../../main/core/ports.ts'

export interface LogLine {
  level: Parameters<LogPort['log']>[0]
  message: string
  details?: Record<string, unknown>
}

/** Keeps the last lines in memory. */
export function createMemoryLog(keep = 1_000): LogPort & { lines: LogLine[] } {
  const lines: LogLine[] = []
  return {
    lines,
    log: (level, message, details) => {
      lines.push(details ? { level, message, details } : { level, message })
      if (lines.length > keep) lines.shift()
    },
  }
}
