/**
 * Choosing the top-level server of a request (essay, «Client makes endpoint request»); those of its blocks follow from seats.ts. What a server says of itself has no say in it: a name or a region that nobody
 * else has costs nothing, so whoever preferred other places would hand requests to those who invent them (PROTOCOL.md 19).
 */
import type { Plan, Tick } from '../documents/index.ts'

interface Chance {
  random: (length: number) => Uint8Array
}

/**
 * Who may be drawn: whom the tick lists, and who signed to be ready for it. Nothing takes a server from the list but a tombstone, so those that are gone, or never were there,
 * stand in it as long as the app lives.
 */
export function relaysOf({ servers }: Pick<Tick, 'servers'>, { ready }: Pick<Plan, 'ready'>): Set<string> {
  const isReady = new Set(ready)
  return new Set(servers.flatMap(({ id }) => (isReady.has(id) ? [id] : [])))
}

/**
 * Draws a top-level server for a request whose blocks' servers are known: any other one, each as likely as the next. Null when there is none left.
 * @param relays ids of those who may be drawn; @param hops of the blocks' servers
 */
export function chooseTop(ctx: Chance, relays: ReadonlySet<string>, hops: readonly string[], exclude: ReadonlySet<string>): string | null {
  const taken = new Set(hops)
  const others = [...relays].filter((id) => !taken.has(id) && !exclude.has(id))
  return others.length === 0 ? null : pick(ctx, others)
}

const below = (ctx: Chance, limit: number): number => {
  const bytes = ctx.random(4)
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0) % limit
}

const pick = <T>(ctx: Chance, items: readonly T[]): T => items[below(ctx, items.length)]!
