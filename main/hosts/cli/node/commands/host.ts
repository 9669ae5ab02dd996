/** `golem offers` and `golem host …`: serving apps of others. */
import type { OfferView } from '../../../../contract/index.ts'
import { ok } from '../../../../../roles/protocol/result.ts'
import { sats } from '../../../terminal/amount.ts'
import { columnsOf, plain } from '../../../terminal/columns.ts'
import type { Command } from '../../command.ts'
import { nodeCommand } from '../node-command.ts'
import { brief } from '../show.ts'
import { onceRead } from '../waiting.ts'
import { appOf, done, established, waitFlag } from './publish.ts'

const offersText = (all: readonly OfferView[]): string =>
  columnsOf(all, [
    { title: 'offer', of: ({ id }) => brief(id) },
    { title: 'promises a request', of: ({ perRequest }) => sats(perRequest), right: true },
    { title: 'work to join', of: ({ workBits }) => `2^${workBits}`, right: true },
    { title: 'servers', of: ({ minimumServers }) => String(minimumServers), right: true },
    { title: 'block', of: ({ height }) => String(height), right: true },
    { title: 'state', of: ({ state }) => state },
    { title: 'app', of: ({ title }) => title },
  ])

export const offersCommand = nodeCommand(
  {
    name: 'offers',
    summary: 'the job offers that were seen on the chain, best paid first',
    doc: `Shows what each promises for a request, how many hashes an identity costs (2^20 take seconds, each bit more twice as long), and without how many servers it
does not begin. golem host join accepts one: beside the work it costs one transaction, with a few hundred sats to the Supervisor. The pay is not settled yet: servers
keep signed receipts, and payment channels come later.`,
    example: 'golem offers',
  },
  async (node) => {
    const offers = await node.call('host.offers', {})
    if (!offers.ok) return offers
    return ok({
      text: offers.value.length === 0 ? 'No job offer was seen on the chain yet.' : offersText(offers.value),
      value: offers.value,
    })
  },
)

export const hostJoinCommand = nodeCommand(
  {
    name: 'host join',
    summary: 'accept a job offer',
    usage: '<offer>',
    takes: [1, 1],
    flags: waitFlag('the node serves, which needs as many servers as the offer says'),
    doc: `The offer is named by the beginning of its id that golem offers shows, or by the app's id, title or link. An identity is ground, and the acceptance is
published with a transaction, so the wallet needs coins; from then on the node serves by itself. Others have to reach it: set host.address to where this computer is
reached from outside (the default, 127.0.0.1, is this computer alone) before you join, and open its port, which golem status shows, in firewall and router.`,
    example: 'golem host join 3f2a9c41 --wait',
  },
  async (node, call) => {
    const joined = await onceRead(call.io, () => node.call('host.join', { offer: call.positionals[0]! }))
    if (!joined.ok) return joined
    const { id } = joined.value
    if (call.flags['wait'] !== true) return ok({ text: `Joining as ${brief(id)}. golem status says how far it is.`, value: joined.value })
    const serving = await established(node, call, id, ['serving'])
    return serving.ok ? ok({ text: `${plain(serving.value.title)} is served.`, value: serving.value }) : serving
  },
)

export const hostDeclineCommand = nodeCommand(
  {
    name: 'host decline',
    summary: 'leave a job offer alone',
    usage: '<offer>',
    takes: [1, 1],
    doc: 'The rule for joining passes over it from now on. It may be accepted later.',
    example: 'golem host decline 3f2a9c41',
  },
  async (node, { positionals: [offer] }) => done(await node.call('host.decline', { offer: offer! }), 'Declined.'),
)

export const hostLeaveCommand = nodeCommand(
  {
    name: 'host leave',
    summary: 'leave a job',
    usage: '[app]',
    takes: [0, 1],
    flags: { now: { kind: 'flag', doc: 'end at once, and leave requests of these ticks unanswered' } },
    doc: 'The server says for no further tick that it is ready, serves those for which it said so, and ends then.',
    example: 'golem host leave "Our poll"',
  },
  async (node, call) => {
    const now = call.flags['now'] === true
    const left = await node.call('host.leave', { ...appOf(call), ...(now ? { now } : {}) })
    return done(left, now ? 'The job is ended.' : 'Leaving: it ends after the ticks for which it said that it is ready.')
  },
)

export const hostCommands: Command[] = [offersCommand, hostJoinCommand, hostDeclineCommand, hostLeaveCommand]
