/** The contract over a message channel between processes: calls by number, results, and events. Only plain values cross. */
import { readArguments, unknownCommand } from '../../contract/arguments.ts'
import { commands, type CommandName } from '../../contract/index.ts'
import type { Result } from '../../core/index.ts'

export type ToWorker = { kind: 'start'; config: unknown } | { kind: 'call'; id: number; name: string; args: unknown } | { kind: 'stop' }

export type FromWorker =
  | { kind: 'ready' }
  /** `code` as of every failure, for who decides what helps; `message` is a sentence for a person. */
  | { kind: 'failed'; code: string; message: string }
  | { kind: 'result'; id: number; result: Result<unknown> }
  | { kind: 'event'; event: string; payload: unknown }

export interface Callable {
  call(name: CommandName, args: unknown): Promise<Result<unknown>>
  subscribe(listener: (event: string, payload: unknown) => void): () => void
}

/** Validates a call against the contract before the core sees it. Errors: `command.unknown`, `command.arguments`. */
export async function validatedCall(core: Callable, name: string, given: unknown): Promise<Result<unknown>> {
  if (!Object.hasOwn(commands, name)) return unknownCommand('command.unknown', name)
  const args = readArguments('command.arguments', name as CommandName, given)
  return args.ok ? core.call(name as CommandName, args.value) : args
}
