/** The Supervisor in service: publishes grant and offer, performs the step's effects, and keeps the ledger on disk. */
import { check, type Program } from '../../../roles/program/index.ts'
import { beaconKey } from '../../../roles/protocol/anchor.ts'
import { toHex } from '../../../roles/protocol/bytes.ts'
import { canonicalBytes } from '../../../roles/protocol/canonical.ts'
import { openDocument, signDocument, type DocumentType, type Offer, type OpenedDocument, type Reference } from '../../../roles/protocol/documents/index.ts'
import type { AnchoredTransaction } from '../../../roles/protocol/events.ts'
import type { KeyPair } from '../../../roles/protocol/keys.ts'
import { checkSuccession, createLedger } from '../../../roles/protocol/ledger.ts'
import { encodeOutline, outlineOf } from '../../../roles/protocol/outline.ts'
import { fail, failForNow, must, ok, type Result } from '../../../roles/protocol/result.ts'
import { fileEntry } from '../../../roles/protocol/snapshot-files.ts'
import {
  createKeeper, createStep, initialState, refuseOffer, type Keeper, type OfferParts, type SupervisorEffect, type SupervisorEvent, type SupervisorState, type TickWork,
} from '../../../roles/supervisor/index.ts'
import type { Engine } from '../engine.ts'
import { KEEP_LEDGERS, ledgerRows, storedLedger } from './ledger-store.ts'
import type { Json, StorageWrite } from '../ports.ts'
import { performFetch, type Services } from '../services.ts'
import type { ParticipantSettings } from '../settings.ts'

type Settings = NonNullable<ParticipantSettings['supervisor']>

export interface SupervisorService {
  state(): SupervisorState | null
  title(): string
  key(): string
  /** Publishes a new program for the running app (essay, Supervisor bootstraps 5). Errors: those of the checker, `offer.*`. */
  supersede(program: unknown): Promise<Result<{ offer: string }>>
  /** Revokes the secondary key and goes on with a newly granted one. Safe to repeat: what was signed before is published again. */
  replaceKey(reason: string): Promise<Result<{ offer: string; key: string }>>
}

const TABLE = 'supervisor'
/** How long a tick that is being closed waits for documents still on their way. */
const LAST_CHANCE_MS = 4_000

interface StoredOffer { program: Json; document: Json; keyIndex: number }

