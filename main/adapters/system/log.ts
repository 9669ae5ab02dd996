import type { LogPort } from '../../core/ports.ts'

export type LogLevel = Parameters<LogPort['log']>[0]

export interface LogOptions {
  /** Where lines go, such as process.stderr or a file stream. */
  stream: { write(text: string): unknown }
  /** One JSON object a line for machines, or one readable line for people. */
  format: 'json' | 'readable'
  /** Lowest level that is written. Default `info`. */
  level?: LogLevel
  /** Longest line in characters; what is above is cut and marked. Default 2,000. */
  maxLine?: number
  /** Characters written in all before the log falls silent with a last line that says so. Default: no end. */
  maxTotal?: number
  /** Milliseconds since the epoch. */
  now?: () => number
}

const ORDER: LogLevel[] = ['debug', 'info', 'warn', 'error']

/** A log as lines on a stream, bounded in the length of a line and, if wanted, in total. It never throws. */
export function createLog(options: LogOptions): LogPort {
  const { stream, format, level = 'info', maxLine = 2_000, maxTotal = Infinity, now = Date.now } = options
  let left = maxTotal
  const write = (line: string) => {
    const text = `${cut(line, maxLine)}\n`
    if (left <= 0) return
    left -= text.length
    stream.write(left > 0 ? text : 'log full: nothing more is written\n')
  }
  return {
    log: (lineLevel, message, details) => {
      if (ORDER.indexOf(lineLevel) < ORDER.indexOf(level)) return
      const time = new Date(now()).toISOString()
      write(
        format === 'json'
          ? jsonLine(time, lineLevel, cut(message, maxLine / 2), details, maxLine)
          : readableLine(time, lineLevel, message, details),
      )
    },
  }
}

/** A line that grew too long loses its details, so that it stays valid JSON. */
function jsonLine(time: string, level: LogLevel, message: string, details: Record<string, unknown> | undefined, maxLine: number): string {
  const line = stringify({ time, level, message, ...(details ? { details } : {}) })
  return line.length <= maxLine ? line : stringify({ time, level, message, cut: line.length })
}

const readableLine = (time: string, level: LogLevel, message: string, details?: Record<string, unknown>): string =>
  `${time} ${level.padEnd(5)} ${message.replace(/[\r\n]+/g, ' ')}${details ? ` ${stringify(details)}` : ''}`

/** JSON of anything, also of what JSON has no word for: a log must not be what fails. */
function stringify(value: unknown): string {
  try {
    return JSON.stringify(value, (_key, each: unknown) => {
      if (typeof each === 'bigint') return each.toString()
      if (each instanceof Error) return each.message
      return each instanceof Uint8Array ? `<${each.length} bytes>` : each
    })
  } catch (error) {
    return JSON.stringify(`not printable: ${(error as Error).message}`)
  }
}

const cut = (text: string, length: number): string => (text.length <= length ? text : `${text.slice(0, length - 1)}…`)
