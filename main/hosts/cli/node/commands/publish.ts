/** `golem publish …`: apps of one's own. */
import type { EngagementView } from '../../../../contract/index.ts'
import { own } from '../../../../../roles/program/index.ts'
import { fail, ok, type Result } from '../../../../../roles/protocol/result.ts'
import { plain } from '../../../terminal/columns.ts'
import type { Options } from '../../../terminal/options.ts'
import { BUILD_FLAGS, buildOptions, wrongUsage, type Call, type Command, type Done } from '../../command.ts'
import { loadProgram, readJson } from '../../load.ts'
import type { Node } from '../connection.ts'
import { nodeCommand, textFlag } from '../node-command.ts'
import { brief, lines } from '../show.ts'
import { waitFor } from '../waiting.ts'
import { agreed, YES_FLAG } from './money.ts'
import { valueOf } from './node.ts'

const TERM_FLAGS = {
  title: {
    kind: 'text',
    value: 'TEXT',
    doc: 'what people see; without it the name of the program',
    form: { pattern: /^.{1,80}$/s, words: 'text of 1 to 80 characters' },
  },
  term: {
    kind: 'list',
    short: 't',
    value: 'NAME=VALUE',
    doc: 'a term of the offer, such as perRequest=20 (sats), minimumServers=6, tickBlocks=6 or work.client=18 (PROTOCOL.md 5.1 has all)',
    form: {
      pattern: /^[A-Za-z][A-Za-z0-9]{0,31}(\.[A-Za-z][A-Za-z0-9]{0,31})?=/,
      words: 'a name and a value, as in perRequest=20 or work.client=18',
    },
  },
  terms: { kind: 'text', value: 'FILE', doc: 'a JSON object of terms; those of --term count before it' },
} as const satisfies Options

/** `work.client=18` is a member of the object `work`. Errors: `cli.usage`, those of `readJson`. */
function termsOf(call: Call): Result<Record<string, unknown> | undefined> {
  const file = textFlag(call, 'terms')
  const read = file === undefined ? ok({}) : readJson(file, call.io.cwd)
  if (!read.ok) return read
  if (typeof read.value !== 'object' || read.value === null || Array.isArray(read.value))
    return wrongUsage(`${file} must hold a JSON object of terms.`)
  const terms = { ...(read.value as Record<string, unknown>) }
  for (const term of call.flags['term'] as string[]) {
    const at = term.indexOf('=')
    const [name, member] = term.slice(0, at).split('.') as [string, string | undefined]
    const value = valueOf(term.slice(at + 1))
    terms[name] = member === undefined ? value : { ...(own(terms, name) as object | undefined), [member]: value }
  }
  return ok(Object.keys(terms).length === 0 ? undefined : terms)
}

/** Title, terms and program, as far as they were given. */
async function given(call: Call, path: string | undefined) {
  const terms = termsOf(call)
  if (!terms.ok) return terms
  const title = textFlag(call, 'title')
  const options = buildOptions(call)
  if (!options.ok) return options
  const program = path === undefined ? null : await loadProgram(path, options.value)
  if (program?.ok === false) return program
  return ok({
    ...(title === undefined ? {} : { title }),
    ...(terms.value === undefined ? {} : { terms: terms.value as never }),
    ...(program === null ? {} : { program: program.value as never }),
  })
}

/** @param what is waited for */
export const waitFlag = (what: string) =>
  ({ wait: { kind: 'flag', short: 'w', doc: `wait until ${what}; Ctrl+C ends only the waiting` } }) as const satisfies Options

/** Waits until an engagement has one of some states. Errors: `engagement.failed`, those of `waitFor`. */
export const established = (node: Node, { io }: Call, id: string, states: readonly string[]): Promise<Result<EngagementView>> =>
  waitFor<EngagementView>(node, io, ({ engagements }) => {
    const one = engagements.find((engagement) => engagement.id === id)
    if (one === undefined) return { text: 'beginning' }
    if (states.includes(one.state)) return { done: one }
    if (one.state === 'failed' || one.state === 'expelled')
      return { failed: fail('engagement.failed', `It is ${one.state}: ${plain(one.detail)}`).error }
    return { text: plain(`${one.state}: ${one.detail}`) }
  })

