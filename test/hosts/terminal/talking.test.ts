/** What programs show to people and ask of them: amounts, tables, progress, passphrases. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { EventEmitter } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ReadStream } from 'node:tty'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { readAmount, sats } from '../../../main/hosts/terminal/amount.ts'
import { askLine } from '../../../main/hosts/terminal/ask.ts'
import { columnsOf, plain } from '../../../main/hosts/terminal/columns.ts'
import { createProgress } from '../../../main/hosts/terminal/progress.ts'
import { readNewPassphrase, readPassphrase, type Asking } from '../../../main/hosts/terminal/secret.ts'
import { must } from '../../../roles/protocol/result.ts'

describe('an amount', () => {
  it.each<[string, number]>([
    ['1', 1],
    ['5000', 5_000],
    ['5,000', 5_000],
    ['5,000 sats', 5_000],
    ['1sat', 1],
    ['12 SATS', 12],
    ['0.00000001btc', 1],
    ['0.5 BTC', 50_000_000],
    ['21000000btc', 2_100_000_000_000_000],
    ['0.1btc', 10_000_000],
    ['1.10000001btc', 110_000_001],
  ])('%s is %d sats', (text, amount) => {
    expect(readAmount(text)).toEqual({ ok: true, value: amount })
  })

  it.each([
    '',
    '0',
    '-1',
    '1.5',
    '1.5sats',
    '1e3',
    '0x10',
    '1 000',
    '1,00',
    '1,000.5btc',
    '1,5btc',
    '0.000000001btc',
    'btc',
    '5 eur',
    '21000001btc',
    '９',
    '0btc',
    '1btc sats',
  ])('«%s» is none', (text) => {
    expect(readAmount(text)).toMatchObject({ ok: false, error: { code: 'cli.usage' } })
  })

  it('is read as it is written', () => {
    expect(sats(1_234_567)).toBe('1,234,567 sats')
    expect(sats(-1)).toBe('-1 sat')
    fc.assert(fc.property(fc.integer({ min: 1, max: 2_100_000_000_000_000 }), (amount) => must(readAmount(sats(amount))) === amount))
  })
})

describe('a table', () => {
  it('has its columns below each other, numbers at the right, wide characters counted as two', () => {
    const rows = [
      { name: 'Poll', pay: 5 },
      { name: '投票', pay: 1_200 },
    ]
    expect(
      columnsOf(rows, [
        { title: 'app', of: ({ name }) => name },
        { title: 'sats', of: ({ pay }) => String(pay), right: true },
      ]),
    ).toBe('app   sats\nPoll     5\n投票  1200')
  })

  it('is no way for what strangers wrote into the terminal', () => {
    expect(plain('a\u001b[2Jb\nc\td\u202ee\u009b')).toBe('a[2Jb c de')
    const text = columnsOf([{ t: 'x'.repeat(200) }], [{ title: 't', of: ({ t }) => t }], 100)
    expect(text.split('\n').map((line) => line.length)).toEqual([1, 100])
  })

  it('is whole where the output is no terminal, for whoever reads it there', () => {
    expect(process.stdout.isTTY).not.toBe(true)
    const text = columnsOf([{ t: 'x'.repeat(200) }], [{ title: 't', of: ({ t }) => t }])
    expect(text).toBe(`t\n${'x'.repeat(200)}`)
  })
})

describe('progress', () => {
  const shown = (columns: number | null): { text: () => string; progress: ReturnType<typeof createProgress> } => {
    let all = ''
    return { text: () => all, progress: createProgress(columns, (text) => (all += text)) }
  }

  it('is one line on a terminal, and leaves nothing there', () => {
    const { text, progress } = shown(40)
    progress.show('grinding', 0)
    progress.show('grinding', 50)
    progress.show('x'.repeat(60), null)
    progress.end()
    progress.end()
    const lines = text().split('\r\u001b[K')
    expect(lines.slice(1)).toEqual([
      '[--------------------]   0 %  grinding',
      '[##########----------]  50 %  grinding',
      `${'x'.repeat(38)}…`,
      '',
    ])
  })

  it('is a line for each step elsewhere', () => {
    const { text, progress } = shown(null)
    for (let percent = 0; percent <= 100; percent++) progress.show('reading blocks', percent)
    progress.show('done', null)
    progress.end()
    expect(text()).toBe(
      'reading blocks (0 %)\nreading blocks (25 %)\nreading blocks (50 %)\nreading blocks (75 %)\nreading blocks (100 %)\ndone\n',
    )
  })
})

/** A terminal on which somebody types. */
function terminal(isTTY = true) {
  const input = Object.assign(new EventEmitter(), {
    isTTY,
    raw: false,
    setRawMode: (raw: boolean) => (input.raw = raw),
    setEncoding: () => input,
    pause: () => input,
    resume: () => input,
  })
  let seen = ''
  const ask = (hidden: boolean): Promise<string | null> =>
    askLine(input as unknown as ReadStream, { write: (text: string) => (seen += text) }, 'Word: ', hidden)
  return { input, ask, seen: () => seen }
}

