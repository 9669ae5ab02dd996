/**
 * The payload of an OP_RETURN output that binds a document to the chain (PROTOCOL.md 4): 58 bytes,
 * 'GOLM' | version 1 | document type | SHA-256 of document.json (32) | BitTorrent v1 infohash (20), and for a tick its number (u32).
 * The SHA-256 is what is trusted; the infohash only says where the bytes can be had.
 */
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { concatBytes, fromHex, toHex, readUint32, uint32, utf8 } from '../bytes.ts'
import { attempt, type CryptoPort } from '../crypto/index.ts'
import { fail, ok, type Result } from '../result.ts'
import { PROTOCOL_VERSION } from '../version.ts'
import { documentKinds, documentTypes, type DocumentType } from './kinds.ts'

export interface Anchor {
  type: DocumentType
  /** SHA-256 of the document's bytes, hex. */
  sha256: string
  /** BitTorrent v1 infohash, hex. */
  infohash: string
  /** Of a tick, and of nothing else: the order of ticks is known without their documents. */
  number?: number
}

export const ANCHOR_LENGTH = 58
/** Of a tick: with its number. */
export const TICK_ANCHOR_LENGTH = 62
/** ASCII 'GOLM'. */
export const ANCHOR_MAGIC = Uint8Array.of(0x47, 0x4f, 0x4c, 0x4d)

const typeOf = new Map(documentTypes.map((type): [number, DocumentType] => [documentKinds[type].byte, type]))

const lengthOf = (type: DocumentType): number => (type === 'tick' ? TICK_ANCHOR_LENGTH : ANCHOR_LENGTH)

/** The payload bytes. Throws when a hash is not hex of its length, or the number is missing where it is a tick's. */
export function encodeAnchor(anchor: Anchor): Uint8Array {
  const payload = concatBytes(
    ANCHOR_MAGIC,
    Uint8Array.of(PROTOCOL_VERSION, documentKinds[anchor.type].byte),
    fromHex(anchor.sha256),
    fromHex(anchor.infohash),
    anchor.number === undefined ? new Uint8Array(0) : uint32(anchor.number),
  )
  if (payload.length !== lengthOf(anchor.type) || anchor.sha256.length !== 64)
    throw new RangeError('An anchor holds a 32-byte SHA-256 and a 20-byte infohash, and that of a tick its number.')
  return payload
}

/**
 * Reads the payload of an OP_RETURN output. Most of them are not ours: `anchor.foreign` is the ordinary answer.
 * Errors: `anchor.foreign`, `anchor.version` (made by a newer Golem), `anchor.type`.
 */
export function decodeAnchor(payload: Uint8Array): Result<Anchor> {
  const foreign = fail('anchor.foreign', 'This OP_RETURN output is not a Golem anchor.')
  const fits = payload.length === ANCHOR_LENGTH || payload.length === TICK_ANCHOR_LENGTH
  if (!fits || !ANCHOR_MAGIC.every((byte, i) => payload[i] === byte)) return foreign
  if (payload[4] !== PROTOCOL_VERSION) return fail('anchor.version', `Anchor version ${payload[4]} is unknown. Update the app to read it.`)
  const type = typeOf.get(payload[5]!)
  if (type === undefined) return fail('anchor.type', `Document type ${payload[5]} is unknown. Update the app to read it.`)
  if (payload.length !== lengthOf(type)) return foreign
  const anchor = { type, sha256: toHex(payload.subarray(6, 38)), infohash: toHex(payload.subarray(38, 58)) }
  return ok(type === 'tick' ? { ...anchor, number: readUint32(payload.subarray(58)) } : anchor)
}

/**
 * X-only key (hex) of the address that anchors of this type pay dust to, so that an address-indexed light client finds them.
 * It is the first point whose x is a tagged hash of the type's name and a counter; nobody knows its private key.
 */
export function beaconKey(crypto: CryptoPort, type: DocumentType): string {
  for (let counter = 0; ; counter++) {
    const x = crypto.taggedHash('golem/beacon', utf8(type), uint32(counter))
    if (attempt(() => secp256k1.Point.fromBytes(concatBytes(Uint8Array.of(2), x)), null) !== null) return toHex(x)
  }
}
