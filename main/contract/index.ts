/**
 * The one table of commands and events, in groups by what a person does. Handlers, the client in the renderer, validators, the command line and the preload
 * allow-list are inferred from it; a missing handler is a compile error. To add a command, see CONTRIBUTING.md.
 */
import type { z } from 'zod'
import { LARGEST, type Command } from './command.ts'
import { host } from './host.ts'
import { node } from './node.ts'
import { publish } from './publish.ts'
import { use } from './use.ts'
import type { LogLine, Overview } from './views.ts'
import { wallet } from './wallet.ts'

export type { Command, Owner } from './command.ts'
export type * from './views.ts'
export type * from './wallet.ts'

/** Of this table: who speaks another version is refused. Raised with every change that a caller could notice. */
export const CONTRACT = 2

export const commands = { ...node, ...wallet, ...publish, ...host, ...use } as const satisfies Record<string, Command>

export type Commands = typeof commands
export type CommandName = keyof Commands
export type CommandArgs<N extends CommandName> = z.infer<Commands[N]['args']>
export type CommandResult<N extends CommandName> = Commands[N]['result']

/** Bytes that the arguments of a command may have as JSON. */
export const largestOf = (name: string): number =>
  (Object.hasOwn(commands, name) ? (commands[name as CommandName] as Command).largest : undefined) ?? LARGEST

/** Events carry what changed; a view that missed some asks for `overview` again. */
export interface Events {
  overview: Overview
  log: LogLine
}
export type EventName = keyof Events
export const events = ['overview', 'log'] as const satisfies readonly EventName[]
