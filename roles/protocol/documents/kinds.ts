/**
 * The one table of document types: byte of the anchor, greatest size of `document.json`, schema, and whose key signs (`by`). To add a type is
 * to add a row, its section in PROTOCOL.md 5 and its vector.
 */
import type { z } from 'zod'
import { acceptance, dispute, grant, offer, ready, registration, reservation, resumption, revocation, tick, update } from './types.ts'

export interface DocumentKind {
  /** Of its anchor; never reused. */
  byte: number
  /** Bytes of `document.json` at most. */
  limit: number
  /** Nesting of its JSON at most; 32 where it is left out. */
  depth?: number
  schema: z.ZodObject
  signer: 'master key' | 'secondary key' | 'server' | 'client'
}

export const documentKinds = {
  offer: { byte: 1, limit: 64 << 10, schema: offer, signer: 'secondary key' },
  grant: { byte: 2, limit: 4 << 10, schema: grant, signer: 'master key' },
  revocation: { byte: 3, limit: 4 << 10, schema: revocation, signer: 'master key' },
  acceptance: { byte: 4, limit: 4 << 10, schema: acceptance, signer: 'server' },
  registration: { byte: 5, limit: 4 << 10, schema: registration, signer: 'client' },
  reservation: { byte: 6, limit: 64 << 10, schema: reservation, signer: 'client' },
  update: { byte: 7, limit: 1 << 20, schema: update, signer: 'client' },
  tick: { byte: 8, limit: 32 << 20, schema: tick, signer: 'secondary key' },
  dispute: { byte: 12, limit: 1 << 20, depth: 100, schema: dispute, signer: 'client' },
  resumption: { byte: 11, limit: 4 << 10, schema: resumption, signer: 'master key' },
  ready: { byte: 10, limit: 4 << 10, schema: ready, signer: 'server' },
} as const satisfies Record<string, DocumentKind>

export type DocumentType = keyof typeof documentKinds
export type DocumentBody = { [T in DocumentType]: z.infer<(typeof documentKinds)[T]['schema']> }
export type Signed<T> = T & { sig: string }

export const documentTypes = Object.keys(documentKinds) as DocumentType[]
