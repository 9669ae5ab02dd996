/** `golem sandbox …`: the time of the sandbox, and who is in it. */
import { join } from 'node:path'
import { MOST_BLOCKS, PACE, type NodeName, type SandboxView } from '../../../../contract/sandbox.ts'
import { fail, ok, type Result } from '../../../../../roles/protocol/result.ts'
import { columnsOf, plain } from '../../../terminal/columns.ts'
import { wrongUsage, type Call, type Command, type Done } from '../../command.ts'
import type { Node } from '../connection.ts'
import { nodeCommand } from '../node-command.ts'
import { lines } from '../show.ts'

/** Error beside those of the sandbox: `sandbox.none`. */
const sandboxCommand = (told: Parameters<typeof nodeCommand>[0], run: (node: Node, call: Call) => Promise<Result<Done>>): Command =>
  nodeCommand(told, (node, call) =>
    node.network === 'sandbox'
      ? run(node, call)
      : Promise.resolve(
          fail(
            'sandbox.none',
            `The node in ${node.folder} is on ${node.network}, whose time nobody changes: name the folder of a sandbox.`,
          ),
        ),
  )

/** Milliseconds in words. */
const every = (ms: number): string => (ms % 1_000 === 0 ? (ms === 1_000 ? 'second' : `${ms / 1_000} seconds`) : `${ms} milliseconds`)

export const sandboxText = ({ state, blockMs, out }: SandboxView): string =>
  lines(
    state === 'starting' && 'The sandbox is starting.',
    blockMs === 0
      ? 'Time stands still: golem sandbox mine makes a block.'
      : `A block comes every ${every(blockMs)}, once everybody has taken in the last.`,
    ...out.map(({ name, why }) => `${plain(name)} takes no part: ${plain(why)}`),
  )

const told = (view: Result<SandboxView>): Result<Done> => (view.ok ? ok({ text: sandboxText(view.value), value: view.value }) : view)

/** A whole number within its bounds. Error: `cli.usage`. */
function numberOf(what: string, text: string, fits: (value: number) => boolean, bounds: string): Result<number> {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN
  return fits(value) ? ok(value) : wrongUsage(`${what} must be ${bounds}, not «${text}».`)
}

const nodesText = (node: Node, nodes: readonly NodeName[]): string =>
  columnsOf(nodes, [
    { title: 'node', of: ({ name }) => name },
    { title: 'its folder', of: ({ id }) => join(node.sandbox, id), whole: true },
  ])

export const sandboxCommands: readonly Command[] = [
  sandboxCommand(
    {
      name: 'sandbox status',
      summary: 'how fast blocks come, and who takes no part',
      doc: 'Of the sandbox that npm start runs. What a node of it does is said by golem status.',
      example: 'golem sandbox status',
    },
    async (node) => told(await node.sandboxCall('sandbox.status', {})),
  ),
  sandboxCommand(
    {
      name: 'sandbox nodes',
      summary: 'the nodes of the sandbox, and their folders',
      doc: 'Your own node is the first. Every command talks to another one with --folder and its folder.',
      example: 'golem sandbox nodes',
    },
    async (node) => {
      const nodes = await node.sandboxCall('sandbox.nodes', {})
      return nodes.ok ? ok({ text: nodesText(node, nodes.value), value: nodes.value }) : nodes
    },
  ),
  sandboxCommand(
    {
      name: 'sandbox mine',
      summary: 'make a block now, or several',
      usage: '[blocks]',
      takes: [0, 1],
      doc: `Makes so many blocks (1 to ${MOST_BLOCKS}; without a number one), each once everybody has taken in the last, also while time stands still.`,
      example: 'golem sandbox mine 4',
    },
    async (node, { positionals: [text = '1'] }) => {
      const blocks = numberOf('The number of blocks', text, (value) => value >= 1 && value <= MOST_BLOCKS, `1 to ${MOST_BLOCKS}`)
      return blocks.ok ? told(await node.sandboxCall('sandbox.mine', { blocks: blocks.value })) : blocks
    },
  ),
  sandboxCommand(
    {
      name: 'sandbox pace',
      summary: 'change how fast blocks come, or let time stand still',
      usage: '<milliseconds>',
      takes: [1, 1],
      doc: `Milliseconds between two blocks, ${PACE.least} to ${PACE.most}; 0 lets time stand still. It counts from now on, and after npm start was ended and started again, unless that says --block-ms.`,
      example: 'golem sandbox pace 1000',
    },
    async (node, { positionals: [text] }) => {
      const fits = (value: number): boolean => value === 0 || (value >= PACE.least && value <= PACE.most)
      const blockMs = numberOf('The milliseconds', text!, fits, `0 or ${PACE.least} to ${PACE.most}`)
      return blockMs.ok ? told(await node.sandboxCall('sandbox.pace', { blockMs: blockMs.value })) : blockMs
    },
  ),
]