const RUNNING = ['ticking', 'running', 'sleeping']

export const publishCommand = nodeCommand(
  {
    name: 'publish',
    summary: 'publish an app: its program, its terms, its price',
    usage: 'app.ts|app.json',
    takes: [1, 1],
    files: true,
    flags: { ...TERM_FLAGS, ...waitFlag('enough servers have joined, and it makes ticks'), ...BUILD_FLAGS },
    doc: `The program is checked, and its job offer goes out as soon as the wallet has coins: two transactions, and one more for each tick, for whose fees the
wallet needs coins as long as the app runs. Servers accept the offer, and once there are minimumServers of them the node makes ticks by itself. golem find shows
the app's link, which is what others need to host and to use it. What is not said has a default: 6 servers where the program fits that, a tick every 6 blocks,
10 sats a request. Fewer servers than (witnesses + spare + 1) for each point of an endpoint are refused: for 3 add -t witnesses=0 -t spare=0, and then no
witness holds what a server makes against its own. A program named like a command (update) is written ./update.`,
    example: 'golem publish app.ts --title "Our poll" -t tickBlocks=3 -t perRequest=20',
  },
  async (node, call) => {
    const args = await given(call, call.positionals[0])
    if (!args.ok) return args
    const published = await node.call('publish', args.value as never)
    if (!published.ok) return published
    const { id } = published.value
    if (call.flags['wait'] !== true)
      return ok({ text: `Published as ${brief(id)}. golem status says how far it is.`, value: published.value })
    const running = await established(node, call, id, RUNNING)
    return running.ok
      ? ok({
          text: `${plain(running.value.title)} (${brief(id)}) is ${running.value.state}.`,
          value: { ...published.value, ...running.value },
        })
      : running
  },
)

export const publishUpdateCommand = nodeCommand(
  {
    name: 'publish update',
    summary: 'publish a new program or new terms of an app',
    usage: '[app]',
    takes: [0, 1],
    flags: { program: { kind: 'text', short: 'p', value: 'FILE', doc: 'the new program' }, ...TERM_FLAGS, ...BUILD_FLAGS },
    doc: `Users' data stays. What is not said stays as it is. It costs a
transaction, and counts once its code has reached the servers, three ticks later.`,
    example: 'golem publish update "Our poll" --program app.ts',
  },
  async (node, call) => {
    const args = await given(call, textFlag(call, 'program'))
    if (!args.ok) return args
    if (Object.keys(args.value).length === 0) return wrongUsage('Say what is new: --program, --title, --term or --terms.')
    const updated = await node.call('publish.update', { ...appOf(call), ...args.value })
    return updated.ok ? ok({ text: `The new offer is ${updated.value.offer}.`, value: updated.value }) : updated
  },
)

/** The app that was named, where one was. */
export const appOf = ({ positionals: [app] }: Call): { app?: string } => (app === undefined ? {} : { app })

const REASON = { reason: { kind: 'text', short: 'm', value: 'TEXT', doc: 'why; everybody reads it' } } as const satisfies Options

/** Errors: `cli.usage`. */
const reasonOf = (call: Call): Result<string> => {
  const reason = textFlag(call, 'reason')
  return reason === undefined ? wrongUsage('Say why, for everybody to read: --reason "the key was stolen".') : ok(reason)
}

export const publishReplaceKeyCommand = nodeCommand(
  {
    name: 'publish replace-key',
    summary: "take an app's signing key back, and go on with a new one",
    usage: '[app]',
    takes: [0, 1],
    flags: { ...REASON, ...YES_FLAG },
    doc: 'For a key that somebody else may have. The master key, which this wallet derives, takes it back on the chain and grants another.',
    example: 'golem publish replace-key "Our poll" --reason "the server was stolen"',
  },
  async (node, call) => {
    const reason = reasonOf(call)
    if (!reason.ok) return reason
    const go = await agreed(call, 'Take the signing key back for good?')
    if (!go.ok) return go
    const replaced = await node.call('publish.replaceKey', { ...appOf(call), reason: reason.value })
    return replaced.ok
      ? ok({ text: `The app goes on with the key ${replaced.value.key} and the offer ${replaced.value.offer}.`, value: replaced.value })
      : replaced
  },
)

