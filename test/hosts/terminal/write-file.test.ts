import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { isStandardOutput, replaceFile } from '../../../main/hosts/terminal/write-file.ts'
import { repository } from '../../architecture/rules.ts'

const above = mkdtempSync(join(tmpdir(), 'golem-write-'))
afterAll(() => rmSync(above, { recursive: true, force: true }))
let folder: string
let count = 0
beforeEach(() => {
  folder = join(above, String(count++))
  mkdirSync(folder)
})

const at = (name: string): string => join(folder, name)
const read = (name: string): string => readFileSync(at(name), 'utf8')
const isRoot = process.getuid?.() === 0
const NOBODY = 65_534

/** Writes in a process that may write files of at most 64 KB, as a disk that fills up would let it. */
function writeWithLittleRoom(file: string, text: string): string {
  const module = join(repository, 'main', 'hosts', 'terminal', 'write-file.ts')
  const program = `import { replaceFile } from ${JSON.stringify(module)}
    process.stdout.write(JSON.stringify(replaceFile(${JSON.stringify(file)}, ${JSON.stringify(text.slice(0, 1))}.repeat(${text.length}))))`
  const command = `ulimit -f 64; exec "$0" --input-type=module-typescript -e "$1"`
  return spawnSync('bash', ['-c', command, process.execPath, program], { encoding: 'utf8' }).stdout
}

describe('a regular file', () => {
  it('is the old one when the new one cannot be written, and nothing is left beside it', () => {
    writeFileSync(at('kept'), 'old')
    mkdirSync(at('taken'))
    expect(replaceFile(at('taken'), 'new')).toMatchObject({ ok: false, error: { code: 'cli.write' } })
    expect(replaceFile(at('no/folder'), 'new')).toMatchObject({ ok: false, error: { code: 'cli.write' } })
    expect(replaceFile(at('kept'), 'new')).toEqual({ ok: true, value: null })
    expect(read('kept')).toBe('new')
    expect(readdirSync(folder).sort()).toEqual(['kept', 'taken'])
  })

  it.each(['alone', 'with a second hard link'])('is the old one when the disk is full (%s)', (kind) => {
    writeFileSync(at('kept'), 'old text')
    if (kind !== 'alone') linkSync(at('kept'), at('other'))
    expect(JSON.parse(writeWithLittleRoom(at('kept'), 'n'.repeat(1 << 20)))).toMatchObject({ ok: false, error: { code: 'cli.write' } })
    expect(read('kept')).toBe('old text')
    expect(readdirSync(folder)).toHaveLength(kind === 'alone' ? 1 : 2)
  })

  it('keeps its mode, and a new one gets what the umask leaves', () => {
    for (const mode of [0o600, 0o640, 0o755, 0o664]) {
      writeFileSync(at('kept'), 'old')
      chmodSync(at('kept'), mode)
      expect(replaceFile(at('kept'), 'new').ok).toBe(true)
      expect(statSync(at('kept')).mode & 0o7777).toBe(mode)
    }
    replaceFile(at('fresh'), 'new')
    expect(statSync(at('fresh')).mode & 0o777).toBe(0o666 & ~process.umask())
    replaceFile(at('secret'), 'new', 0o600)
    expect(statSync(at('secret')).mode & 0o777).toBe(0o600)
  })

  it.skipIf(!isRoot)('keeps its owner, also behind a link (only root can give files away)', () => {
    writeFileSync(at('theirs'), 'old')
    chmodSync(at('theirs'), 0o640)
    chownSync(at('theirs'), NOBODY, NOBODY)
    symlinkSync('theirs', at('link'))
    expect(replaceFile(at('link'), 'new').ok).toBe(true)
    expect(statSync(at('theirs'))).toMatchObject({ uid: NOBODY, gid: NOBODY })
    expect(statSync(at('theirs')).mode & 0o777).toBe(0o640)
    expect(read('theirs')).toBe('new')
  })

  it('stays one file for all its hard links', () => {
    for (const text of ['a longer text than before', 'short']) {
      rmSync(at('other'), { force: true })
      writeFileSync(at('kept'), 'old text')
      linkSync(at('kept'), at('other'))
      expect(replaceFile(at('kept'), text).ok).toBe(true)
      expect([read('kept'), read('other')]).toEqual([text, text])
    }
  })

  it('is replaced where a link, or a chain of links, leads, and the links stay', () => {
    mkdirSync(at('deep'))
    writeFileSync(at('deep/kept'), 'old')
    symlinkSync('deep/kept', at('one'))
    symlinkSync(at('one'), at('two'))
    expect(replaceFile(at('two'), 'new').ok).toBe(true)
    expect(read('deep/kept')).toBe('new')
    expect(lstatSync(at('one')).isSymbolicLink() && lstatSync(at('two')).isSymbolicLink()).toBe(true)
  })

  it('is made where a link leads that leads nowhere yet; links in a circle are refused', () => {
    symlinkSync('later', at('link'))
    expect(replaceFile(at('link'), 'new').ok).toBe(true)
    expect(read('later')).toBe('new')
    symlinkSync('b', at('a'))
    symlinkSync('a', at('b'))
    expect(replaceFile(at('a'), 'new')).toMatchObject({ ok: false, error: { message: expect.stringContaining('link') } })
  })
})

