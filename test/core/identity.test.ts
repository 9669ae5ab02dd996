/** A wallet's phrase: shown to who knows the passphrase, restored as people type it, and never made anew over somebody's data. */
import { describe, expect, it } from 'vitest'
import { fastCrypto as crypto } from '../../main/adapters/crypto/fast.ts'
import { openIdentity, readPhrase, storePhrase } from '../../main/core/identity.ts'
import { must } from '../../roles/protocol/result.ts'
import { phraseFromEntropy } from '../../roles/protocol/keys/index.ts'
import { createMemoryStorage } from '../simulation/ports/storage.ts'
import { createSeededRandom } from '../simulation/ports/random.ts'

const COST = 10
const random = createSeededRandom('identity')
const ports = () => ({ crypto, random, storage: createMemoryStorage() })
const open = (at: ReturnType<typeof ports>, passphrase = 'pass') => openIdentity(at, 'test', passphrase, COST)
const master = { purpose: 'master', app: 0 } as const

describe('a seed phrase', () => {
  it('is shown to who knows the passphrase, and makes the same keys in another folder, however it is typed', async () => {
    const one = ports()
    const key = must(await open(one)).key(master).publicKey
    expect(await readPhrase(one, 'Pass')).toMatchObject({ ok: false, error: { code: 'keystore.passphrase' } })
    const phrase = must(await readPhrase(one, 'pass'))
    expect(phrase.split(' ')).toHaveLength(12)
    const wide = [...phrase].map((letter) => (letter === ' ' ? '\u3000' : String.fromCodePoint(letter.codePointAt(0)! + 0xfee0))).join('')
    const typed = [
      phrase,
      `\ufeff ${phrase.toUpperCase()}\r\n`,
      phrase.replaceAll(' ', ',\u00a0'),
      wide,
      phrase.split('').join('\u200b'),
      phrase.replaceAll(' ', '\n'),
    ]
    for (const text of typed) {
      const other = ports()
      must(await storePhrase(other, 'another', COST, text))
      expect(must(await open(other, 'another')).key(master).publicKey, JSON.stringify(text)).toBe(key)
    }
  })

  it('has 12 to 24 words with a checksum, of any such length', async () => {
    for (const bytes of [16, 20, 24, 28, 32])
      expect((await storePhrase(ports(), 'p', COST, phraseFromEntropy(random.bytes(bytes)))).ok).toBe(true)
    const words = phraseFromEntropy(random.bytes(16)).split(' ')
    const wrong: Array<[string, string]> = [
      ['', 'phrase.length'],
      [words.slice(1).join(' '), 'phrase.length'],
      ['abandon '.repeat(200), 'phrase.length'],
      [[...words.slice(1), 'nonsense'].join(' '), 'phrase.word'],
      ['abandon '.repeat(12), 'phrase.checksum'],
    ]
    for (const [text, code] of wrong) {
      const at = ports()
      expect(await storePhrase(at, 'p', COST, text), text.slice(0, 20)).toMatchObject({ ok: false, error: { code } })
      expect(at.storage.list('identity')).toEqual([])
    }
  })

  it('is not put over another one, nor made anew beside the data of a lost one', async () => {
    const at = ports()
    const phrase = phraseFromEntropy(random.bytes(16))
    must(await storePhrase(at, 'p', COST, phrase))
    expect(await storePhrase(at, 'p', COST, phrase)).toMatchObject({ error: { code: 'identity.exists' } })
    at.storage.transact([
      { table: 'wallet', key: 'state', value: {} },
      { table: 'identity', key: 'keystore', delete: true },
    ])
    expect(await open(at, 'p')).toMatchObject({ ok: false, error: { code: 'identity.missing' } })
    expect(await storePhrase(at, 'p', COST, phrase)).toMatchObject({ error: { code: 'identity.missing' } })
    expect(at.storage.get('identity', 'keystore')).toBeUndefined()
  })

  it('of another folder, and a damaged or foreign key file, are found out before they are used', async () => {
    const [mine, other] = [ports(), ports()]
    must(await open(mine))
    must(await open(other))
    mine.storage.transact([{ table: 'identity', key: 'keystore', value: other.storage.get('identity', 'keystore')! }])
    expect(await open(mine)).toMatchObject({ ok: false, error: { code: 'identity.other' } })
    expect(await open(other, 'wrong')).toMatchObject({ ok: false, error: { code: 'keystore.passphrase' } })
    for (const [value, code] of [
      ['garbage', 'keystore.malformed'],
      [{}, 'keystore.malformed'],
      [null, 'keystore.malformed'],
      [{ ...(other.storage.get('identity', 'keystore') as object), v: 9 }, 'keystore.version'],
      [{ ...(other.storage.get('identity', 'keystore') as object), n: 2 ** 40 }, 'keystore.malformed'],
    ] as const) {
      mine.storage.transact([{ table: 'identity', key: 'keystore', value: value as never }])
      expect(await open(mine)).toMatchObject({ ok: false, error: { code } })
    }
  })
})
