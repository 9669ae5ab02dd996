import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { answered, golem, guestbookSource, temporaryFolder, writeProgram } from './golem.ts'

const folder = temporaryFolder()
const problems = async (name: string): Promise<string[]> =>
  answered(await golem(folder, 'compile', name, '--json')).error.details.problems.map(
    (problem: { at: string; code: string }) => `${problem.at} ${problem.code}`,
  )

describe('the TypeScript checker', () => {
  it('tells all that is wrong, each with its line', async () => {
    const name = writeProgram(folder, 'wrong.ts', "  const a = see(request.n, (n) => n.plus('x'))\n  return [a, request.nope]")
    const ended = await golem(folder, 'compile', name)
    expect(ended.err).toMatch(
      /^wrong\.ts:8: Argument of type 'string'.*\(TS2345\) \[program\.types\]\nwrong\.ts:9: .*nope.*\(TS2339\) \[program\.types\]\n$/,
    )
    expect(ended.code).toBe(1)
  })

  it('says what is no syntax of a program, and what to write instead', async () => {
    const name = writeProgram(
      folder,
      'syntax.ts',
      '  return request.n',
      'enum Size { small } class Box { constructor(readonly size: Size) {} } void Box',
    )
    const { err } = await golem(folder, 'compile', name)
    expect(err.split('\n')[0]).toBe(
      'syntax.ts:2: types are only left out, so there is no enum, namespace or parameter property: write an object or union for an enum, and assign in the constructor (TS1294) [program.types]',
    )
  })

  it('can be left out', async () => {
    const name = writeProgram(folder, 'loose.ts', '  const n: string = 5\n  void n\n  return request.n')
    expect(await golem(folder, 'compile', name)).toMatchObject({ code: 1 })
    expect(await golem(folder, 'compile', name, '--no-types')).toMatchObject({ code: 0 })
    expect(await golem(folder, 'compile', name, '--no-types', '--check-types')).toMatchObject({ code: 2 })
  })

  it('knows the types of golem, of Node and of the guestbook', async () => {
    const name = writeProgram(folder, 'prints.ts', "  console.log('tracing')\n  return request.n")
    expect(await golem(folder, 'explain', name, '--check-types')).toMatchObject({ code: 0 })
    expect(await golem(folder, 'explain', guestbookSource, '--check-types')).toMatchObject({ code: 0 })
  })
})

describe('[L3] a JavaScript condition on a Golem value, which would always be true, is an error', () => {
  it.each([
    ['if', 'if (n.less(5)) return { t }'],
    ['?:', 'return { t: n.less(5) ? t : t }'],
    ['&&', "const both = n.less(5) && t.contains('x'); void both"],
    ['||', "const either = t.contains('x') || true; void either"],
    ['!', 'const not = !n.less(5); void not'],
    ['while', 'while (n.less(5)) n.plus(1)'],
    ['for', 'for (; n.less(5); ) n.plus(1)'],
    ['===', 'const same = n === n.plus(1); void same'],
    ['a sealed value', 'if (request.topic) return { t }'],
    ['a value or a literal', 'const either: typeof n | number = Math.abs(1) > 0 ? n : 1; if (either) return { t }'],
  ])('%s', async (_what, statement) => {
    const name = writeProgram(
      folder,
      'condition.ts',
      `  return see(request.n, request.topic, (n, t) => {\n  ${statement}\n  return { t }\n  })`,
    )
    expect(await problems(name)).toEqual(['condition.ts:9 program.condition'])
  })

  it('but a condition on JavaScript values, or whether there is a value at all, is none', async () => {
    const body = `  const limit: number | undefined = Math.abs(1) > 0 ? 5 : undefined
  return see(request.n, (n) => {
    const maybe: typeof n | undefined = limit === undefined ? undefined : n
    if (maybe && limit) return { n: maybe.plus(limit) }
    return { n: maybe === undefined || !limit ? n : n.plus(1) }
  })`
    expect(await golem(folder, 'compile', writeProgram(folder, 'usual.ts', body))).toMatchObject({ code: 0 })
  })

  it('says what to write instead', async () => {
    const name = writeProgram(folder, 'instead.ts', '  return see(request.n, (n) => (n.less(5) ? 1 : 2))')
    const { error } = answered(await golem(folder, 'explain', join(folder, name), '--json'))
    expect(error).toMatchObject({ code: 'program.condition', message: expect.stringContaining('use when(') })
  })
})
