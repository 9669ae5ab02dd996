/** Using apps: the Client's commands. */
import { z } from 'zod'
import { engagement, hex32, result, text, type Command } from './command.ts'
import type { AuditView, KnownAppView, KeyView, ReservedView, RowsView } from './views.ts'

export const use = {
  'use.find': {
    reads: true,
    doc: 'What an app is, by its id, the beginning of that, its title or its link: who runs it, what it offers and what it sees. Nothing is joined.',
    args: z.strictObject({ app: engagement }),
    result: result<KnownAppView>(),
  },
  use: {
    doc: 'Begins to use an app: registers with it, unless it is only to be read and audited, which costs nothing. Safe to repeat.',
    args: z.strictObject({ app: engagement, register: z.boolean().optional() }),
    result: result<{ id: string }>(),
  },
  'use.leave': {
    of: 'engagement',
    doc: 'Ends the use of an app here. What was published stays; the keys come again from the seed phrase. Safe to repeat.',
    args: z.strictObject({ app: engagement.optional() }),
    result: result<null>(),
  },
  'use.pause': {
    of: 'engagement',
    doc: 'Follows the app no more until it is resumed. Safe to repeat.',
    args: z.strictObject({ app: engagement.optional() }),
    result: result<null>(),
  },
  'use.resume': {
    of: 'engagement',
    doc: 'Goes on with an app that was paused, or put out by a failure. Safe to repeat.',
    args: z.strictObject({ app: engagement.optional() }),
    result: result<null>(),
  },
  'use.read': {
    of: 'engagement',
    reads: true,
    doc: 'Reads an index of the newest tick through Merkle-proved pages; `key` is that of the keys. `from` (inclusive) and `to` (exclusive), either or both, bound the field after those of `equals`.',
    args: z.strictObject({
      app: engagement.optional(),
      collection: text(64),
      index: text(64),
      equals: z.array(z.json()).max(8),
      from: z.json().optional(),
      to: z.json().optional(),
      limit: z.int().min(1).max(500),
      descending: z.boolean(),
    }),
    result: result<RowsView>(),
  },
  'use.keyValue': {
    of: 'engagement',
    reads: true,
    doc: 'The newest value of a key from the last transaction of its address alone, without the index.',
    args: z.strictObject({ app: engagement.optional(), key: hex32 }),
    result: result<KeyView>(),
  },
  'use.request': {
    of: 'engagement',
    doc: 'Sends a request through the servers; the writes that come back wait for approval.',
    args: z.strictObject({ app: engagement.optional(), endpoint: text(64), arguments: z.record(z.string(), z.json()) }),
    result: result<{ id: string }>(),
  },
  'use.reserve': {
    of: 'engagement',
    doc: 'Sees to it that so many fresh keys of a collection are free or on their way, and reserves those that are missing. Safe to repeat.',
    args: z.strictObject({ app: engagement.optional(), collection: text(64), count: z.int().min(1).max(64) }),
    result: result<ReservedView>(),
  },
  'use.approve': {
    of: 'request',
    doc: 'Publishes the reviewed writes. Safe to repeat: nothing is published twice.',
    args: z.strictObject({ id: hex32 }),
    result: result<{ txid: string }>(),
  },
  'use.refuse': { of: 'request', doc: 'Drops the reviewed writes.', args: z.strictObject({ id: hex32 }), result: result<null>() },
  'use.bump': {
    of: 'request',
    doc: "Replaces the transaction of a signed request by one that pays more. `feeRate` in sat per vbyte; null takes the node's estimate.",
    args: z.strictObject({ id: hex32, feeRate: z.number().min(1).max(1000).nullable() }),
    result: result<{ txid: string; fee: number }>(),
  },
  'use.again': {
    of: 'request',
    doc: 'Composes a request anew on the newest tick, with the same arguments; what comes back is reviewed again. Safe to repeat: another is composed only where the one before ended without counting.',
    args: z.strictObject({ id: hex32 }),
    result: result<{ id: string }>(),
  },
  'use.dispute': {
    of: 'request',
    doc: 'Publishes the evidence that servers of a block gave different results, so that whoever lies is ended. What the block opened, named in the request, and its program become public for ever. Safe to repeat.',
    args: z.strictObject({ id: hex32 }),
    result: result<{ txid: string }>(),
  },
  'use.audit': {
    of: 'engagement',
    reads: true,
    doc: 'Replays the app from chain and swarm alone and compares every root.',
    args: z.strictObject({ app: engagement.optional() }),
    result: result<AuditView>(),
  },
} as const satisfies Record<string, Command>
