import { describe, expect, it } from 'vitest'
import { createEphemerals } from '../../../main/core/server/ephemerals.ts'
import { fastCrypto } from '../../../main/adapters/crypto/fast.ts'
import { createSystemRandom } from '../../../main/adapters/system/random.ts'
import { toHex } from '../../../roles/protocol/bytes.ts'
import { createVirtualClock } from '../../simulation/ports/clock.ts'

const REST_MS = 5

describe('secrets made ready for envelopes', () => {
  it('are given once each, whether one was ready or not', async () => {
    const clock = createVirtualClock()
    const next = createEphemerals({ clock, crypto: fastCrypto, random: createSystemRandom() })
    const given: string[] = []
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 19; i++) given.push(toHex(next()))
      await clock.advance(REST_MS)
    }
    expect(given.every((secret) => secret.length === 64)).toBe(true)
    expect(new Set(given).size).toBe(given.length)
  })

  it('are multiplied between two requests, not when they are asked for', async () => {
    const clock = createVirtualClock()
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
    const next = createEphemerals({ clock, crypto, random: createSystemRandom() })
    next()
    expect(multiplied).toBe(0)
    await clock.advance(REST_MS)
    const before = multiplied
    expect(before).toBeGreaterThan(0)
    next()
    next()
    expect(multiplied).toBe(before)
    await clock.advance(REST_MS)
    expect(multiplied).toBe(before + 2)
  })
})
