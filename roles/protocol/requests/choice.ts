/**
 * Choosing the servers of a request (essay, «Client makes endpoint request»). What a server says of itself has no say in it: a name or a region that nobody
 * else has costs nothing, so whoever preferred other places would hand requests to those who invent them (PROTOCOL.md 19).
 */
import { fail, ok, type Result } from '../result.ts'

interface Chance {
  random: (length: number) => Uint8Array
}

export interface Offered {
  version: string
  servers: string[]
}

export interface ChooseInput {
  /** For each block the versions with their servers, from the tick's plan. */
  blocks: Offered[][]
  /** Every server of the tick, by id; any of them may be the top-level one. */
  servers: ReadonlyMap<string, unknown>
  /** Servers that failed before, or are expelled. */
  exclude: ReadonlySet<string>
}

export interface Chosen {
  hops: Array<{ version: string; server: string }>
  top: string
}

/**
 * Draws a different server for each block and one more as top-level server, which so holds none of the request's blocks and sees no primitive.
 * Error: `client.servers` when the tick has too few different servers.
 */
export function chooseServers(ctx: Chance, input: ChooseInput): Result<Chosen> {
  const usable = (id: string): boolean => input.servers.has(id) && !input.exclude.has(id)
  const everyone = [...input.servers.keys()].filter(usable)
  const places = [...input.blocks.map((versions) => [...new Set(versions.flatMap((version) => version.servers))].filter(usable)), everyone]
  const ids = assign(places.map((candidates) => shuffled(ctx, candidates)))
  if (ids === null)
    return fail(
      'client.servers',
      `The request needs ${places.length} different servers that hold its blocks; the tick has too few left. Wait for the next tick.`,
    )
  const hops = input.blocks.map((versions, i) => ({
    server: ids[i]!,
    version: pick(
      ctx,
      versions.filter((version) => version.servers.includes(ids[i]!)),
    ).version,
  }))
  return ok({ hops, top: ids.at(-1)! })
}

/**
 * Draws a top-level server for a request whose blocks' servers are known: any other one, each as likely as the next. Null when there is none left.
 * @param hops ids of the blocks' servers
 */
export function chooseTop(
  ctx: Chance,
  servers: ReadonlyMap<string, unknown>,
  hops: readonly string[],
  exclude: ReadonlySet<string>,
): string | null {
  const taken = new Set(hops)
  const others = [...servers.keys()].filter((id) => !taken.has(id) && !exclude.has(id))
  return others.length === 0 ? null : pick(ctx, others)
}

/** A different id for every place, by augmenting paths (Kuhn): found whenever there is one. */
function assign(places: string[][]): string[] | null {
  const holder = new Map<string, number>()
  const place = (position: number, seen: Set<string>): boolean => {
    for (const id of places[position]!) {
      if (seen.has(id)) continue
      seen.add(id)
      const before = holder.get(id)
      if (before !== undefined && !place(before, seen)) continue
      holder.set(id, position)
      return true
    }
    return false
  }
  for (const position of places.keys()) if (!place(position, new Set())) return null
  const ids: string[] = []
  for (const [id, position] of holder) ids[position] = id
  return ids
}

const below = (ctx: Chance, limit: number): number => {
  const bytes = ctx.random(4)
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0) % limit
}

const pick = <T>(ctx: Chance, items: readonly T[]): T => items[below(ctx, items.length)]!

function shuffled<T>(ctx: Chance, items: readonly T[]): T[] {
  const mixed = [...items]
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = below(ctx, i + 1)
    const kept = mixed[i]!
    mixed[i] = mixed[j]!
    mixed[j] = kept
  }
  return mixed
}
