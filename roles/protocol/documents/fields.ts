/** Field types that every document shares. All of them are bounded: nothing from outside grows without limit. */
import { z } from 'zod'
import type { Json } from '../canonical.ts'
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
/** A JSON value of an application; its true type is checked against the program. That it is JSON is known: as that it was read. */
export const appJson = z.custom<Json>((value) => value !== undefined)

/** The schemas of a record's names and values, for those who look at schemas. */
export const partsOfRecords = new WeakMap<object, { name: z.ZodString; value: z.ZodType }>()

/**
 * An object of names and values, each checked. It stops at the first that is wrong: Zod's own record looks at all of them, and fails over some hundred thousand
 * complaints in a list ("Maximum call stack size exceeded").
 */
export const recordOf = <V extends z.ZodType>(name: z.ZodString, value: V) => {
  const schema = z.unknown().transform((input, ctx): Record<string, z.infer<V>> => {
    const wrong = (message: string, path: string[]): never => {
      ctx.issues.push({ code: 'custom', message, path, input })
      return z.NEVER
    }
    if (typeof input !== 'object' || input === null || Array.isArray(input)) return wrong('expected an object', [])
    const entries: Array<[string, z.infer<V>]> = []
    for (const [field, content] of Object.entries(input)) {
      if (field === '__proto__' || !name.safeParse(field).success) return wrong('its name is not acceptable', [field])
      const parsed = value.safeParse(content, FIRST_FAULT)
      if (!parsed.success) return wrong(parsed.error.issues[0]!.message, [field, ...parsed.error.issues[0]!.path.map(String)])
      entries.push([field, parsed.data])
    }
    return Object.fromEntries(entries)
  })
  partsOfRecords.set(schema, { name, value })
  return schema
}

/** Has a schema stop at the first part of a list or an object that is wrong: whoever sent the rest does not deserve the time. */
export const FIRST_FAULT = { abortEarly: true } as z.core.ParseContext<z.core.$ZodIssue>
