/**
 * Waiting for what servers answer. What an app cannot take now, because it sleeps or its ticks are late, is asked again with its next tick, as its person would: nobody has
 * to look after a command that waits.
 */
import type { Overview, RequestView } from '../../../contract/index.ts'
import { fail, failForNow, ok, type Failure, type Result } from '../../../../roles/protocol/result.ts'
import { plain } from '../../terminal/columns.ts'
import type { Call } from '../command.ts'
import type { Node } from './connection.ts'
import { waitFor, type Look } from './waiting.ts'

export type State = RequestView['state']

/** What passes with a tick of the app, and by nothing that a person or another server could do. */
const WITH_A_TICK: ReadonlySet<string> = new Set(['client.sleeping', 'client.overdue', 'client.no-tick', 'client.no-offer'])

/** Why a request failed, in the words of the node. */
export function failureOf({ error }: RequestView): Failure {
  const words = [error?.code ?? 'client.request', plain(error?.message ?? 'The request failed.')] as const
  return (error?.retryable === true ? failForNow(...words) : fail(...words)).error
}

/** Waits until a request is in one of some states, or in one that leads nowhere. */
export const until = (node: Node, { io }: Call, id: string, states: readonly State[]): Promise<Result<RequestView>> =>
  waitFor<RequestView>(node, io, ({ requests }): Look<RequestView> => {
    const one = requests.find((request) => request.id === id)
    if (one === undefined) return { text: 'sending' }
    if (states.includes(one.state)) return { done: one }
    if (one.state === 'failed') return { failed: failureOf(one) }
    if (one.state === 'rejected' || one.state === 'late' || one.state === 'refused') return { done: one }
    return { text: plain(one.waiting ?? one.state) }
  })

const ANSWERED: ReadonlySet<State> = new Set(['review', 'nothing to write', 'signed', 'anchored', 'counted', 'late', 'rejected', 'refused'])

const tickOf = ({ apps }: Overview, actor: string): number => apps.find(({ id }) => id === actor)?.tick?.number ?? -1

/** What came back, or why it waits for a tick after the newest one of its app. */
type Came = { request: RequestView } | { actor: string; after: number; why: string }

const cameOf = (node: Node, { io }: Call, id: string): Promise<Result<Came>> =>
  waitFor<Came>(node, io, (overview): Look<Came> => {
    const one = overview.requests.find((request) => request.id === id)
    if (one === undefined) return { text: 'sending' }
    if (ANSWERED.has(one.state)) return { done: { request: one } }
    if (one.state !== 'failed') return { text: plain(one.waiting ?? one.state) }
    const failed = failureOf(one)
    return WITH_A_TICK.has(failed.code)
      ? { done: { actor: one.actor, after: tickOf(overview, one.actor), why: failed.message } }
      : { failed }
  })

const tickAfter = (node: Node, { io }: Call, { actor, after, why }: Exclude<Came, { request: RequestView }>): Promise<Result<null>> =>
  waitFor<null>(node, io, (overview): Look<null> => (tickOf(overview, actor) > after ? { done: null } : { text: why }))

/**
 * What came back, for review or without anything to write; while the app cannot take it, it waits for the next tick and is composed anew.
 * Errors: those of the request, of `use.again` and of `waitFor`.
 */
export async function answerTo(node: Node, call: Call, id: string): Promise<Result<RequestView>> {
  for (let asked = id; ;) {
    const came = await cameOf(node, call, asked)
    if (!came.ok) return came
    if ('request' in came.value) return ok(came.value.request)
    const ticked = await tickAfter(node, call, came.value)
    if (!ticked.ok) return ticked
    const again = await node.call('use.again', { id: asked })
    if (!again.ok) return again
    asked = again.value.id
  }
}
