/** A command that a running node performs. */
import { own } from '../../../../roles/program/index.ts'
import type { Failure, Result } from '../../../../roles/protocol/result.ts'
import type { Call, Command, Done } from '../command.ts'
import { NODE_FLAGS } from '../../terminal/nodes.ts'
import { findNode, type Node } from './connection.ts'

type Told = Omit<Command, 'run' | 'flags' | 'takes' | 'usage'> & Partial<Pick<Command, 'flags' | 'takes' | 'usage'>>

/** A node that refuses an argument names its own command and field: whoever typed a line knows options. */
function inOwnWords({ flags = {} }: Told, error: Failure): Failure {
  const field = error.details?.['field']
  const found = error.code === 'page.arguments' ? /^[a-zA-Z.]+: (.*)$/s.exec(error.message) : null
  if (found === null || typeof field !== 'string') return error
  const option = field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  const words = Object.hasOwn(flags, option) ? found[1]!.replace(field, `--${option}`) : found[1]!
  return { ...error, message: `${words[0]!.toUpperCase()}${words.slice(1)}` }
}

/** @param run what it does with the node that flags and environment name */
export const nodeCommand = (told: Told, run: (node: Node, call: Call) => Promise<Result<Done>>): Command => ({
  usage: '',
  takes: [0, 0],
  ...told,
  flags: { ...told.flags, ...NODE_FLAGS },
  async run(call) {
    const { folder, network } = call.flags as { folder?: string; network?: string }
    const node = findNode({ cwd: call.io.cwd, env: call.io.env }, { folder, network })
    const done = node.ok ? await run(node.value, call) : node
    return done.ok ? done : { ok: false, error: inOwnWords(told, done.error) }
  },
})

/** Text of a flag; undefined where it was left out. */
export const textFlag = ({ flags }: Call, name: string): string | undefined => own(flags, name) as string | undefined
