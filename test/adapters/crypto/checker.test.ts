import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createChecker, type Checker, type CheckerOptions } from '../../../main/adapters/crypto/checker.ts'
import { fastCrypto } from '../../../main/adapters/crypto/fast.ts'
import { SOUND, STAMPED, type CryptoPort } from '../../../roles/protocol/crypto/index.ts'
import { openDocument } from '../../../roles/protocol/documents/index.ts'
import { must } from '../../../roles/protocol/result.ts'
import { noteSound, readReveal, revealId, stampClaim } from '../../../roles/protocol/stamps/index.ts'
import { checkFile, documentsFiles, exportLedger, revealedIn } from '../../../roles/protocol/ticks/index.ts'
import { makeUpdate, type UpdateOptions } from '../../roles/supervisor/actors.ts'
import { auditTown, heldAgainst, peopleTown, tickSecrets } from '../../roles/supervisor/town.ts'
import { checkedScene, decided, idOf, outcomesOf, WRONG, type CheckedScene } from '../../roles/supervisor/checked.ts'

const checkers: Checker[] = []
afterEach(async () => void (await Promise.all(checkers.splice(0).map((checker) => checker.close()))))

/** A checker whose own provider counts the signatures that it is asked about. */
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
  return { checker, counts, crypto: checker.crypto, ahead: checker.crypto.ahead! }
}

/** A worker of another text. */
function programOf(text: string): URL {
  const file = join(mkdtempSync(join(tmpdir(), 'golem-checker-')), 'worker.mjs')
  writeFileSync(file, text)
  return pathToFileURL(file)
}

/** Program of a worker that ends before it answers, which is what is tested: it skips no test. */
const DIES = "import { parentPort } from 'node:worker_threads'\nparentPort.on('message', () => process.exit(1))\n"

let few: CheckedScene
let honest: CheckedScene
let mixed: CheckedScene
beforeAll(async () => {
  few = await checkedScene(3, [])
  honest = await checkedScene(20, [])
  mixed = await checkedScene(20)
})
const fileOf = ({ documents }: CheckedScene): Uint8Array => documentsFiles(documents)[0]!.bytes
const revealed = ({ scene }: CheckedScene) => revealedIn(fastCrypto, [scene.made.secret.reveal])

