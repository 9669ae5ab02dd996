/** What every role in service shares. */
import type { CryptoPort } from '../../roles/protocol/crypto/index.ts'
import type { DocumentType, Offer, OpenedDocument, Reference } from '../../roles/protocol/documents/index.ts'
import type { WorldEvent } from '../../roles/protocol/events.ts'
import { must, ok, type Failure, type Result } from '../../roles/protocol/result.ts'
import { refusable } from './disk.ts'
import type { Documents } from './documents/index.ts'
import type { Identity } from './identity.ts'
import type { Listener } from './listener.ts'
import type { ChainPort, ClockPort, IndexPort, LogPort, RandomPort, StoragePort, SwarmPort, TransportPort, WorkPort } from './ports.ts'
import { fetchStandingOffer } from './revocations.ts'
import type { WalletKeeper } from './wallet/keeper.ts'

export interface Services {
  /** Of the participant, for people. */
  name: string
  crypto: CryptoPort
  storage: StoragePort
  index: IndexPort
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
  /** Of the node: all its servers are reached there. */
  listener: Listener
  /** Repeats what this participant has to do until it succeeds, with growing waits; tells the log why it waits. Never resolves after `stop`. */
  persist<T>(what: string, attempt: () => Promise<Result<T>>): Promise<T>
  /** The same for what depends on others: repeated only while the failure may pass by itself. @returns the success, or the final failure */
  patiently<T>(what: string, attempt: () => Promise<Result<T>>): Promise<Result<T>>
  /**
   * The same for what anybody may announce and nobody may have, such as offers of strangers: few of a kind at a time and at waits that grow to ten minutes,
   * so that however many never come, they hold up nothing else. @param what the kind, one of a few
   */
  seldom<T>(what: string, attempt: () => Promise<Result<T>>): Promise<Result<T>>
  /** What is waited for by now, and why, in words; what strangers announce is not among it, nor what the wallet says itself. */
  waits(): string[]
  /** Something that a view shows has changed. */
  changed(): void
  /** Whether the node ends. */
  stopped(): boolean
}

const FIRST_WAIT_MS = 250
/** Waited for longer than that, a cause is news. */
const SAID_AFTER_MS = 2_000
/**
 * A wallet begins without coins, and its first ones take their time: until then views say what it waits for, and nothing is wrong. The local network gives
 * them once all participants have started, which takes a busy computer a minute.
 */
const FUNDS_SAID_AFTER_MS = 120_000
const LONGEST_WAIT_MS = 15_000
const SELDOM_WAIT_MS = 600_000
const SELDOM_AT_ONCE = 4

/** Waits between attempts grow up to `longest` milliseconds. */
interface Repeating<T> {
  what: string
  attempt: () => Promise<Result<T>>
  ends: (result: Result<T>) => boolean
  longest: number
}

interface Persistence {
  clock: ClockPort
  log: LogPort
  stopped(): boolean
  changed?: () => void
}

/** Of the wallet, which tells it beside everything that waits for it. */
const OF_WALLET = /^(wallet|chain)\./

interface Telling extends Persistence {
  /** Notes why something is waited for; null once it is not. */
  note(why: string | null): void
}

async function repeat<T>({ clock, log, stopped, note }: Telling, { what, attempt, ends, longest }: Repeating<T>): Promise<Result<T>> {
  let said: string | undefined
  let waited = 0
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 1.5, longest)) {
    const result = await refusable(attempt)
    if (ends(result)) {
      note(null)
      return result
    }
    if (stopped()) return new Promise(() => undefined)
    // Each cause is told once, when it has lasted; a cause that changes is told again.
    const { code, message } = result.ok ? { code: '', message: '' } : result.error
    const isNews = waited >= (code === 'wallet.funds-short' ? FUNDS_SAID_AFTER_MS : SAID_AFTER_MS) && code !== said
    if (isNews) {
      said = code
      note(OF_WALLET.test(code) ? null : `waits to ${what}: ${message}`)
    }
    log.log(isNews ? 'warn' : 'debug', `waiting to ${what}: ${message}`)
    await new Promise<void>((resolve) => {
      clock.after(wait, resolve)
    })
    waited += wait
  }
}

/** Runs so many pieces of work at one time; the others wait in the order in which they came. */
function createLanes(count: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: Array<() => void> = []
  let free = count
  return async (work) => {
    if (free > 0) free--
    else
      await new Promise<void>((resolve) => {
        waiting.push(resolve)
      })
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free++
      else next()
    }
  }
}

const isFinal = (result: Result<unknown>): boolean => result.ok || result.error.retryable !== true

