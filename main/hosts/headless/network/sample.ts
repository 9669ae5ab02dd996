/** The sample app of the local network: the guestbook, as its compiler wrote it. */
import guestbook from '../../../../resources/apps/guestbook.json' with { type: 'json' }
import type { NetworkPlan } from './plan.ts'

export const sampleNetwork = { program: guestbook, title: 'Guestbook', servers: 6, clients: ['alice', 'bob'], tickBlocks: 4 } satisfies NetworkPlan
export const BLOCK_MS = 2_000
