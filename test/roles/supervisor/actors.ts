/** A small app and the people around it, all of it seeded: what the tests of Supervisor, ledger and audit share. */
import { fastCrypto as crypto } from '../../../main/adapters/crypto/fast.ts'
import { fromHex, toHex, utf8 } from '../../../roles/protocol/bytes.ts'
import { canonicalBytes, type Json } from '../../../roles/protocol/canonical.ts'
import {
  signDocument,
  signUnder,
  type Link,
  type Offer,
  type OpenedDocument,
  type Update,
  type Write,
} from '../../../roles/protocol/documents/index.ts'
import { ephemeral, verifyWork, workChallenge, type Ephemeral } from '../../../roles/protocol/crypto/index.ts'
import type { AnchoredTransaction } from '../../../roles/protocol/events.ts'
import type { KeyPair } from '../../../roles/protocol/keys/index.ts'
import { scriptOf } from '../../../roles/protocol/ticks/index.ts'
import {
  holdingOf,
  type PlannedTick,
  type RevealFile,
  seatChain,
  seatOf,
  seatOrder,
  type SeatChain,
  bareStartOf,
  keySigningBody,
  inputsDigest,
  linkDigest,
  signLink,
  signStart,
  startDigest,
  writeDigest,
} from '../../../roles/protocol/requests/index.ts'
import { must } from '../../../roles/protocol/result.ts'
import { commitNumber, openingForm, sealOpening } from '../../../roles/protocol/stamps/index.ts'
import { keyPair, primesFrom, seeded, type Random } from '../../tools/seeded.ts'

export { crypto }
export { notes } from './notes.ts'

export interface Cast {
  random: Random
  prime: (bits: number) => Promise<bigint>
  supervisor: KeyPair
  master: KeyPair
  servers: KeyPair[]
  client: KeyPair
  keys: KeyPair[]
}

export function makeCast(seed: string, servers = 3): Cast {
  const random = seeded(seed)
  return {
    random,
    prime: primesFrom(random),
    supervisor: keyPair(random),
    master: keyPair(random),
    client: keyPair(random),
    servers: Array.from({ length: servers }, () => keyPair(random)),
    keys: Array.from({ length: 4 }, () => keyPair(random)),
  }
}

/** The X25519 pair of an identity in these tests: derived, so that nothing has to be kept. */
export const sealingOf = (key: KeyPair): { privateKey: Uint8Array; publicKey: Uint8Array } => {
  const privateKey = crypto.sha256(key.privateKey)
  return { privateKey, publicKey: crypto.x25519.publicKey(privateKey) }
}

const EMPTY = { sha256: '00'.repeat(32), infohash: '00'.repeat(20) }

export const makeOffer = ({ random, supervisor, master }: Cast, change: Partial<Offer> = {}): OpenedDocument<'offer'> =>
  signDocument(
    crypto,
    'offer',
    {
      master: master.publicKey,
      grant: EMPTY,
      sealing: toHex(sealingOf(supervisor).publicKey),
      supersedes: null,
      app: null,
      title: 'Notes',
      outline: { name: 'outline', size: 0, sha256: '00'.repeat(32) },
      backup: null,
      pay: { perRequest: 1, perMillionSteps: 1, perMegabyte: 1 },
      minimumServers: 3,
      trackers: [],
      work: { client: 4, server: 4 },
      tickBlocks: 2,
      joinBlocks: 3,
      confirmations: 0,
      versions: 2,
      witnesses: 0,
      spare: 0,
      perTick: { acceptances: 1_000, registrations: 1_000, reservations: 1_000, updates: 16 },
      primeBits: 128,
      budget: { steps: 1000, bytes: 10_000 },
      ...change,
    },
    supervisor,
    random(32),
  )

const grind = (challenge: Uint8Array, bits: number): string => {
  for (let nonce = 0n; ; nonce++) if (verifyWork(challenge, nonce, bits)) return nonce.toString()
}

/** A nonce that does not reach four bits of work. */
export function idleNonce(challenge: Uint8Array): string {
  for (let nonce = 0n; ; nonce++) if (!verifyWork(challenge, nonce, 4)) return nonce.toString()
}

/** What a server signs when it is asked. */
export const makeReady = ({ random }: Cast, server: KeyPair, app: string, from: number, to = from): OpenedDocument<'ready'> =>
  signDocument(crypto, 'ready', { app, from, to }, server, random(32))

export const makeAcceptance = ({ random }: Cast, server: KeyPair, offer: string, region = 'DE'): OpenedDocument<'acceptance'> =>
  signDocument(
    crypto,
    'acceptance',
    {
      offer,
      host: 'localhost',
      port: 1234,
      region,
      sealing: toHex(sealingOf(server).publicKey),
      nonce: grind(workChallenge(crypto, 'server', server.publicKey, offer), 4),
    },
    server,
    random(32),
  )

const chains = new Map<string, SeatChain>()

