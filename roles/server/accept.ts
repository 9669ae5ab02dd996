/** The server's identity certificate (essay, Server Joins Application 3 and 4). */
import { toHex } from '../protocol/bytes.ts'
import { type CryptoPort, workChallenge } from '../protocol/crypto/index.ts'
import { signDocument, type OpenedDocument } from '../protocol/documents/index.ts'
import type { Context, ServerKeys } from './types.ts'

/** Where clients reach this server, and where it says it stands. */
export interface Place {
  host: string
  port: number
  region: string
}

/** What the identity is ground over: its key and the offer, 32 bytes. */
export const acceptanceWork = (crypto: CryptoPort, identity: string, offer: string): Uint8Array =>
  workChallenge(crypto, 'server', identity, offer)

/** @param nonce found for `acceptanceWork` with the offer's `work.server` bits; @param offer its digest */
export const composeAcceptance = (
  ctx: Context,
  keys: ServerKeys,
  offer: string,
  place: Place,
  nonce: bigint,
): OpenedDocument<'acceptance'> =>
  signDocument(
    ctx.crypto,
    'acceptance',
    { offer, ...place, sealing: toHex(keys.sealing.publicKey), nonce: nonce.toString() },
    keys.identity,
    ctx.random(32),
  )
