import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

/** Megabytes of heap that each child may use: several times what it needs, and far from what the values would take. */
const HEAP = 160

function run(name: string): { codes: string; stderr: string } {
  const child = spawnSync(process.execPath, [`--max-old-space-size=${HEAP}`, join(import.meta.dirname, 'growing.ts'), name], {
    encoding: 'utf8',
  })
  return { codes: child.stdout.trim(), stderr: child.stderr.slice(0, 400) }
}

/** With a usual budget, and with one of a thousand million steps and bytes. */
describe('hostile programs end in bounded memory', () => {
  it.each<[string, string]>([
    ['a fold that doubles a text sixty times', 'program.budget program.bound'],
    ['a fold that doubles bytes sixty times', 'program.budget program.bound'],
    ['a fold that doubles a list sixty times', 'program.budget program.bound'],
    ['maps in maps in maps', 'program.budget program.budget'],
    ['a tree of parts shared through 24 levels, leaving the block', 'program.budget program.bound'],
    ['the size of such a tree', 'program.budget program.bound'],
    ['the list of such a tree', 'program.budget program.bound'],
    ['a map over such a tree', 'program.budget program.bound'],
    ['a fold over such a tree', 'program.budget program.bound'],
    ['a text of a million characters, split into them', 'program.budget program.bound'],
    ['a text of a million characters, joined with itself', 'program.budget program.bound'],
    ['a worst search in a text', 'program.budget false'],
    ['a replacement of each character by a thousand', 'program.budget program.bound'],
    ['a list of one more than the limit', 'program.bound program.bound'],
  ])('%s', (name, codes) => {
    expect(run(name)).toEqual({ codes, stderr: '' })
  })
})
