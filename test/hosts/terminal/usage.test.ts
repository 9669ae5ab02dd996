/** Every program behind an npm script, as a process: its help, and what it says of wrong arguments. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { optionRows } from '../../../main/hosts/terminal/help.ts'
import { hosts, type HostName } from '../../../main/hosts/terminal/hosts.ts'
import { readOptions } from '../../../main/hosts/terminal/options.ts'
import { repository } from '../../architecture/rules.ts'

const programs: Record<string, string> = {
  start: 'main/hosts/launcher/start.ts',
  headless: 'main/hosts/headless/index.ts',
  node: 'main/hosts/node/index.ts',
  demo: 'main/hosts/headless/demo.ts',
  audit: 'main/hosts/headless/audit.ts',
  wallet: 'main/hosts/headless/wallet.ts',
  build: 'main/hosts/launcher/build.ts',
  test: 'test/tools/run.ts',
  bench: 'test/tools/bench.ts',
  golem: 'main/hosts/cli/main.ts',
  launcher: 'main/hosts/launcher/run.mjs',
}

interface Ended {
  code: number
  out: string
  err: string
}

const run = (program: string, ...args: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(process.execPath, [join(repository, programs[program]!), ...args], { cwd: repository }, (error, out, err) =>
      resolve({ code: error === null ? 0 : (error.code as number), out, err }),
    )
  })

describe('help', () => {
  it.each(Object.keys(programs))('%s --help explains it and does nothing else', async (program) => {
    const ended = await run(program, '--help')
    expect(ended).toMatchObject({ code: 0, err: '' })
    expect(ended.out).toContain('usage: ')
    for (const name of Object.keys(hosts[program as HostName]?.options ?? {})) expect(ended.out).toContain(`--${name}`)
  })
})

describe('wrong usage is one sentence and exit code 2', () => {
  it.each([
    ['audit', ['--fooo'], 'There is no option --fooo.'],
    ['audit', ['a\u001b[2Jb'], '«a[2Jb» is one argument too many'],
    ['audit', ['extra'], '«extra» is one argument too many'],
    ['audit', ['--app', 'xyz'], '--app must be a hash of 64 hex digits (0-9, a-f), not «xyz».'],
    ['audit', ['--network=mainet'], '--network must be regtest, signet, testnet4 or mainnet, not «mainet».'],
    ['audit', ['--chain-url'], '--chain-url needs a value: --chain-url=http://HOST:PORT.'],
    ['audit', ['--tracker', 'localhost:80'], '--tracker must be an address like'],
    ['audit', ['--network', 'mainnet'], '--network is of a node that is named with --chain-url'],
    ['audit', ['--tracker', 'http://a/announce'], '--tracker is of a node that is named with --chain-url'],
    ['audit', ['--chain-url', 'http://127.0.0.1:1', '--folder', 'x'], '--folder and --chain-url name two places; give one of them.'],
    ['wallet', [], 'Name a command (phrase, restore or replace).'],
    ['wallet', ['phrase'], 'Name a participant.'],
    ['wallet', ['phrase', 'alice', 'bob'], '«bob» is one argument too many.'],
    ['wallet', ['phrase', 'alice', '--fooo'], 'There is no option --fooo.'],
    ['wallet', ['phrase', 'alice', '--folder', 'a', '--folder', 'b'], '--folder is given twice'],
    ['wallet', ['phrase', 'alice', '--folder='], '--folder needs a value: --folder=FOLDER.'],
    ['wallet', ['frobnicate', 'alice'], 'There is no command «frobnicate»; there are phrase, restore, replace.'],
    ['wallet', ['phrase', 'alice', '--folder', '/proc/none'], 'There is no participant «alice» in /proc/none; it has none.'],
    ['headless', ['--block-ms', '-1'], '--block-ms must be a whole number from 50 to 3600000, not «-1».'],
    ['headless', ['--block-ms', 'abc'], '--block-ms must be a whole number from 50 to 3600000, not «abc».'],
    ['headless', ['--port', 'abc'], '--port must be a whole number from 0 to 65535, not «abc».'],
    ['headless', ['--port=70000'], '--port must be a whole number from 0 to 65535, not «70000».'],
    ['headless', ['--port', '1', '--port', '2'], '--port is given twice'],
    ['headless', ['--app', 'no-such-app'], 'There is no sample app no-such-app'],
    ['start', ['--verbose=yes'], '--verbose takes no value'],
    ['start', ['--serverz', '3'], 'There is no option --serverz; did you mean --servers?'],
    ['start', ['--servers', '--verbose'], '--servers needs a value: --servers=N.'],
    ['demo', ['--chain', 'other'], '--chain must be embedded or bitcoind, not «other».'],
    ['demo', ['--servers', '0'], '--servers must be a whole number from 1 to 64, not «0».'],
    ['build', ['--fast'], 'There is no option --fast.'],
    ['golem', ['compile', 'a.ts', '--time-limit', '0'], '--time-limit must be a whole number from 1 to 86400, not «0».'],
    ['golem', ['status', 'extra'], '«extra» is one argument too many: golem status takes none.\nSee golem help status.'],
    ['golem', ['stauts'], 'There is no command «stauts»; did you mean golem status?'],
    ['golem', ['wallet', 'sned'], 'There is no command «wallet sned»; did you mean golem wallet send?'],
    ['golem', ['zzz\u001b[2J'], 'There is no command «zzz[2J»; there are node'],
    ['golem', ['--jsonn'], 'Options follow the command, so not «--jsonn» first'],
    ['golem', ['compile', ''], 'An argument is empty: golem compile needs: app.ts'],
    ['golem', ['help', 'compile', 'more'], '«more» is one argument too many'],
    ['golem', ['run', 'a.ts', 'b', `-r=${'['.repeat(5000)}${']'.repeat(5000)}`], '--request nests deeper than 1000 levels.'],
    ['golem', ['run', 'a.ts', 'b', '-r', '{"a":1,"a":2}'], '--request has "a" twice in one object (line 1); give it once.'],
    ['launcher', [''], 'there is no command or program «».'],
    ['launcher', ['README.md'], 'there is no command or program «README.md».'],
    ['launcher', ['main'], 'there is no command or program «main».'],
    ['launcher', ['../../etc/passwd'], 'there is no command or program «../../etc/passwd».'],
    ['golem', ['run', 'a.ts', 'b', '-d', 'c', '-d', 'e'], '--data is given twice'],
  ] as const)('%s %j', async (program, args, sentence) => {
    const ended = await run(program, ...args)
    expect(ended).toMatchObject({ code: 2, out: '' })
    expect(ended.err).toContain(sentence)
    // The launcher adds how it is used.
    expect(ended.err.trimEnd().split('\n').length).toBeLessThanOrEqual(program === 'launcher' ? 4 : 2)
  })

  it('a network that there is not, in GOLEM_NETWORK', async () => {
    process.env['GOLEM_NETWORK'] = 'bogus'
    const ended = await run('node').finally(() => delete process.env['GOLEM_NETWORK'])
    expect(ended).toEqual({ code: 2, out: '', err: 'golem: GOLEM_NETWORK must be regtest, signet, testnet4 or mainnet, not «bogus».\n' })
  })

  it('a port that is taken', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const ended = await run('headless', '--port', String(port))
    server.close()
    expect(ended).toEqual({
      code: 2,
      out: '',
      err: `golem: Port ${port} is taken by another program: name another with --port, or leave it out and the system chooses one.\n`,
    })
  })
})

describe('a table of options', () => {
  const table = {
    flag: { kind: 'flag', short: 'f', doc: '' },
    many: { kind: 'list', value: 'X', doc: '' },
    number: { kind: 'whole', value: 'N', range: [0, 9], doc: '' },
    word: { kind: 'text', short: 'w', value: 'W', default: 'w', doc: '' },
  } as const
  const read = (...args: string[]) => readOptions(table, args, 'any')

  it('is read in every form that people type', () => {
    expect(read()).toMatchObject({ ok: true, value: { values: { flag: false, many: [], number: undefined, word: 'w' }, positionals: [] } })
    expect(read('-f', '--number=3', '--many', 'a', 'here', '--many=b', '-wx', '--', '--word')).toMatchObject({
      ok: true,
      value: { values: { flag: true, many: ['a', 'b'], number: 3, word: 'x' }, positionals: ['here', '--word'] },
    })
    expect(read('-w=x', '-w=').ok).toBe(false)
    expect(read('-w==x')).toMatchObject({ value: { values: { word: '=x' } } })
    expect(read('-w=x.json')).toMatchObject({ value: { values: { word: 'x.json' } } })
    expect(read('-5', '--word', '-3', '--many', '-.5', '--number', '9', '-1.5')).toMatchObject({
      value: { values: { word: '-3', many: ['-.5'], number: 9 }, positionals: ['-5', '-1.5'] },
    })
    expect(read('--word', '-f').ok).toBe(false)
    expect(read('--word=-x', '--number', '9')).toMatchObject({ value: { values: { word: '-x', number: 9 } } })
  })

  it.each(['-1', '10', '1.5', '1e0', ' 1', '0x1', '', '９', '99999999999999999999'])('refuses %j for a number from 0 to 9', (text) => {
    expect(read(`--number=${text}`)).toMatchObject({ ok: false, error: { code: 'cli.usage' } })
  })

  it.each(['--__proto__', '--constructor', '-x', '--flag=', '--no-flag', '--word='])('refuses %s', (argument) => {
    expect(read(argument)).toMatchObject({ ok: false, error: { code: 'cli.usage' } })
  })
})

it('README.md lists the options of the programs as they are', () => {
  const readme = readFileSync(join(repository, 'README.md'), 'utf8')
  for (const name of ['start', 'demo', 'audit', 'wallet', 'node'] as const)
    expect(readme).toContain(`\`${hosts[name].command} …\`:\n\n${optionRows(hosts[name].options)}\n`)
})
