/** `golem wallet find` and `found`: what a restored wallet took part in. */
import type { FoundView, RestoreView } from '../../../../contract/index.ts'
import { ok, type Result } from '../../../../../roles/protocol/result.ts'
import type { Call, Done } from '../../command.ts'
import type { Options } from '../../../terminal/options.ts'
import type { Node } from '../connection.ts'
import { askUntil } from '../waiting.ts'
import { plain } from '../../../terminal/columns.ts'
import { nodeCommand, textFlag } from '../node-command.ts'
import { lines } from '../show.ts'
import { readJson } from '../../load.ts'

const ROLES = { supervisor: 'supervised', server: 'served', client: 'used' } as const

const foundText = ({ role, title, app, state, now, notes, restored, lost }: FoundView): string =>
  [
    `${ROLES[role]}: ${plain(title ?? app)} (${state}); ${now === 'waits' ? 'it waits for its turn' : now}`,
    ...notes.map((what) => `  ! ${plain(what)}`),
    ...restored.map((what) => `  back: ${plain(what)}`),
    ...lost.map((what) => `  lost: ${plain(what)}`),
  ].join('\n')

function viewText({ state, step, percent, found, unknown, message }: RestoreView): string {
  const head = {
    none: 'Nothing was looked for yet: golem wallet find begins.',
    running: `${percent} %: ${plain(step)}; golem wallet found says how far it is`,
    done: found.length === 0 ? 'This wallet took part in nothing that is on the chain.' : '',
    failed: `It failed: ${plain(message ?? '')}\nLook again with golem wallet find: what is there already stays as it is.`,
  }[state]
  return lines(head !== '' && head, ...found.map(foundText), ...unknown.map((what) => `not known: ${plain(what)}`))
}

export const NO_WAIT_FLAG = {
  'no-wait': { kind: 'flag', doc: 'end at once; it goes on in the node, also after a restart' },
} as const satisfies Options

/** Waits until the search is over, with its progress. Errors: those of the node; `cli.ended` (Ctrl+C; the search goes on in the node). */
export async function searched(node: Node, { io, flags }: Call): Promise<Result<Done>> {
  const waits = flags['no-wait'] !== true
  const view = await askUntil<RestoreView, RestoreView>(
    io,
    () => node.call('wallet.found', {}),
    (seen) => (waits && seen.state === 'running' ? { text: plain(seen.step), percent: seen.percent } : { done: seen }),
  )
  return view.ok ? ok({ text: viewText(view.value), value: view.value }) : view
}

function programs(call: Call): Result<unknown[]> {
  const file = textFlag(call, 'program')
  if (file === undefined) return ok([])
  const program = readJson(file, call.io.cwd)
  return program.ok ? ok([program.value]) : program
}

export const walletFindCommand = nodeCommand(
  {
    name: 'wallet find',
    summary: 'find again what a restored wallet took part in, and go on with it',
    flags: {
      program: {
        kind: 'text',
        value: 'FILE',
        doc: 'the compiled program of an app that you supervised, where nobody else has it any more',
      },
      ...NO_WAIT_FLAG,
    },
    doc: `Apps that the wallet supervised or used go on; so do jobs where that is safe: the app still runs and lists the server, and nobody else answers with its key. What is
left alone is told with the reason and what to type. golem wallet restore begins it by itself; it goes on in the node after Ctrl+C and after a restart, and golem wallet
found says how far it is.`,
    example: 'golem wallet find',
  },
  async (node, call) => {
    const given = programs(call)
    if (!given.ok) return given
    const begun = await node.call('wallet.find', { programs: given.value as never })
    return begun.ok ? searched(node, call) : begun
  },
)

export const walletFoundCommand = nodeCommand(
  {
    name: 'wallet found',
    summary: 'what golem wallet find has found, and what is lost',
    doc: 'What goes on, what was left alone and why, and what could not be told because nobody who has it is there now. It is kept: after a restart it says the same.',
    example: 'golem wallet found',
  },
  async (node) => {
    const view = await node.call('wallet.found', {})
    return view.ok ? ok({ text: viewText(view.value), value: view.value }) : view
  },
)
