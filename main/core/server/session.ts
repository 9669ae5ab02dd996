/** What the parts of a server in service share: its keys for each offer, its settings, its counters. */
import type { Context, ServerKeys } from '../../../roles/server/index.ts'
import type { WorkProgress } from '../ports.ts'
import type { Services } from '../services.ts'
import type { NodeSettings } from '../settings.ts'
import type { Reception } from './reception.ts'
import { createSender } from './sender.ts'

export type ServerSettings = NodeSettings['host']

export interface ServerSession {
  readonly services: Services
  readonly settings: ServerSettings
  readonly ctx: Context
  /** Where it is reached. */
  readonly reception: Reception
  /** Requests relayed and blocks run since the start. */
  readonly counts: { requests: number; hops: number }
  /** Proof of work under way. */
  work: WorkProgress | null
  keysFor(offer: string): ServerKeys
}

export function createSession(services: Services, settings: ServerSettings, reception: Reception): ServerSession {
  const { crypto, random, identity } = services
  return {
    services,
    settings,
    reception,
    ctx: { crypto, random: (length) => random.bytes(length), sender: createSender(services) },
    counts: { requests: 0, hops: 0 },
    work: null,
    keysFor(offer) {
      const key = identity.key({ purpose: 'server', offer, index: 0 })
      return { identity: key, sealing: identity.sealing(key, 'identity') }
    },
  }
}
