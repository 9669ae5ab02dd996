/**
 * The evaluators against JavaScript by hand and against json-logic-engine's compiled form, in turn and in one run. Prints medians; exit code 1
 * when a goal is missed.
 */
import { LogicEngine } from 'json-logic-engine'
import { loadavg } from 'node:os'
import process from 'node:process'
import { compileBlock } from '../../roles/program/evaluate/compiled/index.ts'
import { interpretBlock } from '../../roles/program/evaluate/interpreter.ts'
import { canonicalProgram, check, runBlock } from '../../roles/program/index.ts'
import type { Program } from '../../roles/program/index.ts'
import { workloads, type Workload } from './evaluator/workloads.ts'

const ROUNDS = 31
/** Length of one measurement. */
const SLICE_MS = 12
const FIRST_CALLS = 31
const FIRST_CALL_MS = 1
const BUDGET = { steps: 10_000_000, bytes: 100_000_000 }

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

/** Nanoseconds of one call, over as many as fit into a slice. */
function measure(call: () => unknown): number {
  const began = performance.now()
  let calls = 0
  for (let batch = 1; performance.now() - began < SLICE_MS; batch = Math.min(batch * 2, 1024))
    for (let i = 0; i < batch; i++, calls++) call()
  return ((performance.now() - began) * 1e6) / calls
}

interface Calls {
  hand(): unknown
  compiled(): unknown
  interpreted(): unknown
  whole(): unknown
  peer(): unknown
}

function callsOf({ program, input, byHand, rules, data }: Workload): Calls {
  const endpoint = program.endpoints['go']!
  const block = endpoint.blocks[0]!
  const run = compileBlock(program, endpoint, block)
  const engine = new LogicEngine()
  engine.addMethod('lower', { method: (text: string[] | string) => String(text).toLowerCase(), deterministic: true } as never)
  const peer = engine.build(rules) as (data: unknown) => unknown
  return {
    hand: () => byHand(input as never),
    compiled: () => run([input], BUDGET)!.outputs[0],
    interpreted: () => outputOf(interpretBlock(program, block, [input], BUDGET)),
    whole: () => outputOf(runBlock(program, 'go', 0, [input], BUDGET)),
    peer: () => peer(data),
  }
}

const outputOf = (result: ReturnType<typeof runBlock>): unknown => (result.ok ? result.value.outputs[0] : result.error.message)

/** From the text of a program that this process never saw to its first answer. */
function firstCall({ program, input }: Workload): number {
  const text = canonicalProgram(program)
  return median(
    Array.from({ length: FIRST_CALLS }, () => {
      const began = performance.now()
      const fresh = check(JSON.parse(text)) as { value: Program }
      runBlock(fresh.value, 'go', 0, [input], BUDGET)
      return performance.now() - began
    }),
  )
}

function compare(workload: Workload): boolean {
  const calls = callsOf(workload)
  const names = Object.keys(calls) as Array<keyof Calls>
  const answers = names.map((name) => String(calls[name]()))
  if (new Set(answers).size > 1) throw new Error(`${workload.name}: different answers ${answers.join(', ')}`)
  const times = names.map((): number[] => [])
  for (let round = 0; round < ROUNDS; round++) names.forEach((name, i) => times[i]!.push(measure(calls[name])))
  const [hand, compiled, interpreted, whole, peer] = times.map(median) as [number, number, number, number, number]
  const ratio = median(times[0]!.map((time, round) => time / times[1]![round]!))
  const first = firstCall(workload)
  const us = (ns: number): string => `${(ns / 1000).toFixed(2)} µs`
  console.log(`${workload.name}
  by hand ${us(hand)}; compiled ${us(compiled)}: ${ratio.toFixed(2)} of its speed (goal ${workload.goal}); reference ${us(interpreted)}
  with the check of its inputs ${us(whole)}; json-logic-engine compiled ${us(peer)}: ours is ${(peer / compiled).toFixed(1)} times as fast (goal ${workload.peer})
  first call of a fresh program (read, check, run): ${first.toFixed(2)} ms (goal ${FIRST_CALL_MS})`)
  return ratio >= workload.goal && peer / compiled >= workload.peer && first <= FIRST_CALL_MS
}

const met = workloads().map(compare)
console.log(`load ${loadavg()[0]!.toFixed(1)}; medians of ${ROUNDS} rounds; goals ${met.every(Boolean) ? 'met' : 'missed'}`)
if (!met.every(Boolean)) process.exitCode = 1
