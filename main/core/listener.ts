/**
 * The one HTTP listener of a node (DESIGN 10): opened when the first of its servers wants to be reached, closed when the last one goes. The path of a request names
 * the server that it is for (PROTOCOL.md 16). What one address may have of this computer is counted here, because it must not grow with the number of servers.
 */
import { MESSAGE_LIMIT, readPath, type Asked } from '../../roles/protocol/requests/index.ts'
import { fail, failForNow, ok, type Result } from '../../roles/protocol/result.ts'
import { refusable } from './disk.ts'
import type { ClockPort, Listening, StoragePort, TransportPort } from './ports.ts'
import { createShares, type Shares } from './server/shares.ts'
import { createTurns } from './turns.ts'

/** How one server answers. @param peer who asks, as the transport counts peers */
export type Answer = (asked: Asked, body: Uint8Array, peer: string) => Promise<Result<Uint8Array>>

/** Where the node listens; port 0: the one it had before, or else whichever the system picks. */
export interface ListenerSettings {
  host: string
  port: number
}

export interface Recipient {
  /** The port that the listener has, which acceptances name. */
  port: number
  /** From now on there is nobody of that key here. Closes the listener after the last one; again, it does nothing. */
  remove(): Promise<void>
}

export interface Listener {
  /**
   * Lets a server be reached. @param key its x-only key, hex
   * Errors: `transport.port` (the port cannot be had), `listener.taken` (that key is here already).
   */
  add(key: string, answer: Answer): Promise<Result<Recipient>>
  /** Processor time that an address used with what nobody signed: of all servers here together. */
  readonly unsigned: Shares
}

/** A client waits longer, so that it learns which server to leave out. */
export const RELAY_TIMEOUT_MS = 25_000
/** Of one peer: as fast as one core answers, which also is what top-level servers send in the name of many clients. */
const A_MINUTE = { requests: 12_000, bytes: 256 << 20 }
/** Of a minute, in milliseconds of processor time: what one address may cost with what no client of an app signed. */
const UNSIGNED_MS = 3_000

const ROWS = 'listener'

export function createListener(
  { transport, storage, clock }: { transport: TransportPort; storage: StoragePort; clock: ClockPort },
  settings: () => ListenerSettings,
): Listener {
  const answers = new Map<string, { answer: Answer }>()
  const turns = createTurns()
  let listening: Listening | null = null

  async function answer(path: string, body: Uint8Array, peer: string): Promise<Result<Uint8Array>> {
    const asked = readPath(path)
    if (asked === null) return fail('server.path', 'There is nothing at this path. Ask for /golem/<version>/<key of the server>/<what>.')
    const recipient = answers.get(asked.recipient)
    return recipient === undefined
      ? failForNow('server.recipient', 'No server of this key answers here now. Ask another server.')
      : recipient.answer(asked.asked, body, peer)
  }

  /** Ports are in certificates, so a node that is started again takes the same one. */
  async function open(): Promise<Result<Listening>> {
    if (listening !== null) return ok(listening)
    const { host, port: wanted } = settings()
    const known = storage.get(ROWS, 'port')
    const port = wanted === 0 && typeof known === 'number' ? known : wanted
    const opened = await transport.serve(
      { host, port, maxBytes: MESSAGE_LIMIT, timeoutMs: RELAY_TIMEOUT_MS, perMinutePerPeer: A_MINUTE },
      answer,
    )
    if (!opened.ok) return opened
    const noted = await refusable(() => note(opened.value.port, known))
    if (!noted.ok) {
      await opened.value.close()
      return noted
    }
    listening = opened.value
    return ok(listening)
  }

  function note(port: number, known: unknown): Result<null> {
    if (port !== known) storage.transact([{ table: ROWS, key: 'port', value: port }])
    return ok(null)
  }

  async function remove(key: string, own: { answer: Answer }): Promise<void> {
    if (answers.get(key) !== own) return
    answers.delete(key)
    if (answers.size > 0) return
    const closing = listening
    listening = null
    await closing?.close()
  }

  return {
    unsigned: createShares(UNSIGNED_MS, () => clock.now()),
    add: (key, answering) =>
      turns.take(async () => {
        if (answers.has(key)) return fail('listener.taken', `The server ${key} answers here already.`)
        const opened = await open()
        if (!opened.ok) return opened
        const own = { answer: answering }
        answers.set(key, own)
        return ok({ port: opened.value.port, remove: () => turns.take(() => remove(key, own)) })
      }),
  }
}
