import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { importsOf, problemOf, readImports, ruleFor, sourcesBelow, violations } from '../tools/imports.ts'
import { productFolders, repository, rooms, table } from './rules.ts'

const problem = (from: string, specifier: string, typeOnly = false): string | undefined =>
  problemOf(table, { from, line: 1, specifier, typeOnly })
const lines = (path: string): number => readFileSync(join(repository, path), 'utf8').trimEnd().split('\n').length

describe('the sources keep to the table of who may import whom', () => {
  const imports = readImports(repository, productFolders)

  it('finds the imports of the product', () => {
    expect(imports.length).toBeGreaterThan(20)
  })

  it('no import breaks the table', () => {
    expect(violations(table, imports)).toEqual([])
  })

  it('every source file is under a rule', () => {
    const files = productFolders.flatMap((folder) => sourcesBelow(repository, folder))
    expect(files.filter((path) => ruleFor(table, path) === undefined)).toEqual([])
  })

  it('a room of the protocol is entered by its door, index.ts, from everywhere else', () => {
    const entries = [...imports, ...readImports(repository, ['test'])].flatMap((found) => {
      const target = posix.join(posix.dirname(found.from), found.specifier)
      const room = rooms.find((folder) => target.startsWith(`${folder}/`))
      return room === undefined || found.from.startsWith(`${room}/`) ? [] : [{ ...found, target, door: `${room}/index.ts` }]
    })
    expect(entries.length).toBeGreaterThan(100)
    expect(entries.filter(({ target, door }) => target !== door).map(({ from, line, target }) => `${from}:${line} ${target}`)).toEqual([])
  })

  it('relative imports name a file that exists, with its ending', () => {
    const loose = imports.filter(
      ({ specifier }) => specifier.startsWith('.') && !/\.(ts|mts|mjs|js|svelte|css|json|svg|png)(\?\w+)?$/.test(specifier),
    )
    expect(loose.map(({ from, line, specifier }) => `${from}:${line} ${specifier}`)).toEqual([])
  })
})

describe('files stay small', () => {
  const files = [...productFolders, 'test']
    .flatMap((folder) => sourcesBelow(repository, folder))
    .filter((path) => !path.startsWith('test/vectors/'))

  it('no file has more than 400 lines', () => {
    expect(files.filter((path) => lines(path) > 400).map((path) => `${path}: ${lines(path)}`)).toEqual([])
  })

  it('no component has more than 200 lines', () => {
    expect(files.filter((path) => path.endsWith('.svelte') && lines(path) > 200).map((path) => `${path}: ${lines(path)}`)).toEqual([])
  })
})

describe('the table', () => {
  it.each([
    ['roles/program/a.ts', 'node:fs'],
    ['roles/program/a.ts', 'zod'],
    ['roles/program/a.ts', '../protocol/result.ts'],
    ['roles/protocol/a.ts', 'node:crypto'],
    ['roles/protocol/a.ts', 'webtorrent'],
    ['roles/protocol/crypto/a.ts', '../ticks/index.ts'],
    ['roles/server/a.ts', '../client/index.ts'],
    ['roles/server/a.ts', '@noble/hashes/sha2.js'],
    ['main/core/a.ts', 'node:path'],
    ['main/core/a.ts', '../adapters/storage/index.ts'],
    ['main/contract/a.ts', '../core/ports.ts'],
    ['main/adapters/storage/a.ts', '../torrent/index.ts'],
    ['main/adapters/storage/a.ts', '../../core/core.ts'],
    ['main/adapters/storage/a.ts', 'electron'],
    ['main/hosts/headless/a.ts', 'electron'],
    ['main/hosts/headless/a.ts', '../electron/main.ts'],
    ['main/hosts/electron/a.ts', '../../core/core.ts'],
    ['renderer/a.svelte', '../main/core/ports.ts'],
    ['renderer/a.svelte', 'electron'],
    ['roles/protocol/a.ts', 'golem-like'],
    ['roles/program/a.ts', 'typescript'],
    ['main/adapters/storage/a.ts', 'golem'],
    ['main/hosts/cli/a.ts', '../../core/core.ts'],
    ['elsewhere/a.ts', 'zod'],
  ])('%s may not import %s', (from, specifier) => {
    expect(problem(from, specifier)).toBeTypeOf('string')
  })

  it.each([
    ['roles/protocol/a.ts', '@noble/curves/secp256k1.js'],
    ['roles/protocol/documents/a.ts', '../../program/value/value.ts'],
    ['roles/protocol/ticks/a.ts', '../stamps/index.ts'],
    ['main/core/a.ts', '../../roles/server/index.ts'],
    ['resources/apps/a.ts', 'golem'],
    ['main/hosts/cli/a.ts', 'typescript'],
    ['main/adapters/storage/a.ts', '../../core/ports.ts'],
    ['main/hosts/electron/a.ts', 'electron'],
    ['renderer/views/a.svelte', '../../main/contract/index.ts'],
  ])('%s may import %s', (from, specifier) => {
    expect(problem(from, specifier)).toBeUndefined()
  })

  it('the contract takes types from the roles, never code', () => {
    expect(problem('main/contract/a.ts', '../../roles/program/value/value.ts', true)).toBeUndefined()
    expect(problem('main/contract/a.ts', '../../roles/program/value/value.ts', false)).toBeTypeOf('string')
  })
})

describe('the reader of imports', () => {
  const specifiers = (text: string, path = 'a.ts'): string[] => importsOf(path, text).map(({ specifier }) => specifier)

  it('sees static, dynamic and type imports, re-exports and workers', () => {
    const text = [
      "import a from 'one'",
      "import type { B } from 'two'",
      "export * from 'three'",
      "const c = await import('four')",
      "let d: import('five').D",
      "new Worker(new URL('./six.ts', import.meta.url))",
    ]
    expect(specifiers(text.join('\n'))).toEqual(['one', 'two', 'three', 'four', 'five', './six.ts'])
  })

  it('takes no comment and no string for an import', () => {
    expect(specifiers("// import a from 'one'\nconst text = \"import b from 'two'\"\n")).toEqual([])
  })

  it('knows what imports types only', () => {
    const [a, b, c] = importsOf('a.ts', "import type { A } from 'x'\nimport { type B } from 'x'\nimport { type C, d } from 'x'\n")
    expect([a?.typeOnly, b?.typeOnly, c?.typeOnly]).toEqual([true, true, false])
  })

  it('reads the script of a component and gives the line in the file', () => {
    const [found] = importsOf('a.svelte', "<p>import x from 'no'</p>\n<script lang=\"ts\">\n  import a from 'yes'\n</script>\n")
    expect(found).toMatchObject({ specifier: 'yes', line: 3 })
  })
})

describe('what everybody shares', () => {
  it.each([
    ['Json', /\btype Json = /],
    ['Result', /\btype Result<\w+> = /],
    ['Failure', /\binterface Failure \{/],
  ])('%s is defined once, and others pass it on', (_, definition) => {
    const homes = productFolders
      .flatMap((folder) => sourcesBelow(repository, folder))
      .filter((path) => definition.test(readFileSync(join(repository, path), 'utf8')))
    expect(homes).toHaveLength(1)
  })
})
