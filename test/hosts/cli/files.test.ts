/** Sources, data and documents as they come from other people's computers: names of folders, encodings, and how modules are imported. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compilerOptions } from '../../../main/hosts/cli/build/sdk.ts'
import { parseJson } from '../../../main/hosts/terminal/json-text.ts'
import { answered, golem, temporaryFolder, writeProgram } from './golem.ts'

const folder = temporaryFolder()
const compile = (name: string, ...flags: string[]) => golem(folder, 'compile', name, '--no-types', ...flags)

describe('a thrown error keeps its line', () => {
  it.each(['copy (1) at x (y)', 'back\\slash', 'a b#c%d%20e?f', "ünï ☃ it's:3"])('in a folder named «%s»', async (name) => {
    const deep = join(folder, name)
    mkdirSync(deep, { recursive: true })
    writeFileSync(join(deep, 'other.ts'), 'export const limit = 1\n')
    writeProgram(deep, 'app.ts', '  throw new Error(`no ${limit}`)', "import { limit } from './other.ts'")
    const refused = await golem(deep, 'compile', 'app.ts', '--no-types')
    expect(refused).toMatchObject({ code: 1, err: expect.stringMatching(/^app\.ts:8: Error: no 1\./) })
    writeFileSync(join(deep, 'top.ts'), "import './other.ts'\n\nthrow new Error('top')\n")
    expect(await golem(deep, 'compile', 'top.ts', '--no-types')).toMatchObject({ err: 'top.ts:3: Error: top. [program.thrown]\n' })
    writeProgram(deep, 'wrong (1).ts', '  return request.n.plus(1)')
    expect(await golem(deep, 'compile', 'wrong (1).ts', '--no-types')).toMatchObject({ err: expect.stringMatching(/^wrong \(1\)\.ts:8: /) })
  })
})

const MARK = '\uFEFF'

describe('encodings', () => {
  it('a mark at the start of a source, a document, data or a request is dropped', async () => {
    const name = writeProgram(folder, 'marked.ts', '  return see(request.n, (n) => n.plus(1))')
    writeFileSync(join(folder, name), MARK + readFileSync(join(folder, name), 'utf8'))
    expect(await compile(name)).toMatchObject({ code: 0 })
    const document = readFileSync(join(folder, 'marked.json'), 'utf8')
    writeFileSync(join(folder, 'document.json'), MARK + document)
    writeFileSync(join(folder, 'data.json'), `${MARK}{"collections":{}}`)
    expect(await golem(folder, 'check', 'document.json')).toMatchObject({ code: 0 })
    const run = await golem(folder, 'run', 'document.json', 'go', '--data', 'data.json', '-r', `${MARK}{"topic":"t","n":1}`, '--json')
    expect(answered(run)).toMatchObject({ ok: true, value: { response: '2' } })
  })

  it('UTF-16 is named, whatever file it is', async () => {
    const name = writeProgram(folder, 'wide.ts', '  return see(request.n, (n) => n.plus(1))')
    const text = readFileSync(join(folder, name), 'utf8')
    writeFileSync(join(folder, name), Buffer.from(MARK + text, 'utf16le'))
    writeFileSync(join(folder, 'wide.json'), Buffer.from('{"collections":{}}', 'utf16le'))
    const plain = writeProgram(folder, 'plain.ts', '  return see(request.n, (n) => n.plus(1))')
    expect(await compile(name)).toMatchObject({ code: 1, err: 'wide.ts: this file is in UTF-16; save it as UTF-8. [program.syntax]\n' })
    for (const args of [
      ['check', 'wide.json'],
      ['run', plain, 'go', '--no-types', '-d', 'wide.json', '-r', '{"topic":"t","n":1}'],
    ])
      expect(await golem(folder, ...args)).toMatchObject({
        code: 1,
        err: expect.stringContaining('wide.json is in UTF-16; save it as UTF-8.'),
      })
  })

  it('a byte that is no UTF-8 is named with its line, in an imported module too', async () => {
    writeFileSync(join(folder, 'latin.ts'), Buffer.from("// a\nexport const word = '\u00fc'\n", 'latin1'))
    const name = writeProgram(folder, 'imports-latin.ts', '  return request.n', "import { word } from './latin.ts'\nvoid word")
    expect(await compile(name)).toMatchObject({ code: 1, err: expect.stringContaining('latin.ts: this file is not UTF-8 (line 2 ') })
  })
})

describe('imports that an editor takes, by the tsconfig.json of golem new, run; those that it refuses do not', () => {
  mkdirSync(join(folder, 'lib', 'deep'), { recursive: true })
  mkdirSync(join(folder, 'node_modules', 'limits-of-others'), { recursive: true })
  writeFileSync(join(folder, 'lib', 'limits.ts'), 'export const LIMIT = 7\nexport interface Limit { n: number }\n')
  writeFileSync(join(folder, 'lib', 'index.ts'), "export * from './limits'\n")
  writeFileSync(join(folder, 'lib', 'more.mts'), "export { LIMIT } from './limits.js'\n")
  writeFileSync(join(folder, 'lib', 'deep', 'up.ts'), "export { LIMIT } from '..'\n")
  writeFileSync(join(folder, 'lib', 'data.json'), '{"LIMIT":7,"not a name":1}')
  writeFileSync(
    join(folder, 'node_modules', 'limits-of-others', 'package.json'),
    '{"name":"limits-of-others","type":"module","exports":{"types":"./index.d.ts","default":"./index.js"}}',
  )
  writeFileSync(join(folder, 'node_modules', 'limits-of-others', 'index.js'), 'export const LIMIT = 7\n')
  writeFileSync(join(folder, 'node_modules', 'limits-of-others', 'index.d.ts'), 'export declare const LIMIT: number\n')
  const ACCEPTED = [
    "import { LIMIT as a } from './lib/limits.ts'",
    "import { LIMIT as b } from './lib/limits'",
    "import { LIMIT as c } from './lib/limits.js'",
    "import { LIMIT as d } from './lib/more.mjs'",
    "import { LIMIT as e } from './lib/more.mts'",
    "import { LIMIT as f } from './lib'",
    "import { LIMIT as g } from './lib/'",
    "import { LIMIT as h } from './lib/index'",
    "import { LIMIT as i } from './lib/deep/up'",
    "import { LIMIT as j } from './lib/data.json'",
    "import k from './lib/data.json'",
    "import l from './lib/data.json' with { type: 'json' }",
    "import { LIMIT as m } from 'limits-of-others'",
    "import type { Limit } from './lib/limits'",
    "import { basename } from 'node:path'",
    "const all: Limit = { n: a + b + c + d + e + f + g + h + i + j + k.LIMIT + l.LIMIT + m + basename('a/b').length }",
  ].join('; ')
  it('with endings and without, folders, JSON, types, packages', async () => {
    const name = writeProgram(folder, 'imports.ts', '  return see(request.n, (n) => n.plus(all.n))', ACCEPTED)
    expect(await golem(folder, 'compile', name, '--check-types')).toMatchObject({ code: 0, err: '' })
    const run = await golem(folder, 'run', name, 'go', '--no-types', '-r', '{"topic":"t","n":0}', '--json')
    expect(answered(run)).toMatchObject({ ok: true, value: { response: String(13 * 7 + 1) } })
  })

  it('but not what is not there, parts of golem, or files named as packages; each with its line', async () => {
    const specifiers = ['./lib/none', 'golem/lib', 'no-such-package', 'lib/limits']
    for (const [at, specifier] of specifiers.entries()) {
      const name = writeProgram(folder, `refused-${at}.ts`, '  return request.n', `import { LIMIT } from '${specifier}'\nvoid LIMIT`)
      const sentence = `refused-${at}.ts:2: Cannot find module '${specifier}'`
      expect(await compile(name)).toMatchObject({ code: 1, err: expect.stringContaining(sentence) })
      if (at < 2)
        expect(await golem(folder, 'compile', name, '--check-types')).toMatchObject({ code: 1, err: expect.stringContaining(sentence) })
    }
  })

  it('by the same settings', async () => {
    await golem(folder, 'new', 'hello')
    const { compilerOptions: written } = JSON.parse(readFileSync(join(folder, 'hello', 'tsconfig.json'), 'utf8')) as {
      compilerOptions: unknown
    }
    expect(written).toEqual(compilerOptions)
    expect(compilerOptions.moduleResolution).toBe('Bundler')
  })
})

describe('what would be lost is kept', () => {
  it('a document is never written over a program, by a link neither', async () => {
    const [one, other] = ['keep.ts', 'other.ts'].map((name) => writeProgram(folder, name, '  return request.n')) as [string, string]
    symlinkSync(other, join(folder, 'link.json'))
    for (const name of [one, other, `./${one}`, 'link.json']) {
      const before = readFileSync(join(folder, name), 'utf8')
      expect(await compile(one, '-o', name)).toMatchObject({
        code: 1,
        err: `${name} is a program and would be lost; name another file with -o, as in -o app.json. [cli.overwrite]\n`,
      })
      expect(readFileSync(join(folder, name), 'utf8')).toBe(before)
    }
    expect(await compile(one, '-o=equals.json')).toMatchObject({ code: 0, out: expect.stringMatching(/^equals\.json: /) })
    expect(await compile(one, '-o', 'nowhere/x.json')).toMatchObject({
      code: 1,
      err: expect.stringContaining(`could not be written: there is no folder ${join(folder, 'nowhere')}.`),
    })
  })

  it('a name given twice in data is refused: all but the last would be gone with --commit', async () => {
    const name = writeProgram(folder, 'twice.ts', '  return see(request.n, (n) => n.plus(1))')
    const text = '{"collections":{"posts":[],\n"p\\u006fsts":[]}}'
    writeFileSync(join(folder, 'twice.json'), text)
    expect(await golem(folder, 'run', name, 'go', '--no-types', '-d', 'twice.json', '-r', '{"topic":"t","n":1}', '--commit')).toMatchObject(
      {
        code: 1,
        err: 'twice.json has "posts" twice in one object (line 2); give it once. [cli.json]\n',
      },
    )
    expect(readFileSync(join(folder, 'twice.json'), 'utf8')).toBe(text)
  })

  it.each([
    ['{"a":{"a":1},"b":["a","a",{"a":1}],"c":"\\"a\\":","a\\"":1}', null],
    ['[{"x":1,"y":2,"x" : 3}]', 'x'],
    ['{"__proto__":1,"__proto__":2}', '__proto__'],
    ['{"\\u0061":1,"b":{},"a":2}', 'a'],
    [`{"long":"${'x'.repeat(3_000_000)}","more":1}`, null],
  ])('names count once in one object, wherever they stand: %.40s', (text, twice) => {
    const read = parseJson('it', text)
    if (twice === null) expect(read.ok).toBe(true)
    else expect(read).toMatchObject({ error: { message: expect.stringContaining(`it has "${twice}" twice`) } })
  })

  it('what stands in a file is no command to the terminal', () => {
    expect(parseJson('it', '\u001b[2J')).toMatchObject({ error: { message: expect.not.stringContaining('\u001b') } })
    expect(parseJson('it', '\0\0\0\0')).toMatchObject({ error: { message: expect.stringContaining('\\u0000') } })
  })
})
