/** Whether what pages show is so. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { blocksOf, matches, type Block, type Problem } from './pages.ts'
import { answerOf, buildAll, frameOf, refusal, type Built, type Frame, type Source } from './programs.ts'
import { runLines, type Shell } from './shell.ts'

/** An example with what the page shows right after it. */
interface Example {
  block: Block
  source: Source
  shown: Block[]
}

/** A step in the folder of a page: a file written or changed, or lines of a shell with what they print. */
interface Step {
  block: Block
  shown: Block | null
}

interface Page {
  name: string
  examples: Example[]
  steps: Step[]
  problems: Problem[]
}

const problemOf = ({ page, line }: Block, problem: string): Problem => ({ page, line, problem })

const isOutput = ({ lang, attributes }: Block): boolean => (lang === 'text' || lang === 'json') && Object.keys(attributes).every((name) => name === 'no-types')

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
  return page
}

function place(page: Page, block: Block, shown: Block[], frame: Frame | null): void {
  const { lang, attributes, text } = block
  const isWhole = text.includes('export default')
  if ('by-hand' in attributes) return
  if ('file' in attributes || 'find' in attributes || 'put' in attributes || lang === 'sh') page.steps.push({ block, shown: shown[0] ?? null })
  else if (lang === 'ts' && (isWhole || frame !== null)) page.examples.push({ block, source: { text, frame: isWhole ? null : frame }, shown })
  else page.problems.push(problemOf(block, 'nothing can be tried here: it is no program, no frame is above it, and it follows no example'))
}

/** All that pages say and that is not so. */
export async function problemsIn(pages: Record<string, string>): Promise<Problem[]> {
  const folder = mkdtempSync(join(tmpdir(), 'golem-handbook-'))
  try {
    const read = Object.entries(pages).map(([name, markdown]) => readPage(name, markdown))
    const examples = read.flatMap((page) => page.examples)
    const built = await buildAll(join(folder, 'examples'), examples.map(({ source }) => source))
    const wrong = examples.flatMap((example, i) => wrongWith(example, built[i]!))
    for (const page of read) wrong.push(...page.problems, ...(await wrongSteps(page, join(folder, page.name))))
    return wrong
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function wrongWith({ block, source, shown }: Example, built: Built): Problem[] {
  const unfit = (problem: string): Problem[] => [problemOf(block, problem)]
  const answers = 'run' in block.attributes || shown[0]?.lang === 'json'
  if (!answers && shown.length > 0) return shown.flatMap((one) => wrongRefusal(one, built))
  const said = refusal(built, true)
  if (said !== '' || !built.program.ok) return unfit(`golem refuses it: ${said}`)
  if (!answers) return []
  const answer = answerOf(built.program.value, block.attributes['run'] || 'go', source.frame?.request ?? '{}', source.frame?.data ?? '{"collections":{}}')
  if (shown[0] === undefined) return unfit('it is run, and what it answers is not shown')
  return wrongAnswer(shown[0], answer)
}

function wrongRefusal(shown: Block, built: Built): Problem[] {
  const real = refusal(built, !('no-types' in shown.attributes))
  if (real === '') return [problemOf(shown, 'golem refuses nothing')]
  return matches(shown.text, real) ? [] : [problemOf(shown, `golem says: ${real}`)]
}

function wrongAnswer(shown: Block, answer: ReturnType<typeof answerOf>): Problem[] {
  if ('refused' in answer) return shown.lang === 'text' && matches(shown.text, answer.refused) ? [] : [problemOf(shown, `golem says: ${answer.refused}`)]
  const real = JSON.stringify(answer.json)
  return shown.lang === 'json' && isDeepStrictEqual(JSON.parse(shown.text), JSON.parse(real)) ? [] : [problemOf(shown, `it answers: ${real}`)]
}

/** Takes the steps of a page one after the other. */
async function wrongSteps({ steps }: Page, folder: string): Promise<Problem[]> {
  mkdirSync(folder, { recursive: true })
  const shell: Shell = { cwd: folder }
  const problems: Problem[] = []
  let find = ''
  for (const { block, shown } of steps) {
    const { attributes, text } = block
    const file = join(shell.cwd, attributes['file'] ?? attributes['find'] ?? attributes['put'] ?? '')
    if ('file' in attributes) writeFileSync(file, text)
    else if ('find' in attributes) find = text
    else if ('put' in attributes) {
      const before = readFileSync(file, 'utf8')
      if (before.split(find).length !== 2) problems.push(problemOf(block, 'what it replaces is not in the file, or more than once'))
      writeFileSync(file, before.replace(find, () => text))
    } else {
      const real = await runLines(shell, text)
      if (shown !== null && !matches(shown.text, real)) problems.push(problemOf(shown, `it prints: ${real}`))
      if (shown === null && real.includes('(exit code')) problems.push(problemOf(block, `it prints: ${real}`))
    }
  }
  return problems
}
