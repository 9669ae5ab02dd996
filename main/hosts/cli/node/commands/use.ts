/** `golem find`, `golem use …`, `golem read` and `golem audit`: apps of others and of one's own, used. */
import type { KnownAppView, RowsView } from '../../../../contract/index.ts'
import { own } from '../../../../../roles/program/index.ts'
import { ok, type Result } from '../../../../../roles/protocol/result.ts'
import { sats } from '../../../terminal/amount.ts'
import { columnsOf, plain } from '../../../terminal/columns.ts'
import type { Options } from '../../../terminal/options.ts'
import { EXIT, wrongUsage, type Call, type Command, type Done } from '../../command.ts'
import type { Node } from '../connection.ts'
import { nodeCommand, textFlag } from '../node-command.ts'
import { brief, lines } from '../show.ts'
import { onceRead, waitFor } from '../waiting.ts'
import { valueOf } from './node.ts'
import { appOf, done, waitFlag } from './publish.ts'
import { counted } from '../../../../../roles/protocol/words.ts'

export const APP_FLAG = {
  app: { kind: 'text', short: 'a', value: 'APP', doc: 'its title, link, or the beginning of its id; needed where several are used' },
} as const satisfies Options

export const flaggedApp = (call: Call): { app?: string } => {
  const app = textFlag(call, 'app')
  return app === undefined ? {} : { app }
}

const knownText = ({
  app,
  title,
  doc,
  master,
  height,
  link,
  perRequest,
  workBits,
  tickBlocks,
  endpoints,
  collections,
}: KnownAppView): string =>
  lines(
    plain(title),
    plain(doc),
    '',
    `\nid       ${app}`,
    `link     ${plain(link)}`,
    `run by   ${master}, since block ${height}`,
    `price    ${sats(perRequest)} a request (promised: nobody settles it yet); joining costs about 2^${workBits} hashes and a transaction`,
    `pace     a tick every ${tickBlocks === 1 ? 'block' : `${tickBlocks} blocks`}`,
    ...endpoints.flatMap(({ name, doc: what, fields, observations }) => [
      `\n${plain(name)}(${fields.map((field) => `${plain(field.name)}: ${field.type}`).join(', ')})  ${plain(what)}`,
      ...observations.map((one) => `  ${plain(one.name)} sees ${one.sees.map(plain).join(', ') || 'nothing'}`),
    ]),
    `\npublic: ${collections.map(({ name, fields }) => `${plain(name)} (${fields.map(plain).join(', ')})`).join('; ')}`,
  )

export const findAppCommand = nodeCommand(
  {
    name: 'find',
    summary: 'what an app is: who runs it, what it offers, what its servers see',
    usage: '<app>',
    takes: [1, 1],
    doc: `Shows its link, its endpoints with their arguments, and what each server would see of a call. The app is named by its link, its id, the beginning of that, or
its title. A link is looked up where it says, also while the chain is still being read; what it says is held against the chain. Nothing is joined, and nothing is paid.`,
    example: 'golem find golem:signet/5d41…',
  },
  async (node, { positionals: [app], io }) => {
    const known = await onceRead(io, () => node.call('use.find', { app: app! }))
    return known.ok ? ok({ text: knownText(known.value), value: known.value }) : known
  },
)

/** Waits until the app can be used, or read where it is only read. */
const ready = (node: Node, { io }: Call, id: string, reads: boolean): Promise<Result<string>> =>
  waitFor<string>(node, io, ({ apps, engagements }) => {
    const app = apps.find((one) => one.id === id)
    const state = engagements.find((one) => one.id === id)
    if (app !== undefined && (reads ? app.tick !== null : app.actor.state === 'ready')) return { done: app.app.title }
    return { text: plain(app?.actor.work ?? (state === undefined ? 'beginning' : `${state.state}: ${state.detail}`)) }
  })

