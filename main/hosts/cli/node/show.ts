/** What a node shows, as text for people. */
import type { EngagementView, HistoryEntry, LogLine, Overview, RequestView, RescanView } from '../../../contract/index.ts'
import { sats } from '../../terminal/amount.ts'
import { columnsOf, plain } from '../../terminal/columns.ts'
import { counted } from '../../../../roles/protocol/words.ts'

export const lines = (...parts: Array<string | null | undefined | false>): string =>
  parts.filter((part) => typeof part === 'string' && part !== '').join('\n')

/** The beginning of an id, which is enough to name it. */
export const brief = (id: string): string => id.slice(0, 8)

const ROLES: Readonly<Record<EngagementView['role'], string>> = { supervisor: 'publishes', server: 'hosts', client: 'uses' }

/** What the wallet is, and what opens it. */
export const WALLETS: Readonly<Record<Overview['node']['wallet'], string>> = {
  none: 'there is none yet: golem wallet create, or golem wallet restore',
  unconfirmed: 'its words are to be given back: golem wallet confirm',
  locked: 'locked: golem wallet unlock',
  open: 'open',
}

/** Where nothing is shown: what a node takes part in is not known while its wallet is closed, and goes on once it is open. */
const NOTHING: Readonly<Record<Overview['node']['wallet'], string>> = {
  none: 'Nothing is published, hosted or used before there is a wallet.',
  unconfirmed: 'Nothing is published, hosted or used before the wallet is confirmed.',
  locked: 'What this node publishes, hosts and uses is shown, and goes on, once the wallet is unlocked: golem wallet unlock.',
  open: 'Nothing is published, hosted or used yet: golem offers, golem find <app>, golem publish <program>.',
}

export const engagementsText = (all: readonly EngagementView[]): string =>
  columnsOf(all, [
    { title: 'id', of: ({ id }) => brief(id) },
    { title: 'role', of: ({ role }) => ROLES[role] },
    { title: 'app', of: ({ title }) => title },
    { title: 'state', of: ({ state }) => state },
    { title: '', of: ({ detail }) => detail },
  ])

export const requestsText = (all: readonly RequestView[]): string =>
  columnsOf(all, [
    { title: 'id', of: ({ id }) => brief(id) },
    { title: 'endpoint', of: ({ endpoint }) => endpoint },
    { title: 'state', of: ({ state }) => state },
    { title: '', of: ({ waiting, error }) => error?.message ?? waiting ?? '' },
  ])

export function statusText({ node, chain, engagements, requests }: Overview): string {
  const waiting = requests.filter(({ state }) => state === 'review')
  return lines(
    `node     ${plain(node.name)} on ${node.network}`,
    `chain    ${chain.available ? `block ${chain.height}` : `not available: ${plain(chain.reason ?? 'it does not answer')}`}`,
    `wallet   ${WALLETS[node.wallet]}`,
    ...node.problems.map((problem) => `problem  ${plain(problem)}`),
    '',
    `\n${engagements.length === 0 ? NOTHING[node.wallet] : engagementsText(engagements)}`,
    waiting.length > 0 &&
      `\n${waiting.length} ${waiting.length === 1 ? 'request waits' : 'requests wait'} for approval: golem requests, golem approve <id>.`,
  )
}

const value = (one: unknown): string => plain(typeof one === 'string' ? one : JSON.stringify(one))

/** What a request does with its rows; those that led nowhere would have written them. */
const WRITING: Readonly<Partial<Record<RequestView['state'], string>>> = {
  sending: 'would write',
  review: 'would write',
  signed: 'writes',
  anchored: 'writes',
  counted: 'wrote',
}

/** A request with what its reviewer has to know. */
export function requestText(request: RequestView): string {
  const { id, endpoint, state, response, writes, error, waiting, fee, deadline, txid, tick } = request
  return lines(
    `request ${brief(id)}: ${endpoint}, ${state}`,
    error !== undefined && `${plain(error.message)} [${error.code}]`,
    response !== undefined && `answer: ${value(response)}`,
    ...writes.flatMap(({ collection, key, fields, flags, rules }) => [
      `\n${WRITING[state] ?? 'would have written'} ${collection} ${brief(key)}, for everybody to read:`,
      ...Object.entries(fields).map(([name, one]) => `  ${name}: ${value(one)}`),
      ...flags.map((flag) => `  ! nothing that you gave explains ${plain(flag)}`),
      ...rules.map((rule) => `  ! ${plain(rule)}`),
    ]),
    fee !== undefined && `fee: about ${sats(fee)}`,
    deadline !== undefined &&
      `counts if approved before block ${deadline.approveBefore}, ${counted(deadline.blocksLeft, 'block')} from now`,
    txid !== undefined && `transaction ${txid}`,
    tick !== undefined && `tick ${tick}`,
    waiting !== undefined && plain(waiting),
    state === 'review' && writes.length > 0 && `\ngolem approve ${brief(id)} publishes this; golem refuse ${brief(id)} drops it.`,
  )
}

export const logText = ({ at, level, who, message }: LogLine): string =>
  `${new Date(at).toISOString()} ${level.padEnd(5)} ${who === '' ? '' : `${plain(who)}: `}${plain(message)}`

const signed = (amount: number): string => `${amount > 0 ? '+' : ''}${sats(amount)}`

export const historyText = (entries: readonly HistoryEntry[]): string =>
  columnsOf(entries, [
    { title: 'when', of: ({ at }) => (at === null ? '' : new Date(at).toISOString().slice(0, 16).replace('T', ' ')) },
    { title: 'block', of: ({ height }) => (height === null ? '-' : String(height)), right: true },
    { title: 'amount', of: ({ amount }) => signed(amount), right: true },
    { title: 'fee', of: ({ fee }) => (fee === null ? '' : sats(fee)), right: true },
    { title: 'transaction', of: ({ txid }) => `${txid.slice(0, 12)}…` },
    { title: 'purpose', of: ({ purpose, state, height }) => (height === null ? `${purpose} (${state})` : purpose) },
  ])

export const rescanText = ({ state, at, to, percent, found, message }: RescanView): string =>
  lines(
    state === 'running'
      ? `reading block ${at} of ${to}, ${Math.floor(percent)} %: ${counted(found, 'transaction')} of this wallet so far`
      : `rescan ${state}: ${counted(found, 'transaction')} of this wallet`,
    message !== undefined && plain(message),
  )
