/** Patience counted in seconds is patience that a busy machine exhausts: see «To wait in a test» in CONTRIBUTING.md. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repository } from './rules.ts'

/** What ends a test, or fails it, after so many seconds. */
const LIMITS: Array<[what: string, pattern: RegExp]> = [
  ['a limit of its own for one test', /^ *\}, \d+_000\)$|^ *\d+_000,\n *\)$/m],
  ['a timeout option', /\btimeout: (?:\d+_000|[A-Z]\w+)/],
  ['a deadline by the clock', /\b(?:deadline|until|end) = (?:Date|performance)\.now\(\) \+/],
  ['a time that is held against a number', /expect\((?:performance|Date)\.now\(\)/],
]

/** These files end what hangs, or keep a load up for its time. */
const MAY = ['test/e2e/playwright.config.ts', 'test/tools/load.ts', 'test/tools/run-tools.ts', 'test/architecture/limits.test.ts']

const files = readdirSync(join(repository, 'test'), { recursive: true, encoding: 'utf8' })
  .map((name) => `test/${name.replaceAll('\\', '/')}`)
  .filter((name) => name.endsWith('.ts') && !name.startsWith('test/bench/') && !MAY.includes(name))

const breaches = (text: string): string[] => LIMITS.filter(([, pattern]) => pattern.test(text)).map(([what]) => what)

describe('The time that tests may take', () => {
  it('is limited nowhere but in the configuration of each program', () => {
    expect(files.length).toBeGreaterThan(200)
    expect(files.flatMap((file) => breaches(readFileSync(join(repository, file), 'utf8')).map((what) => `${file}: ${what}`))).toEqual([])
  })

  it.each([
    ["it('a', async () => {\n  }, 60_000)\n", 'a limit of its own for one test'],
    ["  it(\n    'a',\n    () => run(),\n    60_000,\n  )\n", 'a limit of its own for one test'],
    ["it('a', { timeout: 60_000 }, run)", 'a timeout option'],
    ['await expect(button).toBeEnabled({ timeout: START_MS })', 'a timeout option'],
    ['for (const deadline = Date.now() + 15_000; ;)', 'a deadline by the clock'],
    ['expect(performance.now() - began).toBeLessThan(500)', 'a time that is held against a number'],
  ])('finds in %j: %s', (text, what) => {
    expect(breaches(text)).toEqual([what])
  })
})
