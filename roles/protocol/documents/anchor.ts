/**
 * The payload of an OP_RETURN output that binds a document to the chain (PROTOCOL.md 4.1): 58 bytes,
 * 'GOLM' | version | document type | SHA-256 of document.json (32) | BitTorrent v1 infohash (20), then for a tick its number, and for a statement of
 * readiness its first and its last tick (u32 each): all that either says is on the chain, whoever keeps the document back.
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
  /** Of a statement that a server is ready, and of nothing else: the ticks for which it is, both included. */
  ticks?: { from: number; to: number }
}

/** Bytes that all have. */
const ANCHOR_LENGTH = 58
/** ASCII 'GOLM'. */
export const ANCHOR_MAGIC = Uint8Array.of(0x47, 0x4f, 0x4c, 0x4d)

const typeOf = new Map(documentTypes.map((type): [number, DocumentType] => [documentKinds[type].byte, type]))

/** How many numbers follow. */
const numbersOf = (type: DocumentType): number => (type === 'tick' ? 1 : type === 'ready' ? 2 : 0)
const lengthOf = (type: DocumentType): number => ANCHOR_LENGTH + 4 * numbersOf(type)
const LENGTHS: ReadonlySet<number> = new Set(documentTypes.map(lengthOf))

/** The payload bytes. Throws when a hash is not hex of its length, or numbers are missing where the type has them, or are there where it has none. */
export function encodeAnchor(anchor: Anchor): Uint8Array {
  const { number, ticks } = anchor
  const numbers = [...(number === undefined ? [] : [number]), ...(ticks === undefined ? [] : [ticks.from, ticks.to])]
  const payload = concatBytes(
    ANCHOR_MAGIC,
    Uint8Array.of(PROTOCOL_VERSION, documentKinds[anchor.type].byte),
    fromHex(anchor.sha256),
    fromHex(anchor.infohash),
    ...numbers.map(uint32),
  )
  const fits = (number !== undefined) === (anchor.type === 'tick') && (ticks !== undefined) === (anchor.type === 'ready')
  if (!fits || payload.length !== lengthOf(anchor.type) || anchor.sha256.length !== 64)
    throw new RangeError(
      'An anchor holds a 32-byte SHA-256 and a 20-byte infohash, that of a tick its number, and a statement of readiness its ticks.',
    )
  return payload
}

/**
 * Reads the payload of an OP_RETURN output. Most of them are not ours: `anchor.foreign` is the ordinary answer.
 * Errors: `anchor.foreign`, `anchor.version` (made by a newer Golem), `anchor.type`.
 */
export function decodeAnchor(payload: Uint8Array): Result<Anchor> {
  const foreign = fail('anchor.foreign', 'This OP_RETURN output is not a Golem anchor.')
  if (!LENGTHS.has(payload.length) || !ANCHOR_MAGIC.every((byte, i) => payload[i] === byte)) return foreign
  if (payload[4] !== PROTOCOL_VERSION) return fail('anchor.version', `Anchor version ${payload[4]} is unknown. Update the app to read it.`)
  const type = typeOf.get(payload[5]!)
  if (type === undefined) return fail('anchor.type', `Document type ${payload[5]} is unknown. Update the app to read it.`)
  if (payload.length !== lengthOf(type)) return foreign
  const anchor = { type, sha256: toHex(payload.subarray(6, 38)), infohash: toHex(payload.subarray(38, 58)) }
  const at = (index: number): number => readUint32(payload.subarray(ANCHOR_LENGTH + 4 * index))
  if (type === 'tick') return ok({ ...anchor, number: at(0) })
  return ok(type === 'ready' ? { ...anchor, ticks: { from: at(0), to: at(1) } } : anchor)
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
