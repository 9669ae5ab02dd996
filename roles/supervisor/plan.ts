/**
 * The plan of a tick (essay, Supervisor Tick, next portion 4 to 7): every block gets several versions, each with its own salt and primes,
 * on servers that are shuffled and duplicated anew, so that stamps of one endpoint share few factors.
 */
import type { Program } from '../program/index.ts'
import { fromHex, toHex } from '../protocol/bytes.ts'
import { canonicalBytes, type Json } from '../protocol/canonical.ts'
import { type CryptoPort, seal } from '../protocol/crypto/index.ts'
import type { Plan } from '../protocol/documents/index.ts'
import { codeDigest, versionId, messageAad, type CodeFile, type RevealFile } from '../protocol/requests/index.ts'
import type { Result } from '../protocol/result.ts'

export interface PlanContext {
  crypto: CryptoPort
  random: (length: number) => Uint8Array
}

export interface PlanInput {
  /** The whole program, checked. */
  program: Program
  /** App id, hex. */
  app: string
  tick: number
  servers: Array<{ id: string }>
  /** Versions of each block. */
  versions: number
  primeBits: number
  prime: (bits: number) => Promise<bigint>
}

/** What is kept until the window closes and then published unchanged: JSON-able. */
export type SecretPlan = RevealFile

export interface MadePlan {
  /** For `Tick.plans`; `code` is filled when the code files are sealed (tick.ts). */
  plan: Plan
  secret: SecretPlan
  /** One for each server that holds a block. */
  code: CodeFile[]
}

/** A number below `limit` without bias. */
function randomBelow(random: PlanContext['random'], limit: number): number {
  const bound = Math.floor(2 ** 32 / limit) * limit
  for (;;) {
    const bytes = random(4)
    const value = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0)
    if (value < bound) return value % limit
  }
}

/** Fisher and Yates. */
export function shuffle<T>(random: PlanContext['random'], items: readonly T[]): T[] {
  const shuffled = [...items]
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = randomBelow(random, i + 1)
    const kept = shuffled[i]!
    shuffled[i] = shuffled[j]!
    shuffled[j] = kept
  }
  return shuffled
}

/**
 * Servers for each block of each endpoint. Each endpoint deals a freshly shuffled ring onwards: within it no server is dealt much more
 * often than another, so that a request always finds a different server for every block (Hall's condition) when there are as
 * many servers as blocks. A coin adds one more holder here and there.
 */
export function dealServers(random: PlanContext['random'], blocks: number[], servers: string[], versions: number): string[][][] {
  const total = blocks.reduce((sum, count) => sum + count, 0)
  if (total === 0) return blocks.map(() => [])
  const holders = Math.min(servers.length, Math.max(2, versions, Math.ceil(servers.length / total)))
  let waiting = shuffle(random, servers)
  return blocks.map((count) => {
    // Those who hold nothing yet come first, so that over all endpoints everybody gets work.
    const ring = [
      ...waiting,
      ...shuffle(
        random,
        servers.filter((server) => !waiting.includes(server)),
      ),
    ]
    waiting = waiting.slice(count * holders)
    return Array.from({ length: count }, (_, block) => {
      const dealt = Array.from({ length: holders }, (_, i) => ring[(block * holders + i) % ring.length]!)
      const others = ring.filter((server) => !dealt.includes(server))
      return others.length > 0 && randomBelow(random, 2) === 1 ? [...dealt, others[randomBelow(random, others.length)]!] : dealt
    })
  })
}

/** Holders of one block spread over its versions: every version has one at least, every holder has one at least. */
function spreadVersions(holders: string[], versions: number): string[][] {
  const spread: string[][] = Array.from({ length: versions }, () => [])
  for (let i = 0; i < Math.max(holders.length, versions); i++) spread[i % versions]!.push(holders[i % holders.length]!)
  return spread.map((servers) => [...new Set(servers)].sort())
}

type SecretVersion = SecretPlan['versions'][number]

