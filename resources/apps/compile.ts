/**
 * Compiles the sample applications of this folder to their JSON documents:
 *
 *   node resources/apps/compile.ts            writes <app>.json beside every <app>.ts
 *   node resources/apps/compile.ts --check    changes nothing; exit code 1 when a document is not what its source compiles to
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { canonicalProgram, compile, splitNotes, type Program } from '../../roles/program/index.ts'
import guestbook from './guestbook.ts'
import marketplace from './marketplace.ts'
import poll from './poll.ts'

const APPS = { guestbook, marketplace, poll }

function compiled(name: string, source: (typeof APPS)[keyof typeof APPS]): Program {
  const program = compile(source)
  if (!program.ok) throw new Error(`${name}: ${program.error.code}: ${program.error.message}`)
  return program.value
}

function main(onlyCheck: boolean): void {
  for (const [name, source] of Object.entries(APPS)) {
    const file = new URL(`./${name}.json`, import.meta.url)
    const program = compiled(name, source)
    const text = `${canonicalProgram(program)}\n`
    if (!onlyCheck) {
      for (const note of splitNotes(program)) console.warn(note)
      writeFileSync(file, text)
    } else if (readFileSync(file, 'utf8') !== text) {
      console.error(`${name}.json is out of date; run node resources/apps/compile.ts`)
      process.exitCode = 1
    }
  }
}

main(process.argv.includes('--check'))
