/**
 * Verifies one tick as an audit does, from its files of documents to the ledger after it, against nothing but the same signatures checked by the same
 * threads: both in turn, several times, in wall-clock time of all cores and in processor time. Child process of the tick bench.
 */
import process from 'node:process'
import { availableParallelism } from 'node:os'
import { createChecker } from '../../../main/adapters/crypto/checker.ts'
import { openDocument, type OpenedDocument } from '../../../roles/protocol/documents/index.ts'
import { must, ok } from '../../../roles/protocol/result.ts'
import { ACCEPTED, closeTick, documentsFiles, readDocuments, revealedIn, scriptOf } from '../../../roles/protocol/ticks/index.ts'
import type { Revealed } from '../../../roles/protocol/crypto/index.ts'
import { fileEntry } from '../../../roles/protocol/index/index.ts'
import { crypto } from '../../roles/supervisor/actors.ts'
import { signatureThreads, type Verifier } from './checks.ts'
import { signaturesOf, type SignatureCheck } from './signatures.ts'
import { anchored, closeInput, readLines, reservedBy } from './updates.ts'
import { makeLedger, seatsOf, setScene, type Scene } from './scene.ts'

/** Milliseconds. */
export interface Spent {
  wall: number
  processor: number
}

export interface Verified {
  count: number
  signatures: number
  /** A round each. */
  whole: Spent[]
  signaturesAlone: Spent[]
  /** The same signatures by the peer's code, of a part of them and for all of them. */
  peerAlone: Spent[]
  /** How many were the part. */
  peerSample: number
  threads: number
}

const ROUNDS = 5

async function spent(work: () => Promise<void>): Promise<Spent> {
  const [began, before] = [performance.now(), process.cpuUsage()]
  await work()
  const { user, system } = process.cpuUsage(before)
  return { wall: performance.now() - began, processor: (user + system) / 1000 }
}

const THREADS = Math.min(8, availableParallelism())
/** The peer is slow, and takes its time evenly: of so many its time for all is found. */
const PEER_SAMPLE = 3_000

/** With threads that run already, their code hot as after a tick of the same size in an audit, and nothing remembered. */
async function freshChecker(warm: readonly Uint8Array[], revealed: readonly Revealed[]) {
  const checker = createChecker(undefined, { threads: THREADS })
  await Promise.all(warm.map((file) => checker.crypto.ahead!.check(file, revealed)))
  return checker
}

/** Signatures alone, by as many threads, which run already. */
async function signaturesAlone(verifier: Verifier, warm: readonly SignatureCheck[], checks: readonly SignatureCheck[]): Promise<Spent> {
  const threads = signatureThreads(THREADS, verifier)
  await threads.check(warm)
  const time = await spent(() => threads.check(checks))
  await threads.close()
  return time
}

async function verify(files: readonly string[], count: number): Promise<Verified> {
  const scene = await setScene()
  const lines = await readLines(files, count)
  const documents = lines.map((line) => must(openDocument(crypto, 'update', line)))
  const reserved = lines.map(reservedBy)
  const seats = seatsOf(scene, count)
  for (const { key } of reserved) scriptOf(key)
  const checks = documents.flatMap((document) => signaturesOf(crypto, document))
  const warm = checks.slice(0, 2_000)
  const sample = checks.slice(0, PEER_SAMPLE)
  const revealed = revealedIn(crypto, [scene.made.secret.reveal])
  const parts = documentsFiles(documents)
  const summary = { verdicts: [], documents: parts.map((part) => fileEntry(crypto, part)) }
  const result: Verified = {
    ...{ count, signatures: checks.length, peerSample: sample.length, threads: THREADS },
    ...{ whole: [], signaturesAlone: [], peerAlone: [] },
  }
  for (let round = 0; round < ROUNDS; round++) {
    result.signaturesAlone.push(await signaturesAlone('own', warm, checks))
    const peer = await signaturesAlone('wasm', warm, sample)
    const scale = checks.length / sample.length
    result.peerAlone.push({ wall: peer.wall * scale, processor: peer.processor * scale })
    const checker = await freshChecker(
      parts.map(({ bytes }) => bytes),
      revealed,
    )
    const ledger = makeLedger(scene, reserved, seats)
    global.gc?.()
    const read = {
      crypto: checker.crypto,
      fetchFile: (name: string) => Promise.resolve(ok(parts.find((part) => part.name === name)!.bytes)),
    }
    result.whole.push(await spent(() => replay(scene, read, { summary }, ledger)))
    await checker.close()
  }
  return result
}

async function replay(
  scene: Scene,
  files: Parameters<typeof readDocuments>[0],
  tick: Parameters<typeof readDocuments>[1],
  ledger: ReturnType<typeof makeLedger>,
): Promise<void> {
  const opened = must(await readDocuments(files, tick, revealedIn(files.crypto, [scene.made.secret.reveal])))
  const updates = anchored([...opened.values()] as Array<OpenedDocument<'update'>>)
  const closed = closeTick({ crypto: files.crypto }, ledger, closeInput(scene, updates))
  const refused = closed.verdicts.find(({ outcome }) => outcome !== ACCEPTED)
  if (refused !== undefined) throw new Error(`an honest update was refused: ${refused.outcome}`)
}

process.once('message', (message) => {
  const { files, count } = message as { files: string[]; count: number }
  void verify(files, count).then((verified) => process.send!(verified, () => process.disconnect()))
})
