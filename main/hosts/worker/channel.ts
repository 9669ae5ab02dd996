/**
 * The contract over a message channel between processes: calls by number, results, and the events that were asked for. Only plain values cross. A process may run several
 * nodes; `node` says of which one a message is, by its name.
 */
import { readArguments, unknownCommand } from '../../contract/arguments.ts'
import { commands, type CommandName, type EventName, type Subscribe } from '../../contract/index.ts'
import type { Result } from '../../core/index.ts'

export type ToWorker =
  /** Begins a node; again after it failed, once what kept it from starting may be mended. */
  | { kind: 'start'; node: string; config: unknown }
  | { kind: 'call'; id: number; node: string; name: string; args: unknown }
  /** Which events of the node are told from now on; none before. */
  | { kind: 'hear'; node: string; events: readonly EventName[] }
  /** Ends all nodes and the process. */
  | { kind: 'stop' }

export type FromWorker =
  | { kind: 'ready'; node: string }
  /** `code` as of every failure, for who decides what helps; `message` is a sentence for a person. */
  | { kind: 'failed'; node: string; code: string; message: string }
  | { kind: 'result'; id: number; result: Result<unknown> }
  | { kind: 'event'; node: string; event: string; payload: unknown }

export interface Callable {
  call(name: CommandName, args: unknown): Promise<Result<unknown>>
  subscribe: Subscribe
}

/** Validates a call against the contract before the core sees it. Errors: `command.unknown`, `command.arguments`. */
export async function validatedCall(core: Callable, name: string, given: unknown): Promise<Result<unknown>> {
  if (!Object.hasOwn(commands, name)) return unknownCommand('command.unknown', name)
  const args = readArguments('command.arguments', name as CommandName, given)
  return args.ok ? core.call(name as CommandName, args.value) : args
}
