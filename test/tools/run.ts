/**
 * `npm test [-- [--beside-load] [--times N] stage … [-- arguments for the stage's program]]`: runs the stages of run-stages.ts one after the other, goes on after a failure, and ends with a
 * summary, the line `golem: N passed, N failed, N skipped`, and exit code 1 if anything failed.
 * `--beside-load` keeps twice as many processes busy as there are cores meanwhile (load.ts); `--times` runs the stages so many times over.
 *
 * GOLEM_REQUIRE=1 (set by .ci/run) turns a missing bitcoind, Chromium, aria2 or iproute2 from a loud skip into a failure.
 */
import { startLoad } from './load.ts'
import { add, brief, closingLine, type Counts, nothing, type Report } from './run-reports.ts'
import { type Stage, stages } from './run-stages.ts'
import { prepareTool, type ToolName } from './run-tools.ts'

interface Outcome extends Report {
  name: string
  seconds: number
  remark?: string
}

const print = (line: string): void => void process.stdout.write(`${line}\n`)
const required = (): boolean => process.env['GOLEM_REQUIRE'] === '1'

/** What a missing tool means: a failure where it is required, else a skip that says what to install. */
function missing(tool: ToolName, reason: string): Outcome {
  const counts = required() ? { ...nothing, failed: 1 } : { ...nothing, skipped: 1 }
  const remark = `${required() ? 'required, but there is' : 'there is'} no ${tool}: ${reason}`
  return { name: tool, counts, failures: [], seconds: 0, remark }
}

async function runStage(stage: Stage, extra: string[]): Promise<Outcome[]> {
  let environment: Record<string, string> = {}
  const outcomes: Outcome[] = []
  for (const tool of [...stage.needs, ...stage.wants]) {
    const answer = prepareTool(tool)
    if ('environment' in answer) environment = { ...environment, ...answer.environment }
    else outcomes.push({ ...missing(tool, answer.missing), name: `${stage.name} (${tool})` })
    if ('missing' in answer && stage.needs.includes(tool)) return outcomes
  }
  print(`\n── ${stage.name}: ${stage.what} ${'─'.repeat(Math.max(3, 60 - stage.name.length - stage.what.length))}`)
  const began = performance.now()
  const report = await stage.run(extra, environment)
  return [...outcomes, { name: stage.name, ...report, seconds: (performance.now() - began) / 1000 }]
}

function printSummary(outcomes: Outcome[]): Counts {
  print(`\n── summary ${'─'.repeat(56)}`)
  for (const { name, counts, seconds, remark } of outcomes) {
    const mark = counts.failed > 0 ? 'FAILED' : counts.passed === 0 ? 'SKIPPED' : 'ok'
    const numbers = `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`
    print(`  ${mark.padEnd(8)}${name.padEnd(24)}${remark ?? `${numbers.padEnd(40)}${seconds.toFixed(1)} s`}`)
  }
  for (const { name, failures } of outcomes)
    for (const failure of failures) print([`\n  failed in ${name}:`, ...brief(failure)].join('\n    '))
  return outcomes.map(({ counts }) => counts).reduce(add, nothing)
}

export interface Arguments {
  chosen: string[]
  extra: string[]
  besideLoad: boolean
  /** How often the chosen stages run, one round after the other. */
  times: number
}

/** Splits `--beside-load --times 3 unit lint -- -t name` into options of this program, stage names and arguments for their programs. */
export function parseArguments(args: string[]): Arguments {
  let [at, besideLoad, times] = [0, false, 1]
  for (; args[at] === '--beside-load' || args[at] === '--times'; at++) {
    if (args[at] === '--times') times = Number(args[++at])
    else besideLoad = true
  }
  const rest = args.slice(at)
  const cut = rest.indexOf('--')
  const firstOption = rest.findIndex((arg) => arg.startsWith('-') || arg.includes('/'))
  const end = cut >= 0 ? cut : firstOption >= 0 ? firstOption : rest.length
  return { chosen: rest.slice(0, end), extra: rest.slice(cut >= 0 ? cut + 1 : end), besideLoad, times }
}

/** What is wrong with the arguments, in a sentence for whoever typed them. */
function complaint({ chosen, extra, times }: Arguments): string | null {
  const unknown = chosen.filter((name) => !stages.some((stage) => stage.name === name))
  if (unknown.length > 0) return `There is no stage «${unknown.join(', ')}». Stages: ${stages.map((stage) => stage.name).join(', ')}.`
  if (extra.length > 0 && chosen.length === 0) return 'Name the stage that these arguments are for, as in: npm test -- unit test/roles'
  return Number.isInteger(times) && times > 0 ? null : 'Say how often the stages are to run, as in: npm test -- --times 3 scenario'
}

/** Whether somebody asked this run to end: the stage that runs is told so itself, and no further one begins. */
let interrupted = false

async function runRounds({ chosen, extra, times }: Arguments): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  const wanted = stages.filter(({ name }) => chosen.length === 0 || chosen.includes(name))
  for (let round = 1; round <= times && !interrupted; round++) {
    if (times > 1) print(`\n══ round ${round} of ${times} ${'═'.repeat(50)}`)
    for (const stage of wanted) if (!interrupted) outcomes.push(...(await runStage(stage, extra)))
  }
  return outcomes
}

const usage = (): string => `npm test: runs the tests

usage: npm test
       npm test -- [--times N] [--beside-load] STAGE … [-- ARGUMENTS for the stage's program]

${stages.map(({ name, what }) => `  ${name.padEnd(14)}${what}`).join('\n')}

for example:

  npm test -- unit test/roles -t prime

Exit codes: 0 all passed · 1 something failed · 2 wrong usage
GOLEM_SEED replays a seed; GOLEM_REQUIRE=1 takes a missing bitcoind, Chromium, aria2 or iproute2 for a failure.`

async function main(args: string[]): Promise<number> {
  if (args[0] === '--help' || args[0] === '-h') {
    print(usage())
    return 0
  }
  const parsed = parseArguments(args)
  const wrong = complaint(parsed)
  if (wrong !== null) {
    print(wrong)
    return 2
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => (interrupted = true))
  const load = parsed.besideLoad ? startLoad() : null
  if (load !== null) print(`golem: beside ${load.pids.length} busy processes`)
  const outcomes = await runRounds(parsed).finally(() => load?.stop())
  const total = printSummary(outcomes)
  print(`\n${closingLine(total)}`)
  if (interrupted) print('golem: interrupted; the stages that are missing did not run')
  return total.failed > 0 || interrupted ? 1 : 0
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2))
