/** The Supervisor in service: hires with its offer, closes ticks, and replaces its program or its key. */
import { check, splitNotes, type Program } from '../../../roles/program/index.ts'
import type { Offer, OpenedDocument, Reference } from '../../../roles/protocol/documents/index.ts'
import { checkSuccession, createLedger } from '../../../roles/protocol/ticks/index.ts'
import { outlineOf } from '../../../roles/protocol/requests/index.ts'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'
import {
  createKeeper,
  createStep,
  initialState,
  refuseOffer,
  type SupervisorEffect,
  type SupervisorEvent,
  type SupervisorState,
} from '../../../roles/supervisor/index.ts'
import type { CommandArgs, RowsView } from '../../contract/index.ts'
import type { Dispatching, Engine } from '../engine.ts'
import type { Services } from '../services.ts'
import { createEffects } from './effects.ts'
import { storedLedger } from './ledger-store.ts'
import { createReading, type SupervisorReading } from './reading.ts'
import { createOfferBook, SUPERVISOR_ROWS, type OfferBook, type SupervisorSettings } from './offers.ts'

export interface SupervisorService {
  state(): SupervisorState | null
  title(): string
  key(): string
  /** Publishes a new program for the running app (essay, Supervisor bootstraps 5). Errors: those of the checker, `offer.*`. */
  supersede(program: unknown): Promise<Result<{ offer: string }>>
  /** Revokes the secondary key and goes on with a newly granted one. Safe to repeat: what was signed before is published again. */
  replaceKey(reason: string): Promise<Result<{ offer: string; key: string }>>
  /** Reads the newest tick that it published. */
  read(args: CommandArgs<'read'>): Promise<Result<RowsView>>
  stop(): void
}

type Member = Dispatching<SupervisorState, SupervisorEvent>

/** Errors: those of the checker, for the program in the settings. */
export function startSupervisor(services: Services, engine: Engine, settings: SupervisorSettings): Result<SupervisorService> {
  const checked = check(settings.program)
  if (!checked.ok) return checked
  tellSplits(services, checked.value)
  const book = createOfferBook(services, settings)
  const reading = createReading(services, book)
  let member: Member | null = null
  const hire = (first: OpenedDocument<'offer'>): void => {
    member ??= takePart(services, engine, book, first, reading)
  }
  const known = book.storedFirst()
  if (known !== null) hire(known)
  void bootstrap(book, checked.value, hire)
  return ok({
    state: () => member?.state() ?? null,
    title: () => settings.title,
    key: () => book.signerAt(book.keyIndex()).publicKey,
    async supersede(json) {
      const program = check(json)
      if (!program.ok) return program
      tellSplits(services, program.value)
      return succeed(services, book, member, program.value, (inForce) => Promise.resolve(inForce.grant), book.keyIndex())
    },
    replaceKey: (reason) => replaceKey(services, book, member, reason),
    read: (args) => reading.read(member?.state() ?? null, args),
    stop: () => reading.close(),
  })
}

/** L8: whoever offers a program reads where a computed value splits it, and what that exposes. */
function tellSplits({ log }: Services, program: Program): void {
  for (const note of splitNotes(program)) log.log('warn', note)
}

/** The grant comes first: the offer names it. Both are signed once and then published until it succeeds. */
async function bootstrap(book: OfferBook, program: Program, hire: (first: OpenedDocument<'offer'>) => void): Promise<void> {
  const first = book.first(program, await book.grant(0))
  hire(first)
  await book.publish(first)
}

function takePart(services: Services, engine: Engine, book: OfferBook, first: OpenedDocument<'offer'>, reading: SupervisorReading): Member {
  const { crypto, random, storage } = services
  const keeper = createKeeper({
    crypto,
    random: (n) => random.bytes(n),
    prime: (bits) => random.prime(bits),
    offer: book.partsOf,
    ledger: storedLedger(storage) ?? createLedger(first.sha256, book.partsOf(first.sha256).outline),
  })
  const step = createStep(crypto)
  const member: Member = engine.add<SupervisorState, SupervisorEvent, SupervisorEffect>({
    name: 'supervisor',
    initial: initialState({ sha256: first.sha256, body: first.body }, first.sha256),
    step(state, event) {
      const stepped = step(state, event)
      if (stepped.state.ticks !== state.ticks) queueMicrotask(() => reading.follow(member.state()))
      return stepped
    },
    perform: createEffects(services, keeper, book),
  })
  reading.follow(member.state())
  return member
}

const noOffer = fail('offer.none', 'There is no offer yet that could be replaced. Wait until it is anchored.')

/** Replaces the offer in force by one for this program, signed by the secondary key of that index. */
async function succeed(
  services: Services,
  book: OfferBook,
  member: Member | null,
  program: Program,
  grant: (inForce: Offer) => Promise<Reference>,
  index: number,
): Promise<Result<{ offer: string }>> {
  if (member === null) return noOffer
  const state = member.state()
  const inForce = state.next?.offer ?? state.offer
  const kept = checkSuccession(book.partsOf(inForce.sha256).outline, outlineOf(program))
  if (!kept.ok) return kept
  const { document, writes } = book.make(
    program,
    await grant(inForce.body),
    { reference: book.referenceOf(inForce.sha256), app: state.app },
    index,
  )
  const refusal = refuseOffer(state, document.body)
  if (refusal !== null) return fail('offer.refused', `The new program cannot take over: ${refusal}.`)
  services.storage.transact(writes)
  // Told first: its anchor may be in a block before the publication is known to be done.
  await member.dispatch({ type: 'offer.superseding', sha256: document.sha256, offer: document.body })
  await book.publish(document)
  return ok({ offer: document.sha256 })
}

async function replaceKey(
  services: Services,
  book: OfferBook,
  member: Member | null,
  reason: string,
): Promise<Result<{ offer: string; key: string }>> {
  if (member === null) return noOffer
  const index = book.keyIndex() + 1
  await book.revoke(index - 1, reason)
  const state = member.state()
  const { program } = book.partsOf((state.next?.offer ?? state.offer).sha256)
  const done = await succeed(services, book, member, program, () => book.grant(index), index)
  if (!done.ok) return done
  services.storage.transact([{ table: SUPERVISOR_ROWS, key: 'key-index', value: index }])
  return ok({ ...done.value, key: book.signerAt(index).publicKey })
}