export async function startSupervisor(services: Services, engine: Engine, settings: Settings): Promise<Result<SupervisorService>> {
  const { crypto, storage, random, wallet, documents, identity } = services
  const checked = check(settings.program)
  if (!checked.ok) return checked
  const master = wallet.watchKey({ purpose: 'master', app: 0 }, 'identity')
  const signerAt = (index: number): KeyPair => wallet.watchKey({ purpose: 'secondary', app: 0, index }, 'identity')
  const keyIndex = (): number => (storage.get(TABLE, 'key-index') as number | undefined) ?? 0
  const offers = new Map<string, OfferParts>()
  let member: { state(): SupervisorState; dispatch(event: SupervisorEvent): Promise<void> } | undefined

  const partsOf = (program: Program, body: Offer, index: number): OfferParts => ({ body, program, outline: outlineOf(program), signer: signerAt(index) })
  const remember = (document: OpenedDocument<'offer'>, program: Program, index: number): StorageWrite[] => {
    offers.set(document.sha256, partsOf(program, document.body, index))
    return [{ table: TABLE, key: `offer:${document.sha256}`, value: { program: program as unknown as Json, document: document.body as unknown as Json, keyIndex: index } }]
  }
  for (const { key, value } of storage.list(TABLE, 'offer:')) {
    const { program, document, keyIndex: index } = value as unknown as StoredOffer
    offers.set(key.slice('offer:'.length), partsOf(must(check(program)), document as unknown as Offer, index))
  }

  /** Signs an offer for a program; the document is stored before anything of it is published. */
  function makeOffer(program: Program, grant: Reference, supersedes: { reference: Reference; app: string } | null, index: number): { document: OpenedDocument<'offer'>; writes: StorageWrite[] } {
    const signer = signerAt(index)
    const sealing = identity.sealing(signer, 'receipts')
    const outline = { name: 'outline', bytes: encodeOutline(outlineOf(program)) }
    const document = signDocument(crypto, 'offer', {
      master: master.publicKey, grant, sealing: toHex(sealing.publicKey), supersedes: supersedes?.reference ?? null, app: supersedes?.app ?? null,
      title: settings.title, outline: fileEntry(crypto, outline), pay: { perRequest: settings.perRequest, perMillionSteps: 0, perMegabyte: 0 },
      minimumServers: settings.minimumServers, trackers: settings.trackers, work: settings.work, tickBlocks: settings.tickBlocks, joinBlocks: settings.joinBlocks,
      confirmations: settings.confirmations, versions: settings.versions, primeBits: settings.primeBits, budget: { steps: 1_000_000, bytes: 4_000_000 },
    }, signer, random.bytes(32))
    return { document, writes: remember(document, program, index) }
  }

  async function publishOffer(document: OpenedDocument<'offer'>): Promise<Result<{ reference: Reference }>> {
    const published = await documents.publish({
      documentType: 'offer', document: document.bytes, files: [{ name: 'outline', bytes: encodeOutline(offers.get(document.sha256)!.outline) }],
      spendFromKeys: [], payToKeys: [beaconKey(crypto, 'offer'), document.body.by],
    })
    if (published.ok) storage.transact([{ table: TABLE, key: `infohash:${document.sha256}`, value: published.value.reference.infohash }])
    return published
  }

  /** The master key's statements pay its own address, which everybody watches. */
  const publishByMaster = (documentType: 'grant' | 'revocation', document: OpenedDocument) =>
    services.persist(`publish the ${documentType}`, () => documents.publish({ documentType, document: document.bytes, files: [], spendFromKeys: [], payToKeys: [master.publicKey] }))
  const grantTo = (index: number) => publishByMaster('grant', storedDocument(services, 'grant', `grant:${index}`, () =>
    signDocument(crypto, 'grant', { key: signerAt(index).publicKey, note: `secondary key ${index}` }, master, random.bytes(32))))

  /** The grant comes first: the offer names it. Both are signed once and then published until it succeeds. */
  async function bootstrap(): Promise<void> {
    const granted = await grantTo(0)
    const first = storedDocument(services, 'offer', 'first', () => {
      const made = makeOffer(must(check(settings.program)), granted.reference, null, 0)
      storage.transact(made.writes)
      return made.document
    })
    join(first)
    await services.persist('publish the offer', () => publishOffer(first))
  }

  function join(first: OpenedDocument<'offer'>): void {
    if (member !== undefined) return
    const keeper = createKeeper({
      crypto, random: (n) => random.bytes(n), prime: (bits) => random.prime(bits), ledger: storedLedger(storage, TABLE) ?? createLedger(first.sha256, offers.get(first.sha256)!.outline),
      offer: (sha256) => offers.get(sha256)!,
    })
    const performer = createPerformer(services, keeper, (sha256) => offers.get(sha256)!.signer, () => signerAt(keyIndex()))
    member = engine.add<SupervisorState, SupervisorEvent, SupervisorEffect>({
      name: 'supervisor', initial: initialState({ sha256: first.sha256, body: first.body }, first.sha256), step: createStep(crypto), perform: performer,
    })
  }

  async function succeed(program: Program, grant: (inForce: Offer) => Promise<Reference>, index: number): Promise<Result<{ offer: string }>> {
    const state = member?.state()
    if (state === undefined) return fail('offer.none', 'There is no offer yet that a new one could replace. Wait until it is anchored.')
    const inForce = state.next?.offer ?? state.offer
    const kept = checkSuccession(offers.get(inForce.sha256)!.outline, outlineOf(program))
    if (!kept.ok) return kept
    const reference = { sha256: inForce.sha256, infohash: String(storage.get(TABLE, `infohash:${inForce.sha256}`)) }
    const made = makeOffer(program, await grant(inForce.body), { reference, app: state.app }, index)
    const refusal = refuseOffer(state, made.document.body)
    if (refusal !== null) return fail('offer.refused', `The new program cannot take over: ${refusal}.`)
    storage.transact(made.writes)
    // Told first: its anchor may be in a block before the publication is known to be done.
    await member!.dispatch({ type: 'offer.superseding', sha256: made.document.sha256, offer: made.document.body })
    await services.persist('publish the superseding offer', () => publishOffer(made.document))
    return ok({ offer: made.document.sha256 })
  }

  async function supersede(json: unknown): Promise<Result<{ offer: string }>> {
    const program = check(json)
    return program.ok ? succeed(program.value, (inForce) => Promise.resolve(inForce.grant), keyIndex()) : program
  }

  async function replaceKey(reason: string): Promise<Result<{ offer: string; key: string }>> {
    const state = member?.state()
    if (state === undefined) return fail('offer.none', 'There is no offer yet whose key could be replaced. Wait until it is anchored.')
    const index = keyIndex() + 1
    const revocation = storedDocument(services, 'revocation', `revocation:${index - 1}`, () =>
      signDocument(crypto, 'revocation', { key: signerAt(index - 1).publicKey, reason }, master, random.bytes(32)))
    await publishByMaster('revocation', revocation)
    const { program } = offers.get((state.next?.offer ?? state.offer).sha256)!
    const done = await succeed(program, async () => (await grantTo(index)).reference, index)
    if (!done.ok) return done
    storage.transact([{ table: TABLE, key: 'key-index', value: index }])
    return ok({ ...done.value, key: signerAt(index).publicKey })
  }

  const known = storage.get(TABLE, 'first')
  if (known !== undefined) join(must(openDocument(crypto, 'offer', canonicalBytes(known))))
  void bootstrap()
  return ok({ state: () => member?.state() ?? null, title: () => settings.title, key: () => signerAt(keyIndex()).publicKey, supersede, replaceKey })
}