describe('what is no regular file', () => {
  it('a named pipe: its reader gets the text, and it stays a pipe', async () => {
    spawnSync('mkfifo', [at('pipe')])
    const text = 'line\n'.repeat(50_000)
    const reader = spawn('cat', [at('pipe')], { stdio: ['ignore', 'pipe', 'inherit'] })
    let got = ''
    reader.stdout.on('data', (data) => (got += String(data)))
    const ended = new Promise((resolve) => reader.on('close', resolve))
    // In a process of its own, because opening a pipe waits for its reader.
    const program = `import { replaceFile } from ${JSON.stringify(join(repository, 'main/hosts/terminal/write-file.ts'))}
      replaceFile(${JSON.stringify(at('pipe'))}, 'line\\n'.repeat(50_000))`
    const writer = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], { stdio: 'inherit' })
    await Promise.all([ended, new Promise((resolve) => writer.on('close', resolve))])
    expect(got).toBe(text)
    expect(statSync(at('pipe')).isFIFO()).toBe(true)
  })

  it('a device stays one', () => {
    // Behind a link, so that a fault would harm the link and not the machine's device.
    symlinkSync('/dev/null', at('null'))
    expect(replaceFile(at('null'), 'text')).toEqual({ ok: true, value: null })
    expect(lstatSync(at('null')).isSymbolicLink()).toBe(true)
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
  })

  it('a device that takes nothing is a failure', () => {
    symlinkSync('/dev/full', at('full'))
    expect(replaceFile(at('full'), 'text')).toMatchObject({ ok: false, error: { message: expect.stringContaining('ENOSPC') } })
  })

  it("the process's own output is written to as it is, also where it is a file that others append to", () => {
    const program = `import { replaceFile, isStandardOutput } from ${JSON.stringify(join(repository, 'main/hosts/terminal/write-file.ts'))}
      process.exitCode = replaceFile('/dev/stdout', 'b').ok && isStandardOutput('/dev/stdout') && !isStandardOutput('/dev/stderr') ? 0 : 1`
    const command = `printf a > "$2"; "$0" --input-type=module-typescript -e "$1" >> "$2"`
    expect(spawnSync('bash', ['-c', command, process.execPath, program, at('log')]).status).toBe(0)
    expect(read('log')).toBe('ab')
    // Node gives its children sockets, which cannot be opened by name.
    expect(spawnSync(process.execPath, ['--input-type=module-typescript', '-e', program], { encoding: 'utf8' }).stdout).toBe('b')
    expect(isStandardOutput(at('log'))).toBe(false)
  })
})
