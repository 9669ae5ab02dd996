/** A request whose lanes differ at one block, in a world made by hand, and what its client puts together of it. */
import { disputeOf, type DisputeFields, type Difference } from '../../../../roles/client/dispute.ts'
import type { Composed } from '../../../../roles/client/types.ts'
import type { Json } from '../../../../roles/protocol/canonical.ts'
import { openDocument, signDocument, type Dispute, type Link } from '../../../../roles/protocol/documents/index.ts'
import type { KeyPair } from '../../../../roles/protocol/keys/index.ts'
import { signLink } from '../../../../roles/protocol/requests/index.ts'
import { must, type Result } from '../../../../roles/protocol/result.ts'
import { checkDispute, decideDispute, type BlockCode, type DisputeEnv, type TickFacts } from '../../../../roles/protocol/stamps/index.ts'
import { deliverWith, type Lie } from '../../../attacks/liar.ts'
import { APP, BASE, compose, crypto, exchange, makeWorld, TICK, type World, type WorldOptions } from '../../request/world.ts'

export interface Disputed {
  world: World
  composed: Composed
  /** Of each lane, who runs the block. */
  servers: string[]
  liars: string[]
  fields: DisputeFields
  code: BlockCode
  facts: TickFacts
}

/** What the ticks of such a world say about its one tick. */
export const factsOf = (world: World): TickFacts => ({
  base: BASE,
  planned: world.planned,
  indices: new Map(world.tick.indices.map(({ name, root }) => [name, { root }])),
  outline: world.outline,
  budget: { steps: 100_000, bytes: 1_000_000 },
  reveal: world.reveal,
})

export const codeIn = (world: World, endpoint: string, block: number): BlockCode => ({
  body: world.program.endpoints[endpoint]!.blocks[block]!.body as unknown as Json,
  salt: world.secret.salts[endpoint]![block]!,
})

/** @param liars lanes whose server of the lie's block lies */
export async function dispute(options: WorldOptions, lie: Lie, args: Record<string, Json>, liars: number[]): Promise<Disputed> {
  const world = await makeWorld({ servers: 14, lanes: 3, ...options })
  const composed = await compose(world, lie.endpoint, args)
  const servers = composed.pending.lanes.map((hops) => hops[lie.position]!.server)
  const named = liars.map((lane) => servers[lane]!)
  const result = await exchange(world, composed, deliverWith(world, new Set(named), lie))
  if (result.ok) throw new Error('the lanes agree')
  if (result.error.code !== 'request.lanes') throw new Error(`${result.error.code}: ${result.error.message}`)
  const difference = result.error.details as unknown as Difference
  const fields = must(await disputeOf(world.ctx, world.clientEnv(), composed.pending, difference))
  return { world, composed, servers, liars: named, fields, code: codeIn(world, lie.endpoint, lie.position), facts: factsOf(world) }
}

/** Signs and opens the document, as it comes from the swarm. */
export const published = (
  { world, fields }: Disputed,
  change: Partial<DisputeFields> = {},
  by: KeyPair = world.client,
): Dispute & { by: string } => {
  const { bytes, sha256 } = signDocument(crypto, 'dispute', { ...fields, ...change }, by, world.ctx.random(32))
  return must(openDocument(crypto, 'dispute', bytes, sha256)).body
}

export const envOf = (disputed: Disputed, change: Partial<DisputeEnv> = {}): DisputeEnv => ({
  app: APP,
  number: TICK + 2,
  facts: disputed.facts,
  tombstoned: () => false,
  ...change,
})

/** Who is buried, or the code for which nobody is. */
export function verdict(
  disputed: Disputed,
  document = published(disputed),
  env = envOf(disputed),
  code: BlockCode | null = disputed.code,
): string[] | string {
  const checked = checkDispute({ crypto }, env, document)
  const decided = checked.ok ? decideDispute({ crypto }, checked.value, code) : checked
  return decided.ok ? decided.value.map(({ subject }) => subject) : decided.error.code
}

/** A link changed and signed again by whoever runs the world: as its server would, or with a signature that is none. */
export function changed({ world }: Disputed, link: Link, change: Partial<Link>, forged = false): Link {
  const { sig: _sig, ...unsigned } = { ...link, ...change }
  const signed = signLink(crypto, unsigned, world.servers.get(link.server)!.identity, world.ctx.random(32))
  return forged ? { ...signed, sig: link.sig } : signed
}

export const codeOfResult = (result: Result<unknown>): string => (result.ok ? 'accepted' : result.error.code)
