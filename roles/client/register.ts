/** Registration and reservation (essay, Client Reserves Database Key). Documents, and what their transactions spend and pay. */
import { signDocument, signUnder, type Offer, type OpenedDocument } from '../protocol/documents/index.ts'
import { toHex } from '../protocol/bytes.ts'
import type { KeyPair } from '../protocol/keys/index.ts'
import { type CryptoPort, workChallenge } from '../protocol/crypto/index.ts'
import { fail, ok, type Result } from '../protocol/result.ts'
import type { Program } from '../program/index.ts'
import type { Context, Spending } from './types.ts'

/** What the client grinds its identity over: hand it to the WorkPort with the offer's `work.client` bits. */
export const registrationWork = (crypto: CryptoPort, client: string, app: string): Uint8Array =>
  workChallenge(crypto, 'client', client, app)

/** @param nonce found for `registrationWork`; @param sealing the client's X25519 public key; @param seats end of its `seatChain` */
export const composeRegistration = (
  ctx: Context,
  app: string,
  client: KeyPair,
  sealing: Uint8Array,
  seats: string,
  nonce: bigint,
): OpenedDocument<'registration'> =>
  signDocument(ctx.crypto, 'registration', { app, sealing: toHex(sealing), seats, nonce: nonce.toString() }, client, ctx.random(32))

/** Pays the Supervisor's watched address, and the client's own: the coin that its first reservation spends. */
export const registrationSpending = (offer: Offer, client: string): Spending => ({ spendFromKeys: [], payToKeys: [offer.master, client] })

/**
 * Reserves keys; each signs that this client may have it, so nobody reserves another's address.
 * Errors: `client.collection`, `client.reserve-count` (1 to 64 keys).
 */
export function composeReservation(
  ctx: Context,
  app: string,
  outline: Program,
  client: KeyPair,
  keys: Array<{ pair: KeyPair; collection: string }>,
): Result<OpenedDocument<'reservation'>> {
  if (keys.length < 1 || keys.length > 64) return fail('client.reserve-count', `A reservation holds 1 to 64 keys, not ${keys.length}.`)
  const unknown = keys.find(({ collection }) => !Object.hasOwn(outline.collections, collection))
  if (unknown !== undefined)
    return fail(
      'client.collection',
      `The app has no collection ${unknown.collection}. It has ${Object.keys(outline.collections).join(', ')}.`,
    )
  const signed = keys.map(({ pair, collection }) => {
    const body = { app, client: client.publicKey, key: pair.publicKey, collection }
    return {
      key: pair.publicKey,
      collection,
      initial: outline.collections[collection]!.initial,
      sig: signUnder(ctx.crypto, 'reserve', body, pair.privateKey, ctx.random(32)),
    }
  })
  return ok(signDocument(ctx.crypto, 'reservation', { app, keys: signed }, client, ctx.random(32)))
}

/** Spends the client's coin, pays it anew for the next reservation, and pays each new key the coin that its first write spends. */
export const reservationSpending = (client: string, keys: string[]): Spending => ({ spendFromKeys: [client], payToKeys: [client, ...keys] })
