import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { createChecker, type Checker, type CheckerOptions } from '../../../main/adapters/crypto/checker.ts'
import { fastCrypto } from '../../../main/adapters/crypto/fast.ts'
import { nobleCrypto, type CryptoPort, type SignatureCheck } from '../../../roles/protocol/crypto/index.ts'
import { seeded } from '../../tools/seeded.ts'

const checkers: Checker[] = []
afterEach(async () => void (await Promise.all(checkers.splice(0).map((checker) => checker.close()))))

/** A checker whose own provider counts what it is asked. */
function counting(options: CheckerOptions = {}) {
  const counts = { here: 0 }
  const provider: CryptoPort = {
    ...fastCrypto,
    schnorr: {
      ...fastCrypto.schnorr,
      verify: (...args) => {
        counts.here++
        return fastCrypto.schnorr.verify(...args)
      },
    },
  }
  const checker = createChecker(provider, options)
  checkers.push(checker)
  const { schnorr } = checker.crypto
  return {
    checker,
    counts,
    ahead: (checks: SignatureCheck[]) => schnorr.ahead!(checks),
    verify: ({ signature, message, publicKey }: SignatureCheck) => schnorr.verify(signature, message, publicKey),
  }
}

const random = seeded('checker')
const keys = Array.from({ length: 4 }, () => random(32))
const signed = (count: number): SignatureCheck[] =>
  Array.from({ length: count }, (_, i) => {
    const key = keys[i % keys.length]!
    const message = random(32)
    return { signature: fastCrypto.schnorr.sign(message, key, random(32)), message, publicKey: fastCrypto.schnorr.publicKey(key) }
  })
const changed = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))
const byNoble = ({ signature, message, publicKey }: SignatureCheck): boolean => nobleCrypto.schnorr.verify(signature, message, publicKey)

/** A worker of another text. */
function programOf(text: string): URL {
  const file = join(mkdtempSync(join(tmpdir(), 'golem-checker-')), 'worker.mjs')
  writeFileSync(file, text)
  return pathToFileURL(file)
}

const ENDS = "import { parentPort } from 'node:worker_threads'\nparentPort.on('message', () => process.exit(1))\n"

describe('signatures checked beforehand', () => {
  it('are checked by the threads, once: whoever asks afterwards has the answer', async () => {
    const { checker, counts, ahead, verify } = counting({ threads: 2 })
    const checks = signed(600)
    await ahead(checks)
    expect(checker.threads()).toBe(2)
    expect(checks.every(verify)).toBe(true)
    await ahead(checks)
    expect(counts.here).toBe(0)
  })

  it('one bad among 10,000 is found, whatever is wrong with it, and no other', async () => {
    const { counts, ahead, verify } = counting({ threads: 2 })
    const checks = signed(10_000)
    for (const [part, at] of [
      ['signature', 7],
      ['signature', 60],
      ['message', 3],
      ['publicKey', 5],
    ] as const) {
      const place = 9_999 - at * 13
      const bad = { ...checks[place]!, [part]: changed(checks[place]![part], at) }
      const all = checks.map((one, i) => (i === place ? bad : one))
      await ahead(all)
      counts.here = 0
      expect(all.map(verify).flatMap((right, i) => (right ? [] : [i]))).toEqual([place])
      expect(byNoble(bad)).toBe(false)
      // What was wrong is not remembered: it is checked anew.
      expect(counts.here).toBe(1)
    }
  })

  it('answer as the reference provider for right and wrong ones, and for parts of other lengths', async () => {
    const { ahead, verify } = counting({ threads: 2 })
    const good = signed(100)
    const [first, second] = [good[0]!, good[1]!]
    const checks = [
      ...good,
      ...good.slice(0, 40).map((one, i) => ({ ...one, signature: changed(one.signature, i) })),
      { ...first, message: second.message },
      // The same bytes behind one another, cut at another place.
      { ...first, signature: first.signature.slice(0, 63), message: Uint8Array.of(first.signature[63]!, ...first.message) },
      { ...first, publicKey: new Uint8Array(0) },
    ]
    await ahead(checks)
    expect(checks.map(verify)).toEqual(checks.map(byNoble))
  })

  it('a few are checked here, without a thread', async () => {
    const { checker, counts, ahead, verify } = counting()
    const checks = signed(7)
    await ahead(checks)
    expect([checker.threads(), counts.here]).toEqual([0, 7])
    expect(checks.every(verify)).toBe(true)
    expect(counts.here).toBe(7)
  })

  it.each([
    ['there is no file of the worker', () => ({ threads: 2, worker: new URL('file:///nowhere/checker-worker.js') })],
    ['the worker is no program', () => ({ threads: 2, worker: programOf('this is no program') })],
    ['the worker ends before it answers', () => ({ threads: 2, worker: programOf(ENDS) })],
    ['there are no threads', () => ({ threads: 0 })],
  ])('are checked here where %s', async (_why, options) => {
    const { checker, counts, ahead, verify } = counting(options())
    const checks = signed(700)
    checks[300] = { ...checks[300]!, signature: changed(checks[300]!.signature, 9) }
    await ahead(checks)
    expect(counts.here).toBe(700)
    expect(checker.threads()).toBe(0)
    expect(checks.map(verify).flatMap((right, i) => (right ? [] : [i]))).toEqual([300])
  })

  it('do not hang when the checker is closed meanwhile, and threads that ended for want of work are started again', async () => {
    const closed = counting({ threads: 2 })
    const checks = signed(3_000)
    const under = closed.ahead(checks)
    await closed.checker.close()
    await under
    expect(checks.every(closed.verify)).toBe(true)
    const idle = counting({ threads: 2, idleMs: 1 })
    await idle.ahead(signed(300))
    while (idle.checker.threads() > 0) await new Promise((resolve) => setTimeout(resolve, 5))
    const again = signed(300)
    await idle.ahead(again)
    expect(again.every(idle.verify)).toBe(true)
    expect(idle.counts.here).toBe(0)
  })
})
