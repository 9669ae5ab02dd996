/**
 * Choosing the top-level server of a request (essay, «Client makes endpoint request»); those of its blocks follow from seats.ts. What a server says of itself has no say in it: a name or a region that nobody
 * else has costs nothing, so whoever preferred other places would hand requests to those who invent them (PROTOCOL.md 19).
 */
interface Chance {
  random: (length: number) => Uint8Array
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

const below = (ctx: Chance, limit: number): number => {
  const bytes = ctx.random(4)
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0) % limit
}

const pick = <T>(ctx: Chance, items: readonly T[]): T => items[below(ctx, items.length)]!
