/**
 * Verifies one tick as an audit does, from its files of documents to the ledger after it, against nothing but the same signatures checked by the same
 * threads: both in turn, several times, in wall-clock time of all cores and in processor time. Child process of the tick bench.
 */
import process from 'node:process'
import { createChecker } from '../../../main/adapters/crypto/checker.ts'
import { openDocument, type OpenedDocument } from '../../../roles/protocol/documents/index.ts'
import { must, ok } from '../../../roles/protocol/result.ts'
import { signaturesOf } from '../../../roles/protocol/stamps/index.ts'
import { ACCEPTED, closeTick, documentsFiles, readDocuments, scriptOf } from '../../../roles/protocol/ticks/index.ts'
import type { SignatureCheck } from '../../../roles/protocol/crypto/index.ts'
import { fileEntry } from '../../../roles/protocol/index/index.ts'
import { crypto } from '../../roles/supervisor/actors.ts'
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
}

const ROUNDS = 5

async function spent(work: () => Promise<void>): Promise<Spent> {
  const [began, before] = [performance.now(), process.cpuUsage()]
  await work()
  const { user, system } = process.cpuUsage(before)
  return { wall: performance.now() - began, processor: (user + system) / 1000 }
}

/** With threads that run already, and nothing remembered. */
async function freshChecker(warm: readonly SignatureCheck[]) {
  const checker = createChecker()
  await checker.crypto.schnorr.ahead!(warm)
  return checker
}

async function verify(files: readonly string[], count: number): Promise<Verified> {
  const scene = await setScene()
  const lines = await readLines(files, count)
  const documents = lines.map((line) => must(openDocument(crypto, 'update', line)))
  const reserved = lines.map(reservedBy)
  const seats = seatsOf(scene, count)
  for (const { key } of reserved) scriptOf(key)
  const checks = documents.flatMap((document) => signaturesOf(crypto, document))
  // Of other messages: what is checked to start the threads helps nobody afterwards.
  const warm = checks.slice(0, 2_000).map((check) => ({ ...check, message: crypto.sha256(check.message) }))
  const parts = documentsFiles(documents)
  const summary = { verdicts: [], documents: parts.map((part) => fileEntry(crypto, part)) }
  const result: Verified = { count, signatures: checks.length, whole: [], signaturesAlone: [] }
  for (let round = 0; round < ROUNDS; round++) {
    const alone = await freshChecker(warm)
    result.signaturesAlone.push(await spent(() => alone.crypto.schnorr.ahead!(checks)))
    await alone.close()
    const checker = await freshChecker(warm)
    const ledger = makeLedger(scene, reserved, seats)
    global.gc?.()
    const read = {
      crypto: checker.crypto,
      fetchFile: (name: string) => Promise.resolve(ok(parts.find((part) => part.name === name)!.bytes)),
    }
    result.whole.push(await spent(() => replay(scene, read, { summary } as never, ledger)))
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
  const opened = must(await readDocuments(files, tick))
  const updates = anchored([...opened.values()] as Array<OpenedDocument<'update'>>)
  const closed = closeTick({ crypto: files.crypto }, ledger, closeInput(scene, updates))
  const refused = closed.verdicts.find(({ outcome }) => outcome !== ACCEPTED)
  if (refused !== undefined) throw new Error(`an honest update was refused: ${refused.outcome}`)
}

process.once('message', (message) => {
  const { files, count } = message as { files: string[]; count: number }
  void verify(files, count).then((verified) => process.send!(verified, () => process.disconnect()))
})
