import { describe, expect, it } from 'vitest'
import { add, brief, closingLine, honest, readPlaywright, readVitest } from './run-reports.ts'
import { parseArguments } from './run.ts'

const file = (status: string, ...tests: string[]) => ({
  name: 'a.test.ts',
  status,
  message: 'cannot load',
  assertionResults: tests.map((one, at) => ({
    status: one,
    fullName: `test ${at}`,
    failureMessages: one === 'failed' ? ['expected 1 to be 2'] : [],
  })),
})
const ran = (passed: number, failed: number, skipped: number) => ({ counts: { passed, failed, skipped }, failures: [] })

describe('the closing line of npm test', () => {
  it('has one fixed form', () => {
    expect(closingLine(add({ passed: 3, failed: 1, skipped: 0 }, { passed: 9, failed: 0, skipped: 2 }))).toBe(
      'golem: 12 passed, 1 failed, 2 skipped',
    )
  })

  it('counts tests of Vitest by their status', () => {
    const report = { testResults: [file('passed', 'passed', 'passed', 'pending'), file('failed', 'failed', 'passed', 'todo')] }
    expect(readVitest(report)).toEqual({
      counts: { passed: 3, failed: 1, skipped: 2 },
      failures: [{ test: 'test 0', message: 'expected 1 to be 2' }],
    })
  })

  it('a file that breaks before its first test is one failure', () => {
    expect(readVitest({ testResults: [file('failed')] })).toEqual({
      counts: { passed: 0, failed: 1, skipped: 0 },
      failures: [{ test: 'a.test.ts', message: 'cannot load' }],
    })
  })

  it('a flaky browser test and an error outside every test are failures', () => {
    const spec = (title: string, status: string) => ({ title, tests: [{ status, results: [{ errors: [{ message: `${title} broke` }] }] }] })
    const suites = [{ specs: [spec('one', 'unexpected')], suites: [{ specs: [spec('two', 'flaky'), spec('three', 'skipped')] }] }]
    const stats = { expected: 4, unexpected: 1, flaky: 1, skipped: 2 }
    expect(readPlaywright({ stats, suites, errors: [{ message: 'x' }] })).toEqual({
      counts: { passed: 4, failed: 3, skipped: 2 },
      failures: [
        { test: 'one', message: 'one broke' },
        { test: 'two', message: 'two broke' },
        { test: 'outside every test', message: 'x' },
      ],
    })
  })

  it('a program that failed, or ran nothing, is never counted as a success', () => {
    expect(honest(ran(5, 0, 0), 1)).toMatchObject({ counts: { failed: 1 }, failures: [{ message: 'exit code 1, though no test failed' }] })
    expect(honest(ran(0, 0, 0), 0)).toMatchObject({ counts: { failed: 1 }, failures: [{ message: 'no test ran' }] })
    expect(honest(ran(5, 0, 0), 0)).toEqual(ran(5, 0, 0))
  })

  it('tells each failure in a few short lines without colours', () => {
    const message = ['', '\u001B[31mError\u001B[39m: waited', 'x'.repeat(500), 'c', 'd', 'e'].join('\n')
    expect(brief({ test: 'a story', message })).toEqual(['a story', '  Error: waited', `  ${'x'.repeat(158)}…`, '  c', '  d'])
  })
})

describe('the arguments of npm test', () => {
  it('are stages, then arguments for their programs', () => {
    const once = { besideLoad: false, times: 1 }
    expect(parseArguments(['unit', 'e2e'])).toEqual({ chosen: ['unit', 'e2e'], extra: [], ...once })
    expect(parseArguments(['unit', 'test/roles', '-t', 'prime'])).toEqual({
      chosen: ['unit'],
      extra: ['test/roles', '-t', 'prime'],
      ...once,
    })
    expect(parseArguments(['unit', '--', 'prime'])).toEqual({ chosen: ['unit'], extra: ['prime'], ...once })
  })

  it('begin with what is said about the run itself', () => {
    const parsed = parseArguments(['--beside-load', '--times', '3', 'scenario', 'e2e', '--', '--times', '2'])
    expect(parsed).toEqual({ chosen: ['scenario', 'e2e'], extra: ['--times', '2'], besideLoad: true, times: 3 })
    expect(parseArguments(['--times', 'scenario']).times).toBeNaN()
  })
})
