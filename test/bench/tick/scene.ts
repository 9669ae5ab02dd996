/** The same app, plan and ledger in every process of the tick bench, all of it from one seed; 128-bit primes, because nothing is attacked here. */
import { outlineOf, termsOf, versionReserved, type PlannedTick } from '../../../roles/protocol/requests/index.ts'
import { registerClient, reserveKey } from '../../../roles/protocol/index/index.ts'
import { createLedger, DEFAULT_PER_TICK, noteTick, type Ledger } from '../../../roles/protocol/ticks/index.ts'
import { must } from '../../../roles/protocol/result.ts'
import type { KeyPair } from '../../../roles/protocol/keys/index.ts'
import type { OpenedDocument, TickServer } from '../../../roles/protocol/documents/index.ts'
import { makePlan, saltsOf, type MadePlan } from '../../../roles/supervisor/plan.ts'
import { chainOf, crypto, makeCast, makeReady, makeOffer, notes, sealingOf, type Cast } from '../../roles/supervisor/actors.ts'
import { toHex } from '../../../roles/protocol/bytes.ts'
import { keyPair, seeded } from '../../tools/seeded.ts'

const SEED = 'tick-close'
/** Of the network: two lanes of two blocks each. */
const [SERVERS, WITNESSES, SPARE] = [12, 1, 1]
/** Updates of one client in one tick; the next ones are the next client's. */
const EACH = 100
/** The tick whose updates are decided, and the one whose document decides them. */
export const STAMPED = 1
export const CLOSING = STAMPED + 2
/** Digest of the stamped tick's document, and of the one that published its plan. */
export const BASE = 'b5'.repeat(32)
/** Of the block that ended the range of the document which published the plan. */
export const HASH = 'ab'.repeat(32)
const RESERVATION = '11'.repeat(32)

export interface Scene {
  cast: Cast
  app: string
  offer: OpenedDocument<'offer'>
  servers: TickServer[]
  made: MadePlan
  planned: PlannedTick
}

export async function setScene(): Promise<Scene> {
  const cast = makeCast(SEED, SERVERS)
  const offer = makeOffer(cast, {
    witnesses: WITNESSES,
    spare: SPARE,
    perTick: { ...DEFAULT_PER_TICK, updates: EACH },
  })
  const servers = cast.servers.map(({ publicKey }, i) => ({
    id: publicKey,
    host: 'localhost',
    port: 1000 + i,
    region: '',
    sealing: toHex(sealingOf(cast.servers[i]!).publicKey),
  }))
  const { versions, primeBits } = offer.body
  const made = await makePlan(
    { crypto, random: cast.random },
    {
      program: notes,
      app: offer.sha256,
      tick: STAMPED,
      ready: cast.servers.map((server) => makeReady(cast, server, offer.sha256, STAMPED).body),
      versions,
      primeBits,
      prime: cast.prime,
      salt: saltsOf(crypto, cast.supervisor, offer.sha256),
    },
  )
  const planned = { plan: made.plan, hash: HASH, published: BASE, terms: termsOf(offer.body) }
  return { cast, app: offer.sha256, offer, servers, made, planned }
}

/** The key that the update number `n` writes to. */
export const dataKey = (n: number): KeyPair => keyPair(seeded(`${SEED}/key/${n}`))
/** Ends of the seat chains of those who publish so many updates, by client. */
export const seatsOf = ({ app }: Scene, count: number): Map<string, string> =>
  new Map(
    Array.from({ length: Math.ceil(count / EACH) }, (_, i) => {
      const client = clientOf(i * EACH)
      return [client.publicKey, chainOf(client, app).end]
    }),
  )
export const partRandom = (part: number) => seeded(`${SEED}/part/${part}`)
export const versionOf = (key: string): string => versionReserved(crypto, RESERVATION, key)

const clients = new Map<number, KeyPair>()

/** Who publishes the update number `n`. */
export function clientOf(n: number): KeyPair {
  const which = Math.floor(n / EACH)
  const client = clients.get(which) ?? keyPair(seeded(`${SEED}/client/${which}`))
  clients.set(which, client)
  return client
}

/** A key that its owner reserved. */
export interface Reserved {
  key: string
  owner: string
}

/** A ledger in which every client is registered and every key reserved, standing before the closing tick. */
export function makeLedger({ app, planned }: Scene, keys: readonly Reserved[], seats: ReadonlyMap<string, string>): Ledger {
  const ledger = createLedger(app, outlineOf(notes))
  for (const [client, end] of seats) registerClient(ledger.database, client, { registered: 1, seats: end, since: 0 })
  for (const { key, owner } of keys) must(reserveKey(ledger.database, { key, collection: 'notes', owner, version: versionOf(key) }))
  const published = { number: STAMPED - 1, blocks: { from: 0, to: 1, hash: planned.hash }, plans: [planned.plan], indices: [] }
  noteTick(
    ledger,
    { sha256: BASE, body: published },
    { outline: outlineOf(notes), terms: planned.terms, budget: { steps: 100_000, bytes: 1_000_000 } },
  )
  ledger.ticks.set(STAMPED, { sha256: BASE, hash: HASH, roots: [] })
  ledger.number = CLOSING - 1
  return ledger
}
