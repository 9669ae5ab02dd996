/** A tick made by hand: the guestbook, some servers with prepared code, one registered client with reserved keys. All of it seeded. */
import { PROTOCOL_VERSION } from '../../../roles/protocol/version.ts'
import { readFileSync } from 'node:fs'
import { check, type Program } from '../../../roles/program/index.ts'
import type { Json } from '../../../roles/protocol/canonical.ts'
import type { ClientEnv, Composed, Reviewed } from '../../../roles/client/types.ts'
import { composeRequest, takeReply as takeLeg } from '../../../roles/client/request.ts'
import { fastCrypto as crypto } from '../../../main/adapters/crypto/fast.ts'
import { toHex } from '../../../roles/protocol/bytes.ts'
import {
  applyUpdate,
  createDatabase,
  registerClient,
  reserveKey,
  openSnapshot,
  snapshotFiles,
  type SnapshotReader,
  snapshot,
} from '../../../roles/protocol/index/index.ts'
import { signDocument, type Plan, type Tick, type Write } from '../../../roles/protocol/documents/index.ts'
import type { UpdateEnv } from '../../../roles/protocol/stamps/index.ts'
import type { KeyPair } from '../../../roles/protocol/keys/index.ts'
import {
  outlineOf,
  readPath,
  type HopReply,
  type PlannedTick,
  type RevealFile,
  labelIn,
  seatChain,
  seatMemory,
  type SeatMemory,
} from '../../../roles/protocol/requests/index.ts'
import { must, ok, fail, type Result } from '../../../roles/protocol/result.ts'
import { executeHop } from '../../../roles/server/execute.ts'
import { openCode } from '../../../roles/server/prepare.ts'
import type { RelayEnv } from '../../../roles/server/relay-types.ts'
import { hopFailed, openContinuation, openRequest } from '../../../roles/server/relay.ts'
import { nextHops, openHopReply, takeReplies, type Between } from './blocks.ts'
import { tickView } from '../../../roles/server/tick-view.ts'
import type { HopEnv, Served, ServerKeys } from '../../../roles/server/types.ts'
import { codeFiles, makePlan, saltsOf, sealCode, type SecretPlan } from '../../../roles/supervisor/plan.ts'
import { keyPair, primesFrom, seeded, type Random } from '../../tools/seeded.ts'

export { crypto }

export const APP = 'aa'.repeat(32)
export const TICK = 7
/** Of the last block that the tick closes. */
export const HASH = 'cc'.repeat(32)
/** Digests of the tick's document and of the one that published its plan. */
export const [BASE, PLANNED] = ['b5'.repeat(32), 'd1'.repeat(32)]

export interface Actor extends ServerKeys {
  used: Map<string, Served>
  seats: SeatMemory
}

export interface World {
  ctx: { crypto: typeof crypto; random: Random }
  program: Program
  outline: Program
  plan: Plan
  planned: PlannedTick
  reveal: RevealFile
  secret: SecretPlan
  tick: Tick
  reader: SnapshotReader
  servers: Map<string, Actor>
  client: KeyPair
  /** Row of the client. */
  registered: { registered: number; seats: string; since: number }
  dataKeys: KeyPair[]
  clientEnv(): ClientEnv
  hopEnv(server: string): HopEnv
  relayEnv(server: string): RelayEnv
}

function makeServer(random: Random): Actor {
  const secret = random(32)
  return {
    identity: keyPair(random),
    sealing: { privateKey: secret, publicKey: crypto.x25519.publicKey(secret) },
    used: new Map(),
    seats: seatMemory(100, true),
  }
}

/** Posts of a topic by other authors, in the order in which they are given. */
export interface WorldOptions {
  seed: string
  servers?: number
  /** Lanes of requests that can write; 1 where it is left out. */
  lanes?: number
  /** Servers of a block that a client may pass over; none where it is left out. */
  spare?: number
  posts?: Array<{ topic: string; text: string; author: string }>
  primeBits?: number
  /** Another app than the guestbook, with the collections of the client's four keys, the endpoint whose label is used, and rows of others. */
  app?: {
    program: Program
    keys: string[]
    endpoint: string
    rows: Array<{ collection: string; fields: Record<string, Json>; owner?: string; key?: string }>
  }
}

