/** `golem wallet find` and `found`: what a restored wallet took part in. */
import type { FoundView, RestoreView } from '../../../../contract/index.ts'
import { ok, type Result } from '../../../../../roles/protocol/result.ts'
import type { Call } from '../../command.ts'
import { plain } from '../../../terminal/columns.ts'
import { nodeCommand, textFlag } from '../node-command.ts'
import { brief, lines } from '../show.ts'
import { readJson } from '../../load.ts'

const ROLES = { supervisor: 'supervised', server: 'served', client: 'used' } as const

const foundText = ({ role, title, app, offer, state, restored, lost }: FoundView): string =>
  [
    `${ROLES[role]}: ${plain(title ?? app)} (${state})`,
    ...restored.map((what) => `  back: ${plain(what)}`),
    ...lost.map((what) => `  lost: ${plain(what)}`),
    ...(role === 'server' && offer !== undefined ? [`  next: golem host join ${brief(offer)}, to go on with the job`] : []),
  ].join('\n')

function viewText({ state, step, percent, found, unknown, message }: RestoreView): string {
  const head = {
    none: 'Nothing was looked for since the node started: golem wallet find begins.',
    running: `${percent} %: ${plain(step)}; golem wallet found says how far it is`,
    done: found.length === 0 ? 'This wallet took part in nothing that is on the chain.' : '',
    failed: `It failed: ${plain(message ?? '')}\nLook again with golem wallet find: what is there already stays as it is.`,
  }[state]
  return lines(head !== '' && head, ...found.map(foundText), ...unknown.map((what) => `not known: ${plain(what)}`))
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
    },
    doc: 'Apps that the wallet supervised or used go on; jobs are told, and taken with golem host join. It goes on in the background: golem wallet found says how far it is.',
    example: 'golem wallet find',
  },
  async (node, call) => {
    const given = programs(call)
    if (!given.ok) return given
    const begun = await node.call('wallet.find', { programs: given.value as never })
    return begun.ok ? ok({ text: viewText(begun.value), value: begun.value }) : begun
  },
)

export const walletFoundCommand = nodeCommand(
  {
    name: 'wallet found',
    summary: 'what golem wallet find has found, and what is lost',
    doc: 'What comes back, what does not, and what could not be told because nobody who has it is there now.',
    example: 'golem wallet found',
  },
  async (node) => {
    const view = await node.call('wallet.found', {})
    return view.ok ? ok({ text: viewText(view.value), value: view.value }) : view
  },
)
