/** Closes one tick with the first `count` updates of some files, stage by stage, and tells times and memory. Child process of the tick bench. */
import process from 'node:process'
import { createChecker } from '../../../main/adapters/crypto/checker.ts'
import { openDocument } from '../../../roles/protocol/documents/index.ts'
import { ACCEPTED, closeTick, scriptOf } from '../../../roles/protocol/ticks/index.ts'
import { outlineOf } from '../../../roles/protocol/requests/index.ts'
import { must } from '../../../roles/protocol/result.ts'
import { snapshot } from '../../../roles/protocol/index/index.ts'
import { passes, passesBatch, checkStamps, readReveal, checkUpdate, noteSound } from '../../../roles/protocol/stamps/index.ts'
import { composeTick } from '../../../roles/supervisor/tick.ts'
import { createSystemRandom } from '../../../main/adapters/system/random.ts'
import { crypto as plain, notes } from '../../roles/supervisor/actors.ts'
import { BASE, HASH, CLOSING, makeLedger, seatsOf, setScene, STAMPED, type Scene } from './scene.ts'
import { anchored, closeInput, readLines, reservedBy } from './updates.ts'

export interface Measured {
  count: number
  /** Milliseconds of processor time by stage. */
  stages: Record<string, number>
  /** Milliseconds for the divisibility of all stamps: one by one, and as batches; null where they were not measured. */
  stamps: { plain: number; batched: number } | null
  /** Peak resident memory in bytes: before the updates are read, and at the end. */
  memory: { before: number; after: number }
  documentBytes: number
}

const peak = (): number => process.resourceUsage().maxRSS * 1024
const processorMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Numbers as the stamps would show them, for the arithmetic alone: all through the same path. */
function compareStamps(scene: Scene, count: number): NonNullable<Measured['stamps']> {
  const { bytes } = createSystemRandom()
  const primes = scene.made.secret.reveal.versions
    .filter(({ endpoint }) => endpoint === 'post')
    .flatMap(({ passage, sites }) => [passage, ...sites])
    .map((hex) => BigInt(`0x${hex}`))
  const product = primes.reduce((all, prime) => all * prime, 1n)
  const finals = Array.from({ length: count }, (_, i) => product * (BigInt(`0x${'f'.repeat(32)}`) - BigInt(i)))
  const timed = (work: () => boolean): number => {
    const began = processorMs()
    if (!work()) throw new Error('a stamp that passes was refused')
    return processorMs() - began
  }
  return {
    plain: timed(() => finals.every((final) => passes(final, primes))),
    batched: timed(() => passesBatch(finals, primes, bytes(8 * count)).every(Boolean)),
  }
}

/**
 * @param arrive whether the updates arrived before, as at a Supervisor in service: opened, and their signatures checked, before the tick closes; otherwise
 * all is done when it closes
 */
async function measure(files: readonly string[], count: number, arrive: boolean): Promise<Measured> {
  const scene = await setScene()
  const checker = arrive ? createChecker() : null
  const crypto = checker?.crypto ?? plain
  const { app, offer, cast, made, servers } = scene
  const lines = await readLines(files, count)
  if (lines.length < count) throw new Error(`only ${lines.length} updates were made`)
  const documentBytes = lines.reduce((sum, line) => sum + line.length, 0)
  const keys = lines.map(reservedBy)
  const seats = seatsOf(scene, count)
  const ledger = makeLedger(scene, keys, seats)
  // Reserving a key derived its address already; the check of the transaction finds it there.
  for (const { key } of keys) scriptOf(key)
  const base = snapshot(crypto, ledger.database)
  global.gc?.()
  const memory = { before: peak(), after: 0 }
  const stages: Record<string, number> = {}
  const stage = <T>(name: string, work: () => T): T => {
    const began = processorMs()
    const value = work()
    stages[name] = processorMs() - began
    return value
  }

  if (checker !== null) {
    const began = processorMs()
    for (const line of lines) noteSound(crypto, must(openDocument(crypto, 'update', line)))
    stages['arrive'] = processorMs() - began
  }
  const documents = stage('open', () => lines.map((line) => must(openDocument(crypto, 'update', line))))
  const input = closeInput(scene, anchored(documents))
  const closed = stage('close', () => closeTick({ crypto }, ledger, input))
  if (closed.verdicts.some(({ outcome }) => outcome !== ACCEPTED))
    throw new Error(`an honest update was refused: ${closed.verdicts.find(({ outcome }) => outcome !== ACCEPTED)!.outcome}`)
  const taken = stage('snapshot', () => snapshot(crypto, ledger.database, base))
  stage('compose', () =>
    composeTick(
      { crypto },
      {
        app,
        offer: offer.sha256,
        signer: cast.supervisor,
        program: notes,
        outline: outlineOf(notes),
        number: CLOSING,
        previous: null,
        blocks: { from: 2, to: 4, hash: '00'.repeat(32) },
        minimumServers: 3,
        terms: scene.planned.terms,
        verdicts: closed.verdicts,
        documents,
        snapshot: taken,
        servers,
        tombstones: [],
        burials: [],
        evidence: [],
        reveal: made.secret,
        plans: [],
        ready: [],
        seed: '22'.repeat(32),
      },
    ),
  )
  memory.after = peak()

  if (checker !== null) return { count, stages, stamps: null, memory, documentBytes }
  // What closing consists of, each part again by itself on a ledger as it was before.
  const fresh = makeLedger(scene, keys, seats)
  const env = {
    app,
    period: STAMPED,
    outline: outlineOf(notes),
    base: BASE,
    hash: HASH,
    planned: scene.planned,
    database: fresh.database,
    tombstoned: () => false,
    used: () => false,
  }
  stage('of close: checks', () => {
    for (const { body } of documents) must(checkUpdate({ crypto }, env, body))
  })
  const reveal = readReveal(crypto, made.secret.reveal)
  stage('of close: stamps', () => {
    for (const { body } of documents) must(checkStamps({ crypto }, reveal, body).stamp)
  })
  return { count, stages, stamps: compareStamps(scene, count), memory, documentBytes }
}

process.once('message', (message) => {
  const { files, count, arrive } = message as { files: string[]; count: number; arrive: boolean }
  void measure(files, count, arrive).then((measured) => process.send!(measured, () => process.disconnect()))
})