export const publishTakeBackCommand = nodeCommand(
  {
    name: 'publish take-back',
    summary: 'take ticks back that are bad, stolen, or cannot be had',
    usage: '[app]',
    takes: [0, 1],
    flags: {
      ...REASON,
      tick: { kind: 'whole', value: 'N', range: [0, 1_000_000_000], doc: 'the last good one; without it the last that was published here' },
      'shows-sha256': { kind: 'text', value: 'HEX', doc: 'digest of the first faulty tick, where more than three are taken back' },
      'shows-infohash': { kind: 'text', value: 'HEX', doc: 'and the infohash of its torrent' },
      ...YES_FLAG,
    },
    doc: 'The master key names the last good tick, and a new key goes on from there. What was counted after it counts no more, until it is entered again.',
    example: 'golem publish take-back "Our poll" --reason "the key was stolen"',
  },
  async (node, call) => {
    const reason = reasonOf(call)
    if (!reason.ok) return reason
    const [sha256, infohash] = [textFlag(call, 'shows-sha256'), textFlag(call, 'shows-infohash')]
    if ((sha256 === undefined) !== (infohash === undefined)) return wrongUsage('--shows-sha256 and --shows-infohash are given together.')
    const go = await agreed(call, 'Take these ticks back for good?')
    if (!go.ok) return go
    const { tick } = call.flags
    const taken = await node.call('publish.takeBack', {
      ...appOf(call),
      reason: reason.value,
      ...(tick === undefined ? {} : { tick: tick as number }),
      ...(sha256 === undefined || infohash === undefined ? {} : { shows: { sha256, infohash } }),
    })
    return taken.ok
      ? ok({
          text: `The last good tick is ${taken.value.good ?? 'none'}; the app goes on with the key ${taken.value.key}.`,
          value: taken.value,
        })
      : taken
  },
)

export const publishRetireCommand = nodeCommand(
  {
    name: 'publish retire',
    summary: 'end an app for good',
    usage: '[app]',
    takes: [0, 1],
    flags: { ...REASON, ...YES_FLAG },
    doc: "The master key takes its signing key back, so that nobody serves or joins it any more. Users' data stays theirs.",
    example: 'golem publish retire "Our poll" --reason "there is a better one"',
  },
  async (node, call) => {
    const reason = reasonOf(call)
    if (!reason.ok) return reason
    const go = await agreed(call, 'End the app for good?')
    if (!go.ok) return go
    const retired = await node.call('publish.retire', { ...appOf(call), reason: reason.value })
    return retired.ok ? ok({ text: 'The app is ended. Nobody serves or joins it any more.', value: null }) : retired
  },
)

/** The two commands that stop an engagement for a while. */
export const pausing = (group: 'publish' | 'host' | 'use', paused: string, resumed: string): Command[] =>
  (['pause', 'resume'] as const).map((what) =>
    nodeCommand(
      {
        name: `${group} ${what}`,
        summary: what === 'pause' ? paused : resumed,
        usage: '[app]',
        takes: [0, 1],
        doc: `The app is named by its title, its link, or the beginning of its id that golem status shows; where there is only one, it need not be named.`,
        example: `golem ${group} ${what} "Our poll"`,
      },
      async (node, call) => {
        const done = await node.call(`${group}.${what}`, appOf(call))
        return done.ok ? ok({ text: what === 'pause' ? 'It is paused.' : 'It goes on.', value: null }) : done
      },
    ),
  )

export const done = (result: Result<unknown>, text: string): Result<Done> =>
  result.ok ? ok({ text: lines(text), value: result.value }) : result
