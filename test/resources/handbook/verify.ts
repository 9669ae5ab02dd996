/** Whether what pages show is so. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { Worker } from 'node:worker_threads'
import { wrongLines } from './command-lines.ts'
import { blocksOf, matches, problemOf, tablesOf, type Block, type Problem } from './pages.ts'
import { answerOf, buildAll, frameOf, refusal, type Built, type Frame, type Source } from './programs.ts'
import type { PageSteps, Step } from './shell.ts'

/** An example with what the page shows right after it. */
interface Example {
  block: Block
  source: Source
  shown: Block[]
  /** Who refuses it, of a row of a table about that. */
  expected?: { editor: string; golem: string; untyped: string }
}

interface Page {
  name: string
  examples: Example[]
  steps: Step[]
  problems: Problem[]
}

const isOutput = ({ lang, attributes }: Block): boolean =>
  (lang === 'text' || lang === 'json') && Object.keys(attributes).every((name) => name === 'no-types')

/** Sorts the blocks of a page. */
export function readPage(name: string, markdown: string): Page {
  const page: Page = { name, examples: [], steps: [], problems: [] }
  const blocks = blocksOf(name, markdown)
  let frame: Frame | null = null
  for (let i = 0; i < blocks.length; i++) {
    const block = blocks[i]!
    const shown: Block[] = []
    if (!isOutput(block)) while (i + 1 < blocks.length && isOutput(blocks[i + 1]!)) shown.push(blocks[++i]!)
    if (block.lang === 'ts' && 'frame' in block.attributes) frame = frameOf(block.text)
    else if (block.lang === 'json' && 'request' in block.attributes && frame !== null) frame.request = block.text
    else if (block.lang === 'json' && 'data' in block.attributes && frame !== null) frame.data = block.text
    else place(page, block, shown, frame)
  }
  if (frame !== null) page.examples.push(...tableExamples(name, markdown, frame), ...mistakenRows(name, markdown, frame))
  return page
}

/** The examples of a table, which has what they give beside them, as one program. */
function tableExamples(page: string, markdown: string, frame: Frame): Example[] {
  return tablesOf(markdown).flatMap(({ line, rows }) => {
    const tried = rows.filter((row) => row['gives'] !== undefined)
    if (tried.length === 0) return []
    const block = (lang: string, text: string): Block => ({ page, line, lang, attributes: {}, text })
    const text = `return {\n${tried.map((row, i) => `row${i + 1}: ${row['example']},\n`).join('')}}\n`
    const shown = block('json', `{${tried.map((row, i) => `"row${i + 1}": ${row['gives']}`).join(', ')}}`)
    return [{ block: block('ts', text), source: { text, frame }, shown: [shown] }]
  })
}

/** The rows of a table that says who tells of a mistake: each a program of its own, its line in the callback of a `see`. */
function mistakenRows(page: string, markdown: string, frame: Frame): Example[] {
  return tablesOf(markdown).flatMap(({ line, rows }) =>
    rows
      .filter((row) => row['JavaScript'] !== undefined)
      .map((row, i) => {
        const statement = /^(const|let|if|for|switch|while|async) /.test(row['JavaScript']!)
          ? row['JavaScript']!
          : `void (${row['JavaScript']})`
        const text = `return see(n, items, maybe, title, (n, items, maybe, title) => {\n${statement}\nreturn [items, maybe, title, n.less(3)].length > 9 ? n : n.plus(1)\n})\n`
        const expected = { editor: row['editor']!, golem: row['golem']!, untyped: row['--no-types']! }
        const block = { page, line: line + 2 + i, lang: 'ts', attributes: {}, text }
        return { block, source: { text, frame }, shown: [], expected }
      }),
  )
}

