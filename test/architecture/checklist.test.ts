/** test/CHECKLIST.md keeps up with the tests: every item of the essay has one that is named after it. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)
const read = (file: string): string => readFileSync(new URL(file, root), 'utf8')

const rows = read('test/CHECKLIST.md')
  .split('\n')
  .flatMap((line) => {
    const id = /^\| ([A-Z]\d+) \|/.exec(line)
    return id === null ? [] : [{ id: `[${id[1]!}]`, line }]
  })

it('has a row for every item', () => {
  expect(rows.length).toBe(56)
})

it.each(rows)('names tests that exist and carry $id', ({ id, line }) => {
  const named = [...line.matchAll(/`(test\/[^`]+)` › «([^»]+)»/g)].map((match) => ({ file: match[1]!, name: match[2]! }))
  expect(named.filter(({ name }) => name.includes(id))).not.toEqual([])
  expect(named.filter(({ file, name }) => !read(file).includes(name))).toEqual([])
  // The language has ids of its own.
  expect(named.filter(({ file, name }) => !file.startsWith('test/roles/program/') && !name.includes(id))).toEqual([])
})
