/** What the view asks of a client, however it reaches the core. */
import type { CommandArgs, CommandName, CommandResult, EventName, Events } from '../../main/contract/index.ts'
import type { Result } from '../../roles/program/result.ts'

/** `locked`: the server is there but does not know this browser (any more). */
export type Connection = 'connecting' | 'live' | 'lost' | 'locked'

export interface ClientListener {
  event<N extends EventName>(name: N, payload: Events[N]): void
  connection(state: Connection): void
}

export interface Client {
  call<N extends CommandName>(name: N, args: CommandArgs<N>): Promise<Result<CommandResult<N>>>
  subscribe(listener: ClientListener): () => void
}

/** What a call says when nobody is there to answer it. */
export const away: Result<never> = {
  ok: false,
  error: { code: 'page.unreachable', message: 'Golem does not answer. Check that it is running, then try again.', retryable: true },
}
