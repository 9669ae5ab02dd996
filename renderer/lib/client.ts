/** The typed way from the view to the core: over the preload's bridge in Electron, over HTTP and Server-Sent Events elsewhere. */
import type { CommandArgs, CommandName, CommandResult, EventName, Events } from '../../main/contract/index.ts'
import type { Result } from '../../roles/program/result.ts'
import { type Bridge, createBridgeClient } from './bridge.ts'
import { away, type Client, type ClientListener } from './calls.ts'

const RETRY_MS = 1500

async function post(name: string, args: unknown): Promise<Result<unknown>> {
  try {
    const response = await fetch(`./api/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(args),
    })
    return (await response.json()) as Result<unknown>
  } catch {
    return away
  }
}

/** EventSource gives up on anything but a broken connection, so a refused stream is asked for again here, after finding out why. */
function follow(listener: ClientListener): () => void {
  let stopped = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let source: EventSource
  const retry = async (): Promise<void> => {
    const probe = await post('overview', {})
    if (stopped) return
    listener.connection(!probe.ok && probe.error.code === 'page.token' ? 'locked' : 'lost')
    timer = setTimeout(open, RETRY_MS)
  }
  const open = (): void => {
    source = new EventSource('./api/events')
    source.onopen = () => listener.connection('live')
    source.onerror = () => {
      source.close()
      void retry()
    }
    const hear = <N extends EventName>(name: N): void =>
      source.addEventListener(name, (message) => listener.event(name, JSON.parse((message as Event & { data: string }).data) as Events[N]))
    hear('overview')
    hear('log')
  }
  open()
  return () => {
    stopped = true
    clearTimeout(timer)
    source.close()
  }
}

/** @param host the window: its `golem`, where the preload has put one, is preferred to HTTP */
export function createClient(host: { golem?: Bridge }): Client {
  if (host.golem !== undefined) return createBridgeClient(host.golem)
  return {
    call: async <N extends CommandName>(name: N, args: CommandArgs<N>) => (await post(name, args)) as Result<CommandResult<N>>,
    subscribe: follow,
  }
}
