/** Hosting apps of others: the Server's commands. */
import { z } from 'zod'
import { engagement, none, result, type Command } from './command.ts'
import type { OfferView } from './views.ts'

export const host = {
  'host.offers': {
    reads: true,
    doc: 'The job offers that were seen on the chain, best paid first.',
    args: none,
    result: result<OfferView[]>(),
  },
  'host.join': {
    doc: 'Accepts a job offer: an identity is ground, and the acceptance is published. Safe to repeat.',
    args: z.strictObject({ offer: engagement }),
    result: result<{ id: string }>(),
  },
  'host.decline': {
    doc: 'Declines a job offer, so that the rule for joining leaves it alone; it may be accepted later. Safe to repeat.',
    args: z.strictObject({ offer: engagement }),
    result: result<null>(),
  },
  'host.leave': {
    of: 'engagement',
    doc: 'Leaves a job: it says for no further tick that it is ready, serves those for which it said so, and ends then; with `now` at once. Safe to repeat.',
    args: z.strictObject({ app: engagement.optional(), now: z.boolean().optional() }),
    result: result<null>(),
  },
  'host.pause': {
    of: 'engagement',
    doc: 'Serves nothing until it is resumed. Safe to repeat.',
    args: z.strictObject({ app: engagement.optional() }),
    result: result<null>(),
  },
  'host.resume': {
    of: 'engagement',
    doc: 'Goes on with a job that was paused, or put out by a failure. Safe to repeat.',
    args: z.strictObject({ app: engagement.optional() }),
    result: result<null>(),
  },
} as const satisfies Record<string, Command>
