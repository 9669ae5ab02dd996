/** Asking whoever sits at a terminal for one line; what is secret is not shown while it is typed. */
import type { ReadStream } from 'node:tty'

const [ENTER, NEWLINE, END, INTERRUPT, BACKSPACE, DELETE, CLEAR] = ['\r', '\n', '\u0004', '\u0003', '\b', '\u007f', '\u0015']
const MOST = 4_096

/**
 * @param hidden whether what is typed stays unseen
 * @returns the line; null where there is no terminal, or the person ends it with Ctrl+C or Ctrl+D
 */
export function askLine(
  input: ReadStream,
  output: { write(text: string): unknown },
  question: string,
  hidden: boolean,
): Promise<string | null> {
  if (!input.isTTY) return Promise.resolve(null)
  output.write(question)
  input.setRawMode(true)
  input.setEncoding('utf8')
  return new Promise((resolve) => {
    let line = ''
    const end = (result: string | null): void => {
      input.off('data', take)
      input.setRawMode(false)
      input.pause()
      output.write('\n')
      resolve(result)
    }
    const take = (text: Buffer | string): void => {
      // One key or what was pasted; characters outside of the basic plane are one each.
      for (const key of String(text)) {
        if (key === ENTER || key === NEWLINE) return end(line)
        if (key === INTERRUPT || (key === END && line === '')) return end(null)
        const shown = hidden ? '' : line
        if (key === BACKSPACE || key === DELETE) line = [...line].slice(0, -1).join('')
        else if (key === CLEAR) line = ''
        else if (key >= ' ' && line.length < MOST) line += key
        if (!hidden) output.write(line.startsWith(shown) ? line.slice(shown.length) : `\r\u001b[K${question}${line}`)
      }
    }
    input.on('data', take)
    input.resume()
  })
}
