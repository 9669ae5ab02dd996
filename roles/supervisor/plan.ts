/**
 * The plan of a tick (essay, Supervisor Tick, next portion 4 to 7): every block gets several versions, each with primes of its own, so that stamps of
 * one endpoint share few factors. Who holds them is not the Supervisor's to choose: they are dealt (requests/holders.ts), and it seals to each its code.
 */
import { blockLabelOf, type Program } from '../program/index.ts'
import { fromHex, toHex, uint32, utf8 } from '../protocol/bytes.ts'
import { canonicalBytes, type Json } from '../protocol/canonical.ts'
import { clamped, type CryptoPort, seal } from '../protocol/crypto/index.ts'
import type { Plan, Ready, Signed } from '../protocol/documents/index.ts'
import { fileEntry, type SnapshotFile } from '../protocol/index/index.ts'
import type { KeyPair } from '../protocol/keys/index.ts'
import {
  codeDigest,
  holdingOf,
  versionId,
  messageAad,
  readyFile,
  type CodeFile,
  type DealtPlan,
  type RevealFile,
} from '../protocol/requests/index.ts'
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
  /** What servers that are ready for that tick answered, one of each. */
  ready: ReadonlyArray<Signed<Ready>>
  /** Servers that anchored that they are. */
  anchored?: readonly string[]
  /** Versions of each block. */
  versions: number
  primeBits: number
  prime: (bits: number, from: Uint8Array) => Promise<bigint>
  /** Salt of the code of a block, hex: see `saltsOf`. */
  salt: (endpoint: string, block: number) => string
}

/**
 * Salts of the code of an offer's blocks. They stay as long as the offer, so that everybody sees that no block computes anything else from one tick to the next
 * (PROTOCOL.md 10.1), and follow from the key of the offer, so that nothing that is lost can change them.
 * @param signer of the offer @param offer its digest
 */
export const saltsOf =
  (crypto: CryptoPort, signer: KeyPair, offer: string): PlanInput['salt'] =>
  (endpoint, block) =>
    toHex(crypto.hkdf(signer.privateKey, utf8('golem/code/1'), canonicalBytes([offer, endpoint, block]), 32))

/** For which tick a plan is, and the document that publishes it: its number, and the hash of the last block that it closes. */
export interface PlanPlace {
  app: string
  tick: number
  number: number
  hash: string
}

/**
 * Everything that is random in a plan, from the key that signs its document: so the phrase brings the secrets of a plan back, and nobody else has them. Another block
 * hash, as after a reorganisation, makes others, because other servers hold the blocks then.
 */
export function planRandom(crypto: CryptoPort, signer: KeyPair, { app, tick, number, hash }: PlanPlace): PlanContext['random'] {
  const seed = crypto.hkdf(signer.privateKey, utf8('golem/plan/1'), canonicalBytes([app, tick, number, hash]), 32)
  let counter = 0
  return (length) => crypto.hkdf(seed, utf8('golem/plan/1'), uint32(counter++), length)
}

/** What is kept of a plan. JSON-able. */
export interface SecretPlan {
  /** Published unchanged when the window closes. */
  reveal: RevealFile
  /** Of the code of each block, by endpoint and position: for its holders, and never published. */
  salts: Record<string, string[]>
}

export interface MadePlan {
  /** For `Tick.plans`; `code` is filled when the code files are sealed (tick.ts). */
  plan: Plan
  secret: SecretPlan
  /** The file that the plan names. */
  ready: SnapshotFile
}

type SecretVersion = RevealFile['versions'][number]
type FreshPrime = () => Promise<string>

/** Primes of one plan. Equal primes of two call sites would make their stamps interchangeable. */
function freshPrimes(random: PlanContext['random'], { prime, primeBits }: PlanInput): FreshPrime {
  const used = new Set<bigint>()
  return async () => {
    for (;;) {
      const made = await prime(primeBits, random(Math.ceil(primeBits / 8)))
      if (used.has(made)) continue
      used.add(made)
      return made.toString(16)
    }
  }
}

/**
 * Makes versions and primes for one tick. Takes versions × blocks × (1 + sites) primes.
 */
export async function makePlan(ctx: PlanContext, input: PlanInput): Promise<MadePlan> {
  const { app, tick, program } = input
  const sealing = clamped(ctx.random(32))
  const signed = readyFile(tick, input.ready)
  const fresh = freshPrimes(ctx.random, input)
  const secret: SecretPlan = { reveal: { app, tick, sealing: toHex(sealing), versions: [] }, salts: {} }
  const plan: Plan = {
    tick,
    sealing: toHex(ctx.crypto.x25519.publicKey(sealing)),
    ready: [...new Set([...input.ready.map(({ by }) => by), ...(input.anchored ?? [])])].sort(),
    readyFile: fileEntry(ctx.crypto, signed),
    endpoints: {},
    code: [],
  }
  for (const endpoint of Object.keys(program.endpoints).sort()) {
    const listed: Plan['endpoints'][string] = (plan.endpoints[endpoint] = [])
    const salts: string[] = (secret.salts[endpoint] = [])
    for (const [block, source] of program.endpoints[endpoint]!.blocks.entries()) {
      const { body, sites } = source
      const salt = input.salt(endpoint, block)
      const code = codeDigest(ctx.crypto, app, endpoint, block, body, salt)
      const versions: SecretVersion[] = []
      for (let i = 0; i < input.versions; i++) versions.push(await makeVersion(ctx, { endpoint, block, code, sites: sites.length }, fresh))
      salts.push(salt)
      listed.push({ code, label: blockLabelOf(source), versions: versions.map(({ version }) => version) })
      secret.reveal.versions.push(...versions)
    }
  }
  return { plan, secret, ready: signed }
}

async function makeVersion(
  { crypto }: PlanContext,
  { endpoint, block, code, sites: count }: { endpoint: string; block: number; code: string; sites: number },
  fresh: FreshPrime,
): Promise<SecretVersion> {
  const passage = await fresh()
  const sites: string[] = []
  while (sites.length < count) sites.push(await fresh())
  return { endpoint, block, version: versionId(crypto, code, { passage, sites }), passage, sites }
}

/** The code files that follow from a plan, in the order of server ids; can be made again from what is persisted. */
export function codeFiles(crypto: CryptoPort, program: Program, planned: DealtPlan, secret: SecretPlan): CodeFile[] {
  const { plan } = planned
  const files = new Map<string, CodeFile>()
  const byVersion = new Map(secret.reveal.versions.map((version) => [version.version, version]))
  const holding = holdingOf(crypto, planned)
  for (const [endpoint, blocks] of Object.entries(plan.endpoints)) {
    for (const block of blocks.keys()) {
      const body = program.endpoints[endpoint]!.blocks[block]!.body as unknown as Json
      const salt = secret.salts[endpoint]![block]!
      for (const server of holding.holders(endpoint, block)) {
        const { version, passage, sites } = byVersion.get(holding.versionOf(endpoint, block, server)!)!
        const file = files.get(server) ?? { app: secret.reveal.app, tick: plan.tick, server, blocks: [] }
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
