/**
 * An app whose Supervisor has nothing left but its phrase. Its offers, ticks and documents are on the chain and with everybody who serves or uses the app; its keys,
 * the secrets of its plans and the salts of its code follow from the phrase; its program travels sealed with its offer. What was signed and in no block when the disk
 * was lost is not known: so nothing is signed by the key that was in force, and the master key names another one before the app goes on.
 */
import type { Program } from '../../../roles/program/index.ts'
import { toHex } from '../../../roles/protocol/bytes.ts'
import { canonicalBytes, canonicalText } from '../../../roles/protocol/canonical.ts'
import { offerTerms, type OpenedDocument, type Plan } from '../../../roles/protocol/documents/index.ts'
import type { AnchoredTransaction } from '../../../roles/protocol/events.ts'
import type { KeyPair } from '../../../roles/protocol/keys/index.ts'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'
import { startFollowing, type ClosedTick, type Following, type Ledger } from '../../../roles/protocol/ticks/index.ts'
import {
  makePlan,
  nameOfChange,
  planRandom,
  REMEMBERED_TICKS,
  saltsOf,
  type HiringState,
  type ResumingState,
  type SecretPlan,
  type SupervisorState,
} from '../../../roles/supervisor/index.ts'
import { anchoredBetween, blockAgain, tipIn } from '../chain-watch.ts'
import { auditHistory } from '../client/audit.ts'
import { fetchOfferWithOutline } from '../client/app.ts'
import { PUBLICATIONS } from '../documents/index.ts'
import { historyOf, stopText, type CountedTick } from '../history.ts'
import type { Json, StorageWrite } from '../ports.ts'
import type { Services } from '../services.ts'
import { ledgerRows } from '../supervisor/ledger-store.ts'
import { SUPERVISOR_ROWS } from '../supervisor/offers.ts'
import { supervisorRows } from '../supervisor/index.ts'
import type { SupervisorTerms } from '../supervisor/terms.ts'
import { seenIn, usedNumbers } from './keys.ts'
import { findOffers, saidBy, type FoundOffer } from './offers.ts'
import { replay } from './replay.ts'

export type RestoreServices = Pick<
  Services,
  'crypto' | 'storage' | 'documents' | 'identity' | 'wallet' | 'log' | 'random' | 'clock' | 'chain' | 'seldom' | 'patiently'
>

export interface RestoredSupervisor {
  /** The master key. */
  id: string
  /** Digest of the app's first offer. */
  app: string
  title: string
  /** Of the app's own tables, whose keys are those within its engagement, and of publications. */
  rows: StorageWrite[]
  /** States of its roles, by their names. */
  states: { supervisor: SupervisorState; hiring: HiringState; resuming: ResumingState }
  /** What is not brought back, one sentence each. */
  lost: string[]
}

/** Ticks whose plans a tick to come, or one that is composed again, may need. */
const WITH_PLANS = REMEMBERED_TICKS + 5

const row = (key: string, value: Json): StorageWrite => ({ table: SUPERVISOR_ROWS, key, value })

interface Keys {
  master: KeyPair
  at(index: number): KeyPair
  /** Number of a secondary key; null for one that is none. */
  indexOf(key: string): number | null
  /** Of the last one that the chain has seen. */
  last: number
}

/** Keys of the app, those that were used being watched: their coins sign. */
function keysOf({ identity, wallet }: RestoreServices, app: number, anchored: readonly AnchoredTransaction[]): Keys {
  const seen = seenIn(anchored)
  const at = (index: number): KeyPair => identity.key({ purpose: 'secondary', app, index })
  const used = usedNumbers((index) => seen.first(at(index).publicKey) !== null)
  wallet.watchKey({ purpose: 'master', app }, 'identity')
  for (const index of used) wallet.watchKey({ purpose: 'secondary', app, index }, 'identity')
  const numbers = new Map(used.map((index) => [at(index).publicKey, index]))
  return { master: identity.key({ purpose: 'master', app }), at, indexOf: (key) => numbers.get(key) ?? null, last: used.at(-1) ?? 0 }
}

/** Ticks, what each decided, and the ledger at the last one. */
interface Log {
  ticks: CountedTick[]
  ledger: Ledger | null
  closed: Map<string, ClosedTick>
  documents: Map<string, OpenedDocument>
}

