/** The client over `window.golem`, which Electron's preload provides. */
import type { CommandArgs, CommandName, CommandResult, EventName, Events } from '../../main/contract/index.ts'
import type { Result } from '../../roles/program/result.ts'
import { away, type Client, type ClientListener } from './calls.ts'

/** What the preload puts on `window`. */
export interface Bridge {
  /** @param node whose command it is; empty: the first one */
  call(name: string, args: unknown, node?: string): Promise<unknown>
  /** @param node whose events are heard; empty: the first one */
  subscribe(node: string, listener: (event: string, payload: unknown) => void): () => void
}

const BEAT_MS = 3000
/** Answers that mean that there is no core behind the bridge at the moment. */
const absent = ['page.unreachable', 'core.restarting', 'core.stopped']

/** @param node its id; empty where the first one is not known yet */
export function createBridgeClient(bridge: Bridge, node: () => string): Client {
  const listeners = new Set<ClientListener>()
  let live = true

  const notice = (answer: Result<unknown>): void => {
    const here = answer.ok || !absent.includes(answer.error.code)
    if (here === live) return
    live = here
    for (const listener of listeners) listener.connection(live ? 'live' : 'lost')
  }
  const call = async <N extends CommandName>(name: N, args: CommandArgs<N>): Promise<Result<CommandResult<N>>> => {
    const answer = (await bridge.call(name, args, node()).catch(() => away)) as Result<CommandResult<N>>
    notice(answer)
    return answer
  }
  return {
    call,
    /** A bridge does not tell when the core behind it ends, so a small call asks every few seconds. */
    subscribe(listener) {
      const stop = bridge.subscribe(node(), (event, payload) => listener.event(event as EventName, payload as Events[EventName]))
      const beat = setInterval(() => void call('log', { limit: 1 }), BEAT_MS)
      listeners.add(listener)
      listener.connection(live ? 'live' : 'lost')
      return () => {
        stop()
        clearInterval(beat)
        listeners.delete(listener)
      }
    },
  }
}