/** A document that is signed once: found in storage, or made and stored there before anyone sees it. */
function storedDocument<T extends DocumentType>(services: Services, type: T, key: string, make: () => OpenedDocument<T>): OpenedDocument<T> {
  const stored = services.storage.get(TABLE, key)
  if (stored !== undefined) return must(openDocument(services.crypto, type, canonicalBytes(stored)))
  const made = make()
  services.storage.transact([{ table: TABLE, key, value: made.body as unknown as Json }])
  return made
}

const arrivedKey = (number: number): string => `arrived:${String(number).padStart(10, '0')}`

/** Performs the step's effects; closing and composing one after the other, because they share the ledger. */
function createPerformer(services: Services, keeper: Keeper, signerOf: (offer: string) => KeyPair, newestSigner: () => KeyPair) {
  const { clock, crypto, storage, documents, log } = services
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = turn.then(work, work)
    turn = next.catch(() => undefined)
    return next
  }

  /**
   * Documents that are here, after those still on their way had a last chance. Which they are is settled once for a tick: a composition
   * that is repeated after a crash sees the same ones, so it makes the same bytes and is not published a second time.
   */
  async function lookup(work: TickWork): Promise<(transaction: AnchoredTransaction) => OpenedDocument | null> {
    const settled = storage.get(TABLE, arrivedKey(work.number)) as unknown as { hash: string; txids: string[] } | undefined
    const known = settled?.hash === work.hash ? new Set(settled.txids) : null
    const wanted = work.transactions.filter(({ txid }) => known === null || known.has(txid))
    // Fetching began when the block came; what nobody seeds must not hold up the tick of everybody else.
    const lastChance = new Promise<Result<OpenedDocument>>((resolve) => {
      clock.after(LAST_CHANCE_MS, () => resolve(failForNow('document.late', 'The document did not arrive before its tick was closed.')))
    })
    const found = await Promise.all(wanted.map(async ({ txid, anchor }) => {
      const fetching = documents.fetch({ sha256: anchor.sha256, infohash: anchor.infohash }, anchor.type)
      const document = await (known === null ? Promise.race([fetching, lastChance]) : fetching)
      if (!document.ok && known !== null) throw new Error(`the ${anchor.type} ${anchor.sha256} was here and is not any more: ${document.error.message}`)
      return document.ok ? [[txid, document.value] as const] : []
    }))
    const byTxid = new Map(found.flat())
    if (known === null) storage.transact([{ table: TABLE, key: arrivedKey(work.number), value: { hash: work.hash, txids: [...byTxid.keys()] } }])
    return ({ txid }) => byTxid.get(txid) ?? null
  }

  async function compose(effect: SupervisorEffect & { type: 'compose' }): Promise<SupervisorEvent[]> {
    const { work, seed } = effect
    const composed = keeper.compose(work, seed, await lookup(work))
    const signer = signerOf(work.offer)
    const published = await documents.publish({
      documentType: 'tick', document: composed.document.bytes, files: composed.files, spendFromKeys: [signer.publicKey], payToKeys: [signer.publicKey],
    })
    if (!published.ok) throw new Error(`tick ${work.number} is not published yet: ${published.error.message}`)
    storage.transact([
      ...ledgerRows(storage, TABLE, work.number, keeper.ledger),
      { table: TABLE, key: arrivedKey(work.number - KEEP_LEDGERS), delete: true },
    ])
    return [composed.event(published.value.reference)]
  }

  return async (effect: SupervisorEffect): Promise<SupervisorEvent[]> => {
    switch (effect.type) {
      case 'fetch': return performFetch(documents, effect)
      case 'close': return inTurn(async () => [await keeper.close(effect.work, await lookup(effect.work))])
      case 'compose': return inTurn(() => compose(effect))
      case 'rollback': return inTurn(() => { keeper.rollback(effect.number); return Promise.resolve([]) })
      case 'tombstone': {
        const key = newestSigner()
        // Signed without auxiliary randomness: an effect that is performed again makes the same bytes, so nothing is anchored twice.
        const document = signDocument(crypto, 'tombstone', effect.fields, key, new Uint8Array(32))
        await services.persist('publish a tombstone', () => documents.publish({ documentType: 'tombstone', document: document.bytes, files: [], spendFromKeys: [], payToKeys: [key.publicKey] }))
        log.log('warn', `A tombstone ends ${effect.fields.kind} ${effect.fields.subject}: ${effect.fields.reason}`)
        return []
      }
      case 'log': return []
    }
  }
}
