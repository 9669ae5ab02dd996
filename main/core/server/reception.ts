/** Where a server is reached: at the node's listener, under the key that it has for the offer of its job. */
import { failForNow, ok, type Result } from '../../../roles/protocol/result.ts'
import type { Answer, Listener, Recipient } from '../listener.ts'

export interface Reception {
  /** Answers what comes; it is set when the server can. */
  answer: Answer
  /** Lets it be reached under this key. @returns the port that its acceptance names; errors: those of the listener */
  open(key: string): Promise<Result<number>>
  /** Only this key is still its own; null: none. */
  keep(key: string | null): void
  /** Null before it is reached by anybody. */
  port(): number | null
  close(): Promise<void>
}

export function createReception({ listener }: { listener: Listener }): Reception {
  let open: { key: string; recipient: Promise<Result<Recipient>> } | null = null
  let port: number | null = null

  async function close(): Promise<void> {
    const recipient = await open?.recipient
    if (recipient?.ok === true) await recipient.value.remove()
  }

  const reception: Reception = {
    answer: () => Promise.resolve(failForNow('server.not-serving', 'This server is starting. Try another server.')),
    async open(key) {
      if (open?.key !== key) {
        reception.keep(null)
        open = { key, recipient: listener.add(key, (asked, body, peer) => reception.answer(asked, body, peer)) }
      }
      const opening = open
      const recipient = await opening.recipient
      if (open === opening) {
        port = recipient.ok ? recipient.value.port : null
        if (!recipient.ok) open = null
      }
      return recipient.ok ? ok(recipient.value.port) : recipient
    },
    keep(key) {
      if (open === null || open.key === key) return
      void close()
      open = null
      port = null
    },
    port: () => port,
    close: () => close(),
  }
  return reception
}
