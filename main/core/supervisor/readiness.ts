/**
 * Which servers are ready for the ticks that are being planned: each is asked, and whoever does not answer in time is not dealt in. It is settled once for a tick
 * and kept before anything of it is used: what is repeated after a crash sees the same answers.
 */
import { utf8 } from '../../../roles/protocol/bytes.ts'
import { openDocument, type Ready, type Signed, type TickServer } from '../../../roles/protocol/documents/index.ts'
import { isReadyFor, pathTo } from '../../../roles/protocol/requests/index.ts'
import type { TickWork } from '../../../roles/supervisor/index.ts'
import type { Json, StorageWrite } from '../ports.ts'
import type { Services } from '../services.ts'
import { SUPERVISOR_ROWS } from './offers.ts'

/** Of one server. */
const ANSWER_MS = 4_000
const ANSWER_BYTES = 4_096
/** Servers that are asked at once. */
const AT_ONCE = 64

interface Settled {
  hash: string
  answers: Array<Signed<Ready>>
}

const rowOf = (number: number): string => `ready:${String(number).padStart(10, '0')}`

export const forgetReadiness = (number: number): StorageWrite => ({ table: SUPERVISOR_ROWS, key: rowOf(number), delete: true })

/** What the servers that a tick lists signed, those that did not answer left out. @param ticks that are being planned, ascending, at least one */
export async function readyServers(
  { storage, transport, crypto }: Services,
  { app, number, hash }: TickWork,
  servers: readonly TickServer[],
  ticks: readonly number[],
): Promise<Array<Signed<Ready>>> {
  const stored = storage.get(SUPERVISOR_ROWS, rowOf(number)) as unknown as Settled | undefined
  if (stored?.hash === hash) return stored.answers
  const [from, to] = [ticks[0]!, ticks.at(-1)!]
  const question = utf8(JSON.stringify({ app, from, to }))
  const ask = async ({ id, host, port }: TickServer): Promise<Array<Signed<Ready>>> => {
    const answer = await transport.send({ host, port }, pathTo(id, 'ready'), question, { timeoutMs: ANSWER_MS, maxBytes: ANSWER_BYTES })
    const opened = answer.ok ? openDocument(crypto, 'ready', answer.value) : answer
    const isAnswer = opened.ok && opened.value.body.by === id && ticks.every((tick) => isReadyFor(opened.value.body, app, tick))
    return isAnswer ? [opened.value.body] : []
  }
  const answers: Array<Signed<Ready>> = []
  for (let at = 0; at < servers.length; at += AT_ONCE) answers.push(...(await Promise.all(servers.slice(at, at + AT_ONCE).map(ask))).flat())
  const settled: Settled = { hash, answers }
  storage.transact([{ table: SUPERVISOR_ROWS, key: rowOf(number), value: settled as unknown as Json }])
  return answers
}
