/**
 * The second table: what a person does to the sandbox itself, as no network of strangers lets anybody do. It is served beside the contract of the nodes,
 * where there is a sandbox; nodes do not know of it.
 */
import { z } from 'zod'
import { none, result, type Command } from './command.ts'

export interface SandboxView {
  state: 'starting' | 'running'
  /** Milliseconds between blocks, at least; 0: time stands still. */
  blockMs: number
  /** Who takes no part, why, and what to do about it. */
  out: Array<{ name: string; why: string }>
}

/** A node, and its name for people. */
export interface NodeName {
  id: string
  name: string
}

/** Between blocks, in milliseconds. */
export const PACE = { least: 50, most: 3_600_000 }
/** Of one call: everybody takes in each before the next. */
export const MOST_BLOCKS = 20

/** Milliseconds between blocks; 0: time stands still. */
export const blockMs = z.union([z.literal(0), z.int().min(PACE.least).max(PACE.most)])

export const sandbox = {
  'sandbox.nodes': {
    reads: true,
    doc: 'The nodes that can be asked here, the own one first.',
    args: none,
    result: result<NodeName[]>(),
  },
  'sandbox.status': {
    reads: true,
    doc: 'How fast time goes by, and who takes no part.',
    args: none,
    result: result<SandboxView>(),
  },
  'sandbox.mine': {
    doc: 'Makes so many blocks now, each when everybody has taken in the last, also while time stands still.',
    args: z.strictObject({ blocks: z.int().min(1).max(MOST_BLOCKS) }),
    result: result<SandboxView>(),
  },
  'sandbox.pace': {
    doc: 'Milliseconds between blocks from now on, also after a restart; with 0 time stands still until it is told otherwise.',
    args: z.strictObject({ blockMs }),
    result: result<SandboxView>(),
  },
} as const satisfies Record<string, Command>

export type SandboxCommands = typeof sandbox
export type SandboxCommandName = keyof SandboxCommands
export type SandboxArgs<N extends SandboxCommandName> = z.infer<SandboxCommands[N]['args']>
export type SandboxResult<N extends SandboxCommandName> = SandboxCommands[N]['result']

export const isSandboxCommand = (name: string): name is SandboxCommandName => Object.hasOwn(sandbox, name)
