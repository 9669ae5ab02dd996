/** A tick document, indexed once for the many requests that refer to it. */
import { fromHex } from '../protocol/bytes.ts'
import type { Plan, Tick } from '../protocol/documents/index.ts'
import { own, type Endpoint } from '../program/index.ts'
import type { TickProgram, TickView } from './types.ts'

/**
 * Indexes a tick whose document was verified.
 * @param tick document n, with its digest: its snapshot is what requests of tick n read
 * @param plan the plan for tick n; @param planned SHA-256 of the document that published it, three ticks earlier (or the first)
 * @param program of the offer for which that tick was planned
 */
export function tickView(
  { body: document, sha256 }: { body: Tick; sha256: string },
  plan: Plan,
  planned: string,
  program: TickProgram,
): TickView {
  const versions: TickView['versions'] = new Map()
  for (const [endpoint, blocks] of Object.entries(plan.endpoints)) {
    for (const [block, held] of blocks.entries()) {
      for (const { version, servers } of held) versions.set(version, { endpoint, block, servers: new Set(servers) })
    }
  }
  return {
    number: plan.tick,
    base: sha256,
    planned,
    document,
    plan,
    program,
    versions,
    sealing: fromHex(plan.sealing),
    servers: new Map(document.servers.map((server) => [server.id, server])),
    indices: new Map(document.indices.map(({ name, root, count }) => [name, { root, count }])),
    tombstones: new Set(document.tombstones),
  }
}

/** Whether a server holds this version of this block in the tick, and is not expelled. */
export function holds(view: TickView, version: string, endpoint: string, block: number, server: string): boolean {
  const place = view.versions.get(version)
  return (
    place !== undefined && place.endpoint === endpoint && place.block === block && place.servers.has(server) && !view.tombstones.has(server)
  )
}

/** The endpoint as the tick's program declares it. */
export const endpointOf = ({ program: { outline } }: TickView, name: string): Endpoint | undefined => own(outline.endpoints, name)
