/** Field types that every document shares. All of them are bounded: nothing from outside grows without limit. */
import { z } from 'zod'
import { fromHex, isHex, toHex } from '../bytes.ts'
import { clamped, isX25519Key } from '../crypto/index.ts'

/** 32 bytes as lower-case hex: hashes, x-only public keys, request ids. */
export const hex32 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits')
/** An X25519 public key to which something can be sealed, as hex. */
export const sealingKey = hex32.refine(
  (hex) => !isHex(hex, 32) || isX25519Key(fromHex(hex)),
  'must be an X25519 public key below 2^255 - 19 that is not of small order',
)
/** An X25519 private key as hex, clamped, so that one key has one form. */
export const sealingSecret = hex32.refine(
  (hex) => !isHex(hex, 32) || toHex(clamped(fromHex(hex))) === hex,
  'must be a clamped X25519 private key (RFC 7748)',
)
export const hex20 = z.string().regex(/^[0-9a-f]{40}$/, 'must be 40 lower-case hex digits')
export const signature = z.string().regex(/^[0-9a-f]{128}$/, 'must be 128 lower-case hex digits')
export const base64 = (maxBytes: number) => z.base64().max(Math.ceil(maxBytes / 3) * 4)
export const name = z.string().regex(/^[a-zA-Z][a-zA-Z0-9_]{0,63}$/, 'must be a name of 1 to 64 letters, digits and _')
export const hostname = z
  .string()
  .min(1)
  .max(253)
  .regex(/^[a-zA-Z0-9.:-]+$/, 'must be a host name or an IP address')
export const port = z.int().min(1).max(65_535)
export const height = z.int().min(0).max(0xffff_ffff)
export const tickNumber = z.int().min(0).max(1_000_000_000)
export const sats = z.int().min(0).max(2_100_000_000_000_000)
/** A natural number as a decimal string; `bits` bounds its size. */
export const natural = (bits: number) =>
  z
    .string()
    .regex(/^(0|[1-9][0-9]*)$/)
    .max(Math.ceil(bits * 0.30103) + 1)
/** Names a document on the chain and in the swarm at once. */
export const reference = z.strictObject({ sha256: hex32, infohash: hex20 })
export type Reference = z.infer<typeof reference>
/** A further file of the document's torrent. */
export const file = z.strictObject({
  name: z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,127}$/),
  size: z
    .int()
    .min(0)
    .max(2 ** 34),
  sha256: hex32,
})
export type FileEntry = z.infer<typeof file>
/** A JSON value of an application; its true type is checked against the program. */
export const appJson = z.json()
