/** The same app, plan and ledger in every process of the tick bench, all of it from one seed; 128-bit primes, because nothing is attacked here. */
import { outlineOf, termsOf, versionReserved, type PlannedTick } from '../../../roles/protocol/requests/index.ts'
import { registerClient, reserveKey } from '../../../roles/protocol/index/index.ts'
import { createLedger, noteTick, type Ledger } from '../../../roles/protocol/ticks/index.ts'
import { must } from '../../../roles/protocol/result.ts'
import type { KeyPair } from '../../../roles/protocol/keys/index.ts'
import type { OpenedDocument, TickServer } from '../../../roles/protocol/documents/index.ts'
import { makePlan, type MadePlan } from '../../../roles/supervisor/plan.ts'
import { chainOf, crypto, makeCast, makeReady, makeOffer, notes, sealingOf, type Cast } from '../../roles/supervisor/actors.ts'
import { toHex } from '../../../roles/protocol/bytes.ts'
import { keyPair, seeded } from '../../tools/seeded.ts'

const SEED = 'tick-close'
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
  const cast = makeCast(SEED, 4)
  const offer = makeOffer(cast)
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
    },
  )
  const planned = { plan: made.plan, hash: HASH, published: BASE, terms: termsOf(offer.body) }
  return { cast, app: offer.sha256, offer, servers, made, planned }
}

/** The key that the update number `n` writes to. */
export const dataKey = (n: number): KeyPair => keyPair(seeded(`${SEED}/key/${n}`))
export const partRandom = (part: number) => seeded(`${SEED}/part/${part}`)
export const versionOf = (key: string): string => versionReserved(crypto, RESERVATION, key)

/** A ledger in which the client is registered and every key reserved, standing before the closing tick. */
export function makeLedger({ cast, app, planned }: Scene, keys: readonly string[]): Ledger {
  const ledger = createLedger(app, outlineOf(notes))
  const owner = cast.client.publicKey
  registerClient(ledger.database, owner, { registered: 1, seats: chainOf(cast.client, app).end, since: 0 })
  for (const key of keys) must(reserveKey(ledger.database, { key, collection: 'notes', owner, version: versionOf(key) }))
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
