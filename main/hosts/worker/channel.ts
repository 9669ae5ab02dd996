/** The contract over a message channel between processes: calls by number, results, and events. Only plain values cross. */
import { commands, type CommandName } from '../../contract/index.ts'
import { fail, type Result } from '../../core/index.ts'

export type ToWorker = { kind: 'start'; config: unknown } | { kind: 'call'; id: number; name: string; args: unknown } | { kind: 'stop' }

export type FromWorker =
  | { kind: 'ready' }
  | { kind: 'failed'; message: string }
  | { kind: 'result'; id: number; result: Result<unknown> }
  | { kind: 'event'; event: string; payload: unknown }

export interface Callable {
  call(name: CommandName, args: unknown): Promise<Result<unknown>>
  subscribe(listener: (event: string, payload: unknown) => void): () => void
}

/** Validates a call against the contract before the core sees it. Errors: `command.unknown`, `command.arguments`. */
export async function validatedCall(core: Callable, name: string, args: unknown): Promise<Result<unknown>> {
  if (!Object.hasOwn(commands, name)) return fail('command.unknown', `There is no command «${name}».`)
  const parsed = commands[name as CommandName].args.safeParse(args)
  if (parsed.success) return core.call(name as CommandName, parsed.data)
  const issue = parsed.error.issues[0]!
  return fail('command.arguments', `The argument ${issue.path.join('.') || name} of ${name} is not acceptable: ${issue.message}.`)
}