/** The log of the app, held against what its ticks say. Errors: those of fetching; `restore.differs`. */
async function readLog(services: RestoreServices, following: Following, offers: readonly FoundOffer[]): Promise<Result<Log>> {
  // What was published by the disk that is gone, and had not reached anybody, is taken back by the key that goes on.
  const history = await historyOf(services, following, null, true)
  if (!history.ok) return history
  const log: Log = { ticks: history.value.ticks, ledger: null, closed: new Map(), documents: new Map() }
  if (history.value.stop !== null)
    services.log.log('warn', `The ticks of the app end before its newest one: ${stopText(history.value.stop)}`)
  if (log.ticks.length === 0) return ok(log)
  const offerOf = (sha256: string) => offers.find(({ reference }) => reference.sha256 === sha256)?.reference ?? null
  const subject = { following, offerOf, open: (reference: FoundOffer['reference']) => fetchOfferWithOutline(services, reference) }
  const audited = await auditHistory(services as Services, subject, history.value, false, (tick, closed, documents) => {
    log.closed.set(tick.sha256, closed)
    for (const [sha256, document] of documents) if (document.body.type === 'acceptance') log.documents.set(sha256, document)
  })
  if (!audited.ok) return audited
  const wrong = audited.value.ticks.find(({ equal }) => !equal)
  if (wrong !== undefined || audited.value.ledger === null || audited.value.ticks.length < log.ticks.length)
    return fail(
      'restore.differs',
      `Tick ${wrong?.number ?? log.ticks.length} is not what follows from the log: ${wrong?.problems[0] ?? 'its files cannot be had'} Ask somebody who serves or uses the app to be there, and try again.`,
    )
  return ok({ ...log, ledger: audited.value.ledger })
}

interface Making {
  services: RestoreServices
  keys: Keys
  offers: readonly FoundOffer[]
  app: string
  lost: string[]
}

/** The secrets of a plan again, from the key that signed its tick; null where the published plan is another one. */
async function secretOf(
  { services, keys, offers, app }: Making,
  { document: { body } }: CountedTick,
  plan: Plan,
): Promise<SecretPlan | null> {
  const { crypto, random } = services
  const offer = offers.find(({ reference }) => reference.sha256 === body.offer)
  const [by, signs] = [keys.indexOf(body.by), keys.indexOf(offer?.document.body.by ?? '')]
  if (offer === undefined || offer.program === null || by === null || signs === null) return null
  const { versions, primeBits } = offer.document.body
  const place = { app, tick: plan.tick, number: body.number, hash: body.blocks.hash }
  const made = await makePlan(
    { crypto, random: planRandom(crypto, keys.at(by), place) },
    {
      program: offer.program,
      app,
      tick: plan.tick,
      ready: [],
      versions,
      primeBits,
      prime: (bits, from) => random.prime(bits, from),
      salt: saltsOf(crypto, keys.at(signs), body.offer),
    },
  )
  const isSame = made.plan.sealing === plan.sealing && canonicalText(made.plan.endpoints) === canonicalText(plan.endpoints)
  return isSame ? made.secret : null
}

/** Plans of the last ticks with their secrets, and the files that such a tick is composed of again. */
async function plansOf(making: Making, ticks: readonly CountedTick[]): Promise<Map<string, Array<{ plan: Plan; secret: SecretPlan }>>> {
  const plans = new Map<string, Array<{ plan: Plan; secret: SecretPlan }>>()
  for (const tick of ticks.slice(-WITH_PLANS)) {
    const list: Array<{ plan: Plan; secret: SecretPlan }> = []
    for (const plan of tick.document.body.plans) {
      const secret = await secretOf(making, tick, plan)
      if (secret === null)
        making.lost.push(
          `The secrets of the plan for tick ${plan.tick} do not follow from the key of tick ${tick.document.body.number}: take back that tick and those after it with «resume».`,
        )
      else list.push({ plan, secret })
      await making.services.documents.fetchFile(tick.reference.infohash, plan.readyFile)
    }
    plans.set(tick.reference.sha256, list)
  }
  return plans
}

/** Rows as the Supervisor's own services write them. */
function rowsOf({ services: { crypto, storage }, keys, offers }: Making, { ledger, ticks }: Log, state: SupervisorState): StorageWrite[] {
  const published = (sha256: string, infohash: string, txid: string): StorageWrite => ({
    table: PUBLICATIONS,
    key: sha256,
    value: { infohash, txid, fee: 0 },
  })
  const digestOf = (program: Program): string => toHex(crypto.sha256(canonicalBytes(program)))
  const ofOffers = offers.flatMap(({ reference, transaction, document, program }): StorageWrite[] => {
    if (program === null) return []
    const { by, supersedes } = document.body
    const [index, digest] = [keys.indexOf(by) ?? 0, digestOf(program)]
    const name = nameOfChange({ index, program: digest, supersedes: supersedes?.sha256 ?? null, reason: null })
    return [
      row(`program:${digest}`, program as unknown as Json),
      row(`offer:${reference.sha256}`, { program: digest, document: document.body, keyIndex: index }),
      row(`signed:${name}`, reference.sha256),
      row(`infohash:${reference.sha256}`, reference.infohash),
      published(reference.sha256, reference.infohash, transaction.txid),
    ]
  })
  const infohashes = new Map(ticks.map(({ reference }) => [reference.sha256, reference.infohash]))
  const ofTicks = state.seals.flatMap(({ sha256, txid, number }) =>
    number === null ? [] : [published(sha256, infohashes.get(sha256) ?? '', txid)],
  )
  return [...ofOffers, ...ofTicks, ...(ledger === null ? [] : ledgerRows(storage, ledger.number, ledger))]
}

