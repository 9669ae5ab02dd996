/** The same app, plan and ledger in every process of the tick bench, all of it from one seed; 128-bit primes, because nothing is attacked here. */
import { outlineOf, versionReserved } from '../../../roles/protocol/requests/index.ts'
import { registerClient, reserveKey } from '../../../roles/protocol/index/index.ts'
import { createLedger, noteTick, type Ledger } from '../../../roles/protocol/ticks/index.ts'
import { must } from '../../../roles/protocol/result.ts'
import type { KeyPair } from '../../../roles/protocol/keys/index.ts'
import type { OpenedDocument, TickServer } from '../../../roles/protocol/documents/index.ts'
import { makePlan, type MadePlan } from '../../../roles/supervisor/plan.ts'
import { crypto, makeCast, makeOffer, notes, sealingOf, type Cast } from '../../roles/supervisor/actors.ts'
import { toHex } from '../../../roles/protocol/bytes.ts'
import { keyPair, seeded } from '../../tools/seeded.ts'

const SEED = 'tick-close'
/** The tick whose updates are decided, and the one whose document decides them. */
export const STAMPED = 0
export const CLOSING = STAMPED + 2
/** Digest of the stamped tick's document, which published its plan too. */
export const BASE = 'b5'.repeat(32)
const RESERVATION = '11'.repeat(32)

export interface Scene {
  cast: Cast
  app: string
  offer: OpenedDocument<'offer'>
  servers: TickServer[]
  made: MadePlan
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
    { program: notes, app: offer.sha256, tick: STAMPED, servers, versions, primeBits, prime: cast.prime },
  )
  return { cast, app: offer.sha256, offer, servers, made }
}

/** The key that the update number `n` writes to. */
export const dataKey = (n: number): KeyPair => keyPair(seeded(`${SEED}/key/${n}`))
export const partRandom = (part: number) => seeded(`${SEED}/part/${part}`)
export const versionOf = (key: string): string => versionReserved(crypto, RESERVATION, key)

/** A ledger in which the client is registered and every key reserved, standing before the closing tick. */
export function makeLedger({ cast, app, made }: Scene, keys: readonly string[]): Ledger {
  const ledger = createLedger(app, outlineOf(notes))
  const owner = cast.client.publicKey
  registerClient(ledger.database, owner, 1)
  for (const key of keys) must(reserveKey(ledger.database, { key, collection: 'notes', owner, version: versionOf(key) }))
  noteTick(ledger, { sha256: BASE, body: { number: STAMPED, plans: [made.plan] } }, outlineOf(notes))
  ledger.number = CLOSING - 1
  return ledger
}
