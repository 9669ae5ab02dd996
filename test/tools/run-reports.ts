/** Counts of passed, failed and skipped tests, taken from the JSON reports of Vitest and Playwright. */

export interface Counts {
  passed: number
  failed: number
  skipped: number
}

export const add = (a: Counts, b: Counts): Counts => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
})
export const nothing: Counts = { passed: 0, failed: 0, skipped: 0 }

/** The last line of the whole run, read by machines. */
export const closingLine = (counts: Counts): string => `golem: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`

interface VitestReport {
  testResults: Array<{ status: string; assertionResults: Array<{ status: string }> }>
}

/** A file that broke before any of its tests ran has no failed test, yet counts as one failure. */
export function countVitest(report: VitestReport): Counts {
  const counts = { ...nothing }
  for (const file of report.testResults) {
    let failedHere = 0
    for (const { status } of file.assertionResults) {
      if (status === 'passed') counts.passed += 1
      else if (status === 'failed') failedHere += 1
      else counts.skipped += 1
    }
    counts.failed += file.status === 'failed' ? Math.max(1, failedHere) : failedHere
  }
  return counts
}

interface PlaywrightReport {
  stats: { expected: number; unexpected: number; flaky: number; skipped: number }
  errors: unknown[]
}

/** A flaky test failed at least once, so it counts as failed; so does an error outside every test. */
export function countPlaywright({ stats, errors }: PlaywrightReport): Counts {
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky + errors.length, skipped: stats.skipped }
}

/**
 * Holds a report against the exit code of the program that wrote it: a program that failed has at least one failure, and a run
 * without any test is a failure, because it proves nothing.
 */
export function honest(counts: Counts, exitCode: number): Counts {
  const any = counts.passed + counts.failed + counts.skipped > 0
  return counts.failed === 0 && (exitCode !== 0 || !any) ? { ...counts, failed: 1 } : counts
}
