import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commands } from '../../../main/hosts/cli/main.ts'
import { repository } from '../../architecture/rules.ts'
import { answered, golem, nobody, guestbookDocument, guestbookSource, temporaryFolder, writeProgram, type Ended } from './golem.ts'

const folder = temporaryFolder()
const entry = join(repository, 'main', 'hosts', 'cli', 'golem.mjs')

/** A real process. */
function start(program: string, args: string[], cwd: string): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let [out, err] = ['', '']
    child.stdout.on('data', (data) => (out += String(data)))
    child.stderr.on('data', (data) => (err += String(data)))
    child.on('close', (code) => resolve({ code: code ?? -1, out, err }))
  })
}

describe('the golem command as a process', () => {
  it("runs in the caller's folder, with paths relative to it", async () => {
    const deep = join(folder, 'deep')
    mkdirSync(deep)
    const name = writeProgram(folder, 'app.ts', '  return see(request.n, (n) => n.plus(1))')
    expect(await start(process.execPath, [entry, 'compile', `../${name}`, '-o', 'here.json', '--no-types'], deep)).toMatchObject({
      code: 0,
      err: '',
    })
    expect(readdirSync(deep)).toEqual(['here.json'])
    const ran = await start(process.execPath, [entry, 'run', 'here.json', 'go', '-r', '{"topic":"t","n":41}', '--json'], deep)
    expect(answered(ran).value.response).toBe('42')
  })

  it('is started by a link, as npm makes it', async () => {
    symlinkSync(entry, join(folder, 'golem'))
    expect(await start(join(folder, 'golem'), ['check', guestbookDocument], folder)).toMatchObject({
      code: 0,
      out: expect.stringContaining('guestbook is in order'),
    })
  })

  it("keeps the caller's folder when npm starts it", async () => {
    const inside = join(repository, 'resources', 'apps')
    const ended = await start('npm', ['run', '--silent', 'golem', '--', 'check', 'guestbook.json'], inside)
    expect(ended).toMatchObject({ code: 0, out: expect.stringMatching(/^guestbook\.json: guestbook is in order/) })
  })

  it('passes exit codes out: refused, wrong usage', async () => {
    expect(await start(process.execPath, [entry, 'check', 'nowhere.json'], folder)).toMatchObject({ code: 1, out: '' })
    expect(await start(process.execPath, [entry, 'chekc'], folder)).toMatchObject({ code: 2, out: '' })
  })

  it("compiles the guestbook of the repository to the committed document on Node's own resolution too", async () => {
    const script = join(repository, 'resources', 'apps', 'compile.ts')
    expect(await start(process.execPath, [script, '--check'], folder)).toMatchObject({ code: 0, err: '' })
  })
})

describe('every command', () => {
  it.each(commands.map(({ name }) => name))('%s has a help with an example', async (name) => {
    const asked = await golem(folder, 'help', ...name.split(' '))
    expect(asked.code).toBe(0)
    expect(asked.out).toMatch(new RegExp(`for example:\n\n {2}(\\S+=\\S+ |.* \\| )?golem ${name}( |\n)`))
    const own = await golem(folder, ...name.split(' '), '--help')
    expect(own.code).toBe(0)
    expect(asked.out.startsWith(own.out.trimEnd())).toBe(true)
    expect(asked.out.split('\n').filter((line) => line.length > 100)).toEqual([])
  })

  it('shows its usage with one space, and offers no network that it refuses', async () => {
    expect((await golem(folder, 'help', 'status')).out).toContain('usage: golem status [flags]\n')
    const node = await golem(folder, 'help', 'node')
    expect(node.out).toContain('--network regtest|signet|testnet4|mainnet')
  })

  it('is in the overview', async () => {
    const { out, code } = await golem(folder, '--help')
    expect(code).toBe(0)
    for (const { name } of commands) expect(out).toMatch(new RegExp(`^ {2}${name} `, 'm'))
  })

  it('prints one JSON object with --json, whatever happens', async () => {
    const calls = [
      ['check', guestbookDocument],
      ['check', 'nowhere.json'],
      ['explain', guestbookSource],
      ['run', guestbookDocument, 'post'],
      ['check'],
      ['what'],
    ]
    for (const args of calls) {
      const ended = await golem(folder, ...args, '--json')
      const object = answered(ended)
      expect(ended.out.trimEnd().split('\n')).toHaveLength(1)
      expect(Object.keys(object)).toEqual(object.ok ? ['ok', 'value'] : ['ok', 'error'])
      if (!object.ok) expect(object.error).toMatchObject({ code: expect.any(String), message: expect.any(String) })
      expect(ended.err).toBe('')
    }
  })

  it.each([
    [[], 'Say what to do'],
    [['what'], 'There is no command «what»'],
    [['compile'], 'golem compile needs: app.ts'],
    [['check', 'a', 'b'], '«b» is one argument too many'],
    [['check', 'a', '--fast'], 'There is no option --fast.'],
    [['run', 'a.json', 'go', '--request', '{'], '--request is not JSON'],
    [['run', 'a.json', 'go', '--request', '[]'], '--request must be a JSON object'],
    [['run', 'a.json', 'go', '--caller', 'alice'], '--caller must be a public key'],
    [['run', 'a.json', 'go', '--commit'], '--commit needs --data'],
    [['run', 'a.json', 'go', '--budget-steps', '-1'], '--budget-steps'],
    [['compile', 'a.ts', '--time-limit', 'soon'], '--time-limit must be a whole number from 1 to 86400, not «soon»'],
  ])('%j is wrong usage', async (args, message) => {
    expect(await golem(folder, ...args)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(message) })
  })

  it('ends with 70 when the fault is ours', async () => {
    const broken = { ...nobody, cwd: null as unknown as string, out: () => undefined, err: () => undefined }
    const { runCli } = await import('../../../main/hosts/cli/main.ts')
    expect(await runCli(['check', 'x.json'], broken)).toBe(70)
  })
})

describe('golem check', () => {
  it('names the place of what is wrong', async () => {
    const document = JSON.parse(readFileSync(guestbookDocument, 'utf8'))
    document.endpoints.post.blocks[1].inputs[0].source.output = 7
    writeFileSync(join(folder, 'wrong.json'), JSON.stringify(document))
    expect(await golem(folder, 'check', 'wrong.json')).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/^wrong\.json: \/endpoints\/post\/blocks\/1\/.*\[program\.scope\]\n$/),
    })
  })

  it('says when a document is not in the form that is published', async () => {
    writeFileSync(join(folder, 'pretty.json'), JSON.stringify(JSON.parse(readFileSync(guestbookDocument, 'utf8')), null, 2))
    expect(await golem(folder, 'check', 'pretty.json')).toMatchObject({ code: 0, out: expect.stringContaining('not in canonical form') })
  })

  it('reads no JSON that nests without end', async () => {
    writeFileSync(join(folder, 'deep.json'), '['.repeat(200_000))
    expect(await golem(folder, 'check', 'deep.json')).toMatchObject({ code: 1, err: expect.stringContaining('nests deeper') })
  })
})
