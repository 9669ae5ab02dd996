/** The test of the handbook's test: what a page says wrongly is found, at its line. */
import { beforeAll, expect, it } from 'vitest'
import type { Problem } from './pages.ts'
import { problemsIn } from './verify.ts'

const FRAME = `\`\`\`ts frame
import { app, endpoint, int, list, option, see, text } from 'golem'
export default app({
  name: 'wrong', doc: '', collections: {},
  endpoints: () => ({ go: endpoint({ doc: '', request: { n: int(), items: list(int(), 5), maybe: option(int()), title: text(9) }, run: ({ n, items, maybe, title }) => {
    void [items, maybe, title]
    // the example
  } }) }),
})
\`\`\`

\`\`\`json request
{ "n": 1, "items": [], "maybe": null, "title": "" }
\`\`\`
`
const SUM = 'return see(n, (n) => n.plus(1))'
const block = (lang: string, text: string): string => `\`\`\`${lang}\n${text}\n\`\`\`\n`
const page = (...blocks: string[]): string => `${FRAME}\n${blocks.join('\n')}`

const WRONG: Record<string, [page: string, line: number, problem: RegExp]> = {
  'another answer': [page(block('ts', SUM), block('json', '3')), 20, /^it answers: 2$/],
  'an answer where golem refuses': [page(block('ts', 'return n.plus(1)'), block('json', '2')), 16, /refuses it: app\.ts:1: .*TS2339/],
  'a type error': [page(block('ts', 'return see(n, (n) => n.plus(true))')), 16, /refuses it: app\.ts:1: .*TS2345/],
  'a mistake that only the build finds': [
    page(block('ts', 'return see(n, (n) => n.plus(0.5))')),
    16,
    /refuses it: app\.ts:1: 0\.5 is not an integer from /,
  ],
  'no mistake where one is shown': [page(block('ts', SUM), block('text', 'app.ts:1: no. [program.type]')), 20, /^golem refuses nothing$/],
  'another mistake': [
    page(block('ts', 'return see(n, (n) => n.plus(0.5))'), block('text', 'app.ts:2: … [program.literal]')),
    20,
    /says: app\.ts:1: 0\.5/,
  ],
  'a call that stops': [page(block('ts run', 'return see(n, (n) => n.dividedBy(0))'), block('json', '0')), 20, /program\.divide/],
  'a call whose answer is not shown': [page(block('ts run', SUM)), 16, /not shown/],
  'an output without an example': [block('json', '1'), 1, /nothing can be tried/],
  'an example without a frame': [block('ts', SUM), 1, /nothing can be tried/],
  'another output of a command': [page(block('sh', 'golem --version'), block('text', 'golem 7')), 20, /it prints: golem/],
  'a command that fails': [page(block('sh', 'golem check nothing.json')), 16, /There is no file nothing\.json/],
  'a change of a text that is not there': [
    page(block('json file=a.json', '1'), block('json find=a.json', '2'), block('json put=a.json', '3')),
    24,
    /not in the file/,
  ],
  'a row of a table': [page('| example | gives |\n| --- | --- |\n| `n.isSafe` | `1` |'), 16, /refuses it: .*TS2339/],
  'a row about who tells of a mistake': [
    page('| JavaScript | editor | golem | --no-types |\n| --- | --- | --- | --- |\n| `-n` | — | `program.coerced` | — |'),
    18,
    /"untyped":"program\.coerced"/,
  ],
}

let problems: Problem[]
beforeAll(async () => void (problems = await problemsIn(Object.fromEntries(Object.entries(WRONG).map(([name, [text]]) => [name, text])))))

it.each(Object.entries(WRONG))('%s is found', (name, [, line, problem]) => {
  expect(problems.filter((one) => one.page === name)).toEqual([{ page: name, line, problem: expect.stringMatching(problem) }])
})

it('what is right is not told', async () => {
  expect(await problemsIn({ right: page(block('ts', SUM), block('json', '2')) })).toEqual([])
})