const guestbook = (): NonNullable<WorldOptions['app']> => ({
  program: must(check(JSON.parse(readFileSync(new URL('../../../resources/apps/guestbook.json', import.meta.url), 'utf8')))),
  keys: ['posts', 'posts', 'likes', 'likes'],
  endpoint: 'post',
  rows: [],
})

export async function makeWorld({
  seed,
  servers: count = 5,
  posts = [],
  primeBits = 128,
  lanes = 1,
  spare = 0,
  app = guestbook(),
}: WorldOptions): Promise<World> {
  const random = seeded(seed)
  const ctx = { crypto, random }
  const { program } = app
  const outline = outlineOf(program)
  const client = keyPair(random)
  const dataKeys = Array.from({ length: 4 }, () => keyPair(random))
  const actors = Array.from({ length: count }, () => makeServer(random))
  const servers = new Map(actors.map((actor) => [actor.identity.publicKey, actor]))
  const database = createDatabase(outline)
  const chain = seatChain(crypto, client.privateKey, APP)
  const registered = { registered: 1, seats: chain.end, since: 0 }
  registerClient(database, client.publicKey, registered)
  dataKeys.forEach((key, i) =>
    must(reserveKey(database, { key: key.publicKey, collection: app.keys[i]!, owner: client.publicKey, version: toHex(random(32)) })),
  )
  for (const { collection, fields, owner = String(fields['author']), key = keyPair(random).publicKey } of [
    ...posts.map((post, i): (typeof app.rows)[number] => ({ collection: 'posts', fields: { ...post, number: String(i) } })),
    ...app.rows,
  ]) {
    must(reserveKey(database, { key, collection, owner, version: '11'.repeat(32) }))
    must(applyUpdate(database, { owner, version: '22'.repeat(32), writes: [{ key, collection, replaces: '11'.repeat(32), fields }] }))
  }
  const taken = snapshot(crypto, database)
  const { indices, files } = snapshotFiles(crypto, taken)
  const made = await makePlan(ctx, {
    program,
    app: APP,
    tick: TICK,
    ready: actors.map(({ identity }) => signDocument(crypto, 'ready', { app: APP, from: TICK, to: TICK }, identity, random(32)).body),
    versions: 2,
    primeBits,
    prime: primesFrom(random),
    salt: saltsOf(crypto, client, APP),
  })
  const { plan } = made
  const terms = { witnesses: lanes - 1, spare, versions: 2 }
  const planned: PlannedTick = { plan, hash: 'dd'.repeat(32), published: PLANNED, terms }
  const tick = tickOf(actors, taken.root, indices, plan)
  const content = new Map(files.map((file) => [file.name, file.bytes]))
  const fetchFile = (name: string): Promise<Result<Uint8Array>> =>
    Promise.resolve(content.has(name) ? ok(content.get(name)!) : fail('test.file', name))
  const reader = must(openSnapshot({ crypto, program: outline, tick, fetchFile }))
  const view = tickView(crypto, { body: tick, sha256: BASE }, planned, { outline, terms, budget: { steps: 100_000, bytes: 1_000_000 } })
  const code = new Map(
    codeFiles(crypto, program, planned, made.secret).map((file) => {
      const actor = servers.get(file.server)!
      const box = must(sealCode(ctx, file, toHex(actor.sealing.publicKey)))
      return [file.server, must(openCode(ctx, box, planned, actor, outline, APP))]
    }),
  )
  const seen = (number: number) => (number === TICK ? view : null)
  return {
    ctx,
    program,
    outline,
    plan,
    planned,
    reveal: made.secret.reveal,
    secret: made.secret,
    tick,
    reader,
    servers,
    client,
    registered,
    dataKeys,
    clientEnv: () => ({
      app: APP,
      outline,
      label: must(labelIn(plan, outline, app.endpoint)),
      planned,
      base: BASE,
      reader,
      expelled: new Set<string>(),
      client,
      chain,
      keys: dataKeys.map((key, i) => ({ key: key.publicKey, collection: app.keys[i]!, written: false })),
    }),
    hopEnv: (server) => {
      const actor = servers.get(server)!
      const id = (request: string, version: string): string => `${request}/${version}`
      return {
        app: APP,
        keys: actor,
        currentTick: TICK,
        tick: seen,
        code: (number) => (number === TICK ? (code.get(server) ?? null) : null),
        seats: actor.seats,
        used: (request, version) => actor.used.has(id(request, version)),
        record: (served) =>
          !actor.used.has(id(served.request, served.version)) && actor.used.set(id(served.request, served.version), served).size > 0,
      }
    },
    relayEnv: (server) => ({ app: APP, keys: servers.get(server)!, currentTick: TICK, tick: seen }),
  }
}

