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

/** Rows of the tables under the heading of the same text: their cells, with `\|` for a bar. */
export function tableUnder(markdown: string, heading: string): string[][] {
  const lines = markdown.split('\n')
  const from = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading)
  if (from < 0) return []
  const until = lines.findIndex((line, i) => i > from && /^#+ /.test(line))
  const rows = lines.slice(from, until < 0 ? undefined : until).filter((line) => line.startsWith('| '))
  return rows
    .filter((line) => !line.startsWith('| ---'))
    .slice(1)
    .map((line) => line.slice(2, -2).split(/ \| /).map((cell) => cell.replaceAll('\\|', '|').trim()))
}

/** Whether a text is what a page shows; `…` on the page stands for anything. */
export function matches(shown: string, real: string): boolean {
  const parts = shown
    .trimEnd()
    .split('…')
    .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${parts.join('[^]*')}$`).test(real.trimEnd())
}
