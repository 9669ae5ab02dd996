/**
 * Disputes (PROTOCOL.md 14): links of one block that were given the same and sign different things prove that one of them lies. Who it is, the reference
 * interpreter says, from what the client opens and the code that the Supervisor adds. Nothing is believed that a link is not signed over: with its
 * `inputs` a server has bound values, keys and code, with `base` all rows, so nobody can show others under which an honest server seems to lie.
 */
import { check, runInterpreted, skipBlock, toJson, type BlockRun, type Endpoint, own } from '../../program/index.ts'
import { fromHex } from '../bytes.ts'
import { canonicalBytes, type Json } from '../canonical.ts'
import type { CryptoPort } from '../crypto/index.ts'
import { laterVerify, MAX_WRITES, signingDigest, type Dispute, type Link } from '../documents/index.ts'
import {
  blockInputs,
  blockNeeds,
  codeDigest,
  commitsDigest,
  draftsOf,
  edgeCommit,
  forwardedEdges,
  inputsDigest,
  madeIds,
  outputId,
  startDigest,
  verifyCommit,
  withBody,
  writeDigest,
  writesId,
  type BlockInputs,
  type ShownBlock,
} from '../requests/index.ts'
import { fail, ok, type Result } from '../result.ts'
import { codeOf, holdsIn, type TickFacts } from './tick-facts.ts'
import { sameList } from './verify-writes.ts'

/** Ticks for which a request can be disputed: so long everybody keeps what is needed to decide it. */
export const DISPUTED_TICKS = 12

/** What a dispute is held against. */
export interface DisputeEnv {
  app: string
  /** Of the tick that decides it. */
  number: number
  /** What the chain says about the tick of the request; null where it does not have that tick, or no longer. */
  facts: TickFacts | null
  tombstoned: (id: string) => boolean
}

/** The body of a block with the salt that opens the plan's commitment to it. */
export interface BlockCode {
  body: Json
  /** 32 bytes, hex. */
  salt: string
}

/** A dispute in which one of the servers lies for certain, ready to be decided. */
export interface OpenDispute {
  dispute: Dispute
  facts: TickFacts
  endpoint: Endpoint
  /** Commitment to the block's code, hex: what the Supervisor has to open. */
  code: string
  inputs: BlockInputs
}

/** A link of a dispute that is not what its block makes. */
export interface DisputeBlame {
  subject: string
  /** Which of the links. */
  link: number
  reason: string
}

/** Every outcome of `checkDispute` but `accepted`. */
export const DISPUTE_OUTCOMES = [
  'dispute.app',
  'dispute.client',
  'dispute.late',
  'dispute.base',
  'dispute.links',
  'dispute.known',
  'dispute.inputs',
  'dispute.proof',
  'dispute.signature',
] as const

/** Most disputes that one tick accepts. */
export const MAX_DISPUTES = 16

/** What one block signs, alike in all lanes. */
type Claim = Pick<Link, 'sites' | 'own' | 'outputs'>

const sameClaim = (a: Claim, b: Claim): boolean => a.outputs === b.outputs && sameList(a.sites, b.sites) && sameList(a.own, b.own)
const sameNames = (record: object, names: Iterable<string>): boolean => {
  const wanted = new Set(names)
  return Object.keys(record).length === wanted.size && Object.keys(record).every((name) => wanted.has(name))
}

const refuse = (code: (typeof DISPUTE_OUTCOMES)[number], message: string): { ok: false; error: ReturnType<typeof fail>['error'] } =>
  fail(code, message)

/**
 * Whether the document and the ticks alone prove that one of the links lies. Cheap checks come first, then hashes, then signatures, and proofs last.
 * Errors: see `DISPUTE_OUTCOMES`, of which none blames anybody.
 */