export const useCommand = nodeCommand(
  {
    name: 'use',
    summary: 'begin to use an app',
    usage: '<app>',
    takes: [1, 1],
    flags: {
      'read-only': { kind: 'flag', doc: 'register nothing: read and audit, which costs nothing' },
      ...waitFlag('requests can be sent, or with --read-only it can be read'),
    },
    doc: `The app is named by its link, its id, the beginning of that, or its title. An identity is ground and registered on the chain, and the first keys are reserved:
that takes transactions of the wallet, and some ticks. Then golem call asks the app's endpoints, which golem find shows. Where several apps are used, commands
take which is meant as --app.`,
    example: 'golem use golem:signet/5d41… --wait',
  },
  async (node, call) => {
    const reads = call.flags['read-only'] === true
    const used = await onceRead(call.io, () => node.call('use', { app: call.positionals[0]!, ...(reads ? { register: false } : {}) }))
    if (!used.ok) return used
    const { id } = used.value
    if (call.flags['wait'] !== true) return ok({ text: `Used as ${brief(id)}. golem status says how far it is.`, value: used.value })
    const app = await ready(node, call, id, reads)
    return app.ok ? ok({ text: `${plain(app.value)} is ready.`, value: used.value }) : app
  },
)

export const useLeaveCommand = nodeCommand(
  {
    name: 'use leave',
    summary: 'use an app no longer',
    usage: '[app]',
    takes: [0, 1],
    doc: 'What was published stays, and its keys come again from the seed phrase: golem use goes on with them. The setting use.auto does not take the app up again.',
    example: 'golem use leave "Our poll"',
  },
  async (node, call) => done(await node.call('use.leave', appOf(call)), 'The app is used no longer.'),
)

export const useReserveCommand = nodeCommand(
  {
    name: 'use reserve',
    summary: 'reserve keys of a collection, so that a request finds them free',
    usage: '<collection> <count>',
    takes: [2, 2],
    flags: APP_FLAG,
    doc: 'A row is written under a key of its own. So many fresh keys are then free or on their way; those that are missing are reserved with one transaction.',
    example: 'golem use reserve posts 4 --app "Our poll"',
  },
  async (node, call) => {
    const [collection, typed] = call.positionals as [string, string]
    const count = /^\d{1,2}$/.test(typed) ? Number(typed) : 0
    if (count < 1 || count > 64) return wrongUsage(`The count must be a whole number from 1 to 64, not «${typed}».`)
    const kept = await node.call('use.reserve', { ...flaggedApp(call), collection, count })
    return done(kept, kept.ok ? `${kept.value.reserved} reserved now; ${kept.value.free} free, ${kept.value.coming} on their way.` : '')
  },
)

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

function rowsText({ tick, rows, count, sum, proved }: RowsView): string {
  const head = `tick ${tick}${proved ? ', proved' : ''}`
  if (count !== undefined) return `${counted(count, 'row')} (${head})`
  if (sum !== undefined) return `${sum} (${head})`
  if (rows.length === 0) return `no rows (${head})`
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))].sort((a, b) => Number(a.startsWith('$')) - Number(b.startsWith('$')))
  const cell = (row: Record<string, unknown>, name: string): string =>
    name.startsWith('$') ? brief(shown(own(row, name))) : shown(own(row, name) ?? '')
  return `${columnsOf(
    rows,
    names.map((name) => ({ title: name, of: (row) => cell(row, name) })),
  )}\n\n${counted(rows.length, 'row')} (${head})`
}

