/**
 * Composes one tick document with its files (essay, Supervisor Tick). Deterministic: the same input gives the same bytes, so a
 * composition that a crash interrupted is repeated, and publishing it twice is publishing it once.
 */
import type { Program } from '../program/index.ts'
import { fromHex, uint32, utf8 } from '../protocol/bytes.ts'
import { canonicalBytes } from '../protocol/canonical.ts'
import type { CryptoPort } from '../protocol/crypto/index.ts'
import {
  signDocument,
  type Burial,
  type OpenedDocument,
  type Plan,
  type Reference,
  type Tick,
  type TickServer,
  type Verdict,
} from '../protocol/documents/index.ts'
import type { KeyPair } from '../protocol/keys/index.ts'
import { type Snapshot, fileEntry, snapshotFiles, type SnapshotFile } from '../protocol/index/index.ts'
import { schemaFile, type DealTerms } from '../protocol/requests/index.ts'
import type { EvidenceEntry } from '../protocol/stamps/index.ts'
import { documentsFiles, stateOf } from '../protocol/ticks/index.ts'
import { codeFiles, sealCode, type SecretPlan } from './plan.ts'

/** Bytes that follow from a secret seed (32 bytes, hex), for compositions that can be repeated. */
export function seededRandom(crypto: CryptoPort, seed: string): (length: number) => Uint8Array {
  let counter = 0
  return (length) => crypto.hkdf(fromHex(seed), utf8('golem/compose/1'), uint32(counter++), length)
}

/** A plan with its secrets and the program whose bodies it hands out. */
export interface PlanToPublish {
  plan: Plan
  secret: SecretPlan
}

export interface ComposeInput {
  app: string
  /** SHA-256 of the offer in force, hex. */
  offer: string
  signer: KeyPair
  /** The whole program of that offer, checked. */
  program: Program
  /** What everybody sees of it. */
  outline: Program
  number: number
  previous: Reference | null
  blocks: Tick['blocks']
  /** Running when at least so many servers are left. */
  minimumServers: number
  /** Of the offer: how blocks are dealt. */
  terms: DealTerms
  verdicts: Verdict[]
  /** Documents of the verdicts, those that were not available left out. */
  documents: OpenedDocument[]
  snapshot: Snapshot
  /** Without those under a tombstone. */
  servers: TickServer[]
  tombstones: string[]
  /** Tombstones that this tick adds, and what they rest on. */
  burials: Burial[]
  evidence: EvidenceEntry[]
  /** The secret plan of number−2, if there was one. */
  reveal: SecretPlan | null
  /** Empty while sleeping. */
  plans: PlanToPublish[]
  /** What the servers that are ready signed: a file of each plan. */
  ready: SnapshotFile[]
  /** 32 secret bytes, hex; kept with the secret plans. */
  seed: string
}

export interface ComposedTick {
  document: OpenedDocument<'tick'>
  files: SnapshotFile[]
}

/** Sealed code files of one plan, and the plan that names them. A server whose key cannot be sealed to gets none. */
function sealPlan(
  crypto: CryptoPort,
  random: (length: number) => Uint8Array,
  input: ComposeInput,
  { plan, secret }: PlanToPublish,
): { plan: Plan; files: SnapshotFile[] } {
  const sealing = new Map(input.servers.map((server) => [server.id, server.sealing]))
  const files: SnapshotFile[] = []
  const code: Plan['code'] = []
  const planned = { plan, hash: input.blocks.hash, terms: input.terms }
  for (const content of codeFiles(crypto, input.program, planned, secret)) {
    const key = sealing.get(content.server)
    const sealed = key === undefined ? null : sealCode({ crypto, random }, content, key)
    if (sealed === null || !sealed.ok) continue
    const file = { name: `code.${plan.tick}.${content.server}`, bytes: sealed.value }
    files.push(file)
    code.push({ server: content.server, file: fileEntry(crypto, file) })
  }
  return { plan: { ...plan, code }, files }
}

/**
 * Makes the signed document and every file that it names.
 * @returns `files` without `document.json`, which is `document.bytes`
 */
export function composeTick(ctx: { crypto: CryptoPort }, input: ComposeInput): ComposedTick {
  const { crypto } = ctx
  const random = seededRandom(crypto, input.seed)
  const state = stateOf(input.servers.length, input)
  const running = state === 'running'
  const sealed = running ? input.plans.map((plan) => sealPlan(crypto, random, input, plan)) : []
  const snapshot = snapshotFiles(crypto, input.snapshot)
  const documents = documentsFiles(input.documents)
  const schema = schemaFile(input.outline)
  const reveal = input.reveal === null ? null : { name: `reveal.${input.reveal.reveal.tick}`, bytes: canonicalBytes(input.reveal.reveal) }
  const evidence = input.evidence.length === 0 ? null : { name: 'evidence', bytes: canonicalBytes(input.evidence) }
  const { app, offer, number, previous, blocks, servers } = input
  const document = signDocument(
    crypto,
    'tick',
    {
      app,
      offer,
      number,
      previous,
      blocks,
      servers,
      state,
      root: input.snapshot.root,
      indices: snapshot.indices,
      tombstones: [...input.tombstones].sort(),
      burials: input.burials,
      evidence: evidence === null ? null : fileEntry(crypto, evidence),
      summary: { verdicts: input.verdicts, documents: documents.map((part) => fileEntry(crypto, part)) },
      reveal: reveal === null ? null : { tick: input.reveal!.reveal.tick, file: fileEntry(crypto, reveal) },
      plans: sealed.map(({ plan }) => plan),
      schema: fileEntry(crypto, schema),
    },
    input.signer,
    random(32),
  )
  const files = [
    ...snapshot.files,
    ...documents,
    schema,
    ...(reveal === null ? [] : [reveal]),
    ...(evidence === null ? [] : [evidence]),
    ...sealed.flatMap((plan) => plan.files),
    ...(running ? input.ready : []),
  ]
  return { document, files }
}
