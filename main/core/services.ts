/** What every role in service shares. */
import type { CryptoPort } from '../../roles/protocol/crypto.ts'
import type { DocumentType, Reference } from '../../roles/protocol/documents/index.ts'
import type { WorldEvent } from '../../roles/protocol/events.ts'
import type { Result } from '../../roles/protocol/result.ts'
import type { Documents } from './documents.ts'
import type { Identity } from './identity.ts'
import type { ChainPort, ClockPort, LogPort, RandomPort, StoragePort, SwarmPort, TransportPort, WorkPort } from './ports.ts'
import type { WalletKeeper } from './wallet/keeper.ts'

export interface Services {
  /** Of the participant, for people. */
  name: string
  crypto: CryptoPort
  storage: StoragePort
  chain: ChainPort
  swarm: SwarmPort
  transport: TransportPort
  work: WorkPort
  clock: ClockPort
  random: RandomPort
  log: LogPort
  identity: Identity
  wallet: WalletKeeper
  documents: Documents
  /** Repeats until it succeeds, with growing waits; tells the log why it waits. Never resolves after `stop`. */
  persist<T>(what: string, attempt: () => Promise<Result<T>>): Promise<T>
  /** Something that a view shows has changed. */
  changed(): void
}

const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 15_000

export function createPersist(ports: { clock: ClockPort; log: LogPort; stopped(): boolean }): Services['persist'] {
  return async (what, attempt) => {
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 1.5, LONGEST_WAIT_MS)) {
      const result = await attempt()
      if (result.ok) return result.value
      if (ports.stopped()) return new Promise(() => undefined)
      ports.log.log(wait > 5_000 ? 'warn' : 'debug', `waiting to ${what}: ${result.error.message}`)
      await new Promise<void>((resolve) => { ports.clock.after(wait, resolve) })
    }
  }
}

/** Performs a role's `fetch`: the document, or why it is missing. */
export async function performFetch(documents: Documents, effect: { reference: Reference; documentType: DocumentType }): Promise<WorldEvent[]> {
  const { reference, documentType } = effect
  const fetched = await documents.fetch(reference, documentType)
  return [fetched.ok ? { type: 'document', reference, document: fetched.value } : { type: 'document.missing', reference, documentType, failure: fetched.error }]
}
