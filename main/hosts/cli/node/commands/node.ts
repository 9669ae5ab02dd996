/** `golem status`, `log` and `settings`: the node itself. */
import type { SettingView } from '../../../../contract/index.ts'
import { ok, type Result } from '../../../../../roles/protocol/result.ts'
import { columnsOf, plain } from '../../../terminal/columns.ts'
import type { Call, Done } from '../../command.ts'
import type { Node } from '../connection.ts'
import { nodeCommand } from '../node-command.ts'
import { logText, statusText } from '../show.ts'

export const statusCommand = nodeCommand(
  {
    name: 'status',
    summary: 'what the node does, and what it waits for',
    doc: 'Shows the chain, the wallet, the apps that are published, hosted and used with their ids and states, and the requests that wait for approval.',
    example: 'golem status',
  },
  async (node) => {
    const overview = await node.call('overview', {})
    return overview.ok ? ok({ text: statusText(overview.value), value: overview.value }) : overview
  },
)

export const logCommand = nodeCommand(
  {
    name: 'log',
    summary: 'the newest lines of the log, and with -f those to come',
    flags: {
      follow: { kind: 'flag', short: 'f', doc: 'go on with new lines until Ctrl+C' },
      lines: { kind: 'whole', short: 'n', value: 'N', range: [1, 1_000], default: 50, doc: 'how many lines' },
    },
    doc: 'Prints the log of the node, oldest line first. With --json and -f each line is a JSON object of its own.',
    example: 'golem log -f',
  },
  (node, call) => (call.flags['follow'] === true ? follow(node, call) : newest(node, call)),
)

async function newest(node: Node, { flags }: Call): Promise<Result<Done>> {
  const lines = await node.call('log', { limit: flags['lines'] as number })
  return lines.ok ? ok({ text: lines.value.map(logText).join('\n'), value: lines.value }) : lines
}

async function follow(node: Node, { flags, io }: Call): Promise<Result<Done>> {
  const before = await node.call('log', { limit: flags['lines'] as number })
  if (!before.ok) return before
  const print = (line: (typeof before.value)[number]): void => io.out(`${flags['json'] === true ? JSON.stringify(line) : logText(line)}\n`)
  before.value.forEach(print)
  const lost = await node.events(['log'], (_, line) => print(line), io.ended)
  return lost === null ? ok({ text: '', value: null, silent: true }) : { ok: false, error: lost }
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

const settingsText = (all: readonly SettingView[]): string =>
  columnsOf(all, [
    { title: 'setting', of: ({ name }) => name },
    { title: 'value', of: ({ value, default: usual }) => `${shown(value)}${JSON.stringify(value) === JSON.stringify(usual) ? '' : ' *'}` },
    {
      title: 'what it is for (* is not the default)',
      of: ({ doc, problem }) => (problem === undefined ? doc : `! ${problem}`),
      whole: true,
    },
  ])

const changed = (node: Node, name: string, value: unknown): Promise<Result<Done>> =>
  node.call('settings.set', { name, value: value as never }).then((set) => {
    if (!set.ok) return set
    const when = set.value.applies === 'at once' ? 'It counts from now on.' : 'It counts when the node is started again.'
    return ok({ text: `${plain(set.value.name)} is ${plain(shown(set.value.value))}. ${when}`, value: set.value })
  })

/** JSON where it is some, and text otherwise: nobody has to put quotes into quotes. */
export function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

export const settingsCommand = nodeCommand(
  {
    name: 'settings',
    summary: 'all settings of the node, with their values',
    doc: 'Lists every setting with its value and what it is for. They are in settings.json of the folder of the node; golem settings set changes one.',
    example: 'golem settings',
  },
  async (node) => {
    const all = await node.call('settings', {})
    return all.ok ? ok({ text: settingsText(all.value), value: all.value }) : all
  },
)

export const settingsSetCommand = nodeCommand(
  {
    name: 'settings set',
    summary: 'change a setting',
    usage: '<name> <value>',
    takes: [2, 2],
    doc: 'golem settings lists the names. The value is JSON (numbers, true, lists) or else text. What cannot be is refused with what it has to be, and nothing changes. Says whether it counts at once, or when the node is started again.',
    example: 'golem settings set host.minimumPayPerRequest 20',
  },
  (node, { positionals: [name, value] }) => changed(node, name!, valueOf(value!)),
)

export const settingsResetCommand = nodeCommand(
  {
    name: 'settings reset',
    summary: 'go back to the default of a setting',
    usage: '<name>',
    takes: [1, 1],
    doc: 'The setting has its default again, as if it had never been changed.',
    example: 'golem settings reset host.minimumPayPerRequest',
  },
  (node, { positionals: [name] }) => changed(node, name!, null),
)
