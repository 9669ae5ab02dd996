import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import * as sdk from '../../roles/program/sdk/index.ts'
import { METHODS } from '../../roles/program/sdk/values/index.ts'
import { repository } from '../architecture/rules.ts'
import { sourcesBelow } from '../tools/imports.ts'
import { blocksOf, tablesOf, type Problem, type Table } from './handbook/pages.ts'
import { frontEnd } from './handbook/front-end.ts'
import { KINDS, operationsOf } from './handbook/sdk.ts'
import { problemsIn } from './handbook/verify.ts'

const folder = join(repository, 'resources', 'handbook')
const names = readdirSync(folder).filter((name) => name.endsWith('.md'))
const pages = Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))

/** What a heading is called in a link. */
const anchorsOf = (page: string): string[] =>
  [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )

function leadsSomewhere(link: string): boolean {
  const [file, anchor] = link.split('#') as [string, string | undefined]
  const path = join(folder, file)
  return existsSync(path) && (anchor === undefined || anchorsOf(readFileSync(path, 'utf8')).includes(anchor))
}

const linesOf = (problems: Problem[], wanted: string): string =>
  problems
    .filter(({ page }) => page === wanted)
    .map(({ page, line, problem }) => `${page}:${line}: ${problem}`)
    .join('\n')

describe('[L1] every example of the handbook does what the page says', () => {
  let problems: Problem[]
  beforeAll(async () => void (problems = await problemsIn(pages)), 900_000)

  it.each(names)('%s', (name) => {
    expect(linesOf(problems, name)).toBe('')
  })

  it('every link leads to a file, and to the heading that it names', () => {
    const links = names.flatMap((name) => [...pages[name]!.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!))
    expect(links.length).toBeGreaterThan(10)
    expect(links.filter((link) => !leadsSomewhere(link))).toEqual([])
  })

  it('the front end of its own reaches the core with the commands of the contract', async () => {
    const block = names.flatMap((name) => blocksOf(name, pages[name]!)).find(({ attributes }) => 'front-end' in attributes)!
    expect(await frontEnd(block.text)).toEqual(['overview', 'use.request', 'overview', 'use.read', 'use.read'])
  })

  it('what only people can try is git, npm, a shell alias, and documents of a network', () => {
    const commands = names.flatMap((name) => blocksOf(name, pages[name]!)).filter(({ attributes }) => 'by-hand' in attributes)
    expect(
      commands.flatMap(({ text }) => text.trim().split('\n')).filter((line) => !/^(git|cd|npm|alias|golem verify) /.test(line)),
    ).toEqual([])
  })
})

describe('[L2] the reference of types and operations is that of the SDK', () => {
  const tables = tablesOf(pages['3-types.md']!)
  const tableOf = (heading: string): Table =>
    tables.find((table) => table.heading === heading && table.rows[0]?.['operation'] !== undefined)!
  const common = ['equals', 'bounded']

  it.each(Object.keys(KINDS))('%s: every operation, with the words of its doc comment', (kind) => {
    const listed = tableOf(kind).rows.map((row) => `${row['operation']}: ${row['what it makes']}`)
    expect(listed).toEqual(operationsOf(kind).map(({ signature, doc }) => `${signature}: ${doc}`))
  })

  it.each(Object.keys(METHODS))('%s: every method that its opened values have', (kind) => {
    const headings = kind === 'place' ? ['zipper', 'option'] : [kind]
    const listed = headings.flatMap((heading) => tableOf(heading).rows.map((row) => /^\w+/.exec(row['operation']!)![0]))
    const own = Object.keys(METHODS[kind]!).filter((name) => !common.includes(name))
    expect(own.sort()).toEqual([...new Set(listed)].sort())
  })

  it('what all opened values have is listed once', () => {
    expect(tableOf('Every opened value').rows.map((row) => /^\w+/.exec(row['operation']!)![0])).toEqual(common)
  })

  it('every function that the SDK exports is named', () => {
    const missing = Object.keys(sdk).filter((name) => !new RegExp(`\\b${name}[\`(]`).test(pages['3-types.md']!) && name !== 'see')
    expect(missing).toEqual([])
  })
})

describe('[L4] every mistake of a build has its place', () => {
  const codesIn = (text: string): string[] => [...text.matchAll(/'(program\.[a-z-]+)'/g)].map(([, code]) => code!)
  const sources = ['roles/program/sdk', 'main/hosts/cli/build'].flatMap((below) => sourcesBelow(repository, below))
  const codes = [...new Set(sources.flatMap((path) => codesIn(readFileSync(join(repository, path), 'utf8'))))].sort()
  const headings = pages['4-mistakes.md']!.split('\n')
    .filter((line) => line.startsWith('### '))
    .map((line) => line.slice(4))

  it('each code of the SDK and of the build is a heading, and no other', () => {
    expect(headings.toSorted()).toEqual(codes)
  })

  it('each is shown to be what golem says, but the one that takes half a gigabyte', () => {
    const sections = pages['4-mistakes.md']!.split(/^### /m).slice(1)
    const unshown = sections.filter((section) => !section.includes(`[${section.split('\n')[0]}]`))
    expect(unshown.map((section) => section.split('\n')[0])).toEqual(['program.memory'])
  })
})
