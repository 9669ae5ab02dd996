/** A plan with all that its holders are dealt from, and who holds what in it (PROTOCOL.md 10). */
import { canonicalText } from '../canonical.ts'
import type { CryptoPort } from '../crypto/index.ts'
import type { Offer, Plan, Tick } from '../documents/index.ts'
import { fail, ok, type Result } from '../result.ts'
import { composeLabel, fitsBlock, type Label, type Program } from '../../program/index.ts'
import { seatOrder, type SeatOf } from './seats.ts'
import { dealer, serversNeeded, type Dealer, type DealTerms } from './holders.ts'

/** A plan with what its holders are dealt from. JSON. */
export interface DealtPlan {
  plan: Plan
  /** Hash of the block that ended the range of the document which published it, display hex. */
  hash: string
  terms: DealTerms
}

/** The same once that document is there. */
export interface PlannedTick extends DealtPlan {
  /** SHA-256 of the document. */
  published: string
}

/** The part of an offer that deals. */
export const termsOf = ({ witnesses, spare, versions }: Pick<Offer, keyof DealTerms>): DealTerms => ({ witnesses, spare, versions })

/** The plan for a tick in the document that published it, under the offer which that document names; null when it has none. */
export function plannedIn(
  { sha256, body }: { sha256: string; body: Pick<Tick, 'blocks' | 'plans'> },
  tick: number,
  terms: DealTerms,
): PlannedTick | null {
  const plan = body.plans.find((one) => one.tick === tick)
  return plan === undefined ? null : { plan, hash: body.blocks.hash, published: sha256, terms }
}

/** Who holds what in one tick. */
export interface Holding {
  /** Servers of a block in the order in which it was dealt to them; none where there is no such block. */
  holders(endpoint: string, block: number): readonly string[]
  /** The version of a block that a server holds, by its id; null when it holds none. */
  versionOf(endpoint: string, block: number, server: string): string | null
  /** Its holders in the order in which a client has to take them (`seatOrder`), remembered for the clients that were asked about last. */
  seats(of: SeatOf, block: number): readonly string[]
}

/** Of one client in one endpoint: the orders of the blocks that were asked about. */
interface Seats {
  of: SeatOf
  orders: Array<readonly string[]>
}
/** Clients whose orders are remembered: a client that sends more than one request in a tick has the same order in all of them. The oldest is forgotten. */
const CLIENTS_KEPT = 4_096

type Held = ReadonlyMap<string, string>

const dealt = new WeakMap<DealtPlan, Holding>()

/** Deals a plan, each endpoint when it is asked for, once for each `planned`. */
export function holdingOf(crypto: CryptoPort, planned: DealtPlan): Holding {
  const known = dealt.get(planned) ?? deal(crypto, planned)
  dealt.set(planned, known)
  return known
}

function deal(crypto: CryptoPort, { plan, hash, terms }: DealtPlan): Holding {
  const blocks = Object.values(plan.endpoints).reduce((sum, endpoint) => sum + endpoint.length, 0)
  const of: Dealer = dealer(crypto, { hash, tick: plan.tick, ready: plan.ready, blocks, terms })
  const endpoints = new Map<string, Held[]>()
  const heldIn = (endpoint: string): Held[] => {
    const listed = Object.hasOwn(plan.endpoints, endpoint) ? plan.endpoints[endpoint]! : []
    const known = endpoints.get(endpoint) ?? of(endpoint, listed.length).map((holders, block) => namedHolders(holders, listed[block]!))
    endpoints.set(endpoint, known)
    return known
  }
  const holders: Holding['holders'] = (endpoint, block) => [...(heldIn(endpoint)[block]?.keys() ?? [])]
  const kept = new Map<string, Seats>()
  const seatsOf = (asked: SeatOf): Seats => {
    const known = kept.get(asked.client)
    if (known !== undefined && isSameSeat(known.of, asked)) return known
    const fresh: Seats = { of: asked, orders: [] }
    kept.delete(asked.client)
    kept.set(asked.client, fresh)
    if (kept.size > CLIENTS_KEPT) kept.delete(kept.keys().next().value!)
    return fresh
  }
  return {
    holders,
    seats: (asked, block) => (seatsOf(asked).orders[block] ??= seatOrder(asked, block, holders(asked.endpoint, block))),
    versionOf: (endpoint, block, server) => heldIn(endpoint)[block]?.get(server) ?? null,
  }
}

const isSameSeat = (a: SeatOf, b: SeatOf): boolean =>
  a.seat === b.seat && a.hash === b.hash && a.endpoint === b.endpoint && a.tick === b.tick && a.client === b.client

/** A plan that lists fewer versions than its offer says leaves some holders without one. */
const namedHolders = (holders: ReturnType<Dealer>[number], { versions }: Plan['endpoints'][string][number]): Held =>
  new Map(holders.flatMap(({ server, version }) => (versions[version] === undefined ? [] : [[server, versions[version]] as const])))

/** Witnesses and spare servers of an offer that does not say how many: one of each below eleven servers, else two. */
export const defaultLanes = (minimumServers: number): Pick<DealTerms, 'witnesses' | 'spare'> =>
  minimumServers < 11 ? { witnesses: 1, spare: 1 } : { witnesses: 2, spare: 2 }

