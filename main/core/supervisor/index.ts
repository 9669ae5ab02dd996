/** The Supervisor in service: hires with its offer, closes ticks, and replaces its program or its key. */
import { check, splitNotes, type Program } from '../../../roles/program/index.ts'
import type { OpenedDocument } from '../../../roles/protocol/documents/index.ts'
import type { KeyPair } from '../../../roles/protocol/keys/index.ts'
import { checkSuccession, createLedger } from '../../../roles/protocol/ticks/index.ts'
import { outlineOf } from '../../../roles/protocol/requests/index.ts'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'
import {
  createKeeper,
  createStep,
  initialState,
  refuseTerms,
  takesOver,
  type SupervisorEffect,
  type SupervisorEvent,
  type SupervisorState,
  type Wanted,
} from '../../../roles/supervisor/index.ts'
import type { CommandArgs, RowsView } from '../../contract/index.ts'
import { isPublished } from '../documents/index.ts'
import type { Dispatching, Scope } from '../engine.ts'
import { meetAt } from '../meeting.ts'
import type { Json } from '../ports.ts'
import type { ReadArgs } from '../read-index.ts'
import { changedTerms, supervisorTerms, type SupervisorTerms } from './terms.ts'
import { tell, type Services } from '../services.ts'
import { checkedFetch, wantedDocuments } from './arrivals.ts'
import { createEffects } from './effects.ts'
import { createGathering, type Gathering } from './gathering.ts'
import { publish as publishStatement, startHiring, type Hiring } from './hiring.ts'
import { resume, startResuming, type Resuming } from './resuming.ts'
import { storedLedger } from './ledger-store.ts'
import { createReading, type SupervisorReading } from './reading.ts'
import { createOfferBook, enoughServers, SUPERVISOR_ROWS, type OfferBook } from './offers.ts'

export interface SupervisorService {
  state(): SupervisorState | null
  /** Digests of the ticks that it may have to take back or compose again, newest last. */
  ticks(): string[]
  title(): string
  key(): string
  /** Digest of the app's first offer; null before it is signed. */
  app(): string | null
  /**
   * Publishes a new program or other terms for the running app (essay, Supervisor bootstraps 5), under another title if one is given.
   * Errors: those of the checker, `publish.terms`, `offer.*`.
   */
  update(change: Update): Promise<Result<{ offer: string }>>
  /** Revokes the secondary key and goes on with a newly granted one. Errors: `offer.*`, before anything is published. */
  replaceKey(reason: string): Promise<Result<{ offer: string; key: string }>>
  /**
   * Ends, by the master key, every tick after a good one: by default those after the last that was published here and that nobody else has replaced. A new
   * key goes on from there. Errors: `offer.none`, `resume.tick`, `resume.shows`, `resume.busy`, before anything is published.
   */
  takeBack(args: Omit<CommandArgs<'publish.takeBack'>, 'app'>): Promise<Result<{ good: number | null; key: string }>>
  /**
   * Takes the app's signing key back for good, so that nobody joins, serves or sends any more. That it is to be is written first; resolves once it is published.
   * Safe to repeat: the first reason stays. Error: `offer.none`.
   */
  retire(reason: string): Promise<Result<null>>
  /** Why the app is being ended, where it is: whoever asked may not have lived to see it done. */
  retiring(): string | null
  /** Reads the newest tick that it published. */
  read(args: ReadArgs): Promise<Result<RowsView>>
  stop(): void
}

export type Update = Pick<CommandArgs<'publish.update'>, 'program' | 'title' | 'terms'>

type Member = Dispatching<SupervisorState, SupervisorEvent>

const TERMS = 'terms'
const INITIAL = 'program'
const RETIRING = 'retiring'

/** What a new app begins with, to be written with the row of its engagement. */
export const supervisorRows = (program: Program, terms: SupervisorTerms) => [
  { table: SUPERVISOR_ROWS, key: TERMS, value: terms as unknown as Json },
  { table: SUPERVISOR_ROWS, key: INITIAL, value: program as unknown as Json },
]

interface Part {
  member: Member
  gathering: Gathering
}

/**
 * @param index which of the wallet's apps this is
 * Errors: those of the checker, `offer.servers`.
 */
