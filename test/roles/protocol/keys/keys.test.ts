import { describe, expect, it } from 'vitest'
import { toHex } from '../../../../roles/protocol/bytes.ts'
import { nobleCrypto } from '../../../../roles/protocol/crypto/index.ts'
import {
  checkPhrase,
  deriveKey,
  deriveX25519,
  keyDeriver,
  keyPathText,
  phraseFromEntropy,
  phraseToSeed,
  type KeyPurpose,
  decryptSecret,
  encryptSecret,
} from '../../../../roles/protocol/keys/index.ts'
import { must } from '../../../../roles/protocol/result.ts'

const phrase = 'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about'
const seed = must(phraseToSeed(phrase))
const app = 'ab'.repeat(32)

describe('a seed phrase', () => {
  it('comes from entropy as BIP39 says', () => {
    expect(phraseFromEntropy(new Uint8Array(16))).toBe(phrase)
    expect(phraseFromEntropy(new Uint8Array(16).fill(0x7f))).toBe(
      'legal winner thank year wave sausage worth useful legal winner thank yellow',
    )
    expect(toHex(must(phraseToSeed(phrase, 'TREZOR'))).slice(0, 32)).toBe('c55257c360c07c72029aebc1b53c05ed')
  })

  it('may be typed with capitals and stray spaces', () => {
    expect(must(checkPhrase(`  ${phrase.toUpperCase().replaceAll(' ', '  ')}\n`))).toBe(phrase)
  })

  it('is refused with what to look at', () => {
    expect(checkPhrase('abandon')).toMatchObject({ error: { code: 'phrase.length' } })
    expect(checkPhrase('')).toMatchObject({ error: { message: expect.stringContaining('this one has 0') } })
    expect(checkPhrase(phrase.replace('about', 'abuot'))).toMatchObject({ error: { code: 'phrase.word', details: { position: 12 } } })
    expect(checkPhrase(phrase.replace('about', 'above'))).toMatchObject({ error: { code: 'phrase.checksum' } })
  })
})

describe('the derivation table', () => {
  it('answers the BIP86 vector', () => {
    const key = deriveKey(seed, { network: 'mainnet', purpose: 'coins', account: 0, change: 0, index: 0 })
    expect(key.publicKey).toBe('cc8a4bc64d897bddc5fbc2f670f7a8ba0b386779106cf1223c6fc5d7cd6fc115')
    expect(toHex(nobleCrypto.schnorr.publicKey(key.privateKey))).toBe(key.publicKey)
  })

  it('never changes', () => {
    const paths = (
      [
        { network: 'test', purpose: 'coins', account: 0, change: 1, index: 5 },
        { network: 'mainnet', purpose: 'master', app: 2 },
        { network: 'test', purpose: 'secondary', app: 2, index: 3 },
        { network: 'test', purpose: 'backup' },
        { network: 'test', purpose: 'data', app, index: 7 },
      ] satisfies KeyPurpose[]
    ).map((purpose) => keyPathText(purpose))
    expect(paths.slice(0, 4)).toEqual(["m/86'/1'/0'/1/5", "m/1195'/0'/0'/2'", "m/1195'/1'/1'/2'/3'", "m/1195'/1'/5'"])
    expect(paths[4]).toMatch(/^m\/1195'\/1'\/4'(\/\d+'){4}\/7'$/)
    expect(deriveKey(seed, { network: 'test', purpose: 'data', app, index: 0 }).publicKey).toMatchInlineSnapshot(
      `"6e19a59e2100a26e12890465a9027b168c4c2cf3f0d3b2c2a656967b7eaa831a"`,
    )
  })

  it('[B1] gives every purpose, network and index a key of its own', () => {
    const purposes: KeyPurpose[] = (['mainnet', 'test'] as const).flatMap((network): KeyPurpose[] => [
      { network, purpose: 'coins', account: 0, change: 0, index: 0 },
      { network, purpose: 'coins', account: 0, change: 1, index: 0 },
      { network, purpose: 'master', app: 0 },
      { network, purpose: 'secondary', app: 0, index: 0 },
      { network, purpose: 'server', offer: app, index: 0 },
      { network, purpose: 'client', app, index: 0 },
      { network, purpose: 'data', app, index: 0 },
      { network, purpose: 'data', app, index: 1 },
      { network, purpose: 'data', app: 'cd'.repeat(32), index: 0 },
      { network, purpose: 'backup' },
    ])
    const derive = keyDeriver(seed)
    const keys = purposes.map((purpose) => derive(purpose).publicKey)
    expect(keys).toEqual(purposes.map((purpose) => deriveKey(seed, purpose).publicKey))
    expect(new Set(keys).size).toBe(purposes.length)
  })

  it('derives an X25519 key for each context', () => {
    const { privateKey } = deriveKey(seed, { network: 'test', purpose: 'master', app: 0 })
    const keys = ['identity', 'tick 1', 'tick 2'].map((context) => toHex(deriveX25519(nobleCrypto, privateKey, context)))
    expect(new Set([...keys, toHex(privateKey)]).size).toBe(4)
  })
})

describe('a keystore', () => {
  const random = Uint8Array.from({ length: 44 }, (_, i) => i)
  const secret = new Uint8Array(32).fill(3)

  it('opens with its passphrase, however its accents were typed', async () => {
    const store = await encryptSecret(nobleCrypto, random, 'caf\u00e9', secret, 1024)
    expect(must(await decryptSecret(nobleCrypto, JSON.parse(JSON.stringify(store)), 'cafe\u0301'))).toEqual(secret)
    expect(await decryptSecret(nobleCrypto, store, 'cafe')).toMatchObject({ error: { code: 'keystore.passphrase' } })
  })

  it('is refused when it was changed, damaged, newer, or asks for absurd memory', async () => {
    const store = await encryptSecret(nobleCrypto, random, 'x', secret, 1024)
    const codes = await Promise.all(
      [{ n: 512 }, { n: 2 ** 30 }, { n: 1000 }, { salt: 'AA==' }, { v: 2 }, { box: '!' }, { kdf: 'md5' }].map(async (change) => {
        const opened = await decryptSecret(nobleCrypto, { ...store, ...change }, 'x')
        return opened.ok ? 'ok' : opened.error.code
      }),
    )
    const malformed = 'keystore.malformed'
    expect(codes).toEqual(['keystore.passphrase', malformed, malformed, malformed, 'keystore.version', malformed, malformed])
    expect(await decryptSecret(nobleCrypto, null, 'x')).toMatchObject({ error: { code: malformed } })
  })
})
