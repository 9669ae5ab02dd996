/** A tick document, indexed once for the many requests that refer to it. */
import { fromHex } from '../protocol/bytes.ts'
import type { CryptoPort } from '../protocol/crypto/index.ts'
import type { Start, Tick } from '../protocol/documents/index.ts'
import { canWrite, holdingOf, permittedSeats, seatOf, type PlannedTick } from '../protocol/requests/index.ts'
import { own, type Endpoint } from '../program/index.ts'
import type { TickProgram, TickView } from './types.ts'

/**
 * Indexes a tick whose document was verified.
 * @param tick document n, with its digest: its snapshot is what requests of tick n read
 * @param planned the plan for tick n, published up to three ticks earlier
 * @param program of the offer for which that tick was planned
 * @param expelled identities whose tombstones hold, as this server has seen for itself; what a tick merely lists is not among them
 */
export function tickView(
  crypto: CryptoPort,
  { body: document, sha256 }: { body: Tick; sha256: string },
  planned: PlannedTick,
  program: TickProgram,
  expelled: ReadonlySet<string> = new Set(),
): TickView {
  const { plan } = planned
  return {
    number: plan.tick,
    base: sha256,
    planned: planned.published,
    document,
    plan,
    program,
    holding: holdingOf(crypto, planned),
    sealing: fromHex(plan.sealing),
    servers: new Map(document.servers.map((server) => [server.id, server])),
    indices: new Map(document.indices.map(({ name, root, count }) => [name, { root, count }])),
    tombstones: expelled,
  }
}

/** Whether this version of this block was dealt to a server for the tick, and the server is not expelled. */
export const holds = (view: TickView, version: string, endpoint: string, block: number, server: string): boolean =>
  view.holding.versionOf(endpoint, block, server) === version && !view.tombstones.has(server)

/**
 * Which holders of a block a client may have in a request of so many lanes, as far as the start says who the client is; whether its value is right is
 * for those to check who are shown its registration.
 */
export function seatsOf(view: TickView, start: Start, position: number): ReadonlySet<string> {
  const endpoint = endpointOf(view, start.endpoint)!
  // Who is missing changes the place of nobody else.
  const order = view.holding.seats(seatOf(start, view.document.blocks.hash), position).filter((id) => !view.tombstones.has(id))
  return new Set(order.slice(0, permittedSeats(view.program.terms, start.numbers.length, order.length, canWrite(endpoint))))
}

/** The endpoint as the tick's program declares it. */
export const endpointOf = ({ program: { outline } }: TickView, name: string): Endpoint | undefined => own(outline.endpoints, name)
