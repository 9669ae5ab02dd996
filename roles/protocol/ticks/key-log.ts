/**
 * The log of one key, read from its address alone (essay, «Data Structures»): the newest value is what the last transaction from that address
 * published. No index and no Supervisor is asked, so it is there while both are gone. It is what the key's owner signed last; whether the
 * servers stamped it is what ticks decide, so the caller holds the version against the newest tick.
 */
import { own, type Program } from '../../program/index.ts'
import type { Json } from '../canonical.ts'
import type { CryptoPort } from '../crypto/index.ts'
import {
  verifyUnder,
  type OpenedDocument,
  type DocumentType,
  type Reference,
  type Reservation,
  type Signed,
  type Update,
} from '../documents/index.ts'
import type { AnchoredTransaction } from '../events.ts'
import { paysKey, spendsKey } from './spends.ts'
import { fail, failForNow, ok, type Result } from '../result.ts'
import { keySigningBody, versionAfter, versionReserved, writeDigest } from '../requests/index.ts'

/** What the owner of a key signed last. */
export interface KeyValue {
  key: string
  collection: string
  /** X-only key of the client. */
  owner: string
  version: string
  /** False while the key is only reserved; its fields are then the collection's initial value, or null. */
  written: boolean
  fields: Record<string, Json> | null
  txid: string
  height: number
}

export interface KeyLogInput {
  app: string
  key: string
  outline: Program
  /** Anchored transactions in chain order: all of the best chain, or those of the key's address. */
  anchored: readonly AnchoredTransaction[]
  fetch(reference: Reference, type: DocumentType): Promise<Result<OpenedDocument>>
}

/** Documents that are read at most. */
const MAX_STEPS = 1000

/**
 * The transactions of a key's log in the order in which they are asked: updates, which spend from its address, newest first; then reservations,
 * which pay it, oldest first, because nobody knew the address before the right one did.
 */
export function keyLog(anchored: readonly AnchoredTransaction[], key: string): AnchoredTransaction[] {
  const updates = anchored.filter((one) => one.anchor.type === 'update' && spendsKey(one, key))
  return [...updates.toReversed(), ...anchored.filter((one) => one.anchor.type === 'reservation' && paysKey(one, key))]
}

/** One document's part in the log; `replaces` is null for a reservation, with which the log begins. */
interface Entry {
  value: KeyValue
  replaces: string | null
}

/** Null: the key did not sign it for this app, so it says nothing of the key. */
function entryOf(
  ctx: { crypto: CryptoPort },
  input: KeyLogInput,
  transaction: AnchoredTransaction,
  document: OpenedDocument,
): Entry | null {
  const { body, sha256 } = document
  if (body.type !== transaction.anchor.type) return null
  const at = { key: input.key, txid: transaction.txid, height: transaction.height }
  if (body.type === 'update') return updateEntry(ctx.crypto, input, body, at)
  return body.type === 'reservation' && spendsKey(transaction, body.by) ? reservationEntry(ctx.crypto, input, body, sha256, at) : null
}

type Place = Pick<KeyValue, 'key' | 'txid' | 'height'>

function updateEntry(crypto: CryptoPort, { app }: KeyLogInput, update: Signed<Update>, at: Place): Entry | null {
  const digests = update.writes.map((write) => writeDigest(crypto, write))
  const signed = update.keySigs.find(({ key }) => key === at.key)
  const own = update.writes.filter(({ key }) => key === at.key)
  if (update.app !== app || signed === undefined || own.length === 0) return null
  if (!verifyUnder(crypto, 'key', { ...keySigningBody(app, update.request, digests), sig: signed.sig }, at.key)) return null
  const last = digests[update.writes.findLastIndex(({ key }) => key === at.key)]!
  const fields: Record<string, Json> = Object.assign({}, ...own.map((write) => write.fields))
  const { collection, replaces } = own[0]!
  return {
    value: { ...at, collection, owner: update.by, version: versionAfter(crypto, update.request, last), written: true, fields },
    replaces,
  }
}

function reservationEntry(
  crypto: CryptoPort,
  { app, outline }: KeyLogInput,
  reservation: Signed<Reservation>,
  sha256: string,
  at: Place,
): Entry | null {
  const { by: client, keys } = reservation
  const reserved = keys.find(({ key }) => key === at.key)
  if (reservation.app !== app || reserved === undefined || !Object.hasOwn(outline.collections, reserved.collection)) return null
  const { collection, sig } = reserved
  const consent = { app, client, key: at.key, collection, sig }
  if (!verifyUnder(crypto, 'reserve', consent, at.key)) return null
  const fields = outline.collections[collection]!.initial as Record<string, Json> | null
  return {
    value: { ...at, collection, owner: client, version: versionReserved(crypto, sha256, at.key), written: false, fields },
    replaces: null,
  }
}

const isWhole = ({ collection, written, fields }: KeyValue, outline: Program): boolean =>
  !written || Object.keys(own(outline.collections, collection)?.fields ?? {}).every((name) => Object.hasOwn(fields ?? {}, name))

/**
 * The newest value of a key from its address alone. One document is fetched where the last write set all fields, else those before it, too.
 * Errors: `key.none` (nothing reserved it), `key.log` (an earlier version that the value rests on is not in the log); those of `fetch` while they
 * may pass, because an older value must not look like the newest.
 *
 * @example
 * const found = await newestValue({ crypto }, { app, key, outline, anchored, fetch: (reference, type) => documents.fetch(reference, type) })
 * if (found.ok) console.log(found.value.fields)
 */
export async function newestValue(ctx: { crypto: CryptoPort }, input: KeyLogInput): Promise<Result<KeyValue>> {
  let newest: Entry | null = null
  for (const transaction of keyLog(input.anchored, input.key).slice(0, MAX_STEPS)) {
    const { type, sha256, infohash } = transaction.anchor
    const document = await input.fetch({ sha256, infohash }, type)
    // Anybody can pay an address and anchor rubbish: only what spends from it has to be there.
    if (!document.ok && document.error.retryable && type === 'update') return document
    const entry = document.ok ? entryOf(ctx, input, transaction, document.value) : null
    if (entry === null || (newest !== null && entry.value.version !== newest.replaces)) continue
    newest = newest === null ? entry : onTopOf(newest, entry)
    if (newest.replaces === null || isWhole(newest.value, input.outline)) return ok(newest.value)
  }
  return newest === null
    ? failForNow('key.none', `No transaction reserves the key ${input.key} for this app yet. Wait for its block, or check the key.`)
    : fail('key.log', `The last write of the key ${input.key} rests on a version that is not in its log. Its owner has to write it again.`)
}

/** A write of some fields on the version that it replaces. */
const onTopOf = ({ value }: Entry, before: Entry): Entry => ({
  value: { ...value, fields: { ...before.value.fields, ...value.fields } },
  replaces: before.replaces,
})