/** Blocks of the widest endpoint of a program, with its name; null for a program without blocks. */
export function widestEndpoint(program: Pick<Program, 'endpoints'>): { name: string; blocks: number } | null {
  const all = Object.entries(program.endpoints).map(([name, { blocks }]) => ({ name, blocks: blocks.length }))
  const widest = all.reduce<{ name: string; blocks: number } | null>((most, one) => (one.blocks > (most?.blocks ?? 0) ? one : most), null)
  return widest
}

/**
 * Whether the least number of servers that an offer runs with suffices for every endpoint of its program. Error: `offer.servers`, with the arithmetic.
 */
export function checkServers(
  { minimumServers, ...terms }: Pick<Offer, 'minimumServers' | 'witnesses' | 'spare'>,
  program: Pick<Program, 'endpoints'>,
): Result<null> {
  const widest = widestEndpoint(program)
  const needed = widest === null ? 0 : serversNeeded(terms, widest.blocks)
  if (widest === null || needed <= minimumServers) return ok(null)
  const { witnesses, spare } = terms
  const sum = `${widest.blocks} blocks × (1 + ${witnesses} witnesses + ${spare} spare)`
  return fail(
    'offer.servers',
    `The endpoint ${widest.name} needs ${needed} servers: ${sum}${needed > widest.blocks * (1 + witnesses + spare) ? ', and one to move the request' : ''}. The offer runs with ${minimumServers}: raise minimumServers, ask for fewer witnesses or spare servers, or open values in fewer blocks.`,
    { endpoint: widest.name, needed, minimumServers },
  )
}

/**
 * The data-flow label of an endpoint, from those of its blocks in a plan. Each server holds the label of its block against the body and refuses to run
 * another one, so nobody has to believe the Supervisor. Errors: `client.endpoint`, `client.label`.
 */
export function labelIn({ tick, endpoints }: Pick<Plan, 'tick' | 'endpoints'>, outline: Program, name: string): Result<Label> {
  const endpoint = Object.hasOwn(outline.endpoints, name) ? outline.endpoints[name]! : undefined
  if (endpoint === undefined)
    return fail('client.endpoint', `The app has no endpoint ${name}. It has ${Object.keys(outline.endpoints).join(', ')}.`)
  const labels = (Object.hasOwn(endpoints, name) ? endpoints[name]! : []).map(({ label }) => label)
  const wrong = endpoint.blocks.findIndex((block, i) => labels[i] === undefined || !fitsBlock(block, labels[i]))
  return wrong < 0
    ? ok(composeLabel(endpoint, labels))
    : fail(
        'client.label',
        `The plan for tick ${tick} has no right label for block ${wrong} of ${name}: nobody could review what it writes.`,
      )
}

/**
 * Ticks whose plans a running document publishes: that of three ticks later, and those of the next two for which no document before could. What a running one
 * left out stays out, so that nobody waits for a block hash that deals better.
 * @param ran whether the document of that number was published and running
 */
export const ticksToPlan = (number: number, ran: (number: number) => boolean): number[] =>
  [number + 1, number + 2, number + 3].filter((tick) => {
    for (let before = Math.max(0, tick - 3); before < number; before++) if (ran(before)) return false
    return true
  })

/** What is wrong with a plan as far as the tick that publishes it shows, as sentences. */
export function planProblems(crypto: CryptoPort, outline: Program, tick: Tick, plan: Plan, terms: DealTerms): string[] {
  const problems: string[] = []
  const told = (problem: string): number => problems.push(`The plan for tick ${plan.tick} ${problem}.`)
  if (!isAscending(plan.ready)) told('does not list the ready servers in order, each once')
  const listed = new Set(tick.servers.map(({ id }) => id))
  if (plan.ready.some((id) => !listed.has(id))) told('deals blocks to a server that the tick does not list')
  if (!hasBlocks(plan, outline)) told('does not have the blocks of the program')
  else
    for (const name of Object.keys(outline.endpoints)) {
      const label = labelIn(plan, outline, name)
      if (!label.ok) problems.push(label.error.message)
    }
  const versions = Object.values(plan.endpoints).flatMap((blocks) => blocks.flatMap((block) => block.versions))
  if (Object.values(plan.endpoints).some((blocks) => blocks.some((block) => block.versions.length !== terms.versions)))
    told(`does not have ${terms.versions} versions of each block`)
  if (new Set(versions).size !== versions.length) told('names a version twice')
  if (plan.readyFile.name !== `ready.${plan.tick}`) told('names another file of statements')
  if (problems.length === 0 && !hasCode(crypto, { plan, hash: tick.blocks.hash, terms }))
    told('does not have one code file for each server that holds a block')
  return problems
}

function hasCode(crypto: CryptoPort, planned: DealtPlan): boolean {
  const { plan } = planned
  const holding = holdingOf(crypto, planned)
  const holders = Object.entries(plan.endpoints).flatMap(([endpoint, blocks]) =>
    blocks.flatMap((_, block) => holding.holders(endpoint, block)),
  )
  const right = [...new Set(holders)].sort().map((server) => [server, `code.${plan.tick}.${server}`])
  return canonicalText(plan.code.map(({ server, file }) => [server, file.name])) === canonicalText(right)
}

const isAscending = (ids: readonly string[]): boolean => ids.every((id, i) => i === 0 || ids[i - 1]! < id)

const hasBlocks = ({ endpoints }: Plan, outline: Program): boolean =>
  Object.keys(endpoints).length === Object.keys(outline.endpoints).length &&
  Object.entries(outline.endpoints).every(
    ([name, { blocks }]) => Object.hasOwn(endpoints, name) && endpoints[name]!.length === blocks.length,
  )
