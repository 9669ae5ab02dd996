/**
 * The one table of commands and events, in groups by what a person does. Handlers, the client in the renderer, validators, the command line and the preload
 * allow-list are inferred from it; a missing handler is a compile error. To add a command, see CONTRIBUTING.md.
 */
import type { z } from 'zod'
import type { Change } from './changes.ts'
import { LARGEST, type Command } from './command.ts'
import { host } from './host.ts'
import { node } from './node.ts'
import { publish } from './publish.ts'
import { use } from './use.ts'
import type { LogLine, Pulse } from './views.ts'
import { wallet } from './wallet.ts'

export type { Change } from './changes.ts'
export type { Command, Owner } from './command.ts'
export type * from './views.ts'
export type * from './wallet.ts'

/** Of this table: who speaks another version is refused. Raised with every change that a caller could notice. */
export const CONTRACT = 3

export const commands = { ...node, ...wallet, ...publish, ...host, ...use } as const satisfies Record<string, Command>

export type Commands = typeof commands
export type CommandName = keyof Commands
export type CommandArgs<N extends CommandName> = z.infer<Commands[N]['args']>
export type CommandResult<N extends CommandName> = Commands[N]['result']

/** Bytes that the arguments of a command may have as JSON. */
export const largestOf = (name: string): number =>
  (Object.hasOwn(commands, name) ? (commands[name as CommandName] as Command).largest : undefined) ?? LARGEST

/**
 * Who listens names the events that it wants; what nobody wants is not made. `changed` tells what changed in the overview since the last change
 * (`followOverview` keeps one by it), `log` each new line, and `pulse` the little that the pace of blocks goes by: at once to who begins to listen.
 */
export interface Events {
  changed: Change
  log: LogLine
  pulse: Pulse
}
export type EventName = keyof Events
export const events = ['changed', 'log', 'pulse'] as const satisfies readonly EventName[]
export const isEvent = (name: unknown): name is EventName => (events as readonly unknown[]).includes(name)

/** What can be listened to. @returns how to stop */
export type Subscribe = (wanted: readonly EventName[], listener: (event: string, payload: unknown) => void) => () => void
