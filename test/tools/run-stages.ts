/** The stages of `npm test`, as data, in the order in which they run. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runToEnd } from '../../main/hosts/launcher/child.ts'
import { honest, nothing, readPlaywright, readVitest, type Report } from './run-reports.ts'
import type { ToolName } from './run-tools.ts'

export const repository = fileURLToPath(new URL('../..', import.meta.url))
const reports = join(repository, 'test-results')
const inModules = (path: string): string => join(repository, 'node_modules', path)

export interface Stage {
  name: string
  what: string
  /** Without these the stage is skipped (or failed, where they are required). */
  needs: ToolName[]
  /** Tests of the stage that want these are skipped without them. */
  wants: ToolName[]
  run: (extra: string[], environment: Record<string, string>) => Promise<Report>
}

/** A check without tests of its own counts as one. */
const check =
  (path: string, args: string[]): Stage['run'] =>
  async (extra, environment) => {
    const code = await runToEnd(process.execPath, [inModules(path), ...args, ...extra], environment)
    return honest({ counts: { ...nothing, passed: code === 0 ? 1 : 0 }, failures: [] }, code)
  }

function readReport<T>(file: string, read: (report: T) => Report): Report {
  if (!existsSync(file)) return { counts: nothing, failures: [] }
  return read(JSON.parse(readFileSync(file, 'utf8')) as T)
}

function freshReport(name: string): string {
  mkdirSync(reports, { recursive: true })
  const file = join(reports, `${name}.json`)
  rmSync(file, { force: true })
  return file
}

const vitest =
  (name: string, project: string, chain: 'embedded' | 'bitcoind'): Stage['run'] =>
  async (extra, environment) => {
    const report = freshReport(name)
    const args = ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...extra]
    const code = await runToEnd(process.execPath, [inModules('vitest/vitest.mjs'), ...args], { ...environment, GOLEM_CHAIN: chain })
    return honest(readReport(report, readVitest), code)
  }

const playwright: Stage['run'] = async (extra, environment) => {
  const report = freshReport('e2e')
  const args = ['test', '--config', 'test/e2e/playwright.config.ts', '--reporter=list,json', ...extra]
  const code = await runToEnd(process.execPath, [inModules('@playwright/test/cli.js'), ...args], {
    ...environment,
    PLAYWRIGHT_JSON_OUTPUT_NAME: report,
  })
  return honest(readReport(report, readPlaywright), code)
}

const none = { needs: [], wants: [] } satisfies Partial<Stage>

export const stages: readonly Stage[] = [
  { ...none, name: 'types', what: 'TypeScript', run: check('typescript/bin/tsc', ['--noEmit', '-p', 'tsconfig.json']) },
  {
    ...none,
    name: 'svelte',
    what: 'types of the renderer',
    run: check('svelte-check/bin/svelte-check', ['--tsconfig', 'renderer/tsconfig.json', '--fail-on-warnings']),
  },
  { ...none, name: 'lint', what: 'ESLint', run: check('eslint/bin/eslint.js', ['.', '--max-warnings', '0']) },
  {
    ...none,
    name: 'format',
    what: 'Prettier',
    run: check('prettier/bin/prettier.cjs', ['--check', '--log-level', 'warn', '**/*.{ts,mjs,js}']),
  },
  { ...none, name: 'unit', what: 'unit and architecture tests', wants: ['aria2', 'iproute2'], run: vitest('unit', 'unit', 'embedded') },
  {
    ...none,
    name: 'conformance',
    what: 'every implementation of every port',
    wants: ['bitcoind', 'aria2'],
    run: vitest('conformance', 'conformance', 'embedded'),
  },
  { ...none, name: 'scenario', what: 'stories on the embedded chain', run: vitest('scenario', 'scenario', 'embedded') },
  {
    ...none,
    name: 'bitcoind',
    what: 'the same stories on a real bitcoind',
    needs: ['bitcoind'],
    wants: ['iproute2'],
    run: vitest('bitcoind', 'scenario', 'bitcoind'),
  },
  { ...none, name: 'e2e', what: 'a real browser clicking through the page', needs: ['chromium'], run: playwright },
]