export const readCommand = nodeCommand(
  {
    name: 'read',
    summary: 'read an index of an app, proved against the chain',
    usage: '<collection> [index] [value…]',
    takes: [1, 10],
    flags: {
      ...APP_FLAG,
      from: { kind: 'text', value: 'VALUE', doc: 'of the field after those given, this and what follows' },
      to: { kind: 'text', value: 'VALUE', doc: 'and what is before this' },
      limit: { kind: 'whole', short: 'n', value: 'N', range: [1, 500], default: 50, doc: 'how many rows' },
      descending: { kind: 'flag', doc: 'the last first' },
    },
    doc: `Of an app that is used here, also with golem use --read-only. Asks nobody: pages come from the swarm and are proved against the newest tick. Without an index all rows are read, by their keys. Values are those of
the fields of the index, in their order.`,
    example: 'golem read posts byTopic cats --app guestbook --descending',
  },
  async (node, call) => {
    const [collection, index = 'key', ...equals] = call.positionals as [string, string?, ...string[]]
    const [from, to] = [textFlag(call, 'from'), textFlag(call, 'to')]
    const rows = await node.call('use.read', {
      ...flaggedApp(call),
      collection,
      index,
      equals: equals.map((one) => valueOf(one) as never),
      ...(from === undefined ? {} : { from: valueOf(from) as never }),
      ...(to === undefined ? {} : { to: valueOf(to) as never }),
      limit: call.flags['limit'] as number,
      descending: call.flags['descending'] === true,
    })
    return done(rows, rows.ok ? rowsText(rows.value) : '')
  },
)

export const keyCommand = nodeCommand(
  {
    name: 'use key',
    summary: 'the newest value of one key, from its last transaction alone',
    usage: '<key>',
    takes: [1, 1],
    flags: APP_FLAG,
    doc: 'Reads neither a tick nor an index: only the chain and the document that the last transaction of the key names.',
    example: 'golem use key 5d41402abc4b2a76b9719d911017c592…',
  },
  async (node, call) => {
    const key = call.positionals[0]!.toLowerCase()
    if (!/^[0-9a-f]{64}$/.test(key)) return wrongUsage(`A key is 64 hex digits, not «${key.slice(0, 80)}».`)
    const value = await node.call('use.keyValue', { ...flaggedApp(call), key })
    if (!value.ok) return value
    const { collection, owner, fields, txid, height, counted } = value.value
    const entries = Object.entries(fields ?? {}).map(([name, one]) => `  ${plain(name)}: ${plain(shown(one))}`)
    const state = counted === null ? 'no tick can be read' : counted ? 'the newest tick has it' : 'no tick has it yet'
    return ok({
      text: lines(
        `${plain(collection)}, owned by ${owner}`,
        ...(fields === null ? ['  reserved, nothing written'] : entries),
        `transaction ${txid} in block ${height}; ${state}`,
      ),
      value: value.value,
    })
  },
)

async function audit(node: Node, call: Call): Promise<Result<Done>> {
  const audited = await node.call('use.audit', appOf(call))
  if (!audited.ok) return audited
  const { ok: fine, ticks, stopped, ms } = audited.value
  const wrong = ticks.flatMap(({ number, equal, problems = [] }) => [
    ...(equal ? [] : [`tick ${number}: the root is not what its updates make`]),
    ...problems.map((problem) => `tick ${number}: ${plain(problem)}`),
  ])
  const head = `${counted(ticks.length, 'tick')} replayed from chain and swarm in ${(ms / 1000).toFixed(1)} s: ${fine ? 'every root is right' : 'NOT in order'}`
  return ok({
    text: lines(head, ...wrong, stopped !== undefined && `it ends early: ${plain(stopped)}`),
    value: audited.value,
    exit: fine ? EXIT.fine : EXIT.refused,
  })
}

export const auditCommand = nodeCommand(
  {
    name: 'audit',
    summary: 'replay an app from chain and swarm alone, and compare every root',
    usage: '[app]',
    takes: [0, 1],
    doc: `Of an app that is used here, also with golem use --read-only. Believes nobody, and takes as long as the history is. Exit code 1 where something is not in
order.`,
    example: 'golem audit "Our poll"',
  },
  audit,
)

export const useCommands: Command[] = [
  findAppCommand,
  useCommand,
  useLeaveCommand,
  useReserveCommand,
  keyCommand,
  readCommand,
  auditCommand,
]
