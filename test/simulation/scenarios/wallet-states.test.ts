/** A node from its first start on: what it answers without a wallet, while its words are asked back, open, and locked; and what it takes part in meanwhile. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CommandArgs, CommandName, CommandResult } from '../../../main/contract/index.ts'
import { must } from '../../../roles/protocol/result.ts'
import { scriptOfAddress } from '../../../roles/protocol/tx/index.ts'
import { expectCrashes, NOBODY, startWorld, type World } from '../network/world.ts'

const PASSPHRASE = 'correct horse battery'
let world: World
let calm: () => void
beforeAll(async () => {
  calm = expectCrashes()
  world = await startWorld('wallet states', 3, ['alice'])
  await world.add({ name: 'eve', bare: true, settings: { use: { freshKeys: 1 } } })
})
afterAll(async () => {
  await world?.close()
  calm()
})

/** Passphrases take real time, which no virtual clock knows of. */
async function secretly<N extends CommandName>(name: N, args: CommandArgs<N>): Promise<CommandResult<N>> {
  const result = await world.member('eve').core.call(name, args)
  if (!result.ok) throw new Error(`${name}: ${result.error.message} (${result.error.code})`)
  return result.value
}
const wallet = async (): Promise<string> => (await world.view('eve')).node.wallet
const app = async () => (await world.view('eve')).engagements[0]

describe('A node of a person', () => {
  it('has no wallet at first: it shows itself and its settings, and says what comes first to everything else', async () => {
    expect(await wallet()).toBe('none')
    expect(await world.call('eve', 'settings', {})).not.toEqual([])
    for (const [name, args] of [
      ['wallet.receive', {}],
      ['host.offers', {}],
      ['use', { app: 'guestbook' }],
    ] as const)
      await expect(world.call('eve', name, args as never)).rejects.toThrow('wallet.none')
  })

  it('receives nothing before the words of its new wallet were given back, also after a restart', async () => {
    const { phrase, asked } = await secretly('wallet.create', { passphrase: PASSPHRASE, words: 12 })
    expect([await wallet(), asked.length]).toEqual(['unconfirmed', 3])
    await expect(world.call('eve', 'wallet.receive', {})).rejects.toThrow('wallet.unconfirmed')
    await world.restart('eve')
    expect(await wallet()).toBe('unconfirmed')
    await secretly('wallet.unlock', { passphrase: PASSPHRASE })
    await expect(secretly('wallet.confirm', { words: ['a', 'b', 'c'] })).rejects.toThrow('wallet.words')
    const words = phrase.split(' ')
    await secretly('wallet.confirm', { words: asked.map((at) => words[at - 1]!) })
    expect(await wallet()).toBe('open')
    const { address } = await world.call('eve', 'wallet.receive', {})
    world.chain.mine(1, must(scriptOfAddress(address, 'regtest')))
    world.chain.mine(100, NOBODY)
    await world.run(3_000)
    expect((await world.call('eve', 'wallet.balance', {})).spendable).toBeGreaterThan(0)
  })

  it('takes part while it is open, stands still while it is locked, and goes on where everybody is once it is unlocked', async () => {
    await world.until('the offer', () => world.call('eve', 'use', { app: 'guestbook' }).then(Boolean, () => false))
    await world.until('a registration', async () => (await app())?.state === 'registered')
    await secretly('wallet.lock', {})
    expect(await wallet()).toBe('locked')
    await expect(world.call('eve', 'use.read', {} as never)).rejects.toThrow('wallet.locked')
    for (let blocks = 0; blocks < 8; blocks++) await world.block()
    await world.restart('eve')
    expect(await wallet()).toBe('locked')
    await expect(secretly('wallet.unlock', { passphrase: 'wrong horse battery' })).rejects.toThrow('keystore.passphrase')
    await secretly('wallet.unlock', { passphrase: PASSPHRASE })
    const tick = (await world.view('alice')).tick!.number
    await world.until('the same tick', async () => ((await world.view('eve')).tick?.number ?? -1) >= tick)
    expect((await app())?.state).toBe('registered')
  })

  it('keeps another passphrase, and shows its phrase to whoever knows it', async () => {
    await secretly('wallet.passphrase', { old: PASSPHRASE, new: 'staple staple apple' })
    await world.restart('eve')
    await expect(secretly('wallet.unlock', { passphrase: PASSPHRASE })).rejects.toThrow('keystore.passphrase')
    await secretly('wallet.unlock', { passphrase: 'staple staple apple' })
    expect((await secretly('wallet.phrase', { passphrase: 'staple staple apple' })).phrase.split(' ')).toHaveLength(12)
  })
})
