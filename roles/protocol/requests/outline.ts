/**
 * The outline of a program: what everybody may see of it. Types, queries, slots, what each block opens, carries and writes are public,
 * because clients build requests from them and auditors check paths with them; what a block computes is not. So each body shrinks
 * to the skeleton of its effects, and the servers of a block get the body itself in their sealed code file (PROTOCOL.md 9.3).
 */
import {
  acceptsSites,
  canonicalJson,
  canonicalProgram,
  check,
  defaultValue,
  describe,
  toJson,
  withoutRules,
  eachEffect,
} from '../../program/index.ts'
import type { Block, Body, Effect, EffectArm, Endpoint, Program, WriteSite } from '../../program/index.ts'
import { toHex, utf8 } from '../bytes.ts'
import { canonicalBytes, canonicalText, parseCanonical, type Json } from '../canonical.ts'
import type { CryptoPort } from '../crypto/index.ts'
import { fail, ok, type Result } from '../result.ts'

/** Greatest size of an outline file, in bytes. */
export const OUTLINE_LIMIT = 4 << 20

const armSkeleton = (arm: EffectArm): EffectArm => ({ scope: 0, effects: arm.effects.map(effectSkeleton) })

/** The branching of an effect, and which sealed value each field carries; computed values and conditions are left out. */
function effectSkeleton(effect: Effect): Effect {
  if ('write' in effect) {
    const fields = Object.entries(effect.fields).map(
      ([name, value]) => [name, 'carry' in value ? { carry: value.carry } : { node: 0 }] as const,
    )
    return { write: effect.write, fields: Object.fromEntries(fields) }
  }
  if ('if' in effect) return { if: 0, then: effect.then.map(effectSkeleton), else: effect.else.map(effectSkeleton) }
  if ('match' in effect) return { match: 0, arms: effect.arms.map(armSkeleton) }
  return { unwrap: 0, some: armSkeleton(effect.some), none: effect.none.map(effectSkeleton) }
}

/** A body without what it computes. */
export const bodySkeleton = (body: Body): Body => ({ scopes: [], nodes: [], outputs: [], effects: body.effects.map(effectSkeleton) })

const mapBlocks = (endpoint: Endpoint, change: (block: Block, position: number) => Block): Endpoint => ({
  ...endpoint,
  blocks: endpoint.blocks.map(change),
})

/**
 * The public program: no node of any body is left. It has the type of a program so that types, queries and automata are read from it
 * by the same functions, but it is not one that the checker admits: nothing in it can be run.
 * @param program a checked program
 */
export function outlineOf(program: Program): Program {
  const shrink = (block: Block): Block => ({ ...block, at: '', body: bodySkeleton(block.body) })
  const unplaced = (endpoint: Endpoint): Endpoint => ({ ...endpoint, queries: endpoint.queries.map((query) => ({ ...query, at: '' })) })
  const endpoints = Object.entries(program.endpoints).map(([name, endpoint]) => [name, mapBlocks(unplaced(endpoint), shrink)] as const)
  return { ...program, endpoints: Object.fromEntries(endpoints) }
}

const schemas = new WeakMap<Program, Uint8Array>()

/** The file `schema` of a tick: the API document, which everybody makes from the outline alone (PROTOCOL.md 9.5). Remembered for each outline. */
export function schemaFile(outline: Program): { name: string; bytes: Uint8Array } {
  const bytes = schemas.get(outline) ?? utf8(canonicalJson(describe(outline) as unknown as Json))
  schemas.set(outline, bytes)
  return { name: 'schema', bytes }
}

/** The outline's file: canonical JSON. */
export const encodeOutline = (outline: Program): Uint8Array => new TextEncoder().encode(canonicalProgram(outline))

/**
 * Reads an outline file whose digest was compared with the offer's. It is checked like a program whose bodies do nothing secret, so types,
 * queries, slots and sites can be relied upon. Errors: those of `parseCanonical`, `outline.shape`, `program.*`.
 */
export function parseOutline(bytes: Uint8Array): Result<Program> {
  const json = parseCanonical(bytes, { maxBytes: OUTLINE_LIMIT, maxDepth: 1_000 })
  if (!json.ok) return json
  const wrong = fail('outline.shape', 'The outline is not a program without bodies. Ask the Supervisor to publish it again.')
  try {
    const outline = json.value as unknown as Program
    const neutral = Object.entries(outline.endpoints).map(([name, endpoint]) => [
      name,
      mapBlocks(endpoint, (block) => ({ ...block, body: neutralBody(outline, block) })),
    ])
    const checked = check({ ...outline, endpoints: Object.fromEntries(neutral) })
    if (!checked.ok) return checked
    const blocks = Object.values(outline.endpoints).flatMap((endpoint) => endpoint.blocks)
    return blocks.every(isSkeleton) ? ok(outline) : wrong
  } catch {
    // Reading it as an outline failed on a field that is not there or of another kind.
    return wrong
  }
}

