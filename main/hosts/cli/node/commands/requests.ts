/** `golem call`, `requests`, `approve` and what follows: requests of this node, from their sending to their place in the index. */
import type { RequestView } from '../../../../contract/index.ts'
import { fail, ok, type Result } from '../../../../../roles/protocol/result.ts'
import { sats } from '../../../terminal/amount.ts'
import { plain } from '../../../terminal/columns.ts'
import { parseJson } from '../../../terminal/json-text.ts'
import { wrongUsage, type Call, type Command, type Done } from '../../command.ts'
import type { Node } from '../connection.ts'
import { nodeCommand } from '../node-command.ts'
import { brief, lines, requestsText, requestText, WALLETS } from '../show.ts'
import { answerTo, until, type State } from '../answers.ts'
import { FEE_FLAGS, feeRate, agreed, YES_FLAG } from './money.ts'
import { APP_FLAG, flaggedApp } from './use.ts'
import { waitFlag } from './publish.ts'

/** All requests of the node. While its wallet is closed it shows none, which does not say that there are none. Errors: `wallet.*`, those of the node. */
async function requestsOf(node: Node): Promise<Result<RequestView[]>> {
  const overview = await node.call('overview', {})
  if (!overview.ok) return overview
  const { wallet } = overview.value.node
  return wallet === 'open'
    ? ok(overview.value.requests)
    : fail(`wallet.${wallet}`, `Requests are shown while the wallet is open; ${wallet === 'locked' ? 'it is ' : ''}${WALLETS[wallet]}`)
}

/** The request that is meant: by the beginning of its id, or the only one in such a state. Errors: `cli.usage`, those of the node. */
async function requestOf(node: Node, given: string | undefined, states: readonly State[]): Promise<Result<RequestView>> {
  const all = await requestsOf(node)
  if (!all.ok) return all
  const requests = all.value
  if (given !== undefined) {
    const typed = given.toLowerCase()
    if (!/^[0-9a-f]{4,64}$/.test(typed))
      return wrongUsage(`«${given}» is no request: give 4 hex digits of the beginning of its id or more.`)
    const found = requests.filter(({ id }) => id.startsWith(typed))
    if (found.length === 1) return ok(found[0]!)
    return wrongUsage(
      found.length === 0
        ? `No request begins with ${typed}: golem requests lists them.`
        : `Several requests begin with ${typed}: give more of it.`,
    )
  }
  const waiting = requests.filter(({ state }) => states.includes(state))
  if (waiting.length === 1) return ok(waiting[0]!)
  return wrongUsage(
    waiting.length === 0
      ? `No request is in the state «${states.join('» or «')}»: golem requests lists them all.`
      : `Several requests are in the state «${states.join('» or «')}»: name one. golem requests lists them.`,
  )
}

function requestArguments({ flags }: Call): Result<Record<string, never>> {
  const text = flags['request'] as string | undefined
  if (text === undefined) return ok({})
  const json = parseJson('--request', text)
  if (!json.ok) return wrongUsage(json.error.message)
  if (typeof json.value !== 'object' || json.value === null || Array.isArray(json.value))
    return wrongUsage('--request must be a JSON object of arguments, e.g. --request \'{"topic":"cats"}\'.')
  return ok(json.value as Record<string, never>)
}

async function send(node: Node, call: Call): Promise<Result<Done>> {
  const args = requestArguments(call)
  if (!args.ok) return args
  const sent = await node.call('use.request', { ...flaggedApp(call), endpoint: call.positionals[0]!, arguments: args.value })
  if (!sent.ok) return sent
  const { id } = sent.value
  if (call.flags['no-wait'] === true)
    return ok({ text: `Sent as request ${brief(id)}. golem requests says how far it is.`, value: sent.value })
  const replied = await answerTo(node, call, id)
  if (!replied.ok) return replied
  if (replied.value.state !== 'review' || call.flags['approve'] !== true)
    return ok({ text: requestText(replied.value), value: replied.value })
  return approvedAtLast(node, call, replied.value)
}

