/** Documents that prove something, each made by the people of a town or a world, with the code by which a node finds out that they do. */
import { PROTOCOL_VERSION } from '../../roles/protocol/version.ts'
import { canonicalBytes, parseCanonical, type Json } from '../../roles/protocol/canonical.ts'
import { toHex } from '../../roles/protocol/bytes.ts'
import {
  checkSchema,
  link as linkSchema,
  openDocument,
  signUnder,
  tick as tickSchema,
  type Burial,
  type Link,
} from '../../roles/protocol/documents/index.ts'
import type { KeyPair } from '../../roles/protocol/keys/index.ts'
import { beginThread, revealFile } from '../../roles/protocol/requests/index.ts'
import { fail, must, ok, type Result } from '../../roles/protocol/result.ts'
import {
  checkDispute,
  checkStamps,
  checkUpdate,
  decideDispute,
  readEvidence,
  readReveal,
  revealMatches,
  verifyBurial,
  type TickFacts,
} from '../../roles/protocol/stamps/index.ts'
import { factsOf } from '../../roles/protocol/ticks/index.ts'
import { dispute, envOf, type Disputed } from '../roles/protocol/stamps/disputed.ts'
import { crypto, makeUpdate } from '../roles/supervisor/actors.ts'
import { auditTown, heldAgainst, peopleTown, tickSecrets } from '../roles/supervisor/town.ts'
import { seeded } from '../tools/seeded.ts'
import { FORGED_AUTHOR } from './liar.ts'

/** Something that is read and found to prove what it says. */
export interface Proof {
  /** As it is received. */
  bytes: Uint8Array
  /** What a node finds out about it. */
  read(bytes: Uint8Array): Promise<Result<unknown>> | Result<unknown>
  /** Changed content, signed by whoever publishes it; null where nothing of it is signed but by others. */
  signed: ((json: Json) => Uint8Array) | null
}

const WITNESSED = { witnesses: 1, spare: 1, minimumServers: 6 }
const isObject = (json: Json | undefined): json is Record<string, Json> => typeof json === 'object' && json !== null && !Array.isArray(json)

/** Signs anew whatever is in it. */
function signer(tag: string, key: KeyPair): (json: Json) => Uint8Array {
  const random = seeded(`signed again ${tag}`)
  return (json) => {
    if (!isObject(json)) return canonicalBytes(json)
    const { sig: _sig, ...body } = json
    return canonicalBytes({ ...body, sig: signUnder(crypto, tag, body, key.privateKey, random(32)) })
  }
}

/** A request of two lanes in tick 2 of a town; with `skips` the server of that block does not multiply. */
async function updateScene(seed: string, skips?: number) {
  const town = await peopleTown(seed, WITNESSED, 7)
  const key = town.cast.keys[0]!
  const replaces = town.keeper.ledger.database.keys.get(key.publicKey)!.version
  const about = { app: town.app, tick: 2, ...tickSecrets(town, 2), endpoint: 'post' as const, key, replaces, text: 'Hello' }
  const document = makeUpdate(town.cast, { ...about, ...(skips === undefined ? {} : { skips }) })
  return { town, key, document, env: heldAgainst(town, 2), reveal: readReveal(crypto, tickSecrets(town, 2).secret) }
}

async function update(seed: string): Promise<Proof> {
  const { town, document, env, reveal } = await updateScene(seed)
  return {
    bytes: document.bytes,
    signed: signer('update', town.cast.client),
    read(bytes) {
      const opened = openDocument(crypto, 'update', bytes)
      if (!opened.ok) return opened
      const checked = checkUpdate({ crypto }, env, opened.value.body)
      return checked.ok ? checkStamps({ crypto }, reveal, opened.value.body).stamp : checked
    },
  }
}

/** The last link of a lane, in its update. */
async function link(seed: string): Promise<Proof> {
  const { town, document, env, reveal } = await updateScene(seed)
  const { start, lanes } = document.body
  const before = lanes[1]!.slice(0, -1)
  const last = lanes[1]!.at(-1)!
  return {
    bytes: canonicalBytes(last),
    signed: signer(
      'link',
      town.cast.servers.find(({ publicKey }) => publicKey === last.server)!,
    ),
    read(bytes) {
      const json = parseCanonical(bytes, { maxBytes: 1 << 18, maxDepth: 32 })
      const parsed: Result<Link> = json.ok ? checkSchema('link', linkSchema, json.value) : json
      if (!parsed.ok) return parsed
      const lane = [...before, parsed.value]
      const thread = beginThread(crypto, start, 1, lane)
      const signed = thread.ok ? thread.value.signed() : thread
      if (!signed.ok) return signed
      // What its own server signs instead does not fit the rest of the update.
      const changed = { ...document.body, lanes: lanes.with(1, lane) }
      const checked = checkUpdate({ crypto }, env, changed)
      return checked.ok ? checkStamps({ crypto }, reveal, changed).stamp : checked
    },
  }
}

/** What a Supervisor signs instead is found by an auditor, who opens the document as everybody does. Tick 4 decides an update, and buries a server by it. */
async function tick(seed: string): Promise<Proof> {
  const { town, key, document } = await updateScene(seed, 1)
  town.anchor(document, { spends: [key.publicKey] })
  await town.mineTo(4)
  const ticks = town.ticks.map((one) => one.document)
  return {
    bytes: ticks[4]!.bytes,
    signed: signer('tick', town.cast.supervisor),
    async read(bytes) {
      const opened = openDocument(crypto, 'tick', bytes)
      if (!opened.ok) return opened
      const report = await auditTown(town, { ticks: ticks.with(4, opened.value) })
      return report.ok ? ok(null) : fail('audit.fault', report.ticks.at(-1)!.problems.join(' '))
    },
  }
}

