/** Publishing apps: the Supervisor's commands. */
import { z } from 'zod'
import { engagement, hex32, LARGEST_PROGRAM, result, type Command } from './command.ts'

/** Terms of the job offer by name, as PROTOCOL.md 5.1 has them, and `perRequest`; what is left out has a default. */
const terms = z.record(z.string().max(64), z.json())
const title = z.string().min(1).max(80)

export const publish = {
  publish: {
    largest: LARGEST_PROGRAM,
    doc: 'Publishes an app: its program is checked, and its job offer goes out as soon as the wallet has coins. The engagement goes on by itself.',
    args: z.strictObject({ program: z.json(), title: title.optional(), terms: terms.optional() }),
    result: result<{ id: string }>(),
  },
  'publish.update': {
    of: 'engagement',
    largest: LARGEST_PROGRAM,
    doc: "Publishes a new program or new terms for the running app; users' data stays. Without a title the app's stays, unless the program has another name: then that.",
    args: z.strictObject({ app: engagement.optional(), program: z.json().optional(), title: title.optional(), terms: terms.optional() }),
    result: result<{ offer: string }>(),
  },
  'publish.replaceKey': {
    of: 'engagement',
    doc: "Takes the app's signing key back with the master key, grants a new one, and goes on with it.",
    args: z.strictObject({ app: engagement.optional(), reason: z.string().min(1).max(500) }),
    result: result<{ offer: string; key: string }>(),
  },
  'publish.takeBack': {
    of: 'engagement',
    doc: 'Ends ticks that are bad, stolen, or cannot be had: the master key names the last good one (by default the last that was published here), and a new key goes on. More than three are taken back only where the first of them is the first faulty one, which `shows` names.',
    args: z.strictObject({
      app: engagement.optional(),
      reason: z.string().min(1).max(500),
      tick: z.int().min(0).max(1_000_000_000).optional(),
      shows: z.strictObject({ sha256: hex32, infohash: z.string().regex(/^[0-9a-f]{40}$/, 'must be 40 lower-case hex digits') }).optional(),
    }),
    result: result<{ good: number | null; key: string }>(),
  },
  'publish.pause': {
    of: 'engagement',
    doc: 'Makes no ticks until it is resumed: the app sleeps, and nothing is lost. Safe to repeat.',
    args: z.strictObject({ app: engagement.optional() }),
    result: result<null>(),
  },
  'publish.resume': {
    of: 'engagement',
    doc: 'Goes on with an app that was paused, or put out by a failure. Safe to repeat.',
    args: z.strictObject({ app: engagement.optional() }),
    result: result<null>(),
  },
  'publish.retire': {
    of: 'engagement',
    doc: "Ends an app for good: the master key takes its signing key back, so that nobody serves or joins it any more. Users' data stays theirs. Safe to repeat.",
    args: z.strictObject({ app: engagement.optional(), reason: z.string().min(1).max(500) }),
    result: result<null>(),
  },
} as const satisfies Record<string, Command>