/** The client's values in an app, worked out once. */
export function chainOf(client: KeyPair, app: string): SeatChain {
  const name = `${client.publicKey}/${app}`
  const chain = chains.get(name) ?? seatChain(crypto, client.privateKey, app)
  chains.set(name, chain)
  return chain
}

export const makeRegistration = ({ random }: Cast, client: KeyPair, app: string): OpenedDocument<'registration'> =>
  signDocument(
    crypto,
    'registration',
    {
      app,
      sealing: toHex(sealingOf(client).publicKey),
      seats: chainOf(client, app).end,
      nonce: grind(workChallenge(crypto, 'client', client.publicKey, app), 4),
    },
    client,
    random(32),
  )

/** @param initial what the collection declares */
export function makeReservation(
  { random }: Cast,
  client: KeyPair,
  app: string,
  keys: KeyPair[],
  initial: Json = null,
): OpenedDocument<'reservation'> {
  const entry = (key: KeyPair) => {
    const body = { app, client: client.publicKey, key: key.publicKey, collection: 'notes' }
    return { key: key.publicKey, collection: 'notes', initial, sig: signUnder(crypto, 'reserve', body, key.privateKey, random(32)) }
  }
  return signDocument(crypto, 'reservation', { app, keys: keys.map(entry) }, client, random(32))
}

// ───────────────────────────── updates ─────────────────────────────

export interface UpdateOptions {
  app: string
  tick: number
  /** The plan with what its holders are dealt from. */
  planned: PlannedTick
  /** Primes: what the servers know together. */
  secret: RevealFile
  endpoint: 'post' | 'edit'
  key: KeyPair
  replaces: string
  text: string
  client?: KeyPair
  request?: string
  /** SHA-256 of the tick read, and hash of the last block that it closes. */
  base: string
  hash: string
  /** The tick that registered a client; 0 where it is left out. */
  sinceOf?: (client: string) => number
  /** Expelled when that tick opened. */
  tombstones?: readonly string[]
  /** Takes other servers than the client has to: gets those of a block in the order of seats. */
  seats?: (order: string[], position: number) => string[]
  /** Lanes; as many as witnesses and one where it is left out. */
  lanes?: number
  /** This position's server multiplies by its passage prime only (in lane `skipsIn`, by default 0), and commits to that. */
  skips?: number
  skipsIn?: number
  /** The servers of these places seal rubbish instead of their numbers. */
  rubbish?: Array<{ lane: number; position: number }>
  /** What the server of a place multiplies by, instead of the primes of its passage and of the sites that it executed. */
  factors?: (primes: bigint[], place: { lane: number; position: number; version: RevealFile['versions'][number] }) => bigint[]
  /** What the server of a place seals instead of its numbers. */
  opening?: (opening: Uint8Array, place: { lane: number; position: number }) => Uint8Array
  /** Changes a link before its server signs it. */
  link?: (link: Omit<Link, 'sig'>) => Omit<Link, 'sig'>
  /** Changes the writes after the servers signed. */
  tamper?: (writes: Write[]) => Write[]
  /** Changes the writes before the servers sign, as colluding servers would. */
  draft?: (writes: Write[]) => Write[]
}

const prime = (hex: string): bigint => BigInt(`0x${hex}`)

function makeWrites(cast: Cast, options: UpdateOptions): Write[] {
  const { endpoint, key, replaces, text: content } = options
  const salt = toHex(cast.random(32))
  if (endpoint === 'edit')
    return [{ block: 0, site: 0, collection: 'notes', key: key.publicKey, replaces, fields: { text: content }, salt, carried: {} }]
  const opening = cast.random(32)
  const commit = toHex(crypto.taggedHash('golem/edge', opening, canonicalBytes(content)))
  return [
    {
      block: 1,
      site: 0,
      collection: 'notes',
      key: key.publicKey,
      replaces,
      fields: { author: (options.client ?? cast.client).publicKey, text: content },
      salt,
      carried: { text: { edge: 'request.text', commit, salt: toHex(opening) } },
    },
  ]
}

interface Numbered {
  value: bigint
  opening: { number: string; salt: string }
  commit: string
}

function numbered(random: Random, value: bigint): Numbered {
  const salt = random(32)
  return { value, opening: { number: value.toString(16), salt: toHex(salt) }, commit: toHex(commitNumber(crypto, salt, value)) }
}

