/** A Supervisor with its keeper on a chain of blocks made by hand: the core's part, without disk, swarm or network. */
import { toHex, utf8 } from '../../../roles/protocol/bytes.ts'
import type { CryptoPort } from '../../../roles/protocol/crypto/index.ts'
import { signDocument, type Offer, type OpenedDocument, type Tick } from '../../../roles/protocol/documents/index.ts'
import type { AnchoredTransaction } from '../../../roles/protocol/events.ts'
import { cloneDatabase } from '../../../roles/protocol/index/index.ts'
import type { UpdateEnv } from '../../../roles/protocol/stamps/index.ts'
import { audit, createLedger, withAnchor, type AnchoredOffer, type AuditInput } from '../../../roles/protocol/ticks/index.ts'
import { outlineOf, plannedIn, termsOf } from '../../../roles/protocol/requests/index.ts'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'
import {
  acceptancesAwaited,
  createKeeper,
  createStep,
  initialState,
  type Keeper,
  type OfferParts,
  type StoredFile,
  type TickWork,
  type SupervisorEffect,
  type SupervisorEvent,
  type SupervisorState,
} from '../../../roles/supervisor/index.ts'
import {
  anchorOf,
  crypto,
  makeAcceptance,
  makeCast,
  makeOffer,
  makeRegistration,
  makeReady,
  makeReservation,
  notes,
  type Cast,
} from './actors.ts'
import type { KeyPair } from '../../../roles/protocol/keys/index.ts'
import { seeded } from '../../tools/seeded.ts'

export interface Published {
  document: OpenedDocument<'tick'>
  files: Map<string, Uint8Array>
}

export interface Town {
  cast: Cast
  app: string
  offer: OpenedDocument<'offer'>
  state(): SupervisorState
  keeper: Keeper
  /** Newest document of each number. */
  ticks: Published[]
  effects: SupervisorEffect[]
  /** Servers that do not answer when they are asked whether they are ready. */
  away: Set<string>
  /** Servers that joined later, who answer too. */
  joined: KeyPair[]
  everybody(): KeyPair[]
  stored: StoredFile
  /** All anchors of the best chain. */
  chain: Map<string, AnchoredTransaction>
  height(): number
  /** Puts documents into the next block; with `withheld` their torrents cannot be fetched. */
  anchor(document: OpenedDocument, money: { spends?: string[]; pays?: string[] }, withheld?: boolean): AnchoredTransaction
  release(document: OpenedDocument): void
  mine(blocks?: number): Promise<void>
  /** Mines to the block that closes this tick. */
  mineTo(tick: number): Promise<void>
  reorg(height: number): Promise<void>
  give(event: SupervisorEvent): Promise<void>
  /** A Supervisor that changes by itself what it has established. */
  rewrite(change: (state: SupervisorState) => SupervisorState): void
  offers: Map<string, OfferParts>
  lookup(transaction: AnchoredTransaction): OpenedDocument | null
}