/** Who tells of the mistake in a row of such a table, and with which code. */
function wrongRow({ block, expected }: Example, { types, program }: Built): Problem[] {
  const codes = (all: Array<string | undefined>): string => [...new Set(all.filter((code) => code !== undefined))].sort().join(', ') || '—'
  const untyped = program.ok ? '—' : program.error.code
  const real = {
    editor: codes(types.map(({ message, typescript }) => typescript ?? /\((TS\d+)\)$/.exec(message)?.[1])),
    golem: types.length > 0 ? codes(types.map(({ code }) => code)) : untyped,
    untyped,
  }
  return isDeepStrictEqual(real, expected) ? [] : [problemOf(block, `it is told by ${JSON.stringify(real)}`)]
}

function place(page: Page, block: Block, shown: Block[], frame: Frame | null): void {
  const { lang, attributes, text } = block
  const isWhole = text.includes('export default')
  // `handbook.test.ts` runs the front end beside a page of its own.
  if ('by-hand' in attributes || 'front-end' in attributes) return
  // What needs a node, people and coins is not run, but it is what golem takes.
  if ('node' in attributes) return void page.problems.push(...wrongLines(text).map((wrong) => problemOf(block, wrong)))
  if ('file' in attributes || 'find' in attributes || 'put' in attributes || lang === 'sh')
    page.steps.push({ block, shown: shown[0] ?? null })
  else if (lang === 'ts' && (isWhole || frame !== null))
    page.examples.push({ block, source: { text, frame: isWhole ? null : frame }, shown })
  else page.problems.push(problemOf(block, 'nothing can be tried here: it is no program, no frame is above it, and it follows no example'))
}

/** All that pages say and that is not so. */
export async function problemsIn(pages: Record<string, string>): Promise<Problem[]> {
  const folder = mkdtempSync(join(tmpdir(), 'golem-handbook-'))
  try {
    const read = Object.entries(pages).map(([name, markdown]) => readPage(name, markdown))
    const examples = read.flatMap((page) => page.examples)
    const steps = wrongSteps(read.map((page) => ({ steps: page.steps, folder: join(folder, page.name) })))
    const built = await buildAll(
      join(folder, 'examples'),
      examples.map(({ source }) => source),
    )
    return [...read.flatMap((page) => page.problems), ...examples.flatMap((example, i) => wrongWith(example, built[i]!)), ...(await steps)]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Takes the steps of all pages, in a thread of their own. */
function wrongSteps(pages: PageSteps[]): Promise<Problem[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./shell.ts', import.meta.url), { workerData: pages, execArgv: ['--no-warnings'] })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

function wrongWith(example: Example, built: Built): Problem[] {
  const { block, source, shown } = example
  if (example.expected !== undefined) return wrongRow(example, built)
  const unfit = (problem: string): Problem[] => [problemOf(block, problem)]
  const answers = 'run' in block.attributes || shown[0]?.lang === 'json'
  if (!answers && shown.length > 0) return shown.flatMap((one) => wrongRefusal(one, built))
  const said = refusal(built, true)
  if (said !== '' || !built.program.ok) return unfit(`golem refuses it: ${said}`)
  if (!answers) return []
  const answer = answerOf(
    built.program.value,
    block.attributes['run'] || 'go',
    source.frame?.request ?? '{}',
    source.frame?.data ?? '{"collections":{}}',
  )
  if (shown[0] === undefined) return unfit('it is run, and what it answers is not shown')
  return wrongAnswer(shown[0], answer)
}

function wrongRefusal(shown: Block, built: Built): Problem[] {
  const real = refusal(built, !('no-types' in shown.attributes))
  if (real === '') return [problemOf(shown, 'golem refuses nothing')]
  return matches(shown.text, real) ? [] : [problemOf(shown, `golem says: ${real}`)]
}

function wrongAnswer(shown: Block, answer: ReturnType<typeof answerOf>): Problem[] {
  if ('refused' in answer)
    return shown.lang === 'text' && matches(shown.text, answer.refused) ? [] : [problemOf(shown, `golem says: ${answer.refused}`)]
  const real = JSON.stringify(answer.json)
  return shown.lang === 'json' && isDeepStrictEqual(JSON.parse(shown.text), JSON.parse(real))
    ? []
    : [problemOf(shown, `it answers: ${real}`)]
}