/** What client and servers do together in one request, honestly unless the options say otherwise. */
export function makeUpdate(cast: Cast, options: UpdateOptions): OpenedDocument<'update'> {
  const { app, tick, endpoint, base, planned } = options
  const { random } = cast
  const client = options.client ?? cast.client
  const request = options.request ?? toHex(random(32))
  const signedWrites = (options.draft ?? ((writes) => writes))(makeWrites(cast, options))
  const first = Array.from({ length: options.lanes ?? 1 + planned.terms.witnesses }, () => numbered(random, prime(toHex(random(16)))))
  const seat = chainOf(client, app).value(tick - (options.sinceOf?.(client.publicKey) ?? 0))!
  const numbers = first.map(({ commit }) => commit)
  const about = {
    request,
    app,
    tick,
    endpoint,
    client: client.publicKey,
    base,
    planned: planned.published,
    seat,
    numbers,
    keys: '00'.repeat(32),
  }
  const start = signStart(crypto, about, client, random(32))
  const lanes = first.map((number, lane) => makeLane(cast, options, start, lane, number, signedWrites))
  const writes = (options.tamper ?? ((list) => list))(signedWrites)
  const digests = writes.map((write) => writeDigest(crypto, write))
  const keySigs = [
    {
      key: options.key.publicKey,
      sig: signUnder(crypto, 'key', keySigningBody(app, request, digests), options.key.privateKey, random(32)),
    },
  ]
  return signDocument(
    crypto,
    'update',
    { app, tick, endpoint, request, writes, start: bareStartOf(start), lanes, keySigs },
    client,
    random(32),
  )
}

const senders = new WeakMap<Cast, Map<string, Ephemeral>>()

/** What a server seals with in a tick. */
function senderOf(cast: Cast, server: KeyPair, tick: number): Ephemeral {
  const of = senders.get(cast) ?? new Map<string, Ephemeral>()
  senders.set(cast, of)
  const name = `${server.publicKey}/${tick}`
  const sender = of.get(name) ?? ephemeral(crypto, cast.random(32))
  of.set(name, sender)
  return sender
}

function makeLane(cast: Cast, options: UpdateOptions, start: Update['start'], lane: number, first: Numbered, writes: Write[]): Link[] {
  const { secret } = options
  const holding = holdingOf(crypto, options.planned)
  const { random } = cast
  const { request, app, tick, endpoint, base, planned } = start
  const sealingKey = crypto.x25519.publicKey(fromHex(secret.sealing))
  const links: Link[] = []
  let previous = startDigest(crypto, start)
  let current = first
  for (const [position, { code }] of options.planned.plan.endpoints[endpoint]!.entries()) {
    const holders = holding.holders(endpoint, position).filter((id) => !(options.tombstones ?? []).includes(id))
    const order = seatOrder(seatOf(start, options.hash), position, holders)
    const id = (options.seats ?? ((list) => list))(order, position)[lane]!
    const version = holding.versionOf(endpoint, position, id)!
    const server = cast.servers.find(({ publicKey }) => publicKey === id)!
    const secrets = secret.versions.find((candidate) => candidate.version === version)!
    const own = writes.filter((write) => write.block === position)
    const skips = options.skips === position && (options.skipsIn ?? 0) === lane
    const primes = [secrets.passage, ...(skips ? [] : own.map((write) => secrets.sites[write.site]!))].map(prime)
    const due = skips && own.length === 0 ? [] : primes
    const factors = options.factors?.(due, { lane, position, version: secrets }) ?? due
    const after = numbered(
      random,
      factors.reduce((product, factor) => product * factor, current.value),
    )
    const isRubbish = options.rubbish?.some((place) => place.lane === lane && place.position === position) ?? false
    const numbers = isRubbish ? { before: after.opening, after: after.opening } : { before: current.opening, after: after.opening }
    const form = openingForm(numbers.before, numbers.after)
    const opening = options.opening?.(form, { lane, position }) ?? form
    const place = { request, lane, position, before: current.commit, after: after.commit }
    const unsigned = {
      request,
      app,
      tick,
      endpoint,
      lane,
      position,
      version,
      server: server.publicKey,
      previous,
      base,
      planned,
      inputs: inputsDigest(crypto, startDigest(crypto, start), code, { commits: {}, keys: {} }),
      sites: own.map((write) => write.site),
      own: own.map((write) => writeDigest(crypto, write)),
      outputs: '00'.repeat(32),
      before: current.commit,
      after: after.commit,
      opening: must(sealOpening(senderOf(cast, server, tick), sealingKey, place, opening)),
    }
    const link = signLink(crypto, options.link?.(unsigned) ?? unsigned, server, random(32))
    links.push(link)
    previous = linkDigest(crypto, link)
    current = after
  }
  return links
}

// ───────────────────────────── transactions ─────────────────────────────

let serial = 0

/** A transaction with an anchor, as the core reports it. */
export function anchorOf(
  document: OpenedDocument,
  height: number,
  { spends = [], pays = [], first = '' }: { spends?: string[]; pays?: string[]; first?: string } = {},
): AnchoredTransaction {
  const txid = toHex(crypto.sha256(utf8(`tx/${serial++}`)))
  return {
    txid,
    height,
    position: serial,
    anchor: {
      type: document.body.type,
      sha256: document.sha256,
      infohash: document.sha256.slice(0, 40),
      ...(document.body.type === 'tick' ? { number: document.body.number } : {}),
      ...(document.body.type === 'ready' ? { ticks: { from: document.body.from, to: document.body.to } } : {}),
    },
    first,
    spends: spends.map((key) => scriptOf(key)!),
    pays: pays.map((key) => ({ script: scriptOf(key)!, value: 330 })),
  }
}