/** @param own what the Supervisor goes by instead of what its first offer says: a lie that it tells itself, while it works otherwise */
export function makeTown(seed: string, change: Partial<Offer> = {}, servers = 4, own: Partial<Offer> = {}): Town {
  const cast = makeCast(seed, servers)
  const offer = makeOffer(cast, change)
  const app = offer.sha256
  const outline = outlineOf(notes)
  const offers = new Map<string, OfferParts>([[offer.sha256, { body: { ...offer.body, ...own }, program: notes, outline }]])
  const keeper = createKeeper({
    crypto,
    random: seeded(`${seed}/keeper`),
    prime: cast.prime,
    ledger: createLedger(app, outline),
    offer: (sha256) => offers.get(sha256)!,
    signer: () => cast.supervisor,
  })
  const step = createStep(crypto, (sha256) => documents.has(sha256))
  const documents = new Map<string, OpenedDocument>()
  const town: Town = {
    cast,
    app,
    offer,
    keeper,
    offers,
    ticks: [],
    effects: [],
    away: new Set(),
    joined: [],
    everybody: () => [...cast.servers, ...town.joined],
    stored: (file) => stored(file),
    chain: new Map(),
    state: () => state,
    height: () => height,
    anchor,
    release,
    mine,
    mineTo,
    reorg,
    give,
    rewrite(change) {
      state = change(state)
    },
    lookup: (transaction) => documents.get(transaction.anchor.sha256) ?? null,
  }
  let state = initialState({ sha256: offer.sha256, body: { ...offer.body, ...own } }, app)
  let height = 100
  let branch = 0
  let next: AnchoredTransaction[] = []
  const { lookup } = town

  async function perform(effect: SupervisorEffect): Promise<void> {
    town.effects.push(effect)
    if (effect.type === 'close') await give(await closing(effect.work))
    else if (effect.type === 'compose') {
      const made = keeper.compose(effect.work, effect.seed, lookup, stored)
      town.ticks[effect.work.number] = { document: made.document, files: new Map(made.files.map((file) => [file.name, file.bytes])) }
      await give(made.event({ sha256: made.document.sha256, infohash: made.document.sha256.slice(0, 40) }))
    } else if (effect.type === 'rollback') keeper.rollback(effect.number)
  }

  const files = new Map<string, Uint8Array>()
  const stored: StoredFile = ({ sha256 }) => files.get(sha256)!

  /** Everybody answers who is not away. */
  async function closing(work: TickWork): Promise<SupervisorEvent> {
    const closed = await keeper.close(work, lookup, (servers, ticks) => {
      const asked = servers.filter(({ id }) => !town.away.has(id))
      const answers = asked.flatMap(({ id }) => {
        const server = town.everybody().find(({ publicKey }) => publicKey === id)
        return server === undefined ? [] : [makeReady(cast, server, app, ticks[0]!, ticks.at(-1)).body]
      })
      return Promise.resolve(answers)
    })
    for (const { bytes } of closed.files) files.set(toHex(crypto.sha256(bytes)), bytes)
    return closed.event
  }

  async function give(event: SupervisorEvent): Promise<void> {
    const stepped = step(state, event)
    // What is stored, where it changed, is JSON: a state that does not survive it would fail in the product.
    if (stepped.state !== state) state = JSON.parse(JSON.stringify(stepped.state)) as SupervisorState
    if (event.type === 'block') await gather()
    for (const effect of stepped.effects) await perform(JSON.parse(JSON.stringify(effect)) as SupervisorEffect)
  }

  /** Brings what the state waits for, as far as somebody has it. */
  async function gather(): Promise<void> {
    for (const { anchor } of [...state.expected, ...acceptancesAwaited(state)]) {
      const document = documents.get(anchor.sha256)
      if (document !== undefined) await give({ type: 'document', reference: anchor, document })
    }
  }

  function anchor(document: OpenedDocument, money: { spends?: string[]; pays?: string[] }, withheld = false): AnchoredTransaction {
    const transaction = anchorOf(document, height + 1, money)
    if (!withheld) documents.set(document.sha256, document)
    next.push(transaction)
    return transaction
  }

  function release(document: OpenedDocument): void {
    documents.set(document.sha256, document)
  }

  async function mine(blocks = 1): Promise<void> {
    for (let i = 0; i < blocks; i++) {
      height++
      const anchored = next.map((transaction) => ({ ...transaction, height }))
      next = []
      for (const transaction of anchored) town.chain.set(transaction.txid, transaction)
      await give({ type: 'block', height, hash: toHex(crypto.sha256(utf8(`${branch}/${height}`))), time: height * 600, anchored })
    }
  }

  async function mineTo(tick: number): Promise<void> {
    while (town.state().genesis === null || height < town.state().genesis! + tick * offer.body.tickBlocks) await mine()
  }

  async function reorg(fork: number): Promise<void> {
    branch++
    height = fork
    for (const [txid, transaction] of town.chain) if (transaction.height > fork) town.chain.delete(txid)
    await give({ type: 'reorg', height: fork })
  }
  return town
}

/** What an offer's transaction pays: by output 1 its key, and the master key, from which it spends where it supersedes another. */
export const moneyOf = ({ body }: OpenedDocument<'offer'>): { pays: string[]; spends: string[] } => ({
  pays: [body.master, body.by],
  spends: body.supersedes === null ? [] : [body.master],
})

/** Offer and acceptances in blocks, tick 0 published. */
export async function openTown(seed: string, change: Partial<Offer> = {}, servers = 4, own: Partial<Offer> = {}): Promise<Town> {
  const town = makeTown(seed, change, servers, own)
  town.anchor(town.offer, moneyOf(town.offer))
  await town.mine()
  for (const server of town.cast.servers)
    town.anchor(makeAcceptance(town.cast, server, town.offer.sha256), { pays: [town.offer.body.master] })
  await town.mine()
  return town
}

