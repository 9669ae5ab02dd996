/**
 * How long a person waits: from `npm start` to a page whose overview shows a chain tip (goal 20 s), and from the start of `npm run demo` to the
 * first approved write read back with a proof (goal 60 s). Run: npm run bench -- startup [--only page|demo]
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { sayLoad } from './request/numbers.ts'
import { addressOf, LAUNCHER, launchStart, openPage } from './rest/page.ts'

const { values } = parseArgs({ options: { only: { type: 'string' } } })
const PAGE_GOAL_S = 20
const WRITE_GOAL_S = 60
const PATIENCE_MS = 240_000
const VISIBLE = 'first approved write visible'
const say = (text: string): void => void process.stdout.write(`${text}\n`)

/** The first line that fits; null when the program ended without one. */
async function lineWith(lines: AsyncIterator<string>, pattern: RegExp): Promise<RegExpExecArray | null> {
  for (;;) {
    const { value, done } = await lines.next()
    if (done === true) return null
    const found = pattern.exec(value)
    if (found !== null) return found
  }
}

async function rest(lines: AsyncIterator<string>): Promise<void> {
  while ((await lines.next()).done !== true);
}

async function pageTime(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'golem-bench-'))
  const began = performance.now()
  const child = launchStart(folder)
  try {
    const look = await openPage(await addressOf(child))
    for (;;) {
      const { chain } = (await look())[0]!.view
      if (chain.available && chain.hash !== '') return (performance.now() - began) / 1000
      if (performance.now() - began > PATIENCE_MS) throw new Error('the overview shows no chain tip')
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  } finally {
    child.kill('SIGTERM')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    rmSync(folder, { recursive: true, force: true })
  }
}

async function writeTime(): Promise<{ seconds: number; whole: number; code: number | null }> {
  const began = performance.now()
  const child = spawn(process.execPath, [LAUNCHER, 'demo'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const exited = once(child, 'exit') as Promise<[number | null]>
  const found = await lineWith(lines, new RegExp(VISIBLE))
  const seconds = (performance.now() - began) / 1000
  await rest(lines)
  const [code] = await exited
  if (found === null) throw new Error(`the demo ended with code ${code} before the first write was visible`)
  return { seconds, whole: (performance.now() - began) / 1000, code }
}

const verdict = (seconds: number, goal: number): string => {
  if (seconds > goal) process.exitCode = 1
  return `${seconds.toFixed(1)} s   (goal at most ${goal} s)`
}

async function main(): Promise<void> {
  sayLoad()
  if (values.only !== 'demo') say(`npm start to a page that shows a chain tip: ${verdict(await pageTime(), PAGE_GOAL_S)}`)
  if (values.only === 'page') return
  const { seconds, whole, code } = await writeTime()
  say(
    `npm run demo to the first approved write, read with its proof: ${verdict(seconds, WRITE_GOAL_S)}; whole demo ${whole.toFixed(1)} s, exit code ${code}`,
  )
  if (code !== 0) process.exitCode = 1
}

if (import.meta.main) await main()
