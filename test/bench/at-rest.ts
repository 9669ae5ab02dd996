/**
 * What a computer gives for a sandbox of nine participants that has nothing to do: processor time and memory of everything that `npm start` starts, while
 * empty ticks go by at its default pace, beside an idle HTTP server of Node in the same minutes. The processor time is what the kernel counted, so other
 * work on the machine adds to it no more than cold caches. Linux only.
 * Run: npm run bench -- at-rest [--seconds 300] [--settle-ticks 5]
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { seen } from '../../main/contract/seen.ts'
import { sayLoad } from './request/numbers.ts'
import { addressOf, launchStart, openPage, type Views } from './rest/page.ts'
import { below, takenBy, type Taken } from './rest/processes.ts'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '300' }, 'settle-ticks': { type: 'string', default: '5' } },
})
/** Of all processes together. */
const [CORE_GOAL, MEMORY_GOAL] = [0.1, 700 << 20]
/** A start waits for progress: ended when nothing has moved for so long. */
const STILL_MS = 180_000
const LOOK_MS = 1_000
const MIB = 1 << 20
/** The floor: an HTTP server that nobody asks, and a timer of a second. Without TypeScript, whose removal takes memory. */
const IDLE = `setInterval(() => undefined, 1000)
require('node:http').createServer().listen(0, '127.0.0.1', () => console.log('listening'))`

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
const percent = (share: number): string => `${(share * 100).toFixed(2)} %`
const mib = (bytes: number): string => `${(bytes / MIB).toFixed(0)} MiB`

const PARTICIPANTS = 9
const tickOf = (views: Views): number => Math.max(-1, ...views.flatMap(({ view }) => seen(view).tick?.number ?? []))
const heightOf = (views: Views): number => Math.max(...views.map(({ view }) => view.chain.height))

/** Whether everybody has the role that was planned for it, and has done what comes before rest. */
function isAtRest(views: Views): boolean {
  const engagements = views.flatMap(({ view }) => view.engagements)
  const settled = engagements.every(({ role, state }) => state === { supervisor: 'ticking', server: 'serving', client: 'registered' }[role])
  const clients = views.filter(({ view }) => view.engagements.some(({ role }) => role === 'client'))
  const isReady = ({ view }: Views[number]): boolean =>
    seen(view).tick?.state === 'running' && seen(view).actors.every(({ state }) => state === 'ready')
  return settled && engagements.length === PARTICIPANTS && clients.length === 2 && clients.every(isReady)
}

/** Waits until all are at rest and so many more ticks have passed, looking seldom because looking costs the page's process. */
async function settle(look: () => Promise<Views>, ticks: number): Promise<number> {
  let [moved, last, since] = [performance.now(), '', Infinity]
  for (;;) {
    const views = await look()
    const engaged = views.map(({ name, view }) => [name, ...view.engagements.flatMap(({ state, detail }) => [state, detail])])
    const shown = JSON.stringify([heightOf(views), tickOf(views), engaged])
    if (shown !== last) moved = performance.now()
    if (performance.now() - moved > STILL_MS) throw new Error(`nothing has moved for ${STILL_MS / 1000} s; last seen: ${shown}`)
    last = shown
    const tick = tickOf(views)
    if (isAtRest(views)) since = Math.min(since, tick)
    if (isAtRest(views) && tick >= since + ticks) return tick
    await pause(LOOK_MS)
  }
}

interface Row {
  name: string
  before: Taken
  after: Taken
}

/** Everything below `root` over so many seconds; a process that ends or begins meanwhile is not at rest, and is told. */
async function measured(root: number, floor: number, seconds: number): Promise<{ rows: Row[]; idle: Row; tookMs: number }> {
  const pids = [root, ...below(root)]
  const began = performance.now()
  const before = [floor, ...pids].map(takenBy)
  await pause(seconds * 1000)
  const after = [floor, ...pids].map(takenBy)
  const tookMs = performance.now() - began
  const changed = [root, ...below(root)].filter((pid) => !pids.includes(pid))
  if (changed.length > 0) throw new Error(`${changed.length} processes began during the measurement`)
  const [idle, ...rows] = ['idle', ...pids.map((pid) => (pid === root ? 'host with the own node' : 'the others'))].map((name, i) => ({
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
  for (const row of rows) columns(row.name, percent(coreOf(row)), mib(row.after.rss), mib(row.after.pss), String(row.after.threads))
  columns('an idle HTTP server', percent(coreOf(idle)), mib(idle.after.rss), mib(idle.after.pss), String(idle.after.threads))
  const [core, rss, pss] = [sum(coreOf), sum(({ after }) => after.rss), sum(({ after }) => after.pss)]
  say(`\n${rows.length} processes over ${(tookMs / 1000).toFixed(0)} s and ${ticks} ticks, load ${loadavg()[0]!.toFixed(1)}`)
  say(
    `sum of a core   ${percent(core)}   (goal at most ${percent(CORE_GOAL)}); ${((core * tookMs) / Math.max(1, ticks)).toFixed(0)} ms a tick`,
  )
  say(`sum of memory   ${mib(rss)} resident, ${mib(pss)} with shared pages divided   (goal at most ${mib(MEMORY_GOAL)} resident)`)
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
    const look = await openPage(await addressOf(started))
    const before = await settle(look, Number(values['settle-ticks']))
    const figures = await measured(started.pid!, floor.pid!, Number(values.seconds))
    if (!report(figures, tickOf(await look()) - before)) process.exitCode = 1
  } finally {
    floor.kill()
    started.kill('SIGTERM')
    if (started.exitCode === null && started.signalCode === null) await once(started, 'exit')
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) await main()
