/** What a host installs (resources/host), held against the command that it starts. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commands } from '../../main/hosts/cli/main.ts'
import { leanEnvironment, leanOptions } from '../../main/hosts/worker/lean.ts'
import { repository } from '../architecture/rules.ts'

const folder = join(repository, 'resources', 'host')
const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
const unit = read('golem.service')
const container = read('Containerfile')
const readme = read('README.md')

const valuesOf = (key: string): string[] =>
  [...unit.replaceAll('\\\n', ' ').matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value]) => value!.trim().replaceAll(/\s+/g, ' '))

/** The commands of a text that begin with `golem`, word by word. */
const commandLines = (text: string): string[][] =>
  [...text.matchAll(/(?:^|exec golem )golem ([a-z][^\n|]*)/gm)].map(([, line]) => line!.trim().split(/\s+/))

/** What is wrong with a command line: an option that its command does not have, or no such command. */
function complaints(words: readonly string[]): string[] {
  const command = commands
    .toSorted((a, b) => b.name.length - a.name.length)
    .find(({ name }) => `${words.join(' ')} `.startsWith(`${name} `))
  if (command === undefined) return [`there is no command in «${words.join(' ')}»`]
  const given = words.filter((word) => word.startsWith('--')).map((word) => word.slice(2).split('=')[0]!)
  const known = [...Object.keys(command.flags), 'json', 'help']
  return given.filter((name) => !known.includes(name)).map((name) => `golem ${command.name} has no option --${name}`)
}

/** The bundle of `golem node`, which the build makes of this. */
const HOST = 'dist/hosts/node/index.js'
const SOURCE = 'main/hosts/node/index.ts'
const hasNode = existsSync(join(repository, SOURCE)) && commands.some(({ name }) => name === 'node')

describe('the systemd unit', () => {
  const [start = ''] = valuesOf('ExecStart')
  const [program = '', ...words] = start.split(' ')
  const at = words.indexOf(`/opt/golem/${HOST}`)

  it('starts what golem node starts, with the Node of the repository and as lean', () => {
    expect(program).toBe('/opt/golem/node_modules/.bin/node')
    expect(words.slice(0, at)).toEqual(leanOptions)
    expect(valuesOf('AssertPathExists')).toEqual(['/opt/golem/dist/hosts/node/built'])
    const environment = valuesOf('Environment').flatMap((line) => line.split(' '))
    for (const [name, value] of Object.entries(leanEnvironment)) expect(environment).toContain(`${name}=${value}`)
  })

  it.skipIf(!hasNode)('gives it options that it has', () => expect(complaints(['node', ...words.slice(at + 1)])).toEqual([]))

  it('names no secret in an argument or in the environment', () => {
    expect(start).toContain('--passphrase-file ${CREDENTIALS_DIRECTORY}/passphrase')
    expect(valuesOf('LoadCredential')).toEqual(['passphrase:/etc/golem/passphrase'])
    expect(valuesOf('Environment').join(' ')).not.toMatch(/PASS|SECRET|TOKEN|COOKIE/i)
  })

  it('uses variables that it sets, or that systemd does', () => {
    const set = valuesOf('Environment').flatMap((line) => line.split(' ').map((one) => one.split('=')[0]!))
    const used = [...start.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name!)
    expect(used.filter((name) => ![...set, 'STATE_DIRECTORY', 'CREDENTIALS_DIRECTORY'].includes(name))).toEqual([])
  })

  const analyze = spawnSync('systemd-analyze', ['--version'])
  it.skipIf(analyze.error !== undefined)('is understood by systemd, which finds it well shut in', () => {
    const temporary = mkdtempSync(join(tmpdir(), 'golem-unit-'))
    const path = join(temporary, 'golem.service')
    writeFileSync(path, unit.replaceAll('/opt/golem', repository))
    const verified = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' })
    const security = spawnSync('systemd-analyze', ['security', '--offline=true', path], { encoding: 'utf8' })
    rmSync(temporary, { recursive: true })
    expect(verified.stderr).not.toMatch(/golem\.service/)
    expect(Number(/exposure level for golem\.service: ([\d.]+)/.exec(security.stdout)?.[1])).toBeLessThan(2)
  })
})

describe('the container file', () => {
  const json = (key: string): string[] => JSON.parse(new RegExp(`${key} (\\[.*\\])$`, 'm').exec(container)![1]!) as string[]

  it.skipIf(!hasNode)('gives the command options that it has, also in its health check', () => {
    expect(json('ENTRYPOINT')).toEqual(['golem-node'])
    expect(container).toContain(`exec node ${leanOptions.join(' ')} /opt/golem/${HOST} "$@"`)
    expect(complaints(['node', ...json('^CMD')])).toEqual([])
    expect(complaints(json('HEALTHCHECK.* CMD').slice(1))).toEqual([])
  })

  it('copies what the repository has, runs as nobody, and keeps its folder outside', () => {
    const programs = [...container.matchAll(/(main\/[\w/.]+\.(?:ts|mjs))/g)].map(([, path]) => path!)
    expect(programs.length).toBeGreaterThan(1)
    expect(programs.filter((path) => !existsSync(join(repository, path)))).toEqual([])
    expect(container.match(/^USER (.*)$/gm)?.at(-1)).toBe('USER 10001:10001')
    expect(container).toMatch(/^VOLUME \/var\/lib\/golem$/m)
  })

  it('names no registry', () => expect(container.match(/^(?:ARG BASE=|FROM )(\S+)/gm)?.join(' ')).not.toMatch(/\w\.\w+\//))
})

describe('what a host reads', () => {
  it('tells of every file beside it', () => {
    const files = readdirSync(folder).filter((name) => name !== 'README.md')
    expect(files.filter((name) => !readme.includes(name))).toEqual([])
  })

  it.skipIf(!hasNode)('types commands that there are', () => {
    const lines = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) => commandLines(block!))
    expect(lines.length).toBeGreaterThan(3)
    expect(lines.flatMap((words) => complaints(words))).toEqual([])
  })
})