async function makeVersion(
  ctx: PlanContext,
  input: PlanInput,
  endpoint: string,
  block: number,
  salt: string,
  used: Set<bigint>,
): Promise<SecretVersion> {
  const source = input.program.endpoints[endpoint]!.blocks[block]!
  const fresh = async (): Promise<string> => {
    for (;;) {
      const prime = await input.prime(input.primeBits)
      // Equal primes of two call sites would make their stamps interchangeable.
      if (used.has(prime)) continue
      used.add(prime)
      return prime.toString(16)
    }
  }
  const passage = await fresh()
  const sites: string[] = []
  for (const _ of source.sites) sites.push(await fresh())
  const code = codeDigest(ctx.crypto, input.app, endpoint, block, source.body, salt)
  return { endpoint, block, version: versionId(ctx.crypto, code, { passage, sites }), salt, code, passage, sites }
}

/**
 * Makes versions, primes and their holders for one tick.
 * Takes versions × blocks × (1 + sites) primes. `servers` must not be empty.
 */
export async function makePlan(ctx: PlanContext, input: PlanInput): Promise<MadePlan> {
  const sealing = ctx.random(32)
  const names = Object.keys(input.program.endpoints).sort()
  const ids = input.servers.map((server) => server.id)
  const dealt = dealServers(
    ctx.random,
    names.map((name) => input.program.endpoints[name]!.blocks.length),
    ids,
    input.versions,
  )
  const used = new Set<bigint>()
  const secret: SecretPlan = { app: input.app, tick: input.tick, sealing: toHex(sealing), versions: [] }
  const plan: Plan = { tick: input.tick, sealing: toHex(ctx.crypto.x25519.publicKey(sealing)), endpoints: {}, code: [] }
  for (const [e, endpoint] of names.entries()) {
    const blocks: Plan['endpoints'][string] = []
    plan.endpoints[endpoint] = blocks
    for (const [block, holders] of dealt[e]!.entries()) {
      const listed: Plan['endpoints'][string][number] = []
      // One for all versions of a block: lanes sign that they ran the same code.
      const salt = toHex(ctx.random(32))
      for (const servers of spreadVersions(holders, input.versions)) {
        const version = await makeVersion(ctx, input, endpoint, block, salt, used)
        secret.versions.push(version)
        listed.push({ version: version.version, servers })
      }
      blocks.push(shuffle(ctx.random, listed))
    }
  }
  return { plan, secret, code: codeFiles(input.program, plan, secret) }
}

/** The code files that follow from a plan, in the order of server ids; can be made again from what is persisted. */
export function codeFiles(program: Program, plan: Plan, secret: SecretPlan): CodeFile[] {
  const files = new Map<string, CodeFile>()
  const byVersion = new Map(secret.versions.map((version) => [version.version, version]))
  for (const blocks of Object.values(plan.endpoints)) {
    for (const { version, servers } of blocks.flat()) {
      const { endpoint, block, salt, passage, sites } = byVersion.get(version)!
      const body = program.endpoints[endpoint]!.blocks[block]!.body as unknown as Json
      for (const server of servers) {
        const file = files.get(server) ?? { app: secret.app, tick: plan.tick, server, blocks: [] }
        file.blocks.push({ endpoint, block, version, salt, passage, sites, body })
        files.set(server, file)
      }
    }
  }
  return [...files.keys()].sort().map((server) => files.get(server)!)
}

/** Associated data of a sealed code file. */
export const codeAad = (app: string, tick: number, server: string): Uint8Array => messageAad('code', app, tick, server)

/** Seals a code file for its server. @param serverSealingKey X25519 public key, hex. Error: `envelope.recipient`. */
export const sealCode = (ctx: PlanContext, code: CodeFile, serverSealingKey: string): Result<Uint8Array> =>
  seal(ctx.crypto, ctx.random(32), fromHex(serverSealingKey), canonicalBytes(code), codeAad(code.app, code.tick, code.server))