function tickOf(actors: Actor[], root: string, indices: Tick['indices'], plan: Plan): Tick {
  const empty = { name: 'empty', size: 0, sha256: '00'.repeat(32) }
  return {
    type: 'tick',
    v: PROTOCOL_VERSION,
    by: 'bb'.repeat(32),
    app: APP,
    offer: APP,
    number: TICK,
    previous: null,
    blocks: { from: 0, to: 1, hash: HASH },
    state: 'running',
    root,
    indices,
    summary: { verdicts: [], documents: [] },
    reveal: null,
    tombstones: [],
    burials: [],
    evidence: null,
    plans: [plan],
    schema: empty,
    servers: actors.map((actor, i) => ({
      id: actor.identity.publicKey,
      host: `10.${i}.0.1`,
      port: 4000 + i,
      sealing: toHex(actor.sealing.publicKey),
      region: i % 2 === 0 ? 'DE' : 'FR',
    })),
  }
}

export const compose = async (world: World, endpoint: string, args: Record<string, Json>, exclude?: Set<string>): Promise<Composed> =>
  must(await composeRequest(world.ctx, world.clientEnv(), endpoint, args, exclude))

/** What the servers do with a hop, by default honestly. */
export type Deliver = (server: string, bytes: Uint8Array) => Result<Uint8Array>

/** Sends one leg of a request through its top-level server and the blocks' servers, all in this process. */
export function serve(
  world: World,
  { top, bytes, path }: { top: { id: string }; bytes: Uint8Array; path: string },
  deliver?: Deliver,
): Result<Uint8Array> {
  const env = world.relayEnv(top.id)
  const opened = readPath(path)?.asked === 'continue' ? openContinuation(world.ctx, env, bytes) : openRequest(world.ctx, env, bytes)
  if (!opened.ok) return opened
  let relay: Between = opened.value
  for (;;) {
    const next = nextHops(world.ctx, env, relay)
    if (!next.ok) return next
    const replies: HopReply[] = []
    for (const hop of next.value.hops) {
      const { lane, server, bytes } = hop
      const reply = deliver === undefined ? executeHop(world.ctx, world.hopEnv(server), bytes) : deliver(server, bytes)
      const opened = reply.ok ? openHopReply(world.ctx, env, next.value, lane, reply.value) : hopFailed(world.ctx, relay, hop, reply.error)
      if (!opened.ok) return opened
      replies.push(opened.value)
    }
    const step = takeReplies(world.ctx, next.value, replies)
    if (step.done) return ok(step.reply)
    relay = step.relay
  }
}

/** Takes a composed request through all of its legs. @param legs is given every message that was sent */
export async function exchange(world: World, first: Composed, deliver?: Deliver, legs: Composed[] = []): Promise<Result<Reviewed>> {
  for (let composed = first; ;) {
    legs.push(composed)
    const reply = serve(world, composed, deliver)
    if (!reply.ok) return reply
    const taken = await takeLeg(world.ctx, world.clientEnv(), composed.pending, reply.value)
    if (!taken.ok) return taken
    if (taken.value.done) return ok(taken.value.reviewed)
    composed = taken.value.composed
  }
}

/** What an update of the world's client is held against: a database in which it is registered, and has the keys that these writes replace. */
export function heldAgainst(world: World, collection: string, writes: Iterable<Pick<Write, 'key' | 'replaces'>>): UpdateEnv {
  const { client, outline, planned, registered } = world
  const database = createDatabase(outline)
  registerClient(database, client.publicKey, registered)
  for (const { key, replaces } of writes) must(reserveKey(database, { key, collection, owner: client.publicKey, version: replaces }))
  return { app: APP, period: TICK, outline, base: BASE, hash: HASH, planned, database, tombstoned: () => false, used: () => false }
}
