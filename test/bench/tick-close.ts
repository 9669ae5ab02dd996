/**
 * Closing a tick with 1,000 to 20,000 updates of two blocks in two lanes, each signed and stamped as in the product: processor time of each stage and peak
 * memory, every size in a process of its own; and verifying it as an audit does, against the checks of its signatures alone. Run: npm run bench -- tick-close [--sizes 1000,5000,10000,20000] [--seconds 150]
 */
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { quantile, sayLoad } from './request/numbers.ts'
import type { Measured } from './tick/measure.ts'
import type { Spent, Verified } from './tick/verify.ts'

const { values } = parseArgs({
  options: { sizes: { type: 'string', default: '1000,5000,10000,20000' }, seconds: { type: 'string', default: '150' } },
})
const sizes = values.sizes.split(',').map(Number)
const MAKERS = 2
/** What is done between the last block of a tick and its document. */
const CLOSING = ['open', 'close', 'snapshot', 'compose']
const VERIFY_GOAL = 1.3
const say = (text: string): void => void process.stdout.write(`${text}\n`)
const script = (name: string): string => fileURLToPath(new URL(`./tick/${name}.ts`, import.meta.url))

/** Starts a child and gives the one message that it answers. */
function answerOf<T>(name: string, args: string[], ask?: object): Promise<T> {
  const child = fork(script(name), args, { execArgv: ['--expose-gc'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  if (ask !== undefined) child.send(ask)
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as T))
    child.once('exit', (code) => reject(new Error(`${name} ended with code ${code}`)))
  })
}

interface Made {
  files: string[]
  count: number
}

/** Makes as many updates as time allows, on as many processes as there are cores to share. Only whole files in a row count. */
async function makeUpdates(folder: string, wanted: number): Promise<Made> {
  const deadline = Date.now() + Number(values.seconds) * 1000
  const share = Math.ceil(wanted / MAKERS)
  const parts = Array.from({ length: MAKERS }, (_, i) => ({
    file: join(folder, `updates-${i}`),
    from: i * share,
    to: Math.min(wanted, (i + 1) * share),
  }))
  const made = await Promise.all(
    parts.map(({ file, from, to }) => answerOf<{ made: number }>('generate', [file, String(from), String(to), String(deadline)])),
  )
  return { files: parts.map(({ file }) => file), count: made.reduce((sum, one) => sum + one.made, 0) }
}

const perUpdate = (milliseconds: number, count: number): string => `${((milliseconds * 1000) / count).toFixed(0)} µs`.padStart(9)
const mebi = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`

function print({ count, stages, stamps, memory, documentBytes }: Measured): void {
  const arrived = stages['arrive'] === undefined ? 'all done when the tick closes' : 'updates opened and checked as they arrived'
  const whole = CLOSING.reduce((sum, stage) => sum + stages[stage]!, 0)
  say(
    `\n${count} updates of ${(documentBytes / count).toFixed(0)} bytes, ${arrived}: ${(whole / 1000).toFixed(1)} s, peak memory ${mebi(memory.before)} before and ${mebi(memory.after)} at the end`,
  )
  for (const [stage, spent] of Object.entries(stages))
    say(`  ${stage.padEnd(18)} ${(spent / 1000).toFixed(2).padStart(7)} s ${perUpdate(spent, count)} each`)
  if (stamps === null) return
  const gain = stamps.batched === 0 ? '' : `, ratio ${(stamps.plain / stamps.batched).toFixed(1)}`
  say(
    `  divisibility of the stamps alone: plain ${perUpdate(stamps.plain, count).trim()}, batched ${perUpdate(stamps.batched, count).trim()} each${gain}; the product uses plain`,
  )
}

const median = (all: readonly number[]): number => quantile(all, 0.5)

/** Against both floors: the product's own checks, and the peer's that the goal was set by (libsecp256k1 as WebAssembly). */
function printVerified({ count, signatures, whole, signaturesAlone, peerAlone, peerSample, threads }: Verified): void {
  const seconds = (all: readonly Spent[], part: keyof Spent): string => `${(median(all.map((one) => one[part])) / 1000).toFixed(2)} s`
  const ratio = (floor: readonly Spent[], part: keyof Spent): string =>
    median(whole.map((one, i) => one[part] / floor[i]![part])).toFixed(2)
  say(
    `\nverifying a tick of ${count} updates as an audit does, on all cores, against its ${signatures} signatures alone by ${threads} threads (medians of ${whole.length} rounds in turn):`,
  )
  for (const [floor, name] of [
    [signaturesAlone, 'by the same code'],
    [peerAlone, `as WebAssembly (${Math.min(peerSample, signatures)} of them, scaled)`],
  ] as const)
    say(
      `  ${name.padEnd(46)} time ${seconds(whole, 'wall')} against ${seconds(floor, 'wall')}: ratio ${ratio(floor, 'wall')}, ` +
        `processor time ${seconds(whole, 'processor')} against ${seconds(floor, 'processor')}: ${ratio(floor, 'processor')}   (goal at most ${VERIFY_GOAL})`,
    )
}

const costOf = ({ stages, count }: Measured): number => CLOSING.reduce((sum, stage) => sum + stages[stage]!, 0) / count

function printGrowth(all: readonly Measured[]): void {
  const [first, last] = [all[0]!, all.at(-1)!]
  if (all.length < 2) return
  const memory = ({ memory: { before, after }, count }: Measured): number => (after - before) / count / 1024
  say(
    `\ngrowth from ${first.count} to ${last.count} updates (1.00 is linear): time of one update × ${(costOf(last) / costOf(first)).toFixed(2)}, ` +
      `memory of one ${memory(first).toFixed(1)} KiB → ${memory(last).toFixed(1)} KiB`,
  )
}

async function main(): Promise<void> {
  sayLoad()
  const folder = mkdtempSync(join(tmpdir(), 'golem-bench-'))
  try {
    const began = performance.now()
    const made = await makeUpdates(folder, Math.max(...sizes))
    say(
      `${made.count} updates made in ${((performance.now() - began) / 1000).toFixed(0)} s: each with a request id, a key and numbers of its own, two links in each of two lanes, and six signatures that are checked.`,
    )
    say(
      'Reused: a client for every hundred, one plan of 128-bit primes; smaller ticks take the first of the same updates; keys are put into the ledger without reservations.',
    )
    const all: Measured[] = []
    for (const count of sizes.filter((size) => size <= made.count)) {
      all.push(await answerOf<Measured>('measure', [], { files: made.files, count, arrive: false }))
      print(all.at(-1)!)
      print(await answerOf<Measured>('measure', [], { files: made.files, count, arrive: true }))
      printVerified(await answerOf<Verified>('verify', [], { files: made.files, count }))
    }
    for (const size of sizes.filter((one) => one > made.count))
      say(`\n${size} updates: not measured, the making was cut off after ${values.seconds} s`)
    printGrowth(all)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) await main()
