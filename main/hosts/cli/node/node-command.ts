/** A command that a running node performs. */
import { own } from '../../../../roles/program/index.ts'
import type { Result } from '../../../../roles/protocol/result.ts'
import type { Call, Command, Done } from '../command.ts'
import { NODE_FLAGS } from '../../terminal/nodes.ts'
import { findNode, type Node } from './connection.ts'

type Told = Omit<Command, 'run' | 'flags' | 'takes' | 'usage'> & Partial<Pick<Command, 'flags' | 'takes' | 'usage'>>

/** @param run what it does with the node that flags and environment name */
export const nodeCommand = (told: Told, run: (node: Node, call: Call) => Promise<Result<Done>>): Command => ({
  usage: '',
  takes: [0, 0],
  ...told,
  flags: { ...told.flags, ...NODE_FLAGS },
  async run(call) {
    const { folder, network } = call.flags as { folder?: string; network?: string }
    const node = findNode({ cwd: call.io.cwd, env: call.io.env }, { folder, network })
    return node.ok ? run(node.value, call) : node
  },
})

/** Text of a flag; undefined where it was left out. */
export const textFlag = ({ flags }: Call, name: string): string | undefined => own(flags, name) as string | undefined
