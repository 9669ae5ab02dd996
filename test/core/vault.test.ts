/** A wallet as a person handles it: made, its words asked back, opened, closed, restored; and what a crash in between leaves. */
import { describe, expect, it } from 'vitest'
import { fastCrypto as crypto } from '../../main/adapters/crypto/fast.ts'
import { createVault, type Vault } from '../../main/core/vault.ts'
import { sealedStorage } from '../../main/core/sealed-storage.ts'
import { checkPhrase } from '../../roles/protocol/keys/index.ts'
import { must } from '../../roles/protocol/result.ts'
import { createMemoryDisk, createMemoryStorage, type MemoryDisk } from '../simulation/ports/storage.ts'
import { createSeededRandom } from '../simulation/ports/random.ts'

const SECRET = 'correct horse'
const random = createSeededRandom('vault')
const master = { purpose: 'master', app: 0 } as const

const start = (disk: MemoryDisk = createMemoryDisk(), beforeWrite?: () => void): Vault =>
  createVault({ crypto, random, storage: createMemoryStorage(disk, beforeWrite), network: 'test', scryptLog2: 10 })
const wordsAt = (phrase: string, asked: number[]): string[] => asked.map((position) => phrase.split(' ')[position - 1]!)

async function made(disk: MemoryDisk = createMemoryDisk(), words: 12 | 24 = 12) {
  const vault = start(disk)
  const { phrase, asked } = must(await vault.create({ passphrase: SECRET, words }))
  must(vault.confirm(wordsAt(phrase, asked)))
  return { vault, phrase, disk }
}

