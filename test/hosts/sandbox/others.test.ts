/** Several nodes in one real process. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { must, type ParticipantConfig } from '../../../main/core/index.ts'
import { settingsWith } from '../../../main/core/settings.ts'
import { createOthers, sortedLines } from '../../../main/hosts/sandbox/others.ts'
import { createOwn } from '../../../main/hosts/sandbox/own.ts'

const root = mkdtempSync(join(tmpdir(), 'golem-others-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const config = (name: string): ParticipantConfig => ({
  folder: join(root, name),
  passphrase: 'test',
  scryptLog2: 10,
  // Nobody listens there: a node starts without its chain and waits for it.
  chain: { backend: 'bitcoind', network: 'regtest', url: 'http://127.0.0.1:9', user: 'u', password: 'p' },
  swarm: { trackers: [], dht: false, lsd: false },
  logLevel: 'warn',
  network: 'sandbox',
  settings: settingsWith(name),
})

describe('the process of the others', () => {
  it('runs several nodes, each with its own contract and folder; one that cannot start is left out and can be tried again', async () => {
    const start = createOthers(() => undefined)
    const store = join(root, 'damaged', 'state', 'store.sqlite')
    mkdirSync(join(root, 'damaged', 'state'), { recursive: true })
    writeFileSync(store, 'garbage '.repeat(2_000))
    const damaged = start(config('damaged')).catch((error: unknown) => error)
    const [ann, ben] = await Promise.all(['ann', 'ben'].map((name) => start(config(name))))
    expect(await damaged).toMatchObject({
      code: 'storage.corrupt',
      message: expect.stringMatching(/^damaged could not start: .*is damaged/),
    })
    expect(ann!.pid).toBe(ben!.pid)
    const names = await Promise.all([ann!, ben!].map(async (one) => must(await one.call('overview', {})).node))
    expect(names).toMatchObject([
      { name: 'ann', network: 'sandbox', wallet: 'open' },
      { name: 'ben', network: 'sandbox', wallet: 'open' },
    ])
    const addresses = await Promise.all([ann!, ben!].map(async (one) => must(await one.call('wallet.receive', {})).address))
    expect(new Set(addresses).size).toBe(2)
    // It does not hold the folder that it could not open.
    rmSync(store)
    expect((await start(config('damaged'))).pid).toBe(ann!.pid)
    await ann!.stop()
    await ben!.ended
    expect(ben!.running).toBe(false)
    expect(await ben!.call('overview', {})).toMatchObject({ ok: false, error: { code: 'core.gone' } })
    const again = await start(config('ann'))
    expect(again.pid).not.toBe(ann!.pid)
    expect(must(await again.call('wallet.receive', {})).address).toBe(addresses[0])
    await again.stop()
  })
})

describe('the own node', () => {
  it('begins with a wallet that is made for it, and starts locked where its owner has changed the passphrase', async () => {
    const start = createOwn({ log: () => undefined })
    const own = { ...config('you'), settings: settingsWith('you', { use: { auto: true, freshKeys: 3 } }) }
    const first = await start(own)
    expect(must(await first.call('overview', {})).node).toMatchObject({ name: 'you', network: 'sandbox', wallet: 'open', problems: [] })
    const settings = must(await first.call('settings', {}))
    expect(settings.find(({ name }) => name === 'use.auto')).toMatchObject({ value: true, default: true })
    must(await first.call('settings.set', { name: 'use.auto', value: false }))
    must(await first.call('wallet.passphrase', { old: 'test', new: 'another one' }))
    await first.stop()
    const second = await start(own)
    expect(must(await second.call('overview', {})).node.wallet).toBe('locked')
    expect(must(await second.call('settings', {})).find(({ name }) => name === 'use.auto')).toMatchObject({ value: false })
    expect(await second.call('wallet.unlock', { passphrase: 'another one' })).toMatchObject({ ok: true })
    await second.stop()
  })
})

it('lines are told to whom they are of, also when they come in pieces; what nobody marked is of the process', () => {
  const told: string[] = []
  const take = sortedLines((name, text) => told.push(`${name}|${text}`))
  take('bob: one\nserver-1: tw')
  take('o: three\nNode.js crashed\nbob: ')
  take('\n')
  expect(told).toEqual(['bob|one\n', 'server-1|two: three\n', 'others|Node.js crashed\n', 'bob|\n'])
})
