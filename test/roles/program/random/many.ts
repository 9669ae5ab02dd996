/** Holds the compiled evaluator against the reference on as many random programs as wanted: `node many.ts <first seed> <count>`. */
import process from 'node:process'
import { check, runInterpreted } from '../../../../roles/program/index.ts'
import { compileBlock } from '../../../../roles/program/evaluate/compiled/index.ts'
import { BUDGET, inputsOf } from './calls.ts'
import { runDifference } from './difference.ts'
import { programOf } from './index.ts'

const [first, count] = [Number(process.argv[2] ?? 1), Number(process.argv[3] ?? 200)]
let [blocks, fine] = [0, 0]
for (let seed = first; seed < first + count; seed++) {
  const made = check(programOf({ seed, fuel: 100 + ((seed * 37) % 4000) }))
  if (!made.ok) throw new Error(`seed ${seed}: ${made.error.message}`)
  for (const [name, endpoint] of Object.entries(made.value.endpoints))
    for (const [index, block] of endpoint.blocks.entries()) {
      const inputs = inputsOf(made.value, endpoint, block, seed)
      const reference = runInterpreted(made.value, name, index, inputs, BUDGET)
      const compiled = compileBlock(made.value, endpoint, block)(inputs, BUDGET)
      blocks++
      if (reference.ok) fine++
      const difference =
        reference.ok === (compiled !== null)
          ? compiled === null
            ? null
            : runDifference(reference, { ok: true, value: compiled })
          : 'only one of them stops'
      if (difference !== null) console.log(`seed ${seed}, block ${index} of ${name}: ${difference}`)
    }
}
console.log(`${blocks} blocks, ${fine} of them ran to the end`)
