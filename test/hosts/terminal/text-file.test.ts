import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { decodeText, readTextFile, withoutMark } from '../../../main/hosts/terminal/text-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'golem-text-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const utf16be = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16()
const utf32le = (text: string): Buffer => Buffer.concat([...text].map((char) => Buffer.from([char.codePointAt(0)!, 0, 0, 0])))

describe('text from outside', () => {
  it('is UTF-8, and a mark at its start is dropped, but none elsewhere', () => {
    expect(decodeText(Buffer.from('\uFEFF{"ü":"\uFEFF"}'), 'x')).toEqual({ ok: true, value: '{"ü":"\uFEFF"}' })
    expect(decodeText(Buffer.from(''), 'x')).toEqual({ ok: true, value: '' })
    expect(withoutMark('\uFEFF{}')).toBe('{}')
  })

  it.each([
    ['UTF-16', Buffer.from('\uFEFF{}', 'utf16le')],
    ['UTF-16', utf16be('\uFEFF{}')],
    ['UTF-16', Buffer.from('{"a":1}', 'utf16le')],
    ['UTF-16', utf16be('{"a":1}')],
    ['UTF-32', utf32le('\uFEFF{}')],
    ['UTF-32', utf32le('{}')],
  ])('in %s is refused by that name with what to do', (name, bytes) => {
    expect(decodeText(bytes, 'data.json')).toMatchObject({
      ok: false,
      error: { code: 'text.encoding', message: `data.json is in ${name}; save it as UTF-8.` },
    })
  })

  it('with a byte that is no UTF-8 is refused with its line', () => {
    const latin1 = Buffer.from('{\n"a": 1,\n"b": "\u00fc"\n}', 'latin1')
    expect(decodeText(latin1, 'data.json')).toMatchObject({ error: { message: expect.stringContaining('not UTF-8 (line 3 ') } })
  })

  it('comes from pipes too, and is bounded', () => {
    const file = join(folder, 'large')
    writeFileSync(file, Buffer.alloc((1 << 20) + 1, 'a'))
    expect(readTextFile(file, 'large', 1 << 20)).toMatchObject({ error: { message: 'large is larger than 1 MB.' } })
    expect(readTextFile('/dev/zero', 'zero', 1 << 20)).toMatchObject({ error: { message: 'zero is larger than 1 MB.' } })
    expect(readTextFile(folder, 'folder', 1)).toMatchObject({ error: { message: 'folder is no file, but a folder.' } })
    expect(readTextFile(join(folder, 'none'), 'none', 1)).toMatchObject({ error: { message: 'There is no file none.' } })
    const pipe = join(folder, 'pipe')
    const script = `mkfifo "$0"; (printf 'te'; sleep 0.1; printf 'xt') > "$0" &`
    spawnSync('bash', ['-c', script, pipe], { stdio: 'ignore' })
    expect(readTextFile(pipe, 'pipe', 1 << 20)).toEqual({ ok: true, value: 'text' })
  })
})
