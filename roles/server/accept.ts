/** The server's identity certificate (essay, Server Joins Application 3 and 4). */
import { toHex } from '../protocol/bytes.ts'
import { type CryptoPort, workChallenge } from '../protocol/crypto/index.ts'
import { signDocument, type OpenedDocument, type Tick } from '../protocol/documents/index.ts'
import type { AnchoredTransaction } from '../protocol/events.ts'
import { ACCEPTED, paysKey, type HistoryBlock } from '../protocol/ticks/index.ts'
import type { ServerEffect } from './events.ts'
import type { Job } from './state.ts'
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

/** Whether the chain has an acceptance of the identity that this folder did not publish: a folder before it had the job. */
export const wasThere = ({ acceptance, identity }: Job, blocks: readonly HistoryBlock[]): boolean =>
  blocks.some(({ anchored }) =>
    anchored.some(
      (transaction) =>
        transaction.anchor.type === 'acceptance' && transaction.anchor.sha256 !== acceptance?.sha256 && paysKey(transaction, identity),
    ),
  )

/** Whether it is reached there: a server that moved is asked at its old place until a tick decides its newer acceptance. */
export function isPlaceOf({ acceptance }: Pick<Job, 'acceptance'>, { host, port }: Pick<Place, 'host' | 'port'>): boolean {
  if (acceptance === null) return false
  const said = JSON.parse(acceptance.document) as Place
  return said.host === host && said.port === port
}

/** Whether a transaction is the anchor of the acceptance; a copy that does not pay the Supervisor, or leads to another torrent, is not what this server published. */
export const isAcceptance = ({ acceptance, terms }: Pick<Job, 'acceptance' | 'terms'>, transaction: AnchoredTransaction): boolean =>
  acceptance?.height === null &&
  transaction.anchor.type === 'acceptance' &&
  transaction.anchor.sha256 === acceptance.sha256 &&
  (acceptance.reference === null || acceptance.reference.infohash === transaction.anchor.infohash) &&
  paysKey(transaction, terms.master)

/**
 * What a tick that does not list this server makes of its acceptance: one that could not be fetched in time is ground, signed and published anew. A verdict that
 * refuses it is told.
 */
export function afterVerdict(
  crypto: CryptoPort,
  { acceptance, offer, identity, terms }: Job,
  { number, summary }: Pick<Tick, 'number' | 'summary'>,
): { acceptance: Job['acceptance']; again: ServerEffect[] } {
  const verdict = summary.verdicts.find(({ document, txid }) => document.sha256 === acceptance?.sha256 && txid === acceptance.txid)
  if (verdict === undefined || verdict.outcome === ACCEPTED || verdict.outcome === 'acceptance.known') return { acceptance, again: [] }
  const message = `Tick ${number} does not take this server's acceptance: ${verdict.outcome}.`
  const told: ServerEffect = { type: 'log', level: 'warn', message }
  if (verdict.outcome !== 'acceptance.unavailable') return { acceptance, again: [told] }
  const challenge = toHex(acceptanceWork(crypto, identity, offer))
  return { acceptance: null, again: [told, { type: 'grind', offer, identity, challenge, bits: terms.workBits }] }
}