/** The offer's terms, as a person would have set them. */
function termsIn({ document: { body } }: FoundOffer): SupervisorTerms {
  const terms = Object.fromEntries(Object.keys(offerTerms.shape).map((name) => [name, body[name as keyof typeof body]]))
  return { ...(terms as unknown as SupervisorTerms), perRequest: body.pay.perRequest }
}

/** The offer of the last tick, or the newest where there is none; one that takes over later is in the state. */
const inForce = (offers: readonly FoundOffer[], ticks: readonly CountedTick[]): FoundOffer =>
  offers.find(({ reference }) => reference.sha256 === ticks.at(-1)?.document.body.offer) ?? offers.at(-1)!

/**
 * Brings an app back. Nothing is written or published here; repeating it is harmless. The chain has to have been followed from the app's first offer on.
 * @param wanted `index`: number of the master key; `programs`: the app's programs as a person has them, where the swarm does not
 * Errors: `restore.offer`, `restore.program`, `restore.differs`, `restore.incomplete`, those of fetching.
 */
export async function restoreSupervisor(
  services: RestoreServices,
  { index, programs = [] }: { index: number; programs?: readonly unknown[] },
): Promise<Result<RestoredSupervisor>> {
  const { crypto, storage } = services
  const anchored = anchoredBetween(storage, -1, Number.MAX_SAFE_INTEGER)
  const keys = keysOf(services, index, anchored)
  const found = await findOffers(services, anchored, keys.master, programs)
  if (!found.ok) return found
  const { offers, missing } = found.value
  const [first] = offers
  const app = first!.reference.sha256
  const revocations = await saidBy(services, anchored, keys.master.publicKey, 'revocation')
  const resumptions = await saidBy(services, anchored, keys.master.publicKey, 'resumption')
  const signers = [...new Set(offers.map(({ document }) => document.body.by))]
  const revoked = Object.fromEntries(revocations.toReversed().map(({ transaction, document }) => [document.body.key, transaction.height]))
  const log = await readLog(services, { ...startFollowing(app, keys.master.publicKey, signers), revoked }, offers)
  if (!log.ok) return log
  const current = inForce(offers, log.value.ticks)
  if (current.program === null)
    return fail(
      'restore.program',
      `Nobody who is there now holds the program of «${current.document.body.title}». Give it, as it was compiled for the offer ${current.reference.sha256}; or ask somebody who serves or uses the app to be there, and try again.`,
    )
  const making: Making = { services, keys, offers, app, lost: [...missing] }
  const plans = await plansOf(making, log.value.ticks)
  const documents = new Map([...log.value.documents, ...revocations.map(({ document }) => [document.sha256, document] as const)])
  const state = replay({
    crypto,
    offers,
    ticks: log.value.ticks,
    closedOf: (sha256) => log.value.closed.get(sha256)!,
    plansOf: (tick) => plans.get(tick.reference.sha256) ?? [],
    documentOf: (sha256) => documents.get(sha256) ?? null,
    resumptions,
    blocks: blocksFrom(services, first!.transaction.height),
  })
  if (!state.ok) return state
  const resumed = resumptions.map(({ document }) => keys.indexOf(document.body.key) ?? 0)
  return ok({
    id: keys.master.publicKey,
    app,
    title: current.document.body.title,
    rows: [...supervisorRows(current.program, termsIn(current)), ...rowsOf(making, log.value, state.value)],
    states: {
      supervisor: state.value,
      hiring: { keyIndex: keys.last, wanted: null },
      resuming: { keyIndex: resumed.at(-1) ?? null, wanted: null },
    },
    lost: making.lost,
  })
}

function* blocksFrom({ storage }: RestoreServices, from: number) {
  for (let height = from; height <= (tipIn(storage)?.height ?? 0); height++) yield blockAgain(storage, height)
}