/** What came too late for its window is composed anew, shown and agreed to again, so many times. */
const MOST_LATE = 5
const LATE: ReadonlySet<string> = new Set(['client.late', 'client.base'])

async function approvedAtLast(node: Node, call: Call, request: RequestView): Promise<Result<Done>> {
  let reviewed = request
  for (let late = 1; ; late++) {
    if (call.flags['json'] !== true) call.io.err(`${requestText(reviewed)}\n`)
    const done = await approved(node, call, reviewed)
    if (done.ok || !LATE.has(done.error.code) || late === MOST_LATE) return done
    const again = await node.call('use.again', { id: reviewed.id })
    const replied = again.ok ? await answerTo(node, call, again.value.id) : again
    if (!replied.ok) return replied
    if (replied.value.state !== 'review') return ok({ text: requestText(replied.value), value: replied.value })
    reviewed = replied.value
  }
}

export const callCommand = nodeCommand(
  {
    name: 'call',
    summary: 'ask an endpoint of an app; what it would write waits for approval',
    usage: '<endpoint>',
    takes: [1, 1],
    flags: {
      request: { kind: 'text', short: 'r', value: 'JSON', doc: 'the arguments, e.g. \'{"topic":"cats","count":3}\' ({})' },
      ...APP_FLAG,
      'no-wait': { kind: 'flag', doc: 'do not wait for the answer, nor for an app that sleeps' },
      approve: { kind: 'flag', doc: 'publish what it would write, once it was shown and agreed to' },
      ...YES_FLAG,
      ...waitFlag('a tick counts it, with --approve'),
    },
    doc: `The request goes through the servers of the app, and comes back with an answer and with what it would write. Nothing is public before it is approved:
golem approve publishes it, golem refuse drops it. golem find shows the endpoints and their arguments. While the app sleeps or its ticks are late it waits, and asks again
with the next tick; with --approve, what came too late is composed anew, and shown again.`,
    example: 'golem call post --app guestbook --request \'{"topic":"cats","text":"Hello"}\'',
  },
  send,
)

export const requestsCommand = nodeCommand(
  {
    name: 'requests',
    summary: 'the requests of this node; with an id, one of them whole',
    usage: '[request]',
    takes: [0, 1],
    doc: 'Shows each with its state, and of one all that its reviewer has to know: the answer, what would become public, until when it counts.',
    example: 'golem requests 3f2a',
  },
  async (node, { positionals: [id] }) => {
    if (id !== undefined) {
      const one = await requestOf(node, id, [])
      return one.ok ? ok({ text: requestText(one.value), value: one.value }) : one
    }
    const all = await requestsOf(node)
    if (!all.ok) return all
    const requests = all.value
    return ok({ text: requests.length === 0 ? 'No request was sent yet: golem call.' : requestsText(requests), value: requests })
  },
)

async function approved(node: Node, call: Call, request: RequestView): Promise<Result<Done>> {
  const go = await agreed(call, 'Publish this for everybody to read?')
  if (!go.ok) return go
  const signed = await node.call('use.approve', { id: request.id })
  const isUnderway = !signed.ok && signed.error.code === 'client.publishing'
  if (!signed.ok && !isUnderway) return signed
  if (call.flags['wait'] !== true && isUnderway) return ok({ text: signed.error.message, value: { id: request.id } })
  if (call.flags['wait'] !== true && signed.ok)
    return ok({
      text: `Published with transaction ${signed.value.txid}. golem requests ${brief(request.id)} says when it counts.`,
      value: signed.value,
    })
  const counted = await until(node, call, request.id, ['counted'])
  if (!counted.ok) return counted
  const { state } = counted.value
  return state === 'counted'
    ? ok({ text: lines(`Counted${counted.value.tick === undefined ? '' : ` in tick ${counted.value.tick}`}.`), value: counted.value })
    : fail(
        'client.rejected',
        `It is ${state}: ${plain(counted.value.error?.message ?? counted.value.waiting ?? 'a tick did not accept it')}`,
      )
}

