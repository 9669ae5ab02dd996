/** Tables of several columns, for people. */
import process from 'node:process'
import { WIDTH } from './layout.ts'

export interface Column<T> {
  title: string
  of: (row: T) => string
  /** Numbers stand at the right. */
  right?: true
  /** The last column is not cut: a terminal breaks its lines. */
  whole?: true
}

/** What others wrote is no command to a terminal, and one line. */
export const plain = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => (char === '\n' || char === '\t' ? ' ' : ''))

/** Columns that a terminal takes for a text: wide characters (CJK, emoji) take two. */
const wide =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u
export const widthOf = (text: string): number =>
  [...text].reduce((sum, char) => sum + (/\p{M}/u.test(char) ? 0 : wide.test(char) ? 2 : 1), 0)

const padded = (text: string, width: number, right: boolean): string => {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)))
  return right ? space + text : text + space
}

/** What a table may take: a terminal's lines are bounded; who reads a pipe or a file gets everything. */
const outputWidth = (): number => (process.stdout.isTTY ? Math.max(WIDTH, process.stdout.columns || 0) : Infinity)

/**
 * Rows below their titles. The last column is cut, unless it is to be `whole`, where a line would be longer than `width` and still has 20 columns then.
 * @param width columns of a line; without it those of the terminal, and no bound where the output is none
 */
export function columnsOf<T>(rows: readonly T[], columns: ReadonlyArray<Column<T>>, width = outputWidth()): string {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ of }) => plain(of(row))))]
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => widthOf(line[at]!))))
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0)
  const most = Math.max(20, width - before)
  return cells
    .map((line) =>
      line
        .map((text, at) =>
          padded(
            at === columns.length - 1 && columns[at]!.whole !== true ? cut(text, most) : text,
            widths[at]!,
            columns[at]!.right === true,
          ),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function cut(text: string, most: number): string {
  if (widthOf(text) <= most) return text
  const chars = [...text]
  while (widthOf(chars.join('')) > most - 1) chars.pop()
  return `${chars.join('')}…`
}