export function checkDispute(ctx: { crypto: CryptoPort }, env: DisputeEnv, dispute: Dispute & { by: string }): Result<OpenDispute> {
  const { start } = dispute
  if (dispute.app !== env.app || start.app !== env.app) return refuse('dispute.app', 'The dispute belongs to another app.')
  if (start.client !== dispute.by) return refuse('dispute.client', 'The dispute is not published by the client of the request.')
  if (start.tick < env.number - DISPUTED_TICKS)
    return refuse('dispute.late', `The request ran in tick ${start.tick}, and is disputed more than ${DISPUTED_TICKS} ticks later.`)
  const { facts } = env
  if (facts === null || start.base !== facts.base || start.planned !== facts.planned.published)
    return refuse('dispute.base', `The request rests on a tick ${start.tick} that the chain does not have. Nobody is blamed.`)
  const endpoint = own(facts.outline.endpoints, start.endpoint)
  const code = endpoint === undefined ? null : codeOf(facts, start.endpoint, dispute.links[0]!.position)
  if (endpoint === undefined || code === null) return refuse('dispute.links', `The tick has no such block of ${start.endpoint}.`)
  const comparable = checkLinks(ctx, facts, dispute)
  if (!comparable.ok) return comparable
  if (dispute.links.every(({ server }) => env.tombstoned(server)))
    return refuse('dispute.known', 'All of the servers have their tombstones already.')
  const given = checkGiven(ctx, dispute, endpoint, code)
  if (!given.ok) return given
  if (!isSigned(ctx.crypto, dispute))
    return refuse('dispute.signature', 'The start is not signed by the client, or a link not by its server.')
  const inputs = blockInputs(shownBlock(ctx, facts, endpoint, dispute))
  return inputs.ok
    ? ok({ dispute, facts, endpoint, code, inputs: inputs.value })
    : refuse('dispute.proof', `What the block was shown does not hold: ${inputs.error.message}`)
}

/** All of this request, of one block, by servers that held it, given the same, and not all alike. */
function checkLinks(ctx: { crypto: CryptoPort }, facts: TickFacts, { start, links }: Dispute): Result<null> {
  const [first] = links
  const isOfRequest = (link: Link): boolean =>
    link.request === start.request &&
    link.app === start.app &&
    link.tick === start.tick &&
    link.endpoint === start.endpoint &&
    link.base === start.base &&
    link.planned === start.planned
  if (!links.every(isOfRequest)) return refuse('dispute.links', 'A link belongs to another request.')
  if (!links.every(({ position, inputs }) => position === first!.position && inputs === first!.inputs))
    return refuse('dispute.links', 'The links are of different blocks, or were given different inputs: they may differ.')
  if (links.some((link, i) => i > 0 && link.lane <= links[i - 1]!.lane))
    return refuse('dispute.links', 'The links are not in the order of their lanes, or a lane has two.')
  if (links.every((link) => sameClaim(link, first!))) return refuse('dispute.links', 'The links sign the same.')
  return links.every((link) => holdsIn(ctx.crypto, facts, link))
    ? ok(null)
    : refuse('dispute.links', 'A link is by a server that does not hold the block.')
}

/** What the block was given, by name exactly, and that the links are signed over it. */
function checkGiven({ crypto }: { crypto: CryptoPort }, dispute: Dispute, endpoint: Endpoint, code: string): Result<null> {
  const { start, links, commits, opened, keys } = dispute
  const { position, inputs } = links[0]!
  const wrong = (what: string) => refuse('dispute.inputs', `${what} The links are signed over something else.`)
  if (!sameNames(commits, forwardedEdges(endpoint, position))) return wrong('The commitments are not those of the block.')
  if (!sameNames(keys, madeIds(endpoint, position))) return wrong('The keys are not those of what the block makes.')
  if (!sameNames(opened, blockNeeds(endpoint, position).opens.keys())) return wrong('The opened values are not those that the block opens.')
  if (inputsDigest(crypto, startDigest(crypto, start), code, { commits, keys }) !== inputs) return wrong('The inputs are not those signed.')
  const shut = Object.entries(opened).find(
    ([id, { value, salt }]) => !verifyCommit(crypto, commits[id]!, fromHex(salt), canonicalBytes(value)),
  )
  return shut === undefined ? ok(null) : wrong(`The value of ${shut[0]} does not open its commitment.`)
}

