/** A participant whose folder is damaged is out, and the others go on; its wallet comes back from its phrase, or another one takes its place. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { must } from '../../main/core/index.ts'
import { startLocalNetwork, type LocalNetwork } from '../../main/hosts/headless/network/local-network.ts'
import type { Absent } from '../../main/hosts/headless/network/participants.ts'
import { phraseOf, replaceWallet, restoreWallet } from '../../main/hosts/headless/network/wallets.ts'
import { GUESTBOOK } from './harness.ts'

let folder: string
let network: LocalNetwork | undefined
let absent: Absent[] = []
const start = async (): Promise<LocalNetwork> => {
  absent = []
  network = await startLocalNetwork({
    folder,
    program: GUESTBOOK,
    title: 'Guestbook',
    servers: 3,
    clients: PEOPLE,
    tickBlocks: 3,
    blockMs: 0,
    logLevel: 'error',
    output: () => undefined,
    log: { log: () => undefined },
    absent: (one) => absent.push(one),
  })
  return network
}
const stop = async (): Promise<void> => {
  await network?.stop()
  network = undefined
}
const passphrase = (): string => readFileSync(join(folder, 'passphrase'), 'utf8')
const store = (name: string): string => join(folder, name, 'state', 'store.sqlite')
const balanceOf = async (name: string): Promise<number> => {
  const view = must(await network!.participants.get(name)!.call('overview', {}))
  return view.node.balance
}
/** Until the wallet has taken the chain in. */
const settled = async (name: string, enough: (balance: number) => boolean): Promise<number> => {
  for (let height = -1; ;) {
    const balance = await balanceOf(name)
    if (enough(balance)) return balance
    const { chain } = must(await network!.participants.get(name)!.call('overview', {}))
    const tip = must(await network!.chain.tip()).height
    if (chain.height === tip && height === tip) throw new Error(`${name} has ${balance} sats at the tip ${tip}`)
    height = chain.height
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'golem-damage-'))
})
afterAll(async () => {
  await stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Sats, more than it costs to register and to reserve keys. */
const FEES = 50_000
const PEOPLE = ['alice', 'cleo', 'dan', 'finn']
/** Each to the folder of its own victim: one start shows all of them. */
const DAMAGES: Record<string, { harm(): void; said: RegExp }> = {
  alice: { harm: () => writeFileSync(store('alice'), 'garbage '.repeat(2_000)), said: /is damaged/ },
  cleo: { harm: () => truncateSync(store('cleo'), 0), said: /is damaged \(it is empty\)/ },
  dan: { harm: () => rmSync(store('dan')), said: /is damaged \(it is missing\)/ },
}

describe('A damaged participant', () => {
  let phrase = ''
  let coins = 0

  it('is out, with what to do about it, and the others go on', async () => {
    await start()
    coins = await settled('alice', (balance) => balance > 0)
    phrase = must(await network!.participants.get('alice')!.call('wallet.phrase', { passphrase: passphrase() })).phrase
    expect(await network!.participants.get('alice')!.call('wallet.phrase', { passphrase: 'wrong' })).toMatchObject({
      error: { code: 'keystore.passphrase' },
    })
    await stop()
    expect(await phraseOf(folder, 'alice', passphrase())).toEqual({ ok: true, value: phrase })
    for (const [name, { harm }] of Object.entries(DAMAGES)) {
      for (const ending of ['-wal', '-shm']) rmSync(`${store(name)}${ending}`, { force: true })
      harm()
    }
    await start()
    expect([...network!.participants.keys()].sort()).toEqual(['finn', 'server-1', 'server-2', 'server-3', 'supervisor'])
    expect(absent.map(({ name }) => name).sort()).toEqual(Object.keys(DAMAGES))
    for (const { name, role, why } of absent) {
      expect([role, why], name).toEqual(['client', expect.stringMatching(DAMAGES[name]!.said)])
      expect(why).toContain(`npm run wallet -- restore ${name}`)
    }
    const before = must(await network!.participants.get('finn')!.call('overview', {})).chain.height
    await network!.mine(1)
    await network!.clock.settled()
    expect(must(await network!.participants.get('finn')!.call('overview', {})).chain.height).toBeGreaterThan(before)
    await stop()
  })

  it('comes back from its phrase, and nothing of the old folder is lost', async () => {
    expect(await restoreWallet(folder, 'nobody', phrase)).toMatchObject({ error: { code: 'wallet.nobody' } })
    expect(await restoreWallet(folder, 'alice', `${phrase} extra`)).toMatchObject({ error: { code: 'phrase.length' } })
    expect(readdirSync(folder).filter((name) => name.startsWith('alice'))).toEqual(['alice'])
    mkdirSync(join(folder, 'alice', 'kept'))
    const aside = must(await restoreWallet(folder, 'alice', ` ${phrase.toUpperCase()}\n`))
    expect([existsSync(join(aside, 'kept')), readdirSync(folder).filter((name) => name.startsWith('alice')).length]).toEqual([true, 2])
    await start()
    expect(absent.map(({ name }) => name)).not.toContain('alice')
    // She may have begun to join before the end, and paid for that.
    expect(await settled('alice', (balance) => balance >= coins - FEES)).toBeGreaterThanOrEqual(coins - FEES)
    expect(await restoreWallet(folder, 'alice', phrase)).toMatchObject({ error: { code: 'wallet.running' } })
    await stop()
  })

  it('is given a new wallet, and coins of its own', async () => {
    must(replaceWallet(folder, 'alice'))
    await start()
    await network!.mine(100)
    expect(await settled('alice', (balance) => balance > 0)).toBeGreaterThan(0)
    expect(must(await network!.participants.get('alice')!.call('wallet.phrase', { passphrase: passphrase() })).phrase).not.toBe(phrase)
    await stop()
  })
})
