/**
 * How long a person waits: from `npm start` to a page whose overview shows a chain tip (goal 20 s), from `npm start` in a folder that is used already to a page
 * on which the own node can write (goal 3 s), and from the start of `npm run demo` to the first approved write read back with a proof (goal 60 s).
 * Run: npm run bench -- startup [--only page|demo]
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import type { Overview } from '../../main/contract/index.ts'
import { sayLoad } from './request/numbers.ts'
import { addressOf, LAUNCHER, launchStart, openPage } from './rest/page.ts'

const { values } = parseArgs({ options: { only: { type: 'string' } } })
const PAGE_GOAL_S = 20
const AGAIN_GOAL_S = 3
const WRITE_GOAL_S = 60
/** In a folder that is used already. */
const STARTS = 5
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

const showsTip = ({ chain }: Overview): boolean => chain.available && chain.hash !== ''
const canWrite = ({ apps }: Overview): boolean =>
  apps.some(
    ({ actor, tick }) => actor.state === 'ready' && tick?.state === 'running' && Object.values(actor.freeKeys).some((count) => count > 0),
  )

/** Seconds from `npm start` to a page on which the own node is so far; it is ended in order once it is `after` that. */
async function startTime(folder: string, far: (own: Overview) => boolean, after = far): Promise<number> {
  const began = performance.now()
  const child = launchStart(folder)
  try {
    const look = await openPage(await addressOf(child))
    const until = async (there: (own: Overview) => boolean): Promise<number> => {
      while (!there((await look())[0]!.view)) {
        if (performance.now() - began > PATIENCE_MS) throw new Error('the own node does not get so far')
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      return (performance.now() - began) / 1000
    }
    const seconds = await until(far)
    await until(after)
    return seconds
  } finally {
    child.kill('SIGTERM')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
}

async function pageTimes(): Promise<{ first: number; again: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'golem-bench-'))
  try {
    const first = await startTime(folder, showsTip, canWrite)
    const times: number[] = []
    for (let start = 0; start < STARTS; start++) times.push(await startTime(folder, canWrite))
    return { first, again: times.toSorted((one, other) => one - other)[STARTS >> 1]! }
  } finally {
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
  if (values.only !== 'demo') {
    const { first, again } = await pageTimes()
    say(`npm start to a page that shows a chain tip: ${verdict(first, PAGE_GOAL_S)}`)
    say(`npm start again to a page on which the own node can write, median of ${STARTS}: ${verdict(again, AGAIN_GOAL_S)}`)
  }
  if (values.only === 'page') return
  const { seconds, whole, code } = await writeTime()
  say(
    `npm run demo to the first approved write, read with its proof: ${verdict(seconds, WRITE_GOAL_S)}; whole demo ${whole.toFixed(1)} s, exit code ${code}`,
  )
  if (code !== 0) process.exitCode = 1
}

if (import.meta.main) await main()
