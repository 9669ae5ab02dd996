/** Tables of several columns, for people. */
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

/** Rows below their titles. The last column is cut, unless it is to be `whole`, where a line would be longer than `WIDTH` and still has 20 columns then. */
export function columnsOf<T>(rows: readonly T[], columns: ReadonlyArray<Column<T>>): string {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ of }) => plain(of(row))))]
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => widthOf(line[at]!))))
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0)
  const most = Math.max(20, WIDTH - before)
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