export function createPersistence(ports: Persistence): Pick<Services, 'persist' | 'patiently' | 'seldom' | 'waits'> {
  const waits = new Map<object, string>()
  const telling = (): Telling => {
    const own = {}
    return {
      ...ports,
      note(why) {
        if (why === null ? !waits.delete(own) : waits.set(own, why).size === 0) return
        ports.changed?.()
      },
    }
  }
  const quiet: Telling = { ...ports, note: () => undefined }
  const lanes = new Map<string, ReturnType<typeof createLanes>>()
  /** Each kind of work has its own: offers that nobody has do not hold up ticks. */
  const laneOf = (what: string): ReturnType<typeof createLanes> => {
    const lane = lanes.get(what) ?? createLanes(SELDOM_AT_ONCE)
    lanes.set(what, lane)
    return lane
  }
  return {
    waits: () => [...new Set(waits.values())],
    persist: async (what, attempt) => must(await repeat(telling(), { what, attempt, ends: ({ ok }) => ok, longest: LONGEST_WAIT_MS })),
    patiently: (what, attempt) => repeat(telling(), { what, attempt, ends: isFinal, longest: LONGEST_WAIT_MS }),
    seldom: (what, attempt) => repeat(quiet, { what, attempt: () => laneOf(what)(attempt), ends: isFinal, longest: SELDOM_WAIT_MS }),
  }
}

/** Tells a role what nobody tells it again: where the disk refuses, once it does not. */
export const tell = ({ persist }: Pick<Services, 'persist'>, what: string, told: () => Promise<unknown>): void =>
  void persist(what, async () => {
    await told()
    return ok(null)
  })

/**
 * An offer that nobody has yet may be the one that supersedes ours, so it is asked for again; `document.missing` then says that it is broken. One that the
 * Supervisor of our app anchored (`own`) waits behind nothing that strangers do.
 */
export async function fetchOffer(
  services: Pick<Services, 'documents' | 'seldom' | 'patiently' | 'storage'>,
  { reference, own }: { reference: Reference; own?: boolean },
): Promise<WorldEvent[]> {
  const what = 'fetch a job offer'
  const fetched = await (own === true
    ? services.patiently(what, fetchStandingOffer(services, reference, 'known'))
    : services.seldom(what, fetchStandingOffer(services, reference, 'new')))
  return [answered(reference, 'offer', fetched)]
}

/** Fetches what a Supervisor keeps with an offer that is served or used here, to serve it on: it restores the app where its own disk is gone. */
export function holdBackup(
  { documents, seldom }: Pick<Services, 'documents' | 'seldom'>,
  { infohash }: Reference,
  { backup }: Pick<Offer, 'backup'>,
): void {
  if (backup === null || backup.size > MOST_BACKUP) return
  void seldom('hold the backup of a Supervisor', () => documents.fetchFile(infohash, backup, false, { lane: 'known' }))
}

/** PROTOCOL.md 5.1. */
const MOST_BACKUP = 6 << 20

/**
 * Performs the `fetch` of a role that follows ticks. What nobody delivers now is asked for again, ever more seldom and a few at a time, until the next
 * block, with which the role asks for it itself: a tracker that was away for a minute costs a minute, and not the time to the next block.
 */
export async function fetchBetweenBlocks(
  { documents, chain, seldom }: Pick<Services, 'documents' | 'chain' | 'seldom'>,
  { reference, documentType }: { reference: Reference; documentType: DocumentType },
): Promise<WorldEvent[]> {
  const began = await chain.tip()
  // Anybody may anchor what looks like a tick: that never takes the places of what a tick that is known is read with.
  const fetched = await documents.fetch(reference, documentType, { lane: 'known' })
  if (isFinal(fetched)) return [answered(reference, documentType, fetched)]
  const later = await seldom(`fetch a ${documentType}`, async (): Promise<Result<Result<OpenedDocument>>> => {
    const now = await chain.tip()
    const again = await documents.fetch(reference, documentType, { lane: 'known' })
    const isSameTip = began.ok && now.ok && began.value.hash === now.value.hash
    return isFinal(again) || !isSameTip ? ok(again) : (again as { ok: false; error: Failure })
  })
  return [answered(reference, documentType, later.ok ? later.value : later)]
}

/** What a role hears of a fetch: the document, or why it is missing. */
export const answered = (reference: Reference, documentType: DocumentType, fetched: Result<OpenedDocument>): WorldEvent =>
  fetched.ok
    ? { type: 'document', reference, document: fetched.value }
    : { type: 'document.missing', reference, documentType, failure: fetched.error }
