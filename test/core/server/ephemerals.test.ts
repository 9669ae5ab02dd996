import { describe, expect, it } from 'vitest'
import { createEphemerals } from '../../../main/core/server/ephemerals.ts'
import { fastCrypto } from '../../../main/adapters/crypto/fast.ts'
import { createSystemRandom } from '../../../main/adapters/system/random.ts'
import { toHex } from '../../../roles/protocol/bytes.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('secrets made ready for envelopes', () => {
  it('are given once each, whether one was ready or not', async () => {
    const next = createEphemerals({ crypto: fastCrypto, random: createSystemRandom() })
    const given: string[] = []
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 11; i++) given.push(toHex(next()))
      await turn()
    }
    expect(given.every((secret) => secret.length === 64)).toBe(true)
    expect(new Set(given).size).toBe(given.length)
  })

  it('are multiplied between two requests, not when they are asked for', async () => {
    let multiplied = 0
    const crypto = {
      ...fastCrypto,
      x25519: {
        ...fastCrypto.x25519,
        publicKey: (secret: Uint8Array) => {
          multiplied++
          return fastCrypto.x25519.publicKey(secret)
        },
      },
    }
    const next = createEphemerals({ crypto, random: createSystemRandom() })
    next()
    expect(multiplied).toBe(0)
    await turn()
    const before = multiplied
    expect(before).toBeGreaterThan(0)
    next()
    next()
    expect(multiplied).toBe(before)
    await turn()
    expect(multiplied).toBe(before + 2)
  })
})
