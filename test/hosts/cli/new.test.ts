import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { answered, golem, temporaryFolder } from './golem.ts'

const folder = temporaryFolder()

describe('golem new', () => {
  it.each([
    ['my shop', "cd 'my shop'"],
    ["it's", `cd 'it'\\''s'`],
    ['a$b`c;d', "cd 'a$b`c;d'"],
    ['new\nline', "cd 'new\nline'"],
    ['plain-1.2_x', 'cd plain-1.2_x'],
  ])('the next step is a line for a shell: %j', async (name, line) => {
    expect((await golem(folder, 'new', name)).out).toContain(`  ${line}\n  golem run`)
  })

  it('names the step for a folder that looks like an option', async () => {
    expect((await golem(folder, 'new', '--', '-x')).out).toContain('  cd ./-x\n')
  })

  it('[L1] makes an app that compiles, explains itself and runs at once', async () => {
    const made = await golem(folder, 'new', 'my-shop')
    expect(made).toMatchObject({ code: 0, err: '' })
    const app = join(folder, 'my-shop')
    expect(await golem(app, 'compile', 'app.ts')).toMatchObject({
      code: 0,
      out: expect.stringContaining('app.json: my_shop with 1 endpoint'),
    })
    expect(await golem(app, 'check', 'app.json')).toMatchObject({ code: 0, out: expect.stringContaining('my_shop is in order') })
    expect(await golem(app, 'explain', 'app.json')).toMatchObject({ code: 0, out: expect.stringContaining('── greet') })
    const ran = await golem(app, 'run', 'app.ts', 'greet', '--request', '{"name":"Ada"}', '--data', 'data.json', '--commit', '--json')
    expect(answered(ran).value.response).toEqual({ greeted: true, message: 'Welcome back, Ada!' })
    const again = await golem(app, 'run', 'app.json', 'greet', '--request', '{"name":"Bob"}', '--data', 'data.json', '--json')
    expect(answered(again).value.response).toEqual({ greeted: true, message: 'Welcome, Bob!' })
  })

  it('gives an editor the types of golem', async () => {
    await golem(folder, 'new', 'typed')
    const config = join(folder, 'typed', 'tsconfig.json')
    const { options, fileNames, errors } = ts.parseJsonConfigFileContent(
      JSON.parse(readFileSync(config, 'utf8')),
      ts.sys,
      join(folder, 'typed'),
    )
    expect([errors, fileNames]).toEqual([[], [join(folder, 'typed', 'app.ts')]])
    const problems = ts.getPreEmitDiagnostics(ts.createProgram(fileNames, options))
    expect(problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))).toEqual([])
  })

  it('says what to do next, and each step works', async () => {
    const { out } = await golem(folder, 'new', 'steps')
    expect(out).toMatch(/cd steps\n +golem run app\.ts greet --request '\{"name":"Ada"\}' --data data\.json\n +golem explain app\.ts/)
  })

  it('leaves a folder alone that has something in it', async () => {
    writeFileSync(join(folder, 'note'), '')
    expect(await golem(folder, 'new', '.')).toMatchObject({ code: 1, err: expect.stringContaining('not empty') })
    expect(await golem(folder, 'new', 'note')).toMatchObject({ code: 1, err: expect.stringContaining('note') })
  })
})
