/** What a person may name to the wallet command, and files of the network's folder that an editor or a crash left otherwise. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { must } from '../../../../main/core/index.ts'
import { lockFolder } from '../../../../main/adapters/storage/lock.ts'
import { readNote, writeNote } from '../../../../main/hosts/headless/network/note.ts'
import { settingsWith } from '../../../../main/core/settings.ts'
import { configOf } from '../../../../main/hosts/headless/network/plan.ts'
import { phraseOf, replaceWallet, restoreWallet } from '../../../../main/hosts/headless/network/wallets.ts'

const root = mkdtempSync(join(tmpdir(), 'golem-wallets-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const PHRASE = 'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about'

let network: string
const file = (name: string, text: string | Buffer): void => writeFileSync(join(network, name), text)
beforeEach(() => {
  network = mkdtempSync(join(root, 'net-'))
  mkdirSync(join(network, 'alice', 'state'), { recursive: true })
  mkdirSync(join(network, 'chain'))
  file('passphrase', 'secret')
})

describe('the wallet command', () => {
  it.each(['chain', 'nobody', '.', '..', '', 'alice/state'])('touches nothing but a participant: «%s»', async (name) => {
    const before = readdirSync(network, { recursive: true })
    const refused = { error: { code: 'wallet.nobody', message: expect.stringContaining(`in ${network}; it has alice. Name one of them`) } }
    expect(await phraseOf(network, name, 'secret')).toMatchObject(refused)
    expect(await restoreWallet(network, name, PHRASE)).toMatchObject(refused)
    expect(replaceWallet(network, name)).toMatchObject(refused)
    expect(readdirSync(network, { recursive: true })).toEqual(before)
  })

  it('shows no phrase where there is no wallet, and makes none', async () => {
    expect(await phraseOf(network, 'alice', 'secret')).toMatchObject({ error: { code: 'wallet.none' } })
    expect(readdirSync(join(network, 'alice', 'state'))).toEqual([])
  })

  it('waits for the end of the network, also for a participant that does not run', () => {
    const release = must(lockFolder(network, 100))
    expect(replaceWallet(network, 'alice')).toMatchObject({ error: { code: 'wallet.running' } })
    release()
    expect(replaceWallet(network, 'alice')).toMatchObject({ ok: true })
  })

  it('needs the passphrase that the wallet is to be locked with, and moves nothing without it', async () => {
    for (const [harm, code] of [
      [() => file('passphrase', '\n'), 'network.passphrase'],
      [() => rmSync(join(network, 'passphrase')), 'cli.file'],
    ] as const) {
      harm()
      expect(await restoreWallet(network, 'alice', PHRASE)).toMatchObject({
        error: { code, message: expect.stringContaining('put it back') },
      })
      expect(
        readdirSync(network)
          .sort()
          .filter((name) => name !== 'passphrase'),
      ).toEqual(['alice', 'chain'])
    }
  })
})

describe('the passphrase of a network', () => {
  const read = (): string =>
    configOf({ folder: network, chain: {} as never, tracker: '', logLevel: 'warn' }, { settings: settingsWith('alice') }).passphrase
  const wasUsed = (): void => {
    mkdirSync(join(network, 'supervisor', 'state'), { recursive: true })
    writeFileSync(join(network, 'supervisor', 'state', 'store.sqlite'), '')
  }

  it.each(['secret\n', 'secret\r\n', '\uFEFFsecret'])('is what it was after an editor saved it: %j', async (text) => {
    must(await restoreWallet(network, 'alice', PHRASE))
    file('passphrase', text)
    expect(read()).toBe('secret')
    expect(await phraseOf(network, 'alice', read())).toEqual({ ok: true, value: PHRASE })
  })

  it('is made once, and never in the place of a lost one', () => {
    rmSync(join(network, 'passphrase'))
    expect(read()).toMatch(/^[0-9a-f]{32}$/)
    wasUsed()
    rmSync(join(network, 'passphrase'))
    expect(read).toThrow(/There is no file .*passphrase\. It opens the wallets of this network: put it back/)
    expect(existsSync(join(network, 'passphrase'))).toBe(false)
    file('passphrase', Buffer.from('\uFEFFsecret', 'utf16le'))
    expect(read).toThrow(/is in UTF-16/)
  })
})

describe('the note of a network', () => {
  const note = {
    app: 'Guestbook',
    chain: { url: 'http://127.0.0.1:1', user: 'u', password: 'p', backend: 'embedded' as const },
    tracker: 'http://127.0.0.1:2/announce',
    funded: ['alice'],
  }

  it('is read as it was written, also with a mark', () => {
    writeNote(network, note)
    expect(readNote(network)).toEqual({ ok: true, value: note })
    file('network.json', `\uFEFF${readFileSync(join(network, 'network.json'), 'utf8')}`)
    expect(readNote(network)).toEqual({ ok: true, value: note })
  })

  it.each([
    '',
    'null',
    '[]',
    '{}',
    '5',
    '{"chain":',
    '{"chain":5}',
    JSON.stringify({ ...note, funded: null }),
    JSON.stringify({ ...note, chain: { ...note.chain, url: 'x' } }),
    JSON.stringify({ ...note, tracker: 1 }),
    Buffer.from(`\uFEFF${JSON.stringify(note)}`, 'utf16le'),
  ])('that is damaged is named, with what to do: %j', (text) => {
    file('network.json', text)
    expect(readNote(network)).toMatchObject({
      error: {
        code: 'network.note',
        message: expect.stringMatching(/network\.json .*Start the network with npm start, which writes it anew\.$/),
      },
    })
  })
})
