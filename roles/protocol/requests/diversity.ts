/**
 * Choosing the servers of a request so that few of them share an owner, a network or a jurisdiction (essay, «Client makes endpoint request»). Declared regions
 * can lie; address blocks cost money. The score is explicit so that a client can show why it chose.
 */
import { fail, ok, type Result } from '../result.ts'

export interface Candidate {
  id: string
  host: string
  region: string
}

/** Points of each pair of servers that differ in: host, address block (IPv4 /16, IPv6 /48, else the last two labels), declared region. */
export const DIVERSITY_POINTS = { host: 1, block: 4, region: 2 } as const

/** The part of an address that one network operator is likely to hold. */
export function addressBlock(host: string): string {
  const v4 = /^(\d{1,3})\.(\d{1,3})\.\d{1,3}\.\d{1,3}$/.exec(host)
  if (v4 !== null) return `${v4[1]}.${v4[2]}/16`
  if (host.includes(':')) return `${expandV6(host).slice(0, 3).join(':')}/48`
  return host.toLowerCase().split('.').slice(-2).join('.')
}

/** The eight groups of an IPv6 address without leading zeros. */
function expandV6(host: string): string[] {
  const [head = '', tail = ''] = host.toLowerCase().split('::')
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':').map((group) => group.replace(/^0+(?=.)/, '')))
  const [left, right] = [groups(head), groups(tail)]
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0')
  return [...left, ...zeros, ...right]
}

function pairScore(a: Candidate, b: Candidate): number {
  const { host, block, region } = DIVERSITY_POINTS
  const regions = a.region !== '' && b.region !== '' && a.region.toLowerCase() !== b.region.toLowerCase()
  return (a.host === b.host ? 0 : host) + (addressBlock(a.host) === addressBlock(b.host) ? 0 : block) + (regions ? region : 0)
}

/** Points of all pairs; n servers without anything in common have 7·n·(n−1)/2. */
export function diversityScore(servers: readonly Candidate[]): number {
  let score = 0
  for (const [i, a] of servers.entries()) for (const b of servers.slice(i + 1)) score += pairScore(a, b)
  return score
}

export interface Offered {
  version: string
  servers: string[]
}

export interface ChooseInput {
  /** For each block the versions with their servers, from the tick's plan. */
  blocks: Offered[][]
  /** Every server of the tick, by id; any of them may be the top-level one. */
  servers: ReadonlyMap<string, Candidate>
  /** Servers that failed before, or are expelled. */
  exclude: ReadonlySet<string>
}

export interface Chosen {
  hops: Array<{ version: string; server: string }>
  top: string
  score: number
}

/** Assignments tried; the best one is taken. */
const ATTEMPTS = 24

/**
 * Chooses a different server for each block and one more as top-level server, which so holds none of the request's blocks and sees no
 * primitive. Among random assignments the most diverse one wins; equal scores are decided by chance, so that load spreads.
 * Error: `client.servers` when the tick has too few different servers.
 */
export function chooseServers(ctx: { random: (length: number) => Uint8Array }, input: ChooseInput): Result<Chosen> {
  const usable = (id: string): boolean => input.servers.has(id) && !input.exclude.has(id)
  const everyone = [...input.servers.keys()].filter(usable)
  const places = [...input.blocks.map((versions) => [...new Set(versions.flatMap((version) => version.servers))].filter(usable)), everyone]
  let best: { ids: string[]; score: number } | null = null
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const ids = assign(places.map((candidates) => shuffled(ctx, candidates)))
    if (ids === null) break
    const score = diversityScore(ids.map((id) => input.servers.get(id)!))
    // Attempts are shuffled, so the first of equals is a random one.
    if (best === null || score > best.score) best = { ids, score }
  }
  if (best === null)
    return fail(
      'client.servers',
      `The request needs ${places.length} different servers that hold its blocks; the tick has too few left. Wait for the next tick.`,
    )
  const hops = input.blocks.map((versions, i) => ({
    server: best.ids[i]!,
    version: pick(
      ctx,
      versions.filter((version) => version.servers.includes(best.ids[i]!)),
    ).version,
  }))
  return ok({ hops, top: best.ids.at(-1)!, score: best.score })
}

/**
 * Chooses a top-level server for a request whose blocks' servers are chosen already: it is none of them, and as far from them as can be.
 * Null when there is none left.
 */
export function chooseTop(
  ctx: { random: (length: number) => Uint8Array },
  servers: ReadonlyMap<string, Candidate>,
  hops: readonly string[],
  exclude: ReadonlySet<string>,
): string | null {
  const taken = new Set(hops)
  const others = hops.map((id) => servers.get(id)).filter((server) => server !== undefined)
  let best: { id: string; score: number } | null = null
  for (const id of shuffled(ctx, [...servers.keys()])) {
    if (taken.has(id) || exclude.has(id)) continue
    const score = diversityScore([servers.get(id)!, ...others])
    if (best === null || score > best.score) best = { id, score }
  }
  return best?.id ?? null
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

const below = (ctx: { random: (length: number) => Uint8Array }, limit: number): number => {
  const bytes = ctx.random(4)
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0) % limit
}

const pick = <T>(ctx: { random: (length: number) => Uint8Array }, items: readonly T[]): T => items[below(ctx, items.length)]!

function shuffled<T>(ctx: { random: (length: number) => Uint8Array }, items: readonly T[]): T[] {
  const mixed = [...items]
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = below(ctx, i + 1)
    const kept = mixed[i]!
    mixed[i] = mixed[j]!
    mixed[j] = kept
  }
  return mixed
}