describe('a new wallet', () => {
  it('has 12 or 24 words, and works once three of them, at places that nobody chose, are given back', async () => {
    for (const words of [12, 24] as const) {
      const vault = start()
      expect(vault.status()).toEqual({ state: 'none' })
      const { phrase, asked } = must(await vault.create({ passphrase: SECRET, words }))
      expect(phrase.split(' ')).toHaveLength(words)
      expect(new Set(asked).size).toBe(3)
      expect(asked.every((one) => one >= 1 && one <= words)).toBe(true)
      expect(vault.status()).toEqual({ state: 'unconfirmed', asked, words })
      expect(vault.identity()).toBeNull()
      expect(vault.confirm(wordsAt(phrase, asked).toReversed())).toMatchObject({
        ok: false,
        error: { code: 'wallet.words', message: expect.stringContaining('«golem wallet phrase»') as unknown },
      })
      expect(vault.confirm(['one'])).toMatchObject({
        error: { code: 'wallet.words', message: expect.stringContaining('1 were given') as unknown },
      })
      must(vault.confirm(wordsAt(phrase, asked).map((word) => ` ${word.toUpperCase()} `)))
      expect(vault.status()).toEqual({ state: 'open', words })
      expect(vault.identity()).not.toBeNull()
      must(vault.confirm(['whatever']))
      expect(await vault.create({ passphrase: SECRET, words })).toMatchObject({ error: { code: 'wallet.exists' } })
    }
  })

  it('asks all positions about as often', async () => {
    const seen = new Map<number, number>()
    for (let at = 0; at < 80; at++) {
      const { asked } = must(await start().create({ passphrase: SECRET, words: 12 }))
      for (const one of asked) seen.set(one, (seen.get(one) ?? 0) + 1)
    }
    expect([...seen.keys()].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    // 240 answers over 12 places: 20 each, standard deviation below 4.
    expect(Math.min(...seen.values())).toBeGreaterThan(4)
    expect(Math.max(...seen.values())).toBeLessThan(40)
  })

  it('asks for the same words after a restart, and shows its phrase again only to who knows the passphrase', async () => {
    const disk = createMemoryDisk()
    const { phrase, asked } = must(await start(disk).create({ passphrase: SECRET, words: 12 }))
    expect(JSON.stringify([...disk.rows.get('identity')!])).not.toContain(phrase.split(' ')[0])
    const again = start(disk)
    expect(again.status()).toEqual({ state: 'unconfirmed', asked, shut: true })
    expect(again.confirm(wordsAt(phrase, asked))).toMatchObject({
      error: { code: 'wallet.locked', message: expect.stringContaining('golem wallet unlock') as unknown },
    })
    expect(await again.create({ passphrase: 'another one', words: 12 })).toMatchObject({ error: { code: 'keystore.passphrase' } })
    expect(must(await again.create({ passphrase: SECRET, words: 12 }))).toEqual({ phrase, asked })
    must(again.confirm(wordsAt(phrase, asked)))
    const later = start(disk)
    expect(later.status()).toEqual({ state: 'locked' })
    must(await later.unlock(SECRET))
    expect(must(await later.phrase(SECRET))).toEqual({ phrase, asked: [] })
  })

  it('is discarded only while its words were not given back', async () => {
    const disk = createMemoryDisk()
    const vault = start(disk)
    must(await vault.create({ passphrase: SECRET, words: 12 }))
    must(vault.discard())
    expect(vault.status()).toEqual({ state: 'none' })
    expect(disk.rows.get('identity')!.size).toBe(0)
    expect((await made()).vault.discard()).toMatchObject({ error: { code: 'wallet.confirmed' } })
  })

  it('wants a passphrase of eight characters that are not all the same', async () => {
    const vault = start()
    expect(await vault.create({ passphrase: 'seven..', words: 12 })).toMatchObject({
      error: { code: 'passphrase.short', details: { least: 8 } },
    })
    expect(await vault.create({ passphrase: 'aaaaaaaaaaaa', words: 12 })).toMatchObject({ error: { code: 'passphrase.same' } })
    expect(vault.status()).toEqual({ state: 'none' })
  })
})

describe('an open wallet', () => {
  it('locks, and opens to its passphrase only, typed on any keyboard', async () => {
    const vault = start()
    const { phrase, asked } = must(await vault.create({ passphrase: 'fünf Äpfel', words: 12 }))
    must(vault.confirm(wordsAt(phrase, asked)))
    const key = vault.identity()!.key(master).publicKey
    vault.lock()
    expect([vault.status(), vault.identity()]).toEqual([{ state: 'locked' }, null])
    expect(await vault.unlock('fünf äpfel')).toMatchObject({ error: { code: 'keystore.passphrase' } })
    must(await vault.unlock('fünf Äpfel'.normalize('NFD')))
    expect(vault.identity()!.key(master).publicKey).toBe(key)
  })

  it('takes passphrases one after the other, four at a time', async () => {
    const { vault } = await made()
    vault.lock()
    const answers = await Promise.all(Array.from({ length: 6 }, (_, at) => vault.unlock(`guess number ${at}`)))
    expect(answers.map((one) => (one.ok ? 'ok' : one.error.code))).toEqual([
      ...Array.from({ length: 4 }, () => 'keystore.passphrase'),
      'wallet.attempts',
      'wallet.attempts',
    ])
    must(await vault.unlock(SECRET))
  })

  it('gets another passphrase: a crash leaves the old one or the new one, and sealed rows stay', async () => {
    const { vault, disk, phrase } = await made()
    const identity = vault.identity()!
    const sealed = (of: typeof identity) => sealedStorage(createMemoryStorage(disk), { crypto, random, identity: of })
    sealed(identity).transact([{ table: 'role-state', key: 'client', value: { secret: 7 } }])
    const crashing = start(disk, () => {
      throw new Error('SIGKILL')
    })
    await expect(crashing.changePassphrase({ old: SECRET, new: 'battery staple' })).rejects.toThrow('SIGKILL')
    must(await start(disk).unlock(SECRET))
    expect(await vault.changePassphrase({ old: 'wrong one', new: 'battery staple' })).toMatchObject({
      error: { code: 'keystore.passphrase' },
    })
    must(await vault.changePassphrase({ old: SECRET, new: 'battery staple' }))
    const again = start(disk)
    expect(await again.unlock(SECRET)).toMatchObject({ error: { code: 'keystore.passphrase' } })
    must(await again.unlock('battery staple'))
    expect(must(await again.phrase('battery staple')).phrase).toBe(phrase)
    expect(sealed(again.identity()!).get('role-state', 'client')).toEqual({ secret: 7 })
  })
})

describe('a wallet that is restored', () => {
  it('has the keys of its phrase, however that is typed, and is confirmed by being typed', async () => {
    const { vault, phrase } = await made()
    const other = start()
    must(await other.restore({ phrase: ` ${phrase.toUpperCase().replaceAll(' ', ',\u00a0')}\n`, passphrase: 'another one' }))
    expect(other.status()).toEqual({ state: 'open', words: 12 })
    expect(other.identity()!.key(master)).toEqual(vault.identity()!.key(master))
    expect(await other.restore({ phrase, passphrase: 'another one' })).toMatchObject({ error: { code: 'wallet.exists' } })
  })

  it('takes the place of a lost key file in a folder of the same wallet, and of no other', async () => {
    const { disk, phrase } = await made()
    const stranger = await made()
    createMemoryStorage(disk).transact([
      { table: 'wallet', key: 'state', value: {} },
      { table: 'identity', key: 'keystore', delete: true },
    ])
    expect(await start(disk).restore({ phrase: stranger.phrase, passphrase: SECRET })).toMatchObject({ error: { code: 'identity.other' } })
    expect(await start(disk).create({ passphrase: SECRET, words: 12 })).toMatchObject({ error: { code: 'identity.other' } })
    must(await start(disk).restore({ phrase, passphrase: SECRET }))
    createMemoryStorage(disk).transact([{ table: 'wallet', key: 'state', value: {} }])
    createMemoryStorage(disk).transact(['keystore', 'owner'].map((key) => ({ table: 'identity', key, delete: true as const })))
    expect(await start(disk).restore({ phrase, passphrase: SECRET })).toMatchObject({ error: { code: 'identity.missing' } })
  })

  it('leaves nothing behind where a crash came before its phrase was on the disk', async () => {
    const disk = createMemoryDisk()
    const crashing = start(disk, () => {
      throw new Error('SIGKILL')
    })
    await expect(crashing.create({ passphrase: SECRET, words: 12 })).rejects.toThrow('SIGKILL')
    expect(start(disk).status()).toEqual({ state: 'none' })
    must(await start(disk).restore({ phrase: (await made()).phrase, passphrase: SECRET }))
  })

  it('names the word that is wrong, and what it may stand for', async () => {
    const { phrase } = await made()
    const words = phrase.split(' ')
    const typed = (word: string): string => [word, ...words.slice(1)].join(' ')
    const refusal = async (word: string) => {
      const refused = await start().restore({ phrase: typed(word), passphrase: SECRET })
      return refused.ok ? null : refused.error
    }
    expect(await refusal('abondon')).toMatchObject({
      code: 'phrase.word',
      message: 'Word 1 of the seed phrase, «abondon», is not in the list. Did you write «abandon»?',
      details: { position: 1, near: ['abandon'] },
    })
    expect(await refusal('zoe')).toMatchObject({ details: { near: ['toe', 'zone', 'zoo'] } })
    expect(await refusal('aban')).toMatchObject({ details: { near: ['abandon'] } })
    expect(await refusal('recieve')).toMatchObject({ details: { near: ['receive', 'believe', 'recipe'] } })
    expect(await refusal('qqqqqqqq')).toMatchObject({ message: expect.stringContaining('Check its spelling') as unknown })
    expect(checkPhrase(phrase).ok).toBe(true)
  })
})
