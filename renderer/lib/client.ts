/** The typed way from the view to the core: over the preload's bridge in Electron, over HTTP and Server-Sent Events elsewhere. */
import type { CommandArgs, CommandName, CommandResult, EventName, Events } from '../../main/contract/index.ts'
import type { Result } from '../../roles/program/result.ts'
import { type Bridge, createBridgeClient } from './bridge.ts'
import { away, type Client, type ClientListener, type NodeChoice, type Nodes, type SandboxCall } from './calls.ts'

const RETRY_MS = 1500

async function answerOf(path: string, options: RequestInit): Promise<Result<unknown>> {
  try {
    return (await (await fetch(path, options)).json()) as Result<unknown>
  } catch {
    return away
  }
}

/** @param node left out of the address where it is the first one */
const address = (what: string, node: string | null): string => `./api/${what}${node === null ? '' : `?node=${encodeURIComponent(node)}`}`

const post = (name: string, node: string | null, args: unknown): Promise<Result<unknown>> =>
  answerOf(address(name, node), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(args) })

/** EventSource gives up on anything but a broken connection, so a refused stream is asked for again here, after finding out why. */
function follow(node: string | null, listener: ClientListener): () => void {
  let stopped = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let source: EventSource
  const retry = async (): Promise<void> => {
    const probe = await post('overview', node, {})
    if (stopped) return
    listener.connection(!probe.ok && probe.error.code === 'page.token' ? 'locked' : 'lost')
    timer = setTimeout(open, RETRY_MS)
  }
  const open = (): void => {
    source = new EventSource(address('events', node))
    source.onopen = () => listener.connection('live')
    source.onerror = () => {
      source.close()
      void retry()
    }
    const hear = <N extends EventName>(name: N): void =>
      source.addEventListener(name, (message) => listener.event(name, JSON.parse((message as Event & { data: string }).data) as Events[N]))
    hear('changed')
    hear('log')
  }
  open()
  return () => {
    stopped = true
    clearTimeout(timer)
    source.close()
  }
}

const clientOf = (node: string | null): Client => ({
  call: async <N extends CommandName>(name: N, args: CommandArgs<N>) => (await post(name, node, args)) as Result<CommandResult<N>>,
  subscribe: (listener) => follow(node, listener),
})

/** @param host the window: its `golem`, where the preload has put one, is preferred to HTTP */
export function createNodes(host: { golem?: Bridge }): Nodes {
  if (host.golem === undefined)
    return {
      list: async () => (await answerOf('./api/nodes', {})) as Result<NodeChoice[]>,
      client: clientOf,
      sandbox: async (name, args) => (await post(name, null, args)) as never,
    }
  return overBridge(host.golem)
}

function overBridge(bridge: Bridge): Nodes {
  let first = ''
  const sandbox: SandboxCall = async (name, args) => (await bridge.call(name, args).catch(() => away)) as never
  return {
    async list() {
      const nodes = await sandbox('sandbox.nodes', {})
      if (nodes.ok) first = nodes.value[0]?.id ?? ''
      return nodes
    },
    client: (node) => createBridgeClient(bridge, () => node ?? first),
    sandbox,
  }
}
