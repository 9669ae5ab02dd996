/** Opening the code that a tick publishes for this server three ticks ahead (essay, Server Response to Tick, step 2). */
import { blockLabelOf, check, type Program } from '../program/index.ts'
import { canonicalText, parseCanonical, type Json } from '../protocol/canonical.ts'
import { checkSchema } from '../protocol/documents/index.ts'
import { open } from '../protocol/crypto/index.ts'
import {
  codeDigest,
  holdingOf,
  versionId,
  withBody,
  codeFile,
  messageAad,
  type CodeFile,
  type PlannedTick,
} from '../protocol/requests/index.ts'
import { fail, ok, type Result } from '../protocol/result.ts'
import type { Context, PreparedBlock, PreparedCode, ServerKeys } from './types.ts'

export const CODE_LIMIT = 64 << 20

/** Generations of code from the current tick on (the current one and three to come); the tick before is kept beside them, as its requests may still be on the way. */
export const GENERATIONS = 4

/**
 * Opens and checks a code file. Every body has to be the one that the plan names by version, and the program checker has to admit
 * it, before any of it runs.
 * @param box the sealed file, whose SHA-256 was compared with the plan's
 * @param planned the plan for the code's tick
 * @param outline the offer's outline
 * Errors: `envelope.closed`, those of `parseCanonical`, `code.schema`, `code.foreign`, `code.version`, `code.label`, `code.primes`, `outline.*`, `program.*`.
 */
export function openCode(
  ctx: Context,
  box: Uint8Array,
  planned: PlannedTick,
  keys: ServerKeys,
  outline: Program,
  app: string,
): Result<PreparedCode> {
  const { plan } = planned
  const server = keys.identity.publicKey
  const plain = open(ctx.crypto, keys.sealing.privateKey, keys.sealing.publicKey, box, messageAad('code', app, plan.tick, server))
  if (!plain.ok) return plain
  const json = parseCanonical(plain.value, { maxBytes: CODE_LIMIT, maxDepth: 1_000 })
  if (!json.ok) return json
  const code = readCode(json.value)
  if (!code.ok) return code
  const mine = code.value.app === app && code.value.tick === plan.tick && code.value.server === server
  if (!mine)
    return fail('code.foreign', 'The code file is for another app, tick or server. Fetch the file that the tick lists for this server.')
  const blocks = new Map<string, PreparedBlock>()
  for (const block of code.value.blocks) {
    const prepared = prepareBlock(ctx, block, planned, server, outline, app)
    if (!prepared.ok) return prepared
    blocks.set(block.version, prepared.value)
  }
  return ok({ tick: plan.tick, blocks })
}

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Bodies are plain JSON of the checker's, which is stricter than the schema; so the schema only looks at what is around them. */
function readCode(json: Json): Result<CodeFile> {
  if (!isPlainObject(json) || !Array.isArray(json['blocks'])) return fail('code.schema', 'The code file is not an object with blocks.')
  const bodies = json['blocks'].map((block) => (isPlainObject(block) ? block['body'] : null))
  const bare = { ...json, blocks: json['blocks'].map((block) => (isPlainObject(block) ? { ...block, body: null } : block)) }
  const checked = checkSchema('code', codeFile, bare)
  return checked.ok ? ok({ ...checked.value, blocks: checked.value.blocks.map((block, i) => ({ ...block, body: bodies[i]! })) }) : checked
}

function prepareBlock(
  ctx: Context,
  code: CodeFile['blocks'][number],
  planned: PlannedTick,
  server: string,
  outline: Program,
  app: string,
): Result<PreparedBlock> {
  const { endpoint, block, version } = code
  const { endpoints } = planned.plan
  const listed = Object.hasOwn(endpoints, endpoint) ? endpoints[endpoint]![block] : undefined
  const wrong = fail(
    'code.version',
    `The code for block ${block} of ${endpoint} is not the version that the tick names. Fetch the code file again.`,
  )
  if (listed === undefined || holdingOf(ctx.crypto, planned).versionOf(endpoint, block, server) !== version) return wrong
  if (codeDigest(ctx.crypto, app, endpoint, block, code.body, code.salt) !== listed.code) return wrong
  if (versionId(ctx.crypto, listed.code, code) !== version) return wrong
  const whole = withBody(outline, endpoint, block, code.body)
  if (!whole.ok) return whole
  const program = check(whole.value)
  if (!program.ok) return program
  if (canonicalText(blockLabelOf(program.value.endpoints[endpoint]!.blocks[block]!)) !== canonicalText(listed.label))
    return fail(
      'code.label',
      `The tick says otherwise what reaches what in block ${block} of ${endpoint} than its body does. Refuse the job: clients would review writes by a false label.`,
    )
  const sites = code.sites.map((prime) => BigInt(`0x${prime}`))
  const passage = BigInt(`0x${code.passage}`)
  const expected = outline.endpoints[endpoint]!.blocks[block]!.sites.length
  if (sites.length !== expected || [passage, ...sites].some((prime) => prime < 2n))
    return fail('code.primes', `Block ${block} of ${endpoint} needs a passage prime and ${expected} site primes. Tell the Supervisor.`)
  return ok({ endpoint, block, version, code: listed.code, passage, sites, program: program.value })
}

/** The generations to keep after a new one came. */
export function keepGenerations(held: PreparedCode[], next: PreparedCode): PreparedCode[] {
  const others = held.filter((code) => code.tick !== next.tick)
  return [...others, next].sort((a, b) => a.tick - b.tick).slice(-GENERATIONS - 1)
}
