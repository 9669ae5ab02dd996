/** main/core/README.md keeps up with the code: tables with their owners, and the states of the roles. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { STORED } from '../../main/core/stored.ts'

const root = new URL('../../', import.meta.url)
const read = (file: string): string => readFileSync(new URL(file, root), 'utf8')
const page = read('main/core/README.md')

/** Texts in code marks of one cell. */
const marked = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map((found) => found[1]!)

describe('main/core/README.md', () => {
  it('names every table once, with an owner that writes it', () => {
    const rows = [...page.matchAll(/^\| (`.+?) \| (`.+?) \|/gm)].map(([, tables, owner]) => ({
      tables: marked(tables!),
      owner: marked(owner!)[0]!,
    }))
    const tables = [...Object.values(STORED).flatMap((kind) => kind.tables), 'form', 'identity']
    expect(rows.flatMap((row) => row.tables).toSorted()).toEqual(tables.toSorted())
    for (const { tables: owned, owner } of rows) {
      expect(existsSync(new URL(`main/core/${owner}`, root)), owner).toBe(true)
      for (const table of owned) expect(read(`main/core/${owner}`), `${owner} does not name ${table}`).toContain(`'${table}'`)
    }
  })

  it.each([
    ["A client's request", 'roles/client/state.ts', 'RequestPhase'],
    ['A job', 'roles/server/state.ts', 'Phase'],
    ["A Supervisor's app", 'roles/supervisor/state.ts', 'Phase'],
  ])('draws every state of «%s»', (heading, file, type) => {
    const declared = new RegExp(`export type ${type} =\n((?:  .*\n)+)`).exec(read(file))![1]!
    const states = [...declared.matchAll(/\| '([a-z ]+)'/g)].map((found) => found[1]!.replaceAll(' ', '_'))
    const drawing = page.slice(page.indexOf(`### ${heading}\n`)).split('```')[1]!
    const drawn = [...drawing.matchAll(/^  (\S+) --> (\w+)/gm)].flatMap(([, from, to]) => [from!, to!]).filter((state) => state !== '[*]')
    expect(states.length).toBeGreaterThan(3)
    expect([...new Set(drawn)].toSorted()).toEqual(states.toSorted())
  })
})
