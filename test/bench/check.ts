/**
 * Prints how long checking a program document takes, for a realistic document and for adversarial ones of 0.25, 0.5, 1 and 2 MB, beside
 * `JSON.parse` of the same text in the same run. Exit code 1 when 1 MB takes more than 100 ms, or when a document of twice the size takes
 * much more than twice as long.
 *
 *   npm run bench -- check [--rounds 7] [--kind endpoints]
 */
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { check } from '../../roles/program/index.ts'
import { documentText, kinds } from './check/documents.ts'

const SIZES = [0.25, 0.5, 1, 2]
const MOST_MS = 100
/** Time per byte of the largest document against that of 0.5 MB: a quadratic step makes it 4. */
const MOST_GROWTH = 2.5

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '7' }, kind: { type: 'string' } } })
const rounds = Number(values.rounds)

interface Measured {
  megabytes: number
  checkMs: number
  parseMs: number
}

/** Best of several rounds in turn: what other work on the machine adds is no property of the checker. */
function measure(text: string): Measured {
  let checkMs = Infinity
  let parseMs = Infinity
  for (let i = 0; i < rounds; i++) {
    const began = performance.now()
    const json = JSON.parse(text) as unknown
    const parsed = performance.now()
    const result = check(json)
    const done = performance.now()
    if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`)
    parseMs = Math.min(parseMs, parsed - began)
    checkMs = Math.min(checkMs, done - parsed)
  }
  return { megabytes: text.length / 1e6, checkMs, parseMs }
}

const perByte = ({ checkMs, megabytes }: Measured): number => checkMs / megabytes

function report(kind: (typeof kinds)[number]): boolean {
  const found = SIZES.map((size) => measure(documentText(kind, size * 1e6)))
  for (const { megabytes, checkMs, parseMs } of found)
    console.log(
      `${kind.padEnd(10)} ${megabytes.toFixed(2)} MB  check ${checkMs.toFixed(1).padStart(6)} ms  JSON.parse ${parseMs.toFixed(1).padStart(5)} ms  ` +
        `ratio ${(checkMs / parseMs).toFixed(1)}`,
    )
  const growth = perByte(found[3]!) / perByte(found[1]!)
  const oneMegabyte = perByte(found[2]!)
  const good = oneMegabyte <= MOST_MS && growth <= MOST_GROWTH
  console.log(
    `${kind.padEnd(10)} 1 MB in ${oneMegabyte.toFixed(1)} ms (at most ${MOST_MS}); time per byte grows ${growth.toFixed(2)} times from 0.5 to 2 MB ` +
      `(at most ${MOST_GROWTH})${good ? '' : ': MISSED'}`,
  )
  return good
}

const wanted = values.kind === undefined ? kinds : kinds.filter((kind) => kind === values.kind)
measure(documentText('endpoints', 1e5))
const good = wanted.map(report)
console.log(`best of ${rounds} rounds; load ${loadavg()[0]!.toFixed(1)}`)
if (good.includes(false)) process.exitCode = 1
