/** What every role in service shares. */
import type { CryptoPort } from '../../roles/protocol/crypto.ts'
import type { DocumentType, Reference } from '../../roles/protocol/documents/index.ts'
import type { WorldEvent } from '../../roles/protocol/events.ts'
import { must, type Result } from '../../roles/protocol/result.ts'
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
  /** Repeats what this participant has to do until it succeeds, with growing waits; tells the log why it waits. Never resolves after `stop`. */
  persist<T>(what: string, attempt: () => Promise<Result<T>>): Promise<T>
  /** The same for what depends on others: repeated only while the failure may pass by itself. @returns the success, or the final failure */
  patiently<T>(what: string, attempt: () => Promise<Result<T>>): Promise<Result<T>>
  /** Something that a view shows has changed. */
  changed(): void
}

const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 15_000

interface Persistence { clock: ClockPort; log: LogPort; stopped(): boolean }

async function repeat<T>({ clock, log, stopped }: Persistence, what: string, attempt: () => Promise<Result<T>>, ends: (result: Result<T>) => boolean): Promise<Result<T>> {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 1.5, LONGEST_WAIT_MS)) {
    const result = await attempt()
    if (ends(result)) return result
    if (stopped()) return new Promise(() => undefined)
    log.log(wait > 5_000 ? 'warn' : 'debug', `waiting to ${what}: ${result.ok ? '' : result.error.message}`)
    await new Promise<void>((resolve) => { clock.after(wait, resolve) })
  }
}

export const createPersistence = (ports: Persistence): Pick<Services, 'persist' | 'patiently'> => ({
  persist: async (what, attempt) => must(await repeat(ports, what, attempt, ({ ok }) => ok)),
  patiently: (what, attempt) => repeat(ports, what, attempt, (result) => result.ok || result.error.retryable !== true),
})

/** Performs a role's `fetch`: the document, or why it is missing. */
export async function performFetch(documents: Documents, effect: { reference: Reference; documentType: DocumentType }): Promise<WorldEvent[]> {
  const { reference, documentType } = effect
  const fetched = await documents.fetch(reference, documentType)
  return [fetched.ok ? { type: 'document', reference, document: fetched.value } : { type: 'document.missing', reference, documentType, failure: fetched.error }]
}
