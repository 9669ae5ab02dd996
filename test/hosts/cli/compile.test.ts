import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { answered, golem, guestbookDocument, guestbookSource, temporaryFolder, writeProgram } from './golem.ts'

const folder = temporaryFolder()
const compile = (name: string, ...flags: string[]) => golem(folder, 'compile', name, '--no-types', ...flags)

describe('golem compile', () => {
  it('[L1] writes byte-identical documents, wherever the program lies', async () => {
    const away = join(folder, 'some', 'where')
    mkdirSync(away, { recursive: true })
    copyFileSync(guestbookSource, join(away, 'guestbook.ts'))
    expect(await golem(away, 'compile', 'guestbook.ts')).toMatchObject({ code: 0, err: '' })
    expect(await golem('/', 'compile', join(away, 'guestbook.ts'), '-o', join(folder, 'again.json'))).toMatchObject({ code: 0 })
    const committed = readFileSync(guestbookDocument, 'utf8')
    expect(readFileSync(join(away, 'guestbook.json'), 'utf8')).toBe(committed)
    expect(readFileSync(join(folder, 'again.json'), 'utf8')).toBe(committed)
  })

  it('writes to stdout what it writes to a file, and with --json a summary', async () => {
    const name = writeProgram(folder, 'fine.ts', '  return request.n')
    const { out } = await compile(name, '-o', '-')
    const { value } = answered(await compile(name, '--json'))
    expect(readFileSync(join(folder, 'fine.json'), 'utf8')).toBe(out)
    expect(value).toMatchObject({ file: join(folder, 'fine.json'), name: 'small', endpoints: ['go'], bytes: out.length })
    expect(value.sha256).toMatch(/^[0-9a-f]{64}$/)
  })

  it('runs modules of the developer too, and says on stderr what they print', async () => {
    writeFileSync(join(folder, 'limits.ts'), "export const LIMIT: number = 7\nconsole.log('reading limits')\n")
    const name = writeProgram(folder, 'parts.ts', '  return see(request.n, (n) => n.plus(LIMIT))', "import { LIMIT } from './limits.ts'")
    const ended = await compile(name, '--json')
    expect(answered(ended).ok).toBe(true)
    expect(ended.err).toBe('reading limits\n')
  })

  it('does not overwrite a file that is no program document unless it is named', async () => {
    const name = writeProgram(folder, 'settings.ts', '  return request.n')
    writeFileSync(join(folder, 'settings.json'), '{"mine":true}')
    expect(await compile(name)).toMatchObject({ code: 1, err: expect.stringContaining('settings.json is no program document') })
    expect(readFileSync(join(folder, 'settings.json'), 'utf8')).toBe('{"mine":true}')
    expect(await compile(name, '-o', 'settings.json')).toMatchObject({ code: 0 })
  })

  it('writes nothing when the program is refused', async () => {
    expect(await compile(writeProgram(folder, 'refused.ts', "  throw new Error('no')"))).toMatchObject({ code: 1 })
    expect(existsSync(join(folder, 'refused.json'))).toBe(false)
  })
})

describe('builds that differ are found across module graphs', () => {
  const REFUSED = { code: 1, err: expect.stringContaining('[program.nondeterministic]') }

  it('when a module reads the date, even its year', async () => {
    const ended = await compile(
      writeProgram(folder, 'year.ts', '  return see(request.n, (n) => n.plus(year))', 'const year = new Date().getFullYear()'),
    )
    expect(ended).toMatchObject(REFUSED)
    expect(ended.err).toMatch(/^year\.ts:8: .*first at \/endpoints\/go\/blocks\/0\/body\/nodes\/1\/value/)
  })

  it('when a module draws lots once', async () => {
    const name = writeProgram(
      folder,
      'lots.ts',
      '  return see(request.n, (n) => n.plus(lot))',
      'const lot = Math.floor(Math.random() * 1e9)',
    )
    expect(await compile(name)).toMatchObject(REFUSED)
  })

  it('when an endpoint draws lots whenever it is traced', async () => {
    const name = writeProgram(folder, 'often.ts', '  return see(request.n, (n) => n.plus(Math.floor(Math.random() * 1e9)))')
    const ended = await compile(name, '--json')
    expect(answered(ended).error).toMatchObject({
      code: 'program.nondeterministic',
      details: { path: '/endpoints/go/blocks/0/body/nodes/1/value' },
    })
  })
})

