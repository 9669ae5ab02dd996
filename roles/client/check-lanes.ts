/** What the lanes of a reply have to be before anything in it is believed: by the chosen servers, unbroken, signed, and alike. */
import { acceptsSites, type Endpoint } from '../program/index.ts'
import { fromHex, toHex } from '../protocol/bytes.ts'
import type { Link } from '../protocol/documents/index.ts'
import {
  commitsOf,
  differenceOf,
  edgeKey,
  inputCommits,
  inputsDigest,
  madeIds,
  outvoted,
  startDigest,
  verifyThreads,
  type PlannedTick,
  type SealedEdge,
} from '../protocol/requests/index.ts'
import { failForNow, ok, type Result } from '../protocol/result.ts'
import type { Difference } from './dispute.ts'
import type { Context, Pending } from './types.ts'

const elsewhere = 'Send the request through other servers.'

/**
 * @param lanes of each lane all links up to block `end`, exclusive, those of earlier legs included
 * Errors: `reply.path` (details.position where a block is at fault), `thread.*` (details.lane, details.position).
 */
export function checkThreads(ctx: Context, endpoint: Endpoint, pending: Pending, lanes: Link[][], end: number): Result<null> {
  const isChosen = (links: Link[], lane: number): boolean =>
    links.length === end &&
    links.every((link, i) => link.server === pending.lanes[lane]![i]!.server && link.version === pending.lanes[lane]![i]!.version)
  if (lanes.length !== pending.lanes.length || !lanes.every(isChosen))
    return failForNow('reply.path', `The reply did not pass through the chosen servers. ${elsewhere}`)
  const threads = verifyThreads(ctx.crypto, pending.start, lanes)
  if (!threads.ok) return threads
  for (const [lane, links] of lanes.entries()) {
    const position = links.findIndex((link, i) => !acceptsSites(endpoint.blocks[i]!, link.sites))
    if (position >= 0)
      return failForNow('reply.path', `Block ${position} claims writes that its program cannot make. ${elsewhere}`, { lane, position })
  }
  return ok(null)
}

/**
 * Whether every server signed that it was given what the client sealed, the outputs of the blocks before, and the code of the plan. The client knows
 * that by itself, however many say otherwise. Error: `reply.inputs` (details.position, details.servers).
 * @param outputs of all blocks but the last one that ran, opened before
 */
export function checkInputs(
  { crypto }: Context,
  { plan }: PlannedTick,
  endpoint: Endpoint,
  pending: Pending,
  lanes: Link[][],
  outputs: Record<string, SealedEdge>,
): Result<null> {
  const start = startDigest(crypto, pending.start)
  const secret = fromHex(pending.secret)
  const all = { ...pending.commits, ...commitsOf(outputs) }
  for (const position of lanes[0]!.keys()) {
    const keys = Object.fromEntries(madeIds(endpoint, position).map((id) => [id, toHex(edgeKey(crypto, secret, id))]))
    const { code } = plan.endpoints[pending.endpoint]![position]!
    const given = inputsDigest(crypto, start, code, { commits: inputCommits(endpoint, position, all), keys })
    const servers = lanes.flatMap((links) => (links[position]!.inputs === given ? [] : [links[position]!.server]))
    if (servers.length > 0)
      return failForNow('reply.inputs', `A server of block ${position} signed that it was given something else. ${elsewhere}`, {
        position,
        servers,
      })
  }
  return ok(null)
}

/**
 * Whether all lanes signed the same. Error: `request.lanes` with details: the first `position` where they differ, the `servers` that are
 * outvoted there (all of them where no claim has a majority), and the rest of a `Difference` (dispute.ts), from which anybody sees that one of them lies.
 * @param outputs sealed outputs of the blocks, by edge id
 */
export function checkAgreement(lanes: Link[][], outputs: Difference['outputs']): Result<null> {
  const position = differenceOf(lanes)
  if (position === null) return ok(null)
  const links = lanes.map((lane) => lane[position]!)
  const servers = outvoted(links).map((lane) => links[lane]!.server)
  const before = lanes[0]!.slice(0, position)
  const made = before.flatMap(({ position: block }) => outputsOf(outputs, block))
  const difference: Difference = { position, links, before, outputs: Object.fromEntries(made) }
  return failForNow(
    'request.lanes',
    `The servers of block ${position} disagree on what it makes, so at least one of them computes something else. ${elsewhere}`,
    { servers, ...difference },
  )
}

const outputsOf = (outputs: Difference['outputs'], block: number) =>
  Object.entries(outputs).filter(([id]) => id.startsWith(`block.${block}.`))