function isSigned(crypto: CryptoPort, { start, links }: Dispute): boolean {
  const verdicts = [
    laterVerify(crypto, signingDigest(crypto, 'start', start), start.sig, start.client),
    ...links.map((link) => laterVerify(crypto, signingDigest(crypto, 'link', link), link.sig, link.server)),
  ]
  return verdicts.every((verdict) => verdict())
}

const shownBlock = ({ crypto }: { crypto: CryptoPort }, facts: TickFacts, endpoint: Endpoint, dispute: Dispute): ShownBlock => ({
  crypto,
  outline: facts.outline,
  endpoint,
  position: dispute.links[0]!.position,
  caller: dispute.start.client,
  tick: { number: dispute.start.tick, indices: facts.indices },
  shown: dispute.shown,
  open: (id) => ok(dispute.opened[id]!.value),
})

/**
 * Decides a dispute: runs the block by the reference interpreter, under the budget of the offer. A server whose link is not what comes out lied; all did
 * where the block fails, because a link says that it ran.
 * @returns at least one, since the links differ. Error: `dispute.code`, where the code is not what the plan committed to: then the Supervisor is at fault.
 */
export function decideDispute({ crypto }: { crypto: CryptoPort }, open: OpenDispute, code: BlockCode | null): Result<DisputeBlame[]> {
  const { dispute, endpoint } = open
  const { app, endpoint: name } = dispute.start
  const { position } = dispute.links[0]!
  if (code === null || codeDigest(crypto, app, name, position, code.body, code.salt) !== open.code)
    return fail('dispute.code', `The tick does not publish the code of block ${position} of ${name}, which decides a dispute.`)
  const claim = claimOf(crypto, open, code.body)
  const blamed = dispute.links.flatMap((link, i): DisputeBlame[] =>
    claim !== null && sameClaim(link, claim)
      ? []
      : [{ subject: link.server, link: i, reason: reasonOf(link, claim, endpoint.blocks[position]!.name) }],
  )
  return ok(blamed)
}

function reasonOf(link: Link, claim: Claim | null, block: string): string {
  const at = `Block ${link.position} («${block}») of ${link.endpoint}`
  if (claim === null) return `${at} fails on what it was given, and the server signed that it ran.`
  if (!sameList(link.sites, claim.sites)) return `${at} takes another branch than the server signed.`
  return sameList(link.own, claim.own)
    ? `${at} returns something else than the server signed.`
    : `${at} writes something else than the server signed.`
}

/** What an honest server signs for these inputs; null where it signs nothing. */
function claimOf(crypto: CryptoPort, open: OpenDispute, body: Json): Claim | null {
  const { dispute, facts, endpoint, inputs } = open
  const { position } = dispute.links[0]!
  const run = runOf(open, body)
  if (run === null || run.writes.length > MAX_WRITES) return null
  const { keys, commits } = dispute
  const place = { crypto, outline: facts.outline, endpoint, position }
  const drafts = draftsOf(place, run.writes, { key: fromHex(keys[writesId(position)]!), commits, slots: inputs.slots })
  const outputs = endpoint.blocks[position]!.outputs.map((type, i) => {
    const id = outputId(position, i)
    return [id, edgeCommit(crypto, fromHex(keys[id]!), id, canonicalBytes(toJson(type, run.outputs[i]!)))] as const
  })
  return {
    sites: run.sites,
    own: drafts.map((draft) => writeDigest(crypto, draft)),
    outputs: commitsDigest(crypto, Object.fromEntries(outputs)),
  }
}

/** Null where the block fails, or its body is none that a server may run. */
function runOf({ dispute: { start, links }, facts, inputs }: OpenDispute, body: Json): BlockRun | null {
  const { position } = links[0]!
  const whole = withBody(facts.outline, start.endpoint, position, body)
  const program = whole.ok ? check(whole.value) : whole
  if (!program.ok) return null
  const run = inputs.runs
    ? runInterpreted(program.value, start.endpoint, position, inputs.values, facts.budget)
    : skipBlock(program.value, start.endpoint, position)
  return run.ok ? run.value : null
}
