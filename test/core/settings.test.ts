import { describe, expect, it } from 'vitest'
import { participantSettings } from '../../main/core/settings.ts'
import { signDocument } from '../../roles/protocol/documents/index.ts'
import { fastCrypto } from '../../main/adapters/crypto/fast.ts'
import { supervisor } from '../simulation/network/world.ts'
import { keyPair } from '../tools/seeded.ts'

const settings = supervisor(3)
const withTerms = (change: object) => ({ ...settings, supervisor: { ...settings.supervisor!, ...change } })

describe("a Supervisor's settings", () => {
  it('are accepted as the sample network has them', () => {
    expect(participantSettings.safeParse(settings).success).toBe(true)
  })

  it.each([
    [{ confirmations: 101 }],
    [{ tickBlocks: 2017 }],
    [{ joinBlocks: 2017 }],
    [{ minimumServers: 10_001 }],
    [{ perRequest: 2_100_000_000_000_001 }],
    [{ trackers: ['x'.repeat(301)] }],
    [{ trackers: Array.from({ length: 11 }, () => 'http://127.0.0.1:1/announce') }],
    [{ title: '' }],
  ])('are refused where no offer could say them: %j', (change) => {
    const parsed = participantSettings.safeParse(withTerms(change))
    expect(parsed.error?.issues[0]?.path.slice(0, 2)).toEqual(['supervisor', Object.keys(change)[0]])
  })
})

describe('a document', () => {
  it('is not signed when nobody would open it, and the refusal names the field', () => {
    const signer = keyPair((length) => new Uint8Array(length).fill(7))
    expect(() => signDocument(fastCrypto, 'grant', { key: 'no key', note: '' }, signer, new Uint8Array(32))).toThrow('grant.key')
  })
})
