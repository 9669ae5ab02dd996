/** `golem node`: starts the host of one node, which is a program of its own. */
import { own } from '../../../../../roles/program/index.ts'
import { ok } from '../../../../../roles/protocol/result.ts'
import { hosts, nodeOptions } from '../../../terminal/hosts.ts'
import type { Command } from '../../command.ts'

const { help: _help, ...flags } = nodeOptions
const { summary, usage, doc, example } = hosts.node

/** Flags as they were typed, but for their order. */
export const typedAgain = (values: Readonly<Record<string, unknown>>): string[] =>
  Object.keys(flags).flatMap((name) => {
    const value = own(values, name)
    if (value === undefined || value === false) return []
    return value === true ? [`--${name}`] : [`--${name}=${String(value)}`]
  })

export const nodeHostCommand: Command = {
  name: 'node',
  summary,
  usage: usage === '[flags]' ? '' : usage,
  takes: [0, 0],
  flags,
  doc,
  example,
  async run(call) {
    // What builds and starts it is loaded where that is asked for.
    const { startNode } = await import('../../../launcher/start.ts')
    return ok({ text: '', value: null, silent: true, exit: await startNode(typedAgain(call.flags)) })
  },
}
