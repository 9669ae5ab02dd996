/**
 * What a computer gives for a local network that has nothing to do: processor time and memory of everything that `npm start` starts, while empty
 * ticks go by at its default pace, beside an idle HTTP server of Node in the same minute. The processor time is what the kernel counted, so other
 * work on the machine adds to it no more than cold caches. Linux only.
 * Run: npm run bench -- at-rest [--seconds 64] [--settle-ticks 5]
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import type { Overview } from '../../main/contract/index.ts'
import { seen } from '../../main/contract/seen.ts'
import { sayLoad } from './request/numbers.ts'
import { addressOf, launchStart, openPage } from './rest/page.ts'
import { below, folderOf, takenBy, type Taken } from './rest/processes.ts'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '64' }, 'settle-ticks': { type: 'string', default: '5' } },
})
/** Of all processes together. */
const [CORE_GOAL, MEMORY_GOAL] = [0.15, 1_200_000_000]
/** A start waits for progress: ended when nothing has moved for so long. */
const STILL_MS = 180_000
const LOOK_MS = 1_000
const MB = 1_000_000
/** The floor: an HTTP server that nobody asks, and a timer of a second. Without TypeScript, whose removal takes memory. */
const IDLE = `setInterval(() => undefined, 1000)
require('node:http').createServer().listen(0, '127.0.0.1', () => console.log('listening'))`

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
const percent = (share: number): string => `${(share * 100).toFixed(2)} %`
const mb = (bytes: number): string => `${(bytes / MB).toFixed(0)} MB`

/** Whether everybody has the role that was planned for it, and has done what comes before rest. */
function isAtRest(view: Overview): boolean {
  const { engagements } = view
  const { tick, actors } = seen(view)
  const clients = engagements.filter(({ role }) => role === 'client')
  const settled = engagements.every(({ role, state }) => state === { supervisor: 'ticking', server: 'serving', client: 'registered' }[role])
  return settled && tick?.state === 'running' && clients.length > 0 && clients.length === actors.length && engagements.length === 9
}

/** Waits until all are at rest and so many more ticks have passed, looking seldom because looking costs the page's process. */
async function settle(overview: () => Promise<Overview>, ticks: number): Promise<Overview> {
  let [moved, last, since] = [performance.now(), '', Infinity]
  for (;;) {
    const view = await overview()
    const shown = JSON.stringify([view.chain.height, seen(view).tick?.number, view.engagements.map(({ state, detail }) => [state, detail])])
    if (shown !== last) moved = performance.now()
    if (performance.now() - moved > STILL_MS) throw new Error(`nothing has moved for ${STILL_MS / 1000} s; last seen: ${shown}`)
    last = shown
    if (isAtRest(view)) since = Math.min(since, seen(view).tick!.number)
    if (isAtRest(view) && seen(view).tick!.number >= since + ticks) return view
    await pause(LOOK_MS)
  }
}

interface Row {
  name: string
  before: Taken
  after: Taken
}

/** Everything below `root` over so many seconds; a process that ends or begins meanwhile is not at rest, and is told. */
async function measured(root: number, folder: string, floor: number, seconds: number): Promise<{ rows: Row[]; idle: Row; tookMs: number }> {
  const pids = [root, ...below(root)]
  const began = performance.now()
  const before = [floor, ...pids].map(takenBy)
  await pause(seconds * 1000)
  const after = [floor, ...pids].map(takenBy)
  const tookMs = performance.now() - began
  const changed = [root, ...below(root)].filter((pid) => !pids.includes(pid))
  if (changed.length > 0) throw new Error(`${changed.length} processes began during the measurement`)
  const [idle, ...rows] = ['idle', ...pids.map((pid) => folderOf(pid, folder) ?? `launcher or host ${pid - root}`)].map((name, i) => ({
    name,
    before: before[i]!,
    after: after[i]!,
  }))
  return { rows, idle: idle!, tookMs }
}

const columns = (name: string, core: string, rss: string, pss: string, threads: string): void =>
  say(`${name.padEnd(24)}${core.padStart(10)}${rss.padStart(11)}${pss.padStart(11)}${threads.padStart(9)}`)

/** Prints the table and says whether the goals are met. */
function report({ rows, idle, tookMs }: Awaited<ReturnType<typeof measured>>, ticks: number): boolean {
  const coreOf = ({ before, after }: Row): number => (after.cpuMs - before.cpuMs) / tookMs
  const sum = (of: (row: Row) => number): number => rows.reduce((total, row) => total + of(row), 0)
  columns('', 'of a core', 'resident', 'shared', 'threads')
  for (const row of rows) columns(row.name, percent(coreOf(row)), mb(row.after.rss), mb(row.after.pss), String(row.after.threads))
  columns('an idle HTTP server', percent(coreOf(idle)), mb(idle.after.rss), mb(idle.after.pss), String(idle.after.threads))
  const [core, rss, pss] = [sum(coreOf), sum(({ after }) => after.rss), sum(({ after }) => after.pss)]
  say(`\n${rows.length} processes over ${(tookMs / 1000).toFixed(0)} s and ${ticks} ticks, load ${loadavg()[0]!.toFixed(1)}`)
  say(
    `sum of a core   ${percent(core)}   (goal at most ${percent(CORE_GOAL)}); ${((core * tookMs) / Math.max(1, ticks)).toFixed(0)} ms a tick`,
  )
  say(`sum of memory   ${mb(rss)} resident, ${mb(pss)} with shared pages divided   (goal at most ${mb(MEMORY_GOAL)} resident)`)
  say(`to the floor    ${(rss / rows.length / idle.after.rss).toFixed(2)} times the memory of an idle server each`)
  return core <= CORE_GOAL && rss <= MEMORY_GOAL
}

async function main(): Promise<void> {
  sayLoad()
  const folder = mkdtempSync(join(tmpdir(), 'golem-bench-'))
  const floor = spawn(process.execPath, ['-e', IDLE], { stdio: ['ignore', 'pipe', 'inherit'] })
  const started = launchStart(folder)
  try {
    await once(floor.stdout, 'data')
    const overview = await openPage(await addressOf(started))
    const { tick } = seen(await settle(overview, Number(values['settle-ticks'])))
    const figures = await measured(started.pid!, folder, floor.pid!, Number(values.seconds))
    const ticks = seen(await overview()).tick!.number - tick!.number
    if (!report(figures, ticks)) process.exitCode = 1
  } finally {
    floor.kill()
    started.kill('SIGTERM')
    if (started.exitCode === null && started.signalCode === null) await once(started, 'exit')
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) await main()
