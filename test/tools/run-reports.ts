/** Counts and failures of a run, taken from the JSON reports of Vitest and Playwright. */
import { stripVTControlCharacters } from 'node:util'

export interface Counts {
  passed: number
  failed: number
  skipped: number
}

export interface Failure {
  test: string
  /** What it said, in full. */
  message: string
}

export interface Report {
  counts: Counts
  failures: Failure[]
}

export const add = (a: Counts, b: Counts): Counts => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
})
export const nothing: Counts = { passed: 0, failed: 0, skipped: 0 }

/** The last line of the whole run, read by machines. */
export const closingLine = (counts: Counts): string => `golem: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`

const LINES_TOLD = 4
const COLUMNS_TOLD = 160

/** A failure in a few short lines, for the end of a log of which others may see the end only. */
export function brief({ test, message }: Failure): string[] {
  const lines = stripVTControlCharacters(message).split('\n')
  const told = lines.filter((line) => line.trim() !== '').slice(0, LINES_TOLD)
  return [test, ...told.map((line) => `  ${line}`)].map((line) => (line.length > COLUMNS_TOLD ? `${line.slice(0, COLUMNS_TOLD)}…` : line))
}

interface VitestReport {
  testResults: Array<{
    name: string
    status: string
    message: string
    assertionResults: Array<{ status: string; fullName: string; failureMessages: string[] }>
  }>
}

/** A file that broke before any of its tests ran has no failed test, yet counts as one failure. */
export function readVitest({ testResults }: VitestReport): Report {
  const counts = { ...nothing }
  const failures: Failure[] = []
  for (const file of testResults) {
    const failedHere: Failure[] = []
    for (const { status, fullName, failureMessages } of file.assertionResults) {
      if (status === 'passed') counts.passed += 1
      else if (status === 'failed') failedHere.push({ test: fullName, message: failureMessages.join('\n') })
      else counts.skipped += 1
    }
    if (file.status === 'failed' && failedHere.length === 0) failedHere.push({ test: file.name, message: file.message })
    failures.push(...failedHere)
  }
  return { counts: { ...counts, failed: failures.length }, failures }
}

interface PlaywrightError {
  message?: string
}
interface PlaywrightSuite {
  specs?: Array<{ title: string; tests: Array<{ status: string; results: Array<{ errors: PlaywrightError[] }> }> }>
  suites?: PlaywrightSuite[]
}
interface PlaywrightReport extends PlaywrightSuite {
  stats: { expected: number; unexpected: number; flaky: number; skipped: number }
  errors: PlaywrightError[]
}

const wordsOf = (errors: PlaywrightError[]): string => errors.map(({ message }) => message ?? '').join('\n')

const failedIn = ({ specs = [], suites = [] }: PlaywrightSuite): Failure[] => [
  ...specs.flatMap(({ title, tests }) =>
    tests
      .filter(({ status }) => status === 'unexpected' || status === 'flaky')
      .map(({ results }) => ({ test: title, message: wordsOf(results.flatMap(({ errors }) => errors)) })),
  ),
  ...suites.flatMap(failedIn),
]

/** A flaky test failed at least once, so it counts as failed; so does an error outside every test. */
export function readPlaywright(report: PlaywrightReport): Report {
  const { stats, errors } = report
  return {
    counts: { passed: stats.expected, failed: stats.unexpected + stats.flaky + errors.length, skipped: stats.skipped },
    failures: [...failedIn(report), ...errors.map((error) => ({ test: 'outside every test', message: wordsOf([error]) }))],
  }
}

/**
 * Holds a report against the exit code of the program that wrote it: a program that failed has at least one failure, and a run
 * without any test is a failure, because it proves nothing.
 */
export function honest({ counts, failures }: Report, exitCode: number): Report {
  const any = counts.passed + counts.failed + counts.skipped > 0
  if (counts.failed > 0 || (exitCode === 0 && any)) return { counts, failures }
  const message = any ? `exit code ${exitCode}, though no test failed` : 'no test ran'
  return { counts: { ...counts, failed: 1 }, failures: [{ test: 'the program of this stage', message }] }
}
