import { describe, expect, it } from 'vitest'
import { add, closingLine, countPlaywright, countVitest, honest } from './run-reports.ts'
import { parseArguments } from './run.ts'

const file = (status: string, ...tests: string[]) => ({ status, assertionResults: tests.map((one) => ({ status: one })) })

describe('the closing line of npm test', () => {
  it('has one fixed form', () => {
    expect(closingLine(add({ passed: 3, failed: 1, skipped: 0 }, { passed: 9, failed: 0, skipped: 2 }))).toBe(
      'golem: 12 passed, 1 failed, 2 skipped',
    )
  })

  it('counts tests of Vitest by their status', () => {
    const report = { testResults: [file('passed', 'passed', 'passed', 'pending'), file('failed', 'failed', 'passed', 'todo')] }
    expect(countVitest(report)).toEqual({ passed: 3, failed: 1, skipped: 2 })
  })

  it('a file that breaks before its first test is one failure', () => {
    expect(countVitest({ testResults: [file('failed')] })).toEqual({ passed: 0, failed: 1, skipped: 0 })
  })

  it('a flaky browser test and an error outside every test are failures', () => {
    expect(countPlaywright({ stats: { expected: 4, unexpected: 1, flaky: 1, skipped: 2 }, errors: ['x'] })).toEqual({
      passed: 4,
      failed: 3,
      skipped: 2,
    })
  })

  it('a program that failed, or ran nothing, is never counted as a success', () => {
    expect(honest({ passed: 5, failed: 0, skipped: 0 }, 1).failed).toBe(1)
    expect(honest({ passed: 0, failed: 0, skipped: 0 }, 0).failed).toBe(1)
    expect(honest({ passed: 5, failed: 0, skipped: 0 }, 0).failed).toBe(0)
  })
})

describe('the arguments of npm test', () => {
  it('are stages, then arguments for their programs', () => {
    expect(parseArguments(['unit', 'e2e'])).toEqual({ chosen: ['unit', 'e2e'], extra: [] })
    expect(parseArguments(['unit', 'test/roles', '-t', 'prime'])).toEqual({ chosen: ['unit'], extra: ['test/roles', '-t', 'prime'] })
    expect(parseArguments(['unit', '--', 'prime'])).toEqual({ chosen: ['unit'], extra: ['prime'] })
  })
})