export function startSupervisor(services: Services, engine: Scope, index: number): Result<SupervisorService> {
  const { storage } = services
  let terms = supervisorTerms.parse(storage.get(SUPERVISOR_ROWS, TERMS))
  const checked = check(storage.get(SUPERVISOR_ROWS, INITIAL))
  if (!checked.ok) return checked
  const enough = enoughServers(terms, checked.value)
  if (!enough.ok) return enough
  tellSplits(services, checked.value)
  const book = createOfferBook(services, index, () => terms)
  const reading = createReading(services, book)
  let part: Part | null = null
  const keyIndex = (): number => Math.max(hiring.state().keyIndex, resuming.state().keyIndex ?? 0)
  const signer = (): KeyPair => book.signerAt(keyIndex())
  const takeUp = (first: OpenedDocument<'offer'>): Member => (part ??= takePart(services, engine, book, first, reading)).member
  const first = book.first()
  if (first !== null) {
    meetAt(services, first.sha256, first.body)
    takeUp(first)
  }
  const hiring = startHiring(services, engine, book, (offer, wanted) => {
    meetAt(services, offer.sha256, offer.body)
    return offered(takeUp(book.first() ?? offer), offer, wanted)
  })
  const resuming = startResuming(services, engine, book, (event) => part?.member.dispatch(event) ?? Promise.resolve())
  goOnRestored((part as Part | null)?.member ?? null, resuming, keyIndex() + 1, services)
  if (first === null)
    tell(services, 'begin with the job offer', () =>
      hiring.hire({ index: 0, program: book.keepProgram(checked.value), supersedes: null, reason: null }),
    )
  const keep = (next: SupervisorTerms): void => {
    storage.transact([{ table: SUPERVISOR_ROWS, key: TERMS, value: next as unknown as Json }])
    terms = next
  }
  const succeed = (change: Change) => replace({ book, hiring, member: part?.member ?? null, keep, keyIndex: keyIndex() }, change)
  const programNow = (): Program | null => (part === null ? null : book.partsOf(part.member.state().offer.sha256).program)
  return ok({
    state: () => part?.member.state() ?? null,
    app: () => book.first()?.sha256 ?? null,
    ticks: () => (part?.member.state().ticks ?? []).map(({ reference }) => reference.sha256),
    title: () => part?.member.state().offer.body.title ?? terms.title,
    key: () => signer().publicKey,
    async update({ program: json, title, terms: chosen }) {
      const program = json === undefined ? ok(programNow() ?? checked.value) : check(json)
      if (!program.ok) return program
      const changed = chosen === undefined ? ok(terms) : changedTerms(terms, chosen)
      if (!changed.ok) return changed
      if (json !== undefined) tellSplits(services, program.value)
      return succeed({ program: program.value, terms: changed.value, reason: null, ...(title === undefined ? {} : { title }) })
    },
    async replaceKey(reason) {
      const program = programNow()
      if (program === null) return noOffer
      const done = await succeed({ program, terms, reason })
      return done.ok ? ok({ ...done.value, key: signer().publicKey }) : done
    },
    takeBack: (asked) => resume({ member: part?.member ?? null, resuming, index: keyIndex() + 1, services }, asked),
    retire: (reason) => (part === null ? Promise.resolve(noOffer) : retire(services, book, keyIndex(), reason)),
    retiring: () => retiring(services),
    read: (args) => reading.read(part?.member.state() ?? null, args),
    stop() {
      part?.gathering.stop()
      reading.close()
    },
  })
}

const retiring = ({ storage }: Services): string | null => (storage.get(SUPERVISOR_ROWS, RETIRING) as string | undefined) ?? null

/** That it is to be is written before anything is published: who dies meanwhile goes on with it. */
async function retire(services: Services, book: OfferBook, index: number, reason: string): Promise<Result<null>> {
  const told = retiring(services) ?? reason
  services.storage.transact([{ table: SUPERVISOR_ROWS, key: RETIRING, value: told }])
  const address = [book.master.publicKey]
  await publishStatement(services, book.revocation(index, told), address, [], address)
  return ok(null)
}

/** L8: whoever offers a program reads where a computed value splits it, and what that exposes. */
function tellSplits({ log }: Services, program: Program): void {
  for (const note of splitNotes(program)) log.log('warn', note)
}

