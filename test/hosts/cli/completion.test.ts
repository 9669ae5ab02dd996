/** What the shells say when Tab is pressed: the scripts of `golem completion` are run by the shells themselves, where they are installed. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { commands } from '../../../main/hosts/cli/main.ts'
import { flagsOf } from '../../../main/hosts/cli/command.ts'
import { golem, temporaryFolder } from './golem.ts'

const folder = temporaryFolder()
const files = join(folder, 'files')
const scriptOf = (shell: string): string => join(folder, `completion.${shell}`)

beforeAll(async () => {
  mkdirSync(files)
  writeFileSync(join(files, 'program file.json'), '{}')
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { out, code } = await golem(folder, 'completion', shell)
    expect(code).toBe(0)
    writeFileSync(scriptOf(shell), out)
  }
})

const has = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0
const isBash4 = has('bash') && Number(execFileSync('bash', ['-c', 'echo ${BASH_VERSINFO[0]}']).toString()) >= 4

const run = (program: string, args: string[]): string[] =>
  execFileSync(program, args, { cwd: files, encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: folder, LC_ALL: 'C.UTF-8' } })
    .split('\n')
    .filter((line) => line !== '')
    .sort()

/** What each shell offers after these words, of which the last one is being typed. */
const shells: Record<string, { there: boolean; offers(words: string[]): string[] }> = {
  bash: {
    there: isBash4,
    offers: (words) =>
      run('bash', [
        '--norc',
        '-c',
        'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _golem; printf "%s\\n" "${COMPREPLY[@]}"',
        'bash',
        scriptOf('bash'),
        ...words,
      ]),
  },
  zsh: {
    there: has('zsh'),
    offers: (words) =>
      run('zsh', [
        '-f',
        '-c',
        'source "$1"; shift; words=("$@"); CURRENT=$#; local kind; local -a items; _golem_candidates; for one in $items; do [[ $one == "$words[-1]"* ]] && print -r -- "${one%%:*}"; done; [[ $kind == file ]] && print -rl -- *(N); true',
        'zsh',
        scriptOf('zsh'),
        ...words,
      ]),
  },
  fish: {
    there: has('fish'),
    offers: (words) =>
      run('fish', ['--no-config', '-c', `source ${scriptOf('fish')}; complete -C ${JSON.stringify(words.join(' '))}`]).map(
        (line) => line.split('\t')[0]!,
      ),
  },
}
const firsts = [...new Set(commands.map(({ name }) => name.split(' ')[0]!)), 'help'].sort()
const seconds = (word: string): string[] =>
  commands.flatMap(({ name }) => (name.startsWith(`${word} `) ? [name.split(' ')[1]!] : [])).sort()
const longFlags = (name: string): string[] =>
  Object.keys(flagsOf(commands.find((one) => one.name === name)!))
    .map((flag) => `--${flag}`)
    .sort()

describe.each(Object.entries(shells))('%s completes', (shell, { there, offers }) => {
  const tries = it.skipIf(!there)
  if (!there) it.skip(`is not tried: no ${shell} is installed here`)

  tries('the commands, and those that begin so', () => {
    expect(offers(['golem', ''])).toEqual(firsts)
    expect(offers(['golem', 'com'])).toEqual(['compile', 'completion'])
    expect(offers(['golem', 'help', 'exp'])).toEqual(['explain'])
  })

  tries('the commands of a group, and nothing behind a whole one', () => {
    for (const word of new Set(commands.flatMap(({ name }) => (name.includes(' ') ? [name.split(' ')[0]!] : [])))) {
      expect(offers(['golem', word, '']).filter((one) => one !== 'program file.json')).toEqual(seconds(word))
    }
    expect(offers(['golem', 'simulate', ''])).toEqual([])
    expect(offers(['golem', 'completion', 'bash', ''])).toEqual([])
  })

  tries.each(commands.map(({ name }) => name))('the flags of %s', (name) => {
    expect(offers(['golem', ...name.split(' '), '--'])).toEqual(longFlags(name))
  })

  tries('flags after other arguments, and the names of files where files are taken', () => {
    expect(offers(['golem', 'run', 'app.ts', 'go', '--comm'])).toEqual(['--commit'])
    expect(offers(['golem', 'check', '']).map((one) => one.replaceAll('\\', ''))).toEqual(['program file.json'])
    expect(offers(['golem', 'run', 'app.ts', '--data', '']).map((one) => one.replaceAll('\\', ''))).toEqual(['program file.json'])
    expect(offers(['golem', 'simulate', '--seed', ''])).toEqual([])
  })
})

describe('golem completion', () => {
  it('knows three shells', async () => {
    expect(await golem(folder, 'completion', 'csh')).toMatchObject({ code: 2, err: expect.stringContaining('none for «csh»') })
    expect(await golem(folder, 'completion')).toMatchObject({
      code: 2,
      err: expect.stringContaining('golem completion needs: bash|zsh|fish'),
    })
  })
})