/** Whether a body is a skeleton in its one form, each site written once with its own fields. */
function isSkeleton(block: Block): boolean {
  const sites: number[] = []
  let fits = canonicalText(bodySkeleton(block.body)) === canonicalText(block.body)
  eachEffect(block.body.effects, (effect) => {
    if (!('write' in effect)) return
    sites.push(effect.write)
    const names = Object.keys(effect.fields).sort()
    const carried = Object.values(effect.fields).every((value) => !('carry' in value) || block.carries[value.carry] !== undefined)
    fits &&= carried && canonicalText(names) === canonicalText(block.sites[effect.write]?.fields ?? null)
  })
  return fits && sites.length === block.sites.length && new Set(sites).size === sites.length
}

/** A body that does nothing secret: default outputs and one write of default values for each site, so that the checker admits it. */
function neutralBody(program: Program, block: Block): Body {
  const body: Body = { scopes: [], nodes: [], outputs: [], effects: [] }
  const constant = (type: Parameters<typeof defaultValue>[0]): number =>
    body.nodes.push({ op: 'const', type, value: toJson(type, defaultValue(type)) }) - 1
  const write = (site: WriteSite, position: number): Effect => ({
    write: position,
    fields: Object.fromEntries(site.fields.map((name) => [name, { node: constant(program.collections[site.collection]!.fields[name]!) }])),
  })
  body.outputs = block.outputs.map(constant)
  body.effects = block.sites.map(write)
  return body
}

/**
 * The program that a block's server runs: the outline's endpoint with this one body; all other blocks are neutral. Rules of indices are left out: no
 * server holds them, and whether the program reads what they are over is seen from all endpoints. The caller passes the result to the program
 * checker before running it, because outline and body come from outside.
 * @param body JSON of the code file
 * Errors: `outline.endpoint`, `outline.block`, `outline.body` (another skeleton than the outline promises).
 */
export function withBody(outline: Program, endpoint: string, block: number, body: Json): Result<Program> {
  const found = Object.hasOwn(outline.endpoints, endpoint) ? outline.endpoints[endpoint]! : undefined
  if (found === undefined) return fail('outline.endpoint', `The outline has no endpoint ${endpoint}. Fetch the offer that the tick names.`)
  const target = found.blocks[block]
  if (target === undefined)
    return fail('outline.block', `The endpoint ${endpoint} has no block ${block}. Fetch the offer that the tick names.`)
  if (!hasSkeleton(body, target.body))
    return fail(
      'outline.body',
      `The body of block ${block} of ${endpoint} writes otherwise than its outline. Refuse the job: the Supervisor published another program.`,
    )
  const whole = mapBlocks(found, (other, i) => ({
    ...other,
    at: other.at,
    body: i === block ? (body as unknown as Body) : neutralBody(outline, other),
  }))
  const collections = Object.fromEntries(
    Object.entries(outline.collections).map(([name, one]) => [name, { ...one, indices: withoutRules(one.indices) }]),
  )
  return ok({ ...outline, collections, endpoints: { [endpoint]: whole } })
}

function hasSkeleton(body: Json, skeleton: Body): boolean {
  try {
    return canonicalText(bodySkeleton(body as unknown as Body)) === canonicalText(skeleton)
  } catch {
    return false
  }
}

/** Whether the block can execute exactly these call sites in this order. False for an endpoint or block that is not there. */
export function acceptsPath(outline: Program, endpoint: string, block: number, sites: number[]): boolean {
  const found = Object.hasOwn(outline.endpoints, endpoint) ? outline.endpoints[endpoint]!.blocks[block] : undefined
  return found !== undefined && acceptsSites(found, sites)
}

/**
 * Salted commitment to the code of one block, hex. The plan publishes it; the salt goes to the block's holders alone, because with it and a guess anybody
 * could try constants of the body.
 */
export const codeDigest = (crypto: CryptoPort, app: string, endpoint: string, block: number, body: Json | Body, salt: string): string =>
  toHex(crypto.taggedHash('golem/code', canonicalBytes([app, endpoint, block, body as Json, salt])))

/**
 * Commitment to one version of a block, hex: what tick documents, links and receipts name. It binds code and primes, so that nobody can
 * reveal other primes than its servers multiplied by, which would put the blame on them.
 * @param code of `codeDigest`; @param primes lower-case hex
 */
export const versionId = (crypto: CryptoPort, code: string, { passage, sites }: { passage: string; sites: string[] }): string =>
  toHex(crypto.taggedHash('golem/version', canonicalBytes([code, passage, sites])))
