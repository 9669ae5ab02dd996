import { checkPrimeSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createSystemClock } from '../../../main/adapters/system/clock.ts'
import { createLog } from '../../../main/adapters/system/log.ts'
import { createSeededRandom } from '../../simulation/ports/random.ts'
import { createSystemRandom } from '../../../main/adapters/system/random.ts'

const capture = () => {
  const lines: string[] = []
  return { lines, stream: { write: (text: string) => lines.push(text) } }
}

describe('the system clock', () => {
  it('runs a wait after its time and a cancelled one never', async () => {
    const clock = createSystemClock()
    const ran: string[] = []
    const began = clock.now()
    clock.after(10, () => ran.push('cancelled'))()
    await new Promise<void>((resolve) => {
      clock.after(30, resolve)
      setTimeout(() => undefined, 100)
    })
    expect(clock.now() - began).toBeGreaterThanOrEqual(28)
    expect(ran).toEqual([])
  })

  it('does not run a wait of a hundred days at once', async () => {
    let ran = false
    const cancel = createSystemClock().after(100 * 86_400_000, () => {
      ran = true
    })
    await new Promise((resolve) => setTimeout(resolve, 20))
    cancel()
    expect(ran).toBe(false)
  })
})

describe('the system random', () => {
  it('makes primes of exactly the bits asked for', async () => {
    const random = createSystemRandom()
    for (const bits of [16, 128, 256, 512]) {
      const prime = await random.prime(bits)
      expect(prime.toString(2)).toHaveLength(bits)
      expect(checkPrimeSync(prime)).toBe(true)
    }
    await expect(random.prime(2)).rejects.toThrow('at least 3')
  })

  it('makes the prime that follows from bytes, the same as every other implementation', async () => {
    const [system, seeded] = [createSystemRandom(), createSeededRandom('primes')]
    // 2⁷ + 127 = 255 and all behind it up to 2⁸ are no primes: the search goes round to the least of eight bits.
    expect(await system.prime(8, Uint8Array.of(0xff))).toBe(131n)
    expect(await system.prime(16, Uint8Array.of(0, 0, 0))).toBe(32_771n)
    for (const bits of [3, 5, 13, 64, 128, 512])
      for (let at = 0; at < 6; at++) {
        const from = seeded.bytes(Math.ceil(bits / 8) + at)
        const prime = await system.prime(bits, from)
        expect(prime.toString(2)).toHaveLength(bits)
        expect(checkPrimeSync(prime)).toBe(true)
        expect(await system.prime(bits, from)).toBe(prime)
        expect(await seeded.prime(bits, from)).toBe(prime)
      }
    await expect(system.prime(512, new Uint8Array(63))).rejects.toThrow('needs 64 bytes')
    await expect(system.prime(2, new Uint8Array(8))).rejects.toThrow('at least 3')
  })

  it('gives as many bytes as asked for, and others each time', () => {
    const random = createSystemRandom()
    expect(random.bytes(33)).toHaveLength(33)
    expect(random.bytes(33)).not.toEqual(random.bytes(33))
  })

  it('keeps nothing of the small draws that it handed out, and gives none twice', () => {
    const random = createSystemRandom()
    const drawn = Array.from({ length: 1_000 }, (_, i) => random.bytes(16 + (i % 49)))
    expect(new Set(drawn.map((bytes) => Buffer.from(bytes).toString('hex'))).size).toBe(1_000)
    expect(drawn.every((bytes) => bytes.buffer.byteLength === bytes.length)).toBe(true)
  })
})

describe('the log', () => {
  it('writes one JSON object a line, also for values that JSON cannot hold', () => {
    const { lines, stream } = capture()
    const circular: Record<string, unknown> = {}
    circular['self'] = circular
    const log = createLog({ stream, format: 'json', now: () => 0 })
    log.log('info', 'started', { sats: 5n, key: new Uint8Array(32), reason: new Error('gone') })
    log.log('error', 'odd', circular)
    expect(JSON.parse(lines[0]!)).toEqual({
      time: '1970-01-01T00:00:00.000Z',
      level: 'info',
      message: 'started',
      details: { sats: '5', key: '<32 bytes>', reason: 'gone' },
    })
    expect(() => JSON.parse(lines[1]!)).not.toThrow()
  })

  it('leaves out what is below its level, and keeps a message on one line', () => {
    const { lines, stream } = capture()
    const log = createLog({ stream, format: 'readable', level: 'warn', now: () => 0 })
    log.log('info', 'quiet')
    log.log('warn', 'two\nlines', { a: 1 })
    expect(lines).toEqual(['1970-01-01T00:00:00.000Z warn  two lines {"a":1}\n'])
  })

  it('bounds each line and the whole', () => {
    const { lines, stream } = capture()
    const log = createLog({ stream, format: 'json', maxLine: 200, maxTotal: 1_000, now: () => 0 })
    for (let i = 0; i < 100; i += 1) log.log('info', 'x'.repeat(500), { more: 'y'.repeat(500) })
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(201)
    expect(lines.join('').length).toBeLessThan(1_100)
    expect(lines.at(-1)).toMatch(/log full/)
    expect(() => JSON.parse(lines[0]!)).not.toThrow()
  })
})
