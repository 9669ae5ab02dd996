/** Paragraphs and tables of plain text. */

/** Columns of a text for people. */
export const WIDTH = 100

/** Lines of at most `WIDTH` columns; further ones are indented by `hang`. */
export function wrap(text: string, indent: string, hang = indent): string[] {
  const lines: string[] = []
  let line = indent
  for (const word of text.split(/\s+/).filter((one) => one !== '')) {
    if (line.trim() !== '' && line.length + word.length + 1 > WIDTH) {
      lines.push(line)
      line = hang
    }
    line += (line.trim() === '' ? '' : ' ') + word
  }
  return [...lines, line]
}

/** Two columns; the right one is wrapped beside the left. */
export function table(rows: Array<[string, string]>, indent: string): string[] {
  const width = Math.min(28, Math.max(0, ...rows.map(([left]) => left.length)))
  return rows.flatMap(([left, right]) => {
    const hang = ' '.repeat(indent.length + width + 2)
    const lines = wrap(right, hang)
    if (left.length > width) return [`${indent}${left}`, ...lines]
    return [`${indent}${left.padEnd(width)}  ${(lines[0] ?? '').trimStart()}`, ...lines.slice(1)]
  })
}
