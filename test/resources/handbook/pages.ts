/** The handbook's pages as their fenced blocks. CONTRIBUTING.md says how a page writes them. */

export interface Block {
  page: string
  /** Of the opening fence, from 1. */
  line: number
  lang: string
  /** What follows the language: `file=app.ts`, `run`, … */
  attributes: Record<string, string>
  text: string
}

/** A piece of a page that does not say what is so. */
export interface Problem {
  page: string
  line: number
  problem: string
}

export const problemOf = ({ page, line }: Block, problem: string): Problem => ({ page, line, problem })

const FENCE = /^```(\w*)(.*)$/
const ATTRIBUTE = /([\w-]+)(?:=(\S+))?/g

const attributesOf = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(ATTRIBUTE)].map(([, name, value]) => [name!, value ?? '']))

export function blocksOf(page: string, markdown: string): Block[] {
  const blocks: Block[] = []
  let open: Block | null = null
  for (const [i, line] of markdown.split('\n').entries()) {
    const fence = FENCE.exec(line)
    if (open !== null && line === '```') {
      blocks.push(open)
      open = null
    } else if (open !== null) open.text += `${line}\n`
    else if (fence !== null) open = { page, line: i + 1, lang: fence[1]!, attributes: attributesOf(fence[2]!), text: '' }
  }
  if (open !== null) throw new Error(`${page}:${open.line}: the block has no end`)
  return blocks
}

export interface Table {
  /** Of the heading above it. */
  heading: string
  /** Of its first line, from 1. */
  line: number
  /** Cells by the name of their column, each without the marks of code. */
  rows: Array<Record<string, string>>
}

const cellsOf = (line: string): string[] =>
  line
    .slice(2, -2)
    .split(' | ')
    .map((cell) => cell.replaceAll('\\|', '|').trim())
    .map((cell) => /^(`+) ?([^`]+?|(?:[^`]|`[^`]*`)+?) ?\1$/.exec(cell)?.[2] ?? cell)

/** The tables of a page, outside of its fenced blocks. */
export function tablesOf(markdown: string): Table[] {
  const tables: Table[] = []
  let [heading, fenced, columns] = ['', false, null as string[] | null]
  for (const [i, line] of markdown.split('\n').entries()) {
    if (line.startsWith('```')) fenced = !fenced
    if (fenced) continue
    if (line.startsWith('#')) heading = line.replace(/^#+ /, '')
    if (!line.startsWith('| ')) columns = null
    else if (columns === null) {
      columns = cellsOf(line)
      tables.push({ heading, line: i + 1, rows: [] })
    } else if (!line.startsWith('| ---')) {
      const cells = cellsOf(line)
      tables.at(-1)!.rows.push(Object.fromEntries(columns.map((name, at) => [name, cells[at] ?? ''])))
    }
  }
  return tables
}

/** Whether a text is what a page shows; `…` on the page stands for anything. */
export function matches(shown: string, real: string): boolean {
  const parts = shown
    .trimEnd()
    .split('…')
    .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${parts.join('[^]*')}$`).test(real.trimEnd())
}