function takePart(services: Services, engine: Scope, book: OfferBook, first: OpenedDocument<'offer'>, reading: SupervisorReading): Part {
  const { crypto, random, storage } = services
  const keeper = createKeeper({
    crypto,
    random: (n) => random.bytes(n),
    prime: (bits, from) => random.prime(bits, from),
    offer: book.partsOf,
    signer: book.signerOf,
    ledger: storedLedger(storage) ?? createLedger(first.sha256, book.partsOf(first.sha256).outline),
  })
  const step = createStep(crypto, (sha256) => isPublished(storage, sha256))
  const gathering = createGathering({ documents: checkedFetch(services), clock: services.clock }, (event) =>
    tell(services, 'take a document in', () => member.dispatch(event)),
  )
  const gather = (): void => gathering.want(wantedDocuments(member.state(), keeper.ledger.database))
  const member: Member = engine.add<SupervisorState, SupervisorEvent, SupervisorEffect>({
    name: 'supervisor',
    initial: initialState({ sha256: first.sha256, body: first.body }, first.sha256),
    step,
    changed(state, before) {
      if (state.ticks !== before.ticks) reading.catchUp(state)
      if (state.waiting !== before.waiting || state.expected !== before.expected) gather()
    },
    perform: createEffects(services, keeper, gathering, () => member.state()),
  })
  reading.catchUp(member.state())
  gather()
  return { member, gathering }
}

/** Brought back from the phrase, it goes on once the master key has named a key that has signed nothing yet. Asked for again after a crash, that happens once. */
function goOnRestored(member: Member | null, resuming: Resuming, index: number, services: Services): void {
  if (member?.state().phase !== 'restored' || resuming.state().wanted !== null) return
  tell(services, 'go on with an app that was restored', async () => {
    const done = await resume({ member, resuming, index, services }, { reason: RESTORED })
    if (!done.ok) services.log.log('error', `The app does not go on after it was restored: ${done.error.message}`)
  })
}

/** For people, in the resumption of an app that was brought back. */
const RESTORED = 'The Supervisor was restored from its phrase; another key goes on.'

const noOffer = fail('offer.none', 'There is no offer yet that could be replaced. Wait until it is anchored.')

/** The step of the Supervisor hears of an offer that takes over. Throws while it cannot: another one is about to. */
async function offered(member: Member, { sha256, body }: OpenedDocument<'offer'>, { supersedes }: Wanted): Promise<void> {
  if (supersedes === null) return
  await member.dispatch({ type: 'offer.superseding', sha256, offer: body })
  const { offer, next } = member.state()
  if (offer.sha256 !== sha256 && next?.offer.sha256 !== sha256) throw new Error(`the offer ${sha256} cannot take over yet`)
}

interface Succession {
  book: OfferBook
  hiring: Hiring
  member: Member | null
  /** Writes the terms that the next offer goes by. */
  keep(terms: SupervisorTerms): void
  /** Number of the key that signs now. */
  keyIndex: number
}

type Change = Pick<Wanted, 'reason' | 'title'> & { program: Program; terms: SupervisorTerms }

/**
 * Replaces the offer in force by one for this program, under a new key where there is a reason to take the old one back. Everything that can
 * refuse it is asked before anything is signed or published.
 */
async function replace(
  { book, hiring, member, keep, keyIndex }: Succession,
  { program, terms, reason, ...titled }: Change,
): Promise<Result<{ offer: string }>> {
  if (member === null) return noOffer
  const state = member.state()
  const { wanted } = hiring.state()
  if (wanted !== null)
    return fail('offer.busy', `Another offer is being published. It takes over ${takesOver(state)}; try again after it has.`)
  const kept = checkSuccession(book.partsOf(state.offer.sha256).outline, outlineOf(program))
  if (!kept.ok) return kept
  const enough = enoughServers(terms, program)
  if (!enough.ok) return enough
  const refusal = refuseTerms(state, terms)
  if (refusal !== null) return fail('offer.refused', `The new offer cannot take over: ${refusal}.`)
  keep(terms)
  const index = reason === null ? keyIndex : keyIndex + 1
  return ok({ offer: await hiring.hire({ index, program: book.keepProgram(program), supersedes: state.offer.sha256, reason, ...titled }) })
}
