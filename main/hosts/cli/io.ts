/** What a command touches of this process. */
import process from 'node:process'
import type { Io } from './command.ts'
import { askLine } from '../terminal/ask.ts'

export function processIo(): Io {
  const ended = new AbortController()
  return {
    cwd: process.cwd(),
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    env: process.env,
    ask: (question, hidden) => askLine(process.stdin, process.stderr, question, hidden),
    columns: process.stderr.isTTY ? process.stderr.columns || 80 : null,
    get ended() {
      // Only where a command looks at it: the others end at once, as programs do.
      if (process.listenerCount('SIGINT') === 0) process.once('SIGINT', () => ended.abort())
      return ended.signal
    },
  }
}
