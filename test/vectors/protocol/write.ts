/** Writes the vector files of this folder: `npm run program -- test/vectors/protocol/write.ts`. Only when the protocol changes on purpose. */
import { writeFileSync } from 'node:fs'
import { compute, type VectorName } from './compute.ts'
import { inputs } from './inputs.ts'

for (const name of Object.keys(compute) as VectorName[]) {
  const make = compute[name] as (input: unknown) => unknown
  const text = JSON.stringify({ input: inputs[name], expected: await make(inputs[name]) }, null, 2)
  writeFileSync(new URL(`${name}.json`, import.meta.url), `${text}\n`)
}