/** One client registered and all keys of the cast reserved in period 0, which tick 2 decides. */
export async function peopleTown(seed: string, change: Partial<Offer> = {}, servers = 4, own: Partial<Offer> = {}): Promise<Town> {
  const town = await openTown(seed, change, servers, own)
  const { cast, app } = town
  town.anchor(makeRegistration(cast, cast.client, app), { pays: [town.offer.body.master, cast.client.publicKey] })
  await town.mine()
  town.anchor(makeReservation(cast, cast.client, app, cast.keys), {
    spends: [cast.client.publicKey],
    pays: cast.keys.map((key) => key.publicKey),
  })
  await town.mineTo(2)
  return town
}

/** Plan and secrets of a tick, as the servers of that tick have them together. */
export const tickSecrets = (town: Town, tick: number) => {
  const { document } = town.ticks.findLast((made) => made.document.body.plans.some((plan) => plan.tick === tick))!
  const { body } = document
  const kept = town.state().plans.find((plan) => plan.tick === tick && plan.hash === body.blocks.hash)!
  const planned = plannedIn(document, tick, termsOf(town.offers.get(body.offer)!.body))!
  const opened = town.ticks[tick]!.document
  const sinceOf = (client: string): number => town.keeper.ledger.database.clients.get(client)?.since ?? 0
  const { hash } = opened.body.blocks
  return { planned, secret: kept.secret.reveal, base: opened.sha256, hash, tombstones: opened.body.tombstones, sinceOf }
}

export const fileOf = (published: Published, name: string): Result<Uint8Array> => {
  const bytes = published.files.get(name)
  return bytes === undefined ? fail('test.file', name) : ok(bytes)
}

/** The offers of a town with their anchors, as everybody sees them; those that have none come last. */
export const offersIn = ({ offers, offer: first, app, chain }: Town): AnchoredOffer[] =>
  [...offers].map(([sha256, { body, outline }]) => {
    const content = { sha256, offer: sha256 === app ? first.body : body, outline }
    return withAnchor(app, content, [...chain.values()]) ?? { ...content, height: Number.MAX_SAFE_INTEGER, position: 0 }
  })

/** The audit of a town's log by the town's own chain, and of what `change` puts in the place of either. */
export const auditTown = (town: Town, change: Partial<AuditInput> = {}, provider: CryptoPort = crypto): ReturnType<typeof audit> =>
  audit(
    { crypto: provider },
    {
      app: town.app,
      offers: offersIn(town),
      ticks: town.ticks.map(({ document }) => document),
      fetchFile: (tick, name) => Promise.resolve(fileOf(town.ticks[tick.body.number]!, name)),
      infohashOf: (sha256) => sha256.slice(0, 40),
      between: (from, to) => [...town.chain.values()].filter(({ height }) => height > from && height <= to),
      ...change,
    },
  )

/** The same log with changed ticks, signed by a Supervisor that lies consistently. */
export function signAgain(town: Town, change: (tick: Tick) => Partial<Tick>): Array<OpenedDocument<'tick'>> {
  const signed: Array<OpenedDocument<'tick'>> = []
  for (const { document } of town.ticks) {
    const { sig: _sig, ...tick } = document.body
    const last = signed.at(-1)
    const previous = last === undefined ? null : { sha256: last.sha256, infohash: last.sha256.slice(0, 40) }
    const changed = change(tick)
    // What updates rest on stays as it is up to the lie.
    const isHonest = previous?.sha256 === tick.previous?.sha256 && Object.keys(changed).length === 0
    signed.push(
      isHonest ? document : signDocument(crypto, 'tick', { ...tick, previous, ...changed }, town.cast.supervisor, town.cast.random(32)),
    )
  }
  return signed
}

/** What an update stamped in that tick is held against, as the town's ledger stands now. */
export function heldAgainst(town: Town, tick: number): UpdateEnv {
  const { planned, base, hash } = tickSecrets(town, tick)
  return {
    app: town.app,
    period: tick,
    outline: outlineOf(notes),
    base,
    hash,
    planned,
    database: cloneDatabase(town.keeper.ledger.database),
    tombstoned: () => false,
    used: () => false,
  }
}