describe('whoever is asked', () => {
  it.each<[boolean, string[], string | null, string]>([
    [true, ['se', 'cret\r'], 'secret', 'Word: \n'],
    [true, ['passe\u007fword\n'], 'password', 'Word: \n'],
    [true, ['🗿🗿\u007f\r'], '🗿', 'Word: \n'],
    [true, ['wrong\u0015right\r'], 'right', 'Word: \n'],
    [true, ['a\u0004b\r'], 'ab', 'Word: \n'],
    [true, ['\r'], '', 'Word: \n'],
    [true, ['\u0004'], null, 'Word: \n'],
    [true, ['half\u0003'], null, 'Word: \n'],
    [false, ['ab\r'], 'ab', 'Word: ab\n'],
    [false, ['ab\u007f\r'], 'a', 'Word: ab\r\u001b[KWord: a\n'],
  ])('hidden %s, types %j', async (hidden, keys, line, seen) => {
    const one = terminal()
    const asked = one.ask(hidden)
    expect(one.input.raw).toBe(true)
    for (const key of keys) one.input.emit('data', key)
    expect(await asked).toBe(line)
    expect(one.seen()).toBe(seen)
    expect(one.input.raw).toBe(false)
    expect(one.input.listenerCount('data')).toBe(0)
  })

  it('is nobody where there is no terminal', async () => {
    const one = terminal(false)
    expect(await one.ask(true)).toBeNull()
    expect(one.seen()).toBe('')
  })
})

describe('a passphrase', () => {
  const folder = mkdtempSync(join(tmpdir(), 'golem-secret-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const write = (name: string, text: string, mode = 0o600): string => {
    writeFileSync(join(folder, name), text)
    chmodSync(join(folder, name), mode)
    return name
  }
  const asking = (answers: Array<string | null> = [], env: Asking['env'] = {}) => {
    const questions: Array<[string, boolean]> = []
    let said = ''
    const io: Asking = {
      cwd: folder,
      env,
      err: (text) => (said += text),
      ask: (question, hidden) => {
        questions.push([question, hidden])
        return Promise.resolve(answers.shift() ?? null)
      },
    }
    return { io, questions, said: () => said }
  }
  const own = (file?: string) => ({ file, variable: 'GOLEM_PASSPHRASE' as const })

  it('is the first line of a file, then the variable, then what is typed unseen', async () => {
    const env = { GOLEM_PASSPHRASE: 'from outside' }
    expect(await readPassphrase(asking(['typed'], env).io, own(write('p', 'from a file\r\nmore\n')))).toEqual({
      ok: true,
      value: 'from a file',
    })
    expect(await readPassphrase(asking(['typed'], env).io, own())).toEqual({ ok: true, value: 'from outside' })
    const typed = asking(['typed'], { GOLEM_PASSPHRASE: '' })
    expect(await readPassphrase(typed.io, own())).toEqual({ ok: true, value: 'typed' })
    expect(typed.questions).toEqual([['Passphrase: ', true]])
  })

  it.each<[string, () => Promise<unknown>]>([
    ['cli.passphrase', () => readPassphrase(asking().io, own())],
    ['cli.passphrase', () => readPassphrase(asking(['']).io, own())],
    ['cli.passphrase', () => readPassphrase(asking(['x'.repeat(1_001)]).io, own())],
    ['cli.passphrase', () => readPassphrase(asking().io, own(write('empty', '\nnot this\n')))],
    ['cli.file', () => readPassphrase(asking().io, own('nowhere'))],
    ['cli.file', () => readPassphrase(asking().io, own(write('large', 'x'.repeat(5_000))))],
    ['cli.passphrase', () => readNewPassphrase(asking(['one', 'other']).io, own())],
    ['cli.passphrase', () => readNewPassphrase(asking(['one']).io, own())],
  ])('is refused: %s', async (code, read) => {
    expect(await read()).toMatchObject({ ok: false, error: { code } })
  })

  it('that is new is typed twice, and not asked for where it is given', async () => {
    const typed = asking(['one', 'one'])
    expect(await readNewPassphrase(typed.io, own())).toEqual({ ok: true, value: 'one' })
    expect(typed.questions.map(([, hidden]) => hidden)).toEqual([true, true])
    const given = asking([], { GOLEM_NEW_PASSPHRASE: 'new', GOLEM_PASSPHRASE: 'old' })
    expect(await readNewPassphrase(given.io, { file: undefined, variable: 'GOLEM_NEW_PASSPHRASE' })).toEqual({ ok: true, value: 'new' })
    expect(given.questions).toEqual([])
  })

  it.skipIf(process.platform === 'win32')('in a file that others may read is taken, and that is said', async () => {
    const one = asking()
    expect(await readPassphrase(one.io, own(write('open', 'secret\n', 0o644)))).toMatchObject({ ok: true })
    expect(one.said()).toBe('golem: other users may read open; chmod 600 ends that.\n')
  })
})