describe('documents checked beforehand', () => {
  it('are read and checked by the threads: nothing is left to be checked here, and all of it is remembered', async () => {
    const { checker, counts, crypto } = counting({ threads: 2 })
    const result = await decided(crypto, honest)
    expect(result.verdicts.map(({ outcome }) => outcome)).toEqual(honest.documents.map(() => 'accepted'))
    expect([checker.threads(), counts.here]).toEqual([1, 0])
    for (const document of honest.documents) must(openDocument(crypto, 'update', document.bytes, document.sha256))
    expect(counts.here).toBe(0)
  })

  it('one bad among them is found, whatever is wrong with it, and decided as where there are no threads', async () => {
    const right = await decided(fastCrypto, mixed)
    expect(outcomesOf(right, mixed)).toEqual(Object.fromEntries(Object.entries(WRONG).map(([name, { outcome }]) => [name, outcome])))
    expect(right.burials).toHaveLength(2)
    const { checker, crypto, ahead } = counting({ threads: 2 })
    expect(await decided(crypto, mixed)).toEqual(right)
    expect(checker.threads()).toBe(1)
    const { id } = revealed(mixed)[0]!
    for (const [name, sha256] of mixed.wrong) {
      expect([name, ahead.knows(sha256)]).toEqual([name, WRONG[name]!.sound])
      const isStamped = WRONG[name]!.sound && !/multiply|rubbish/.test(name)
      expect([name, ahead.knows(stampClaim(sha256, id))]).toEqual([name, isStamped])
    }
  })

  it('are found in the same places, with the same digests, as by the function itself', async () => {
    const { ahead } = counting({ threads: 1 })
    const check = (await ahead.check(fileOf(mixed), revealed(mixed)))!
    expect(check).toEqual(checkFile(fastCrypto, fileOf(mixed), [readReveal(fastCrypto, mixed.scene.made.secret.reveal)]))
    expect(mixed.documents.map((_, i) => idOf(check.digests, i))).toEqual(mixed.documents.map(({ sha256 }) => sha256))
    // Without the secrets they are sound and no more; secrets that came once are known by their name.
    const without = (await ahead.check(fileOf(honest), []))!
    expect([...new Set(without.found)]).toEqual([SOUND])
    const again = (await ahead.check(fileOf(honest), revealed(honest)))!
    expect([...new Set(again.found)]).toEqual([SOUND | STAMPED])
  })

  it.each([
    ['it is no list', (bytes: Uint8Array) => bytes.subarray(1, bytes.length - 1)],
    ['it ends too early', (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 1)],
    ['a space stands in it', (bytes: Uint8Array) => Uint8Array.from(Buffer.concat([Buffer.from('[ '), bytes.subarray(1)]))],
    ['a field has another form', (bytes: Uint8Array) => bytes.map((byte, i) => (i === 9 ? 0x47 : byte))],
  ])('a file is left to its reader where %s', async (_why, change) => {
    const { ahead } = counting({ threads: 1 })
    expect(await ahead.check(change(fileOf(honest)), revealed(honest))).toBeNull()
    expect(await ahead.check(fileOf(honest), revealed(honest))).not.toBeNull()
  })

  it('a few are left to who asks, without a thread', async () => {
    const { checker, counts, crypto } = counting()
    const { verdicts } = await decided(crypto, few)
    expect(verdicts.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted', 'accepted'])
    expect([checker.threads(), counts.here]).toEqual([0, 18])
  })

  it('what arrives one by one is checked once: neither opening it again nor its tick asks for a signature', async () => {
    const { counts, crypto } = counting({ threads: 0 })
    for (const document of honest.documents) noteSound(crypto, must(openDocument(crypto, 'update', document.bytes)))
    expect(counts.here).toBe(honest.documents.length * 7)
    for (const document of honest.documents) noteSound(crypto, must(openDocument(crypto, 'update', document.bytes)))
    const { verdicts } = await decided(crypto, honest)
    expect(verdicts.every(({ outcome }) => outcome === 'accepted')).toBe(true)
    expect(counts.here).toBe(honest.documents.length * 7)
  })

  it('a document that is known is none of another type, nor other bytes', () => {
    const { crypto } = counting({ threads: 0 })
    const document = few.documents[0]!
    noteSound(crypto, must(openDocument(crypto, 'update', document.bytes)))
    expect(openDocument(crypto, 'tick', document.bytes)).toMatchObject({ error: { code: 'tick.schema' } })
    const other = document.bytes.map((byte, i) => (i === 12 ? (byte === 0x30 ? 0x31 : 0x30) : byte))
    expect(openDocument(crypto, 'update', other)).toMatchObject({ error: { code: 'document.signature' } })
    expect(openDocument(crypto, 'update', other, document.sha256)).toMatchObject({ error: { code: 'document.digest' } })
  })

  it.each([
    ['there is no file of the worker', () => ({ threads: 2, worker: new URL('file:///nowhere/checker-worker.js') })],
    ['the worker is no program', () => ({ threads: 2, worker: programOf('this is no program') })],
    ['the worker ends before it answers', () => ({ threads: 2, worker: programOf(DIES) })],
    ['there are no threads', () => ({ threads: 0 })],
  ])('decide a tick in the same way where %s', async (_why, options) => {
    const { checker, crypto, ahead } = counting(options())
    expect(await ahead.check(fileOf(mixed), revealed(mixed))).toBeNull()
    expect(await decided(crypto, mixed)).toEqual(await decided(fastCrypto, mixed))
    expect(checker.threads()).toBe(0)
  })

  it.each([
    ['threads that check', () => ({ threads: 2, leastBytes: 1 })],
    ['threads that die', () => ({ threads: 2, leastBytes: 1, worker: programOf(DIES) })],
  ])('an audit of several ticks with %s finds what it finds alone', async (why, options) => {
    const town = await peopleTown('checked', { minimumServers: 8, witnesses: 1, spare: 1 }, 8)
    const { database } = heldAgainst(town, 2)
    const post = (at: number, more: Partial<UpdateOptions> = {}): string => {
      const key = town.cast.keys[at]!
      const replaces = database.keys.get(key.publicKey)!.version
      const update = makeUpdate(town.cast, {
        app: town.app,
        tick: 2,
        ...tickSecrets(town, 2),
        endpoint: 'post',
        key,
        replaces,
        text: 'x',
        ...more,
      })
      town.anchor(update, { spends: [key.publicKey] })
      return update.sha256
    }
    const [right, guilty] = [post(0), post(1, { rubbish: [{ lane: 1, position: 0 }] })]
    await town.mineTo(5)
    const alone = await auditTown(town)
    expect([alone.ok, town.ticks[4]!.document.body.burials.length]).toEqual([true, 1])
    const { crypto, ahead } = counting(options())
    const audited = await auditTown(town, {}, crypto)
    expect(audited.ticks).toEqual(alone.ticks)
    expect(exportLedger(audited.ledger!)).toEqual(exportLedger(alone.ledger!))
    const id = revealId(fastCrypto, tickSecrets(town, 2).secret)
    const knows = (sha256: string) => [ahead.knows(sha256), ahead.knows(stampClaim(sha256, id))]
    expect([knows(right), knows(guilty)]).toEqual(
      why === 'threads that die'
        ? [
            [false, false],
            [false, false],
          ]
        : [
            [true, true],
            [true, false],
          ],
    )
  })

  it('do not hang when the checker is closed meanwhile, and threads that ended for want of work are started again', async () => {
    const closed = counting({ threads: 2 })
    const under = Array.from({ length: 5 }, () => closed.ahead.check(fileOf(honest), revealed(honest)))
    await closed.checker.close()
    expect(await Promise.all(under)).toEqual([null, null, null, null, null])
    const idle = counting({ threads: 2, idleMs: 1 })
    expect(await idle.ahead.check(fileOf(honest), revealed(honest))).not.toBeNull()
    while (idle.checker.threads() > 0) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(await idle.ahead.check(fileOf(honest), revealed(honest))).not.toBeNull()
  })

  it('remembers so much, and forgets what came first', () => {
    const { ahead } = counting({ threads: 0 })
    for (let i = 0; i <= 50_000; i++) ahead.note(String(i))
    expect([ahead.knows('0'), ahead.knows('1'), ahead.knows('50000')]).toEqual([false, true, true])
  })
})