/** The secrets of tick 2 as tick 4 reveals them, held against the plan. */
async function reveal(seed: string): Promise<Proof> {
  const { town } = await updateScene(seed)
  const { planned } = tickSecrets(town, 2)
  await town.mineTo(4)
  const { document, files } = town.ticks[4]!
  return {
    bytes: files.get(document.body.reveal!.file.name)!,
    signed: null,
    read(bytes) {
      const json = parseCanonical(bytes, { maxBytes: 1 << 22, maxDepth: 8 })
      const file = json.ok ? checkSchema('reveal', revealFile, json.value) : json
      if (!file.ok) return file
      const isRight =
        file.value.app === town.app && file.value.tick === 2 && revealMatches(crypto, readReveal(crypto, file.value), planned.plan)
      return isRight ? ok(null) : fail('audit.reveal', 'not those of the plan')
    },
  }
}

/** A burial as the tick lists it, and the tick's file with what shows it. */
function burialProof(
  burial: Burial,
  evidence: Json[],
  { app, number, facts }: { app: string; number: number; facts: TickFacts },
  sign: (json: Json) => Uint8Array,
): Proof {
  const { kind } = burial.evidence
  const env = { app, number, facts: (about: number) => Promise.resolve(about === facts.planned.plan.tick ? facts : null) }
  return {
    bytes: canonicalBytes([burial as unknown as Json, evidence]),
    // The document is its author's, who may sign another one; and the Supervisor names it.
    signed(json) {
      const [named, entries] = json as [Json, Json]
      const [entry, ...others] = Array.isArray(entries) ? entries : []
      if (JSON.stringify(named) !== JSON.stringify(burial) || !isObject(entry) || entry[kind] === undefined) return canonicalBytes(json)
      const signed = sign(entry[kind])
      const document = must(parseCanonical(signed, { maxBytes: 1 << 22, maxDepth: 200 }))
      const name = { ...burial.evidence, [kind === 'stamp' ? 'update' : 'dispute']: toHex(crypto.sha256(signed)) }
      return canonicalBytes([{ ...burial, evidence: name } as unknown as Json, [{ ...entry, [kind]: document }, ...others]])
    },
    async read(bytes) {
      const json = parseCanonical(bytes, { maxBytes: 1 << 22, maxDepth: 200 })
      if (!json.ok) return json
      const [named, entries, ...others] = Array.isArray(json.value) ? json.value : []
      if (others.length > 0) return fail('tick.schema', 'more than a burial and a file')
      const entry = checkSchema('tick', tickSchema.shape.burials.element, named)
      if (!entry.ok) return entry
      const read = readEvidence(crypto, entries ?? null)
      return read.ok ? verifyBurial({ crypto }, env, entry.value, read.value) : read
    },
  }
}

async function burialByStamp(seed: string): Promise<Proof> {
  const { town, key, document } = await updateScene(seed, 1)
  town.anchor(document, { spends: [key.publicKey] })
  await town.mineTo(4)
  const { document: buries, files } = town.ticks[4]!
  const evidence = must(parseCanonical(files.get('evidence')!, { maxBytes: 1 << 22, maxDepth: 64 })) as Json[]
  const facts = factsOf(town.keeper.ledger, 2)!
  return burialProof(buries.body.burials[0]!, evidence, { app: town.app, number: 4, facts }, signer('update', town.cast.client))
}

const disputed = (seed: string): Promise<Disputed> =>
  dispute({ seed }, FORGED_AUTHOR, { topic: 'weather', text: 'A lovely, sunny day' }, [1])

const disputeBytes = ({ world, fields }: Disputed): Uint8Array =>
  signer('dispute', world.client)({ ...fields, type: 'dispute', v: PROTOCOL_VERSION, by: world.client.publicKey })

async function disputeAlone(seed: string): Promise<Proof> {
  const scene = await disputed(seed)
  return {
    bytes: disputeBytes(scene),
    signed: signer('dispute', scene.world.client),
    read(bytes) {
      const opened = openDocument(crypto, 'dispute', bytes)
      const checked = opened.ok ? checkDispute({ crypto }, envOf(scene), opened.value.body) : opened
      return checked.ok ? decideDispute({ crypto }, checked.value, scene.code) : checked
    },
  }
}

async function burialByDispute(seed: string): Promise<Proof> {
  const scene = await disputed(seed)
  const bytes = disputeBytes(scene)
  const { app, number } = envOf(scene)
  const subject = scene.liars[0]!
  const link = scene.fields.links.findIndex(({ server }) => server === subject)
  const burial: Burial = { subject, evidence: { kind: 'dispute', dispute: toHex(crypto.sha256(bytes)), link } }
  const entry = { kind: 'dispute', dispute: must(openDocument(crypto, 'dispute', bytes)).body as unknown as Json, ...scene.code }
  return burialProof(burial, [entry], { app, number, facts: scene.facts }, signer('dispute', scene.world.client))
}

export const proofs: Record<string, (seed: string) => Promise<Proof>> = {
  update,
  link,
  tick,
  reveal,
  'burial by a stamp': burialByStamp,
  'burial by a dispute': burialByDispute,
  dispute: disputeAlone,
}
