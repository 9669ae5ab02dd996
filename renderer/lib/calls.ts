/** What the view asks of a client, however it reaches the core. */
import type { CommandArgs, CommandName, CommandResult, EventName, Events } from '../../main/contract/index.ts'
import type { SandboxArgs, SandboxCommandName, SandboxResult } from '../../main/contract/sandbox.ts'
import type { Result } from '../../roles/program/result.ts'

/** `locked`: the server is there but does not know this browser (any more). */
export type Connection = 'connecting' | 'live' | 'lost' | 'locked'

export interface ClientListener {
  event<N extends EventName>(name: N, payload: Events[N]): void
  connection(state: Connection): void
}

/** Of one node. */
export interface Client {
  call<N extends CommandName>(name: N, args: CommandArgs<N>): Promise<Result<CommandResult<N>>>
  subscribe(listener: ClientListener): () => void
}

/** One of the nodes that answer here, and its name for people. */
export interface NodeChoice {
  id: string
  name: string
}

export type SandboxCall = <N extends SandboxCommandName>(name: N, args: SandboxArgs<N>) => Promise<Result<SandboxResult<N>>>

/** All nodes that answer behind one address. */
export interface Nodes {
  list(): Promise<Result<NodeChoice[]>>
  /** @param node an id of `list`; null is the first one */
  client(node: string | null): Client
  /** About the sandbox itself, where the nodes are in one. */
  sandbox: SandboxCall
}

/** What a call says when nobody is there to answer it. */
export const away: Result<never> = {
  ok: false,
  error: { code: 'page.unreachable', message: 'Golem does not answer. Check that it is running, then try again.', retryable: true },
}
