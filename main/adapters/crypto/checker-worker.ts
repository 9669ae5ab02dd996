/** A thread of a checker: reads and checks one file of documents after the other. It ends when its host ends it. */
import { parentPort } from 'node:worker_threads'
import { readReveal, type Reveal } from '../../../roles/protocol/stamps/index.ts'
import { checkFile } from '../../../roles/protocol/ticks/index.ts'
import type { RevealFile } from '../../../roles/protocol/requests/index.ts'
import { SECRETS_KEPT, type Answer, type Ask } from './asks.ts'
import { fastCrypto } from './fast.ts'

const reveals = new Map<string, Reveal>()

parentPort!.on('message', ({ file, fresh, revealed }: Ask) => {
  for (const { id, file: secrets } of fresh) {
    // As our own side read it, and under the name that our own side gave it.
    reveals.set(id, { ...readReveal(fastCrypto, secrets as RevealFile), id })
    if (reveals.size > SECRETS_KEPT) reveals.delete(reveals.keys().next().value!)
  }
  const check = checkFile(
    fastCrypto,
    file,
    revealed.flatMap((id) => reveals.get(id) ?? []),
  )
  const answer: Answer = { check }
  parentPort!.postMessage(answer, check === null ? [] : [check.ends.buffer, check.digests.buffer, check.found.buffer])
})
