/**
 * Writes the JSON Schema of program documents, which is made of the checker's own forms:
 *
 *   node resources/schema.ts            writes program.schema.json
 *   node resources/schema.ts --check    changes nothing; exit code 1 when it is out of date
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { programSchema } from '../roles/program/index.ts'

const file = new URL('./program.schema.json', import.meta.url)
const text = `${JSON.stringify(programSchema(), null, 2)}\n`

if (!process.argv.includes('--check')) writeFileSync(file, text)
else if (readFileSync(file, 'utf8') !== text) {
  console.error('program.schema.json is out of date; run node resources/schema.ts')
  process.exitCode = 1
}
