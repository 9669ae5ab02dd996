import { describe, expect, it } from 'vitest'
import { expectedTries, leadingZeroBits, MAX_NONCE, verifyWork, workMessage } from '../../../../roles/protocol/crypto/index.ts'

const challenge = new TextEncoder().encode('golem')

describe('the proof of work', () => {
  it('hashes a message of 80 bytes with the nonce big-endian at its end', () => {
    const message = workMessage(challenge, 0x0102030405060708n)
    expect(message).toHaveLength(80)
    expect([...message.subarray(32, 72)].every((byte) => byte === 0)).toBe(true)
    expect([...message.subarray(72)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })

  it('counts zero bits from the first byte on', () => {
    expect([[0xff], [0x80], [0x7f], [0x01], [0, 0x20], [0, 0]].map((bytes) => leadingZeroBits(Uint8Array.from(bytes)))).toEqual([
      0, 0, 1, 7, 10, 16,
    ])
  })

  it('[J3] accepts a nonce up to the bits that it reaches and not one more', () => {
    const reached = Array.from({ length: 257 }, (_, bits) => bits).filter((bits) => verifyWork(challenge, 5n, bits)).length - 1
    expect(verifyWork(challenge, 5n, reached)).toBe(true)
    expect(verifyWork(challenge, 5n, reached + 1)).toBe(false)
  })

  it('refuses nonces and difficulties out of range', () => {
    expect([
      verifyWork(challenge, -1n, 0),
      verifyWork(challenge, MAX_NONCE + 1n, 0),
      verifyWork(challenge, 0n, 1.5),
      verifyWork(challenge, 0n, -1),
    ]).toEqual([false, false, false, false])
    expect(verifyWork(challenge, MAX_NONCE, 0)).toBe(true)
    expect(() => workMessage(challenge, MAX_NONCE + 1n)).toThrow('64-bit')
  })

  it('expects twice as many tries for each bit', () => {
    expect([0, 1, 10].map(expectedTries)).toEqual([1, 2, 1024])
  })
})