describe('a program that cannot be built gets one error with the line of its source', () => {
  const TOP = '  return request.n'
  it.each([
    ['throws', 'program.thrown', 8, "  throw new Error('oops')", ''],
    ['uses what is not there', 'program.thrown', 8, '  return ({ request } as any).nope.deep', ''],
    ['names an argument that is not there', 'program.field', 8, '  return (request as any).nope', ''],
    ['calls itself without end', 'program.recursion', 2, '  return f(3)', 'const f = (n: number): number => f(n) + 1'],
    ['loops without end', 'program.endless', 2, '  return spin()', 'function spin(): never { for (;;) Math.sin(1) }'],
    ['waits without end', 'program.endless', null, TOP, 'await new Promise(() => setInterval(() => 0, 50))'],
    ['awaits what never comes', 'program.ended', null, TOP, 'await new Promise(() => {})'],
    ['ends the process', 'program.ended', null, TOP, 'process.exit(0)'],
    ['throws something that is no error', 'program.thrown', null, TOP, 'throw 5'],
    ['throws later', 'program.thrown', 2, TOP, "await new Promise(() => setTimeout(() => { throw new Error('late') }, 0))"],
    ['uses a value in a timer', 'program.async', 8, '  return see(request.n, (n) => (setTimeout(() => n.plus(1)), n))', ''],
    ['uses a value in the next tick', 'program.outside', 8, '  return see(request.n, (n) => (process.nextTick(() => n.plus(1)), n))', ''],
    [
      'uses a value after await',
      'program.outside',
      8,
      '  return see(request.n, (n) => (void (async () => (await null, n.plus(1)))(), n))',
      '',
    ],
    [
      'takes a value for a text later',
      'program.coerced',
      8,
      '  return see(request.n, (n) => (process.nextTick(() => `${n as any}`), n))',
      '',
    ],
    ['throws after await', 'program.thrown', 8, "  return void (async () => { await null; throw new Error('late') })(), request.n", ''],
    ['leaves a promise that fails', 'program.thrown', 2, TOP, "void Promise.reject(new Error('nobody'))"],
    ['imports a file that is not there', 'program.syntax', 2, TOP, "import { x } from './nowhere.ts'; void x"],
    ['imports a package that is not there', 'program.syntax', 2, TOP, "import x from 'no-such-package'; void x"],
    ['imports a name that golem does not have', 'program.syntax', 2, TOP, "import { nope } from 'golem'; void nope"],
    ['is not TypeScript', 'program.syntax', 2, TOP, 'const x = { a: 1 b }'],
    ['needs more than types left out', 'program.syntax', 2, TOP, 'enum Colour { Red }'],
    ['operates on a sealed value', 'program.sealed', 8, '  return see(request.n, (n) => n.plus(request.n as any))', ''],
    ['lets a value leak', 'program.leak', 6, '  let kept: any\n  see(request.n, (n) => void (kept = n))\n  return kept', ''],
    ['gives the SDK nonsense', 'program.query', 8, '  return db.posts.byTopic.rows(null as any, { limit: 1 }).n', ''],
    ['adds a text to an integer', 'program.type', 8, "  return see(request.n, (n) => n.plus('x' as any))", ''],
  ])('that %s', async (_what, code, line, body, before) => {
    const name = writeProgram(folder, 'broken.ts', body, before)
    const ended = await compile(name, ...(code === 'program.endless' ? ['--time-limit', '2'] : []))
    const at = line === null ? 'broken.ts' : `broken.ts:${line}`
    expect(ended).toMatchObject({ code: 1, out: '' })
    expect(ended.err.startsWith(`${at}: `), ended.err).toBe(true)
    expect(ended.err.endsWith(` [${code}]\n`), ended.err).toBe(true)
    expect(ended.err.trimEnd().split('\n')).toHaveLength(1)
    expect(ended.err.match(/broken\.ts:/g), 'one place, not one message in another').toHaveLength(1)
  })

  it('and what it leaves running is nothing to the document', async () => {
    const later = "setTimeout(() => { throw new Error('later') }, 60_000); process.on('exit', () => { throw new Error('at the end') })"
    expect(await compile(writeProgram(folder, 'later.ts', TOP, later))).toMatchObject({ code: 0, err: '' })
  })

  it('that exports no app', async () => {
    writeFileSync(join(folder, 'none.ts'), 'export const x = 1\n')
    expect(await compile('none.ts')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^none\.ts: this file exports no app; .* \[program\.no-app\]\n$/),
    })
  })

  it('that is not there, or no program', async () => {
    expect(await compile('nowhere.ts')).toMatchObject({ code: 1, err: 'There is no file nowhere.ts. [cli.file]\n' })
    expect(await golem(folder, 'compile', guestbookDocument)).toMatchObject({
      code: 1,
      err: expect.stringContaining('no TypeScript program'),
    })
  })

  it('in one of two modules of the same name', async () => {
    for (const [name, text] of Object.entries({
      one: 'export const one = (n: any) => n.plus(1)\n',
      two: '\n\n\nexport const two = (n: any) => n + 1\n',
    })) {
      mkdirSync(join(folder, name), { recursive: true })
      writeFileSync(join(folder, name, 'index.ts'), text)
    }
    const imports = "import { one } from './one/index.ts'; import { two } from './two/index.ts'"
    const name = writeProgram(folder, 'twins.ts', '  return see(request.n, (n) => two(one(n)))', imports)
    expect((await compile(name)).err).toMatch(/^two\/index\.ts:4: .* \[program\.coerced\]\n$/)
  })

  it('that throws what is hard to show', async () => {
    for (const thrown of [
      '{ a: 1n }',
      "Object.assign(new Error('x'), { stack: 5 })",
      'new Proxy({}, { get() { throw 1 } })',
      "Symbol('s')",
    ]) {
      const { code, err } = await compile(writeProgram(folder, 'hard.ts', TOP, `throw ${thrown}`))
      expect({ thrown, code, isOurs: err.includes('SDK') }).toEqual({ thrown, code: 1, isOurs: false })
      expect(err).toMatch(/^hard\.ts: .* \[program\.thrown\]\n$/)
    }
  })

  it('in one of its modules', async () => {
    writeFileSync(join(folder, 'module.ts'), "\nexport const x: number = 1\nthrow new Error('here')\n")
    const name = writeProgram(folder, 'whole.ts', TOP, "import { x } from './module.ts'; void x")
    expect(await compile(name)).toMatchObject({ code: 1, err: 'module.ts:3: Error: here. [program.thrown]\n' })
  })
})
