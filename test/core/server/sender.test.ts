import { describe, expect, it } from 'vitest'
import { fastCrypto } from '../../../main/adapters/crypto/fast.ts'
import { createSender } from '../../../main/core/server/sender.ts'
import { toHex } from '../../../roles/protocol/bytes.ts'
import { createSystemRandom } from '../../../main/adapters/system/random.ts'

describe('what a server seals with', () => {
  it('has one ephemeral key for a tick, and another for the next', () => {
    const sender = createSender({ crypto: fastCrypto, random: createSystemRandom() })
    const keyOf = (tick: number): string => toHex(sender(tick).publicKey)
    const [seven, eight] = [keyOf(7), keyOf(8)]
    expect(keyOf(7)).toBe(seven)
    expect(keyOf(8)).toBe(eight)
    expect(eight).not.toBe(seven)
  })

  it('is forgotten when its tick has passed', () => {
    const sender = createSender({ crypto: fastCrypto, random: createSystemRandom() })
    const seven = toHex(sender(7).publicKey)
    sender(9)
    expect(toHex(sender(7).publicKey)).toBe(seven)
    sender(10)
    expect(toHex(sender(7).publicKey)).not.toBe(seven)
  })
})
