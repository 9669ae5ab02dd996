/** What is advised for a participant that cannot start depends on why: real processes, each with something else in its way. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { lockFolder } from '../../../../main/adapters/storage/lock.ts'
import { must, type ParticipantConfig } from '../../../../main/core/index.ts'
import { adviceFor } from '../../../../main/hosts/headless/network/advice.ts'
import { createParticipants, type Absent } from '../../../../main/hosts/headless/network/participants.ts'
import { settingsWith } from '../../../../main/core/settings.ts'
import { StartFailure, startParticipant } from '../../../../main/hosts/headless/network/process.ts'

const root = mkdtempSync(join(tmpdir(), 'golem-participants-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const config = (name: string, more: Partial<ParticipantConfig> = {}): ParticipantConfig => ({
  folder: join(root, name),
  passphrase: 'test',
  scryptLog2: 10,
  // Nobody listens there: a participant starts without its node and waits for it.
  chain: { backend: 'bitcoind', network: 'regtest', url: 'http://127.0.0.1:9', user: 'u', password: 'p' },
  swarm: { trackers: [], dht: false, lsd: false },
  logLevel: 'error',
  settings: settingsWith(name),
  ...more,
})

describe('participants of whom some cannot start', () => {
  it('advise restore or replace where the data is the cause, and nowhere else; the others go on', async () => {
    const configs = ['well', 'damaged', 'in-use', 'refused'].map((name) => config(name, name === 'refused' ? { scryptLog2: 99 } : {}))
    mkdirSync(join(root, 'damaged', 'state'), { recursive: true })
    writeFileSync(join(root, 'damaged', 'state', 'store.sqlite'), 'garbage '.repeat(2_000))
    const unlock = must(lockFolder(join(root, 'in-use'), 0))
    const absent: Absent[] = []
    const people = createParticipants({
      configs: new Map(configs.map((one) => [one.settings.name, one])),
      pace: { watch: () => undefined } as never,
      keepUp: false,
      log: { log: () => undefined },
      start: (one) => startParticipant(one, () => undefined, 'lean'),
      starting: () => undefined,
      started: () => undefined,
      absent: (one) => absent.push(one),
    })
    await people.startAll()
    const whys = Object.fromEntries(absent.map(({ name, why }) => [name, why]))
    const running = [...people.running.keys()]
    await people.stopAll()
    unlock()
    expect(running).toEqual(['well'])
    expect(whys).toEqual({
      damaged: expect.stringMatching(/is damaged.*npm run wallet -- restore damaged».*npm run wallet -- replace damaged»/s),
      'in-use': expect.stringMatching(/Another Golem is using .*End it first.*Its data is whole/s),
      refused: expect.stringMatching(/The setting scryptLog2 is not acceptable.*Its data is whole/s),
    })
    for (const name of ['in-use', 'refused']) expect(whys[name]).not.toContain('npm run wallet')
  })
})

describe('the advice', () => {
  it.each([
    'storage.corrupt',
    'stored.older',
    'stored.sealed',
    'keystore.malformed',
    'keystore.passphrase',
    'identity.missing',
    'identity.other',
    'phrase.checksum',
    'participant.start',
  ])('is restore or replace for %s', (code) => {
    expect(adviceFor(new StartFailure(code, ''), 'alice', '/f')).toMatch(/restore alice.*replace alice.*\/f aside and delete nothing/)
  })

  it.each([
    'storage.locked',
    'storage.lock',
    'storage.open',
    'storage.version',
    'stored.newer',
    'keystore.version',
    'participant.system',
    'settings.app',
    'settings.invalid',
    'chain.unreachable',
    'chain.address',
    'process.ended',
    'process.start',
    'core.failed',
  ])('touches no wallet for %s', (code) => {
    expect(adviceFor(new StartFailure(code, ''), 'alice', '/f')).not.toMatch(/npm run wallet|aside/)
  })

  it('looks at the computer for a process that ended, and at no wallet for what nobody foresaw', () => {
    expect(adviceFor(new StartFailure('process.ended', ''), 'alice', '/f')).toContain('memory')
    expect(adviceFor(new Error('?'), 'alice', '/f')).not.toContain('npm run wallet')
  })
})