/** Nothing is shown as if it were to be published, and nobody is asked, where there is nothing to approve. */
function notInReview({ id, state, txid }: RequestView): Result<never> {
  const next =
    txid !== undefined && ['signed', 'anchored', 'counted'].includes(state)
      ? `It was approved before, with transaction ${txid}: golem requests ${brief(id)} says how far it is.`
      : ['late', 'rejected', 'failed', 'refused'].includes(state)
        ? `golem again ${brief(id)} composes it anew.`
        : `golem requests ${brief(id)} says how far it is.`
  return fail('client.phase', `The request is in the state «${state}», and only one in review can be approved. ${next}`)
}

export const approveCommand = nodeCommand(
  {
    name: 'approve',
    summary: 'publish what a request would write',
    usage: '[request]',
    takes: [0, 1],
    flags: { ...YES_FLAG, ...waitFlag('a tick counts it') },
    doc: `Shows what becomes public, and asks; it costs the fee that is shown. The request is named by the beginning of its id, 4 hex digits or more; where only one
waits, it need not be named. A tick counts it some blocks later, if it was approved before the block that is shown.`,
    example: 'golem approve 3f2a --wait',
  },
  async (node, call) => {
    const request = await requestOf(node, call.positionals[0], ['review'])
    if (!request.ok) return request
    if (request.value.state !== 'review') return notInReview(request.value)
    if (call.flags['json'] !== true) call.io.err(`${requestText(request.value)}\n`)
    return approved(node, call, request.value)
  },
)

/** A command for one request. */
const single = (
  name: string,
  summary: string,
  states: readonly State[],
  doc: string,
  perform: (node: Node, id: string, call: Call) => Promise<Result<Done>>,
  flags = {},
): Command =>
  nodeCommand({ name, summary, usage: '[request]', takes: [0, 1], flags, doc, example: `golem ${name} 3f2a` }, async (node, call) => {
    const request = await requestOf(node, call.positionals[0], states)
    return request.ok ? perform(node, request.value.id, call) : request
  })

export const refuseCommand = single(
  'refuse',
  'drop what a request would write',
  ['review'],
  'Nothing of it was ever public.',
  async (node, id) => {
    const refused = await node.call('use.refuse', { id })
    return refused.ok ? ok({ text: 'Dropped.', value: null }) : refused
  },
)

export const bumpCommand = single(
  'bump',
  'let a request that waits for a block pay more',
  ['signed'],
  'Its transaction is replaced by one with a higher fee.',
  async (node, id, call) => {
    const bumped = await node.call('use.bump', { id, feeRate: feeRate(call) })
    return bumped.ok
      ? ok({ text: `Replaced by ${bumped.value.txid}, with a fee of ${sats(bumped.value.fee)}.`, value: bumped.value })
      : bumped
  },
  FEE_FLAGS,
)

export const againCommand = single(
  'again',
  'compose a request anew that ended without counting',
  ['late', 'rejected', 'failed', 'refused'],
  'With the same arguments, on the newest tick. What comes back is reviewed and approved again.',
  async (node, id) => {
    const again = await node.call('use.again', { id })
    return again.ok ? ok({ text: `Sent again as request ${brief(again.value.id)}.`, value: again.value }) : again
  },
)

export const disputeCommand = single(
  'dispute',
  'publish that servers gave different results, so that whoever lies is ended',
  ['review', 'failed'],
  'What the block opened, named in the request, and its program become public for ever. Asks before.',
  async (node, id, call) => {
    const go = await agreed(call, 'Publish the evidence, with all that the block opened, for ever?')
    if (!go.ok) return go
    const published = await node.call('use.dispute', { id })
    return published.ok ? ok({ text: `Published with transaction ${published.value.txid}.`, value: published.value }) : published
  },
  YES_FLAG,
)

export const requestCommands: Command[] = [
  callCommand,
  requestsCommand,
  approveCommand,
  refuseCommand,
  bumpCommand,
  againCommand,
  disputeCommand,
]
